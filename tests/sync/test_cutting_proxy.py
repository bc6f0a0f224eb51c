"""The real queue process and the real bank over TLS, with the line cut at many bytes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine

from bank.app import create_app
from bank.database import memory_database
from bank.gateway import Gateway
from bank.keys import BankKeys, PasswordKeys, read_unsealing_key
from bank.people import person
from bank.seeding import seed
from offline_queue.wire import Submit, call_line
from simulators.sync.bank import START
from simulators.sync.cutting_proxy import CuttingProxy, Way
from sscard.requests import BalanceCheck, Evidence
from tests.offline_queue.bankside import NEVER, TERMINAL, BankSide, op
from tests.offline_queue.tlsbank import PATIENCE_S, QueueSite, Talk, new_pki

CUTS = 14  # of each way


class Bank:
    """The gateway behind uvicorn with mutual TLS, in a thread."""

    def __init__(self, folder: Path, side: BankSide) -> None:
        self.pki = new_pki(folder)
        key = read_unsealing_key("k1", side.unsealing["k1"], NEVER)
        worlds = (PasswordKeys({}, b"p" * 32), PasswordKeys({}, b"q" * 32))
        keys = BankKeys({"k1": key}, side.verdict_key, *worlds)
        self.engine: Engine = memory_database()
        seed(self.engine, [person("chen")], keys.peppers, START)
        gateway = Gateway(self.engine, keys, {TERMINAL: side.terminal_key.public_key()})
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        config = uvicorn.Config(
            create_app(gateway, lambda: datetime.now(UTC)),
            ssl_certfile=self.pki.server,
            ssl_keyfile=self.pki.server_key,
            ssl_ca_certs=str(self.pki.root),
            ssl_cert_reqs=ssl.CERT_REQUIRED,
            log_config=None,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))
        self._thread.start()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
        self.engine.dispose()


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[tuple[Bank, CuttingProxy, QueueSite]]:
    side = BankSide()
    bank = Bank(tmp_path, side)
    proxy = CuttingProxy(bank.port)
    site = QueueSite(tmp_path, side, bank.pki, proxy.port)
    yield bank, proxy, site
    site.close()
    proxy.close()
    bank.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", Way)
def test_every_effect_is_there_once_wherever_the_line_is_cut(
    parts: tuple[Bank, CuttingProxy, QueueSite], way: Way
) -> None:
    bank, proxy, site = parts
    site.start()
    talk = Talk(site.socket)
    chen = person("chen")
    request = BalanceCheck(
        Evidence(chen.document, chen.id_number, chen.name), chen.cards[0].card_number
    )

    def check(number: int) -> None:
        talk.say(call_line(Submit(op(number), request, None)).rstrip())
        said = talk.hear_until(lambda said: said.get("op_id") == op(number) and "answer" in said)
        assert said["answer"]["kind"] == "balance_by_own_channel"

    try:
        check(1)
        proxy.watch()
        check(2)
        whole = proxy.carried[way]  # of one exchange on a connection that is up
        assert whole > 500
        positions = sorted({0, 1, 5, whole - 1, *range(0, whole, whole // CUTS)})
        for number, position in enumerate(positions, 3):
            proxy.cut_after(way, position)
            check(number)
            assert proxy.cut.wait(PATIENCE_S), "the cut never came"
    finally:
        talk.close()
    asked = 2 + len(positions)
    assert proxy.cuts == len(positions)
    told = bank.ask("SELECT op_id, COUNT(*) FROM own_channel GROUP BY op_id")
    assert dict(told) == {op(number): 1 for number in range(1, asked + 1)}
    assert bank.ask("SELECT COUNT(*) FROM operations") == [(asked,)]


def test_a_proxy_that_cuts_nothing_carries_every_byte() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = CuttingProxy(listener.getsockname()[1])
        with socket.create_connection(("127.0.0.1", proxy.port)) as near:
            far, _ = listener.accept()
            near.sendall(b"x" * 100_000)
            near.shutdown(socket.SHUT_WR)
            with far, far.makefile("rb") as stream:
                assert stream.read() == b"x" * 100_000
        proxy.close()
        assert proxy.carried[Way.TO_BANK] == 100_000


def test_a_cut_falls_after_exactly_the_bytes_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = CuttingProxy(listener.getsockname()[1])
        proxy.cut_after(Way.TO_BANK, 1_234)
        with socket.create_connection(("127.0.0.1", proxy.port)) as near:
            far, _ = listener.accept()
            near.sendall(b"y" * 5_000)
            with far, far.makefile("rb") as stream:
                assert len(stream.read()) == 1_234
        proxy.close()
        assert proxy.cuts == 1
