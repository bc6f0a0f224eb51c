"""The collector as a process: real mosquitto with certificates, real HTTPS, killed and started again."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from aiomqtt import Client, Will
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine

from monitoring.server import acting, reading
from monitoring.server.__main__ import main
from monitoring.server.database import open_database
from monitoring.server.facts import OrderFacts, Outcome
from monitoring.wire.messages import Event, Happening, Health, Mode, Presence, to_bytes
from monitoring.wire.orders import (
    BUNDLE_BYTES_MAX,
    BUNDLES_PATH,
    ORDERS_PATH,
    STEPS_PATH,
    OrderKind,
    Orders,
    Step,
    StepReport,
)
from monitoring.wire.topics import Kind, bell, topic
from tests.monitoring.server.conftest import ADMIN, SITE, START_S, Paper, Papers, free_port
from tests.monitoring.server.waiting import WAIT_S, until

T = "T0001"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Desk:
    """A collector's settings and what belongs to them."""

    def __init__(self, folder: Path, papers: Papers, broker_port: int, database: str) -> None:
        self.folder, self.papers, self.broker_port = folder, papers, broker_port
        self.key = Ed25519PrivateKey.generate()
        self.door, self.metrics = free_port(), free_port()
        own, server = papers.issue("collector"), papers.issue("server")
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "orders.pem").write_bytes(pem)
        self.settings = folder / "settings.toml"
        self.settings.write_text(
            f"""
database = "{database}"
order_key = "orders.pem"
bundles = "bundles"
bundles_bytes_max = 1000
metrics_port = {self.metrics}
[broker]
host = "127.0.0.1"
port = {broker_port}
ca = "{papers.root}"
certificate = "{own.certificate}"
key = "{own.key}"
[door]
port = {self.door}
certificate = "{server.certificate}"
key = "{server.key}"
terminals_ca = "{papers.root}"
"""
        )

    @contextmanager
    def running(self, end: signal.Signals = signal.SIGTERM) -> Iterator[None]:
        command = [sys.executable, "-m", "monitoring.server", "--settings", str(self.settings)]
        process = subprocess.Popen(command)
        try:
            until(lambda: "collector_listening 1.0" in self.figures())
            yield
        finally:
            process.send_signal(end)
            ended = process.wait(START_S)
        assert ended == (0 if end is signal.SIGTERM else -end)

    def figures(self) -> str:
        try:
            return httpx.get(f"http://127.0.0.1:{self.metrics}/metrics").text
        except httpx.TransportError:
            return ""

    def context(self, name: str) -> ssl.SSLContext:
        paper: Paper = self.papers.issue(name)
        context = ssl.create_default_context(cafile=str(self.papers.root))
        context.load_cert_chain(paper.certificate, paper.key)
        return context

    def client(self, name: str, will: Will | None = None) -> Client:
        context = self.context(name)
        return Client("127.0.0.1", self.broker_port, tls_context=context, will=will)

    def https(self, name: str) -> httpx.Client:
        base = f"https://127.0.0.1:{self.door}"
        return httpx.Client(base_url=base, verify=self.context(name))

    async def say(self, name: str, *messages: tuple[str, bytes]) -> None:
        async with self.client(name) as client:
            for where, content in messages:
                await client.publish(where, content, qos=1, retain="event" not in where)


@pytest.fixture
def database(postgres_url: str, engine: Engine, tmp_path: Path) -> str:
    is_sqlite = engine.dialect.name == "sqlite"
    return f"sqlite:///{tmp_path / 'desk.db'}" if is_sqlite else postgres_url


@pytest.fixture
def desk(tmp_path: Path, papers: Papers, broker_port: int, database: str) -> Desk:
    return Desk(tmp_path, papers, broker_port, database)


@pytest.fixture
def pages(database: str) -> Iterator[Engine]:
    engine = open_database(database)
    yield engine
    engine.dispose()


def words(now: int, number: int = 1) -> tuple[tuple[str, bytes], ...]:
    return (
        (topic(T, Kind.PRESENCE), to_bytes(Presence(True, "s1", now))),
        (topic(T, Kind.HEALTH), to_bytes(Health("s1", number, now, Mode.IDLE))),
        (topic(T, Kind.EVENT), to_bytes(Event(number, now, Happening.LINE, {"up": False}))),
    )


def is_online(pages: Engine) -> bool:
    seen = reading.terminal(pages, T)
    return seen is not None and seen.line.online


