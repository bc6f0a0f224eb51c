"""The gateway over HTTP, and as a real server that wants the client's certificate."""

import asyncio
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from bank.app import create_app
from bank.database import memory_database
from bank.gateway import Gateway, GatewaySettings
from bank.keys import BankKeys, keys_from_toml, write_new_keys
from bank.people import person
from bank.settings import BadSettings, load_settings
from offline_queue.formats.batch import BATCHES_PATH, SIGNATURE_HEADER, JournalHead, read_reply
from offline_queue.formats.chain import GENESIS
from offline_queue.formats.envelope import LONE_BYTES_MAX, Outcome, is_signed, sign
from offline_queue.formats.hello import HELLO_BYTES_MAX, HELLO_PATH, Hello, read_greeting
from simulators.desk.pki import Pki, make_pki
from sscard.requests import BalanceCheck, CardList
from tests.bank.terminal import NOW, TERMINAL, Terminal, evidence, just_now

ROOT = Path(__file__).parents[2]
READY_LINES = 50


class Client:
    """Asks the application without a socket, one request at a time."""

    def __init__(self, gateway: Gateway) -> None:
        self._transport = httpx.ASGITransport(create_app(gateway, lambda: NOW))

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._ask("GET", path))

    def post(
        self,
        path: str,
        content: bytes | AsyncIterator[bytes],
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, content=content, headers=headers))

    async def _ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://bank") as client:
            return await client.request(method, path, **what)


@pytest.fixture
def client(gateway: Gateway) -> Client:
    return Client(gateway)


def test_a_batch_goes_in_and_signed_verdicts_come_out(client: Client, terminal: Terminal) -> None:
    body = terminal.body([terminal.op(CardList(evidence("li")))])
    headers = {SIGNATURE_HEADER: sign(body, terminal.signing)}
    response = client.post(BATCHES_PATH, content=body, headers=headers)
    assert response.status_code == 200
    (verdict,) = read_reply(response.content).verdicts
    assert verdict.outcome is Outcome.APPLIED
    assert is_signed(verdict.signed_bytes(), verdict.signature, terminal.keys.verdict_public)


HELLO = Hello(TERMINAL, 1, "0f" * 16, 0, JournalHead(0, GENESIS)).to_bytes()


def test_a_hello_is_greeted_with_the_banks_time_and_its_keys(
    client: Client, terminal: Terminal, keys: BankKeys
) -> None:
    headers = {SIGNATURE_HEADER: sign(HELLO, terminal.signing)}
    response = client.post(HELLO_PATH, content=HELLO, headers=headers)
    assert response.status_code == 200
    greeting = read_greeting(response.content, keys.verdict_public)
    assert (greeting.nonce, greeting.at) == ("0f" * 16, "2026-03-02T17:30:00.000+08:00")
    assert [key.key_id for key in greeting.keys.keys] == list(keys.unsealing)