def test_a_terminal_is_on_the_page_and_one_that_speaks_for_another_is_not(
    desk: Desk, pages: Engine
) -> None:
    now = int(time.time())
    with desk.running():
        asyncio.run(desk.say("T0666", *words(now)))  # the broker acknowledges, and drops it
        asyncio.run(desk.say(T, (topic(T, Kind.HEALTH), b"nonsense"), *words(now)))
        until(lambda: is_online(pages))
        until(lambda: 'verdict="nonsense"} 1.0' in desk.figures())
        seen = reading.terminal(pages, T)
        assert seen is not None
        assert [each.what for each in seen.history] == ["line"]
        assert reading.terminal(pages, "T0666") is None


def test_what_was_said_while_the_collector_was_killed_is_read_afterwards_once(
    desk: Desk, pages: Engine
) -> None:
    now = int(time.time())
    with desk.running(signal.SIGKILL):
        asyncio.run(desk.say(T, *words(now)))
        until(lambda: is_online(pages))
    later = [words(now, number)[2] for number in range(2, 42)]
    asyncio.run(desk.say(T, *later, *later))
    with desk.running():
        until(lambda: len(reading.history_page(pages, T, limit=100)) == 41)


def test_an_order_is_rung_fetched_reported_and_done_once(desk: Desk, pages: Engine) -> None:
    now = int(time.time())
    acting.add_site(pages, ADMIN, SITE, now)
    acting.add_terminal(pages, ADMIN, T, "H1", "Hall", now)

    async def bell_and_order() -> str:
        async with desk.client(T) as client:
            await client.subscribe(bell(T))
            given = await asyncio.to_thread(
                acting.give_order, pages, desk.key, ADMIN, T, OrderKind.BUNDLE, "", now
            )
            assert given.outcome is Outcome.DONE
            async with asyncio.timeout(WAIT_S):
                await anext(aiter(client.messages))
            return given.order

    def facts(name: str) -> OrderFacts:
        found = reading.order(pages, name)
        assert found is not None
        return found

    def report(https: httpx.Client, name: str, step: Step) -> int:
        content = msgspec.json.encode(StepReport(name, step, now))
        return https.post(STEPS_PATH, content=content).status_code

    with desk.running(), desk.https(T) as https, desk.https("T0002") as other:
        name = asyncio.run(bell_and_order())
        [order] = msgspec.json.decode(https.get(ORDERS_PATH).content, type=Orders).orders
        assert order.order == name
        assert order.is_signed_by(desk.key.public_key())
        assert other.get(ORDERS_PATH).status_code == 403
        assert report(other, name, Step.DONE) == 404
        assert [report(https, name, Step.TAKEN) for _ in range(2)] == [204, 204]
        assert https.put(f"{BUNDLES_PATH}/{name}", content=b"b" * 900).status_code == 204
        assert https.put(f"{BUNDLES_PATH}/{name}", content=b"b" * 1_001).status_code == 507
        large = b"b" * (BUNDLE_BYTES_MAX + 1)
        assert https.put(f"{BUNDLES_PATH}/{name}", content=large).status_code == 413
        assert other.put(f"{BUNDLES_PATH}/{name}", content=b"b").status_code == 404
        assert report(https, name, Step.DONE) == 204
        assert report(https, name, Step.FAILED) == 204  # an end stays
        assert https.post(STEPS_PATH, content=b"{").status_code == 400
        assert https.get(ORDERS_PATH).content == b'{"orders":[]}'
    done = facts(name)
    assert (done.step, done.bundle) == (Step.DONE, hashlib.sha256(b"b" * 900).hexdigest())
    assert [each.step for each in done.steps] == ["waiting", "taken", "done"]
    assert (desk.folder / "bundles" / f"{name}.bundle").read_bytes() == b"b" * 900


@ON_SQLITE
def test_who_has_no_certificate_is_not_let_in(desk: Desk) -> None:
    with desk.running():
        stranger = ssl.create_default_context(cafile=str(desk.papers.root))
        with pytest.raises(httpx.TransportError):
            httpx.get(f"https://127.0.0.1:{desk.door}{ORDERS_PATH}", verify=stranger)


@ON_SQLITE
@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("port = ", "port = 'x' #"),
        ("[door]", "[window]"),
        ('order_key = "orders.pem"', 'order_key = "none.pem"'),
        ("[door]", "part = 1\n[door]"),
    ],
)
def test_settings_that_cannot_be_are_said_and_nothing_starts(
    desk: Desk,
    line: str,
    other: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.settings.write_text(desk.settings.read_text().replace(line, other, 1))
    monkeypatch.setattr(sys, "argv", ["server", "--settings", str(desk.settings)])
    assert main() == 2
    assert capsys.readouterr().err.startswith("cannot start: ")