def test_a_saturated_bank_says_when_to_come_in_the_header_and_in_the_body(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    settings = GatewaySettings(batches_per_s=0.4, hellos_per_s=0.4)
    public = {TERMINAL: signing.public_key()}
    gateway = Gateway(engine, keys, public, settings, mono_s=lambda: 100.0)
    client, terminal = Client(gateway), Terminal(gateway, keys, signing)
    for path, body in (
        (HELLO_PATH, HELLO),
        (BATCHES_PATH, terminal.body([terminal.op(CardList(evidence("li")))])),
    ):
        headers = {SIGNATURE_HEADER: sign(body, signing)}
        said = [client.post(path, content=body, headers=headers) for _ in range(2)]
        assert [each.status_code for each in said] == [200, 503]
        assert said[1].json() == {"error": "not now", "next_slot_ms": 2_500}
        assert said[1].headers["Retry-After"] == "3"


def test_trouble_has_its_status_and_each_is_declared(client: Client, terminal: Terminal) -> None:
    body = terminal.body([terminal.op(CardList(evidence("li")))])
    said = [
        (BATCHES_PATH, b"\xff", 400),
        (BATCHES_PATH, body, 401),
        (BATCHES_PATH, b" " * (LONE_BYTES_MAX + 1), 413),
        (HELLO_PATH, b"\xff", 400),
        (HELLO_PATH, HELLO, 401),
        (HELLO_PATH, b" " * (HELLO_BYTES_MAX + 1), 413),
    ]
    assert [client.post(path, content=body).status_code for path, body, _ in said] == [
        status for _, _, status in said
    ]
    paths = client.get("/openapi.json").json()["paths"]
    for path in (BATCHES_PATH, HELLO_PATH):
        assert {"400", "401", "413", "503"} <= set(paths[path]["post"]["responses"])


def test_a_body_without_a_declared_length_is_bounded_too(client: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 8_192

    assert client.post(BATCHES_PATH, content=chunks()).status_code == 413


# --- the real server -----------------------------------------------------------------------


def settings_toml(signing: Ed25519PrivateKey, pki: Pki, database: str) -> str:
    public = signing.public_key().public_bytes_raw().hex()
    return f"""
database = "{database}"
keys = "keys.toml"
port = 0

[tls]
certificate = "{pki.server}"
key = "{pki.server_key}"
terminals_ca = "{pki.root}"

[terminals]
{TERMINAL} = "{public}"
"""


@dataclass
class Server:
    url: str
    pki: Pki
    keys: BankKeys
    child: subprocess.Popen[str]


@contextmanager
def serving(folder: Path, signing: Ed25519PrivateKey) -> Iterator[Server]:
    """`python -m bank` on loopback, on a port of its own choice."""
    pki = make_pki(folder / "pki", TERMINAL)
    write_new_keys(folder / "keys.toml", [TERMINAL], datetime.now(UTC))
    settings = folder / "bank.toml"
    settings.write_text(settings_toml(signing, pki, f"sqlite:///{folder / 'bank.db'}"))
    child = subprocess.Popen(
        [sys.executable, "-m", "bank", "--settings", str(settings), "--invented-people"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stderr is not None
        log = []
        for _ in range(READY_LINES):
            log.append(child.stderr.readline())
            if said := re.search(r"running on (https://127\.0\.0\.1:\d+)", log[-1]):
                break
        else:
            pytest.fail("the server did not come up: " + "".join(log))
        keys = keys_from_toml((folder / "keys.toml").read_text())
        yield Server(said[1], pki, keys, child)
    finally:
        child.kill()
        child.communicate()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, signing: Ed25519PrivateKey
) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("bank"), signing) as server:
        yield server


def tls(pki: Pki, with_certificate: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki.root))
    if with_certificate:
        context.load_cert_chain(pki.terminal, pki.terminal_key)
    return context


def client_of(server: Server, context: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(verify=context, base_url=server.url)


def test_a_terminal_with_a_certificate_is_served(
    server: Server, signing: Ed25519PrivateKey
) -> None:
    nobody = Gateway(memory_database(), server.keys, {})  # this test sends by itself
    terminal = Terminal(nobody, server.keys, signing)
    request = BalanceCheck(evidence("chen"), person("chen").cards[0].card_number)
    op = terminal.op(request, terminal.companion("chen"), accepted=just_now(datetime.now(UTC)))
    body = terminal.body([op])
    with client_of(server, tls(server.pki, with_certificate=True)) as client:
        greeted = client.post(
            HELLO_PATH, content=HELLO, headers={SIGNATURE_HEADER: sign(HELLO, signing)}
        )
        greeting = read_greeting(greeted.content, server.keys.verdict_public)
        assert [key.key_id for key in greeting.keys.keys] == list(server.keys.unsealing)
        headers = {SIGNATURE_HEADER: sign(body, signing)}
        reply = read_reply(client.post(BATCHES_PATH, content=body, headers=headers).content)
    assert (reply.verdicts[0].answer or {})["financial_fen"] == 3_208_150


def test_a_client_without_a_certificate_is_turned_away(server: Server) -> None:
    with (
        client_of(server, tls(server.pki, with_certificate=False)) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.post(HELLO_PATH, content=HELLO)


def test_a_certificate_of_another_authority_is_turned_away(server: Server, tmp_path: Path) -> None:
    foreign = make_pki(tmp_path, TERMINAL)
    context = tls(server.pki, with_certificate=False)
    context.load_cert_chain(foreign.terminal, foreign.terminal_key)
    with client_of(server, context) as client, pytest.raises(httpx.TransportError):
        client.post(HELLO_PATH, content=HELLO)


def test_sigterm_ends_it_in_order(tmp_path: Path, signing: Ed25519PrivateKey) -> None:
    with serving(tmp_path, signing) as server:
        server.child.terminate()
        _, log = server.child.communicate(timeout=15)
    # uvicorn shuts down and then lets the signal have its usual end.
    assert server.child.returncode in (0, -signal.SIGTERM)
    assert "Application shutdown complete" in log
    assert person("chen").id_number not in log


# --- settings --------------------------------------------------------------------------------


def test_settings_are_read_with_files_beside_them(
    tmp_path: Path, signing: Ed25519PrivateKey
) -> None:
    pki = Pki(*(Path(f"{name}.pem") for name in "abcde"))
    path = tmp_path / "bank.toml"
    text = settings_toml(signing, pki, "sqlite:///bank.db")
    path.write_text("oral_days = 7\n" + text)
    settings = load_settings(path)
    assert settings.tls.certificate == tmp_path / "b.pem"
    assert settings.keys == tmp_path / "keys.toml"
    assert (settings.gateway.terms.oral_days, settings.gateway.terms.pin_tries) == (7, 6)
    assert settings.terminals[TERMINAL].public_bytes_raw() == (
        signing.public_key().public_bytes_raw()
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("port = 0", 'port = "0"'),
        ("port = 0", "prot = 0"),
        ("port = 0", "oral_days = 0"),
        ("port = 0", "pin_tries = true"),
        ("port = 0", "next_slot_ms = -1"),
        ("port = 0", "unlock_hours = 0.0"),
        ("port = 0", "batches_per_s = -1.0"),
        ("port = 0", "hellos_per_s = inf"),
        ("port = 0", "share = 0.0"),
        ("[tls]", "[ttls]"),
        ("[tls]", "[tls"),
        (f'{TERMINAL} = "', f'{TERMINAL} = "00'),
        (f'{TERMINAL} = "', f'{TERMINAL} = "zz'),
    ],
)
def test_settings_that_cannot_be_are_refused(
    tmp_path: Path, signing: Ed25519PrivateKey, old: str, new: str
) -> None:
    pki = Pki(*(Path(f"{name}.pem") for name in "abcde"))
    path = tmp_path / "bank.toml"
    text = settings_toml(signing, pki, "sqlite://")
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(BadSettings):
        load_settings(path)
