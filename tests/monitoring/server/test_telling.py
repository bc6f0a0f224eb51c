"""Alerts that nobody takes up are told: to a real webhook and a real mail server on loopback."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import Engine

from monitoring.server import acting, reading
from monitoring.server.alert_keeping import keep_alerts
from monitoring.server.alerting import Damper
from monitoring.server.facts import AlertFilters, Severity
from monitoring.server.telling import Level, Mail, tell_due
from tests.monitoring.server.conftest import ADMIN, NOW, SITE, free_port

RAISED = NOW + 3_600


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


class Post(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one message needs."""

    def handle(self) -> None:
        def answer(text: bytes) -> None:
            self.wfile.write(text + b"\r\n")

        answer(b"220 here")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                answer(b"354 go on")
                content = iter(self.rfile.readline, b".\r\n")
                self.server.got.append(b"".join(content))  # type: ignore[attr-defined]
            answer(b"221 bye" if word == b"QUIT" else b"250 ok")
            if word == b"QUIT":
                return


def serving(server: socketserver.TCPServer) -> Iterator[socketserver.TCPServer]:
    server.got = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hook() -> Iterator[socketserver.TCPServer]:
    yield from serving(HTTPServer(("127.0.0.1", 0), Hook))


@pytest.fixture
def post() -> Iterator[socketserver.TCPServer]:
    yield from serving(socketserver.TCPServer(("127.0.0.1", 0), Post))


@pytest.fixture
def alarmed(engine: Engine) -> Engine:
    acting.add_site(engine, ADMIN, SITE, NOW)
    acting.add_terminal(engine, ADMIN, "T1", "H1", "Hall", NOW)
    damper = Damper()
    for at in (0, 3_600):
        keep_alerts(engine, damper, NOW + at)
    return engine


def test_each_level_hears_once_and_in_its_time(
    alarmed: Engine, hook: socketserver.TCPServer, post: socketserver.TCPServer
) -> None:
    levels = (
        Level(300, Severity.MAJOR, webhook=f"http://127.0.0.1:{hook.server_address[1]}/"),
        Level(900, Severity.MAJOR, email_to="night@desk.test"),
    )
    mail = Mail("127.0.0.1", post.server_address[1], "desk@desk.test")
    told = [tell_due(alarmed, levels, mail, RAISED + at) for at in (299, 300, 301, 900, 901)]
    assert told == [0, 1, 0, 1, 0]
    [content] = hook.got  # type: ignore[attr-defined]
    assert (content["remedy"], content["cause"], content["terminals"]) == (
        "configuration",
        "never",
        ["T1"],
    )
    [letter] = post.got  # type: ignore[attr-defined]
    assert b"Subject: [major] configuration: never - First Hospital" in letter


def test_what_could_not_be_told_is_told_later(
    alarmed: Engine, hook: socketserver.TCPServer
) -> None:
    away = Level(0, Severity.MAJOR, webhook=f"http://127.0.0.1:{free_port()}/")
    assert tell_due(alarmed, (away,), Mail(), RAISED) == 0
    back = Level(0, Severity.MAJOR, webhook=f"http://127.0.0.1:{hook.server_address[1]}/")
    assert tell_due(alarmed, (back,), Mail(), RAISED) == 1


def test_nobody_hears_of_one_that_is_silenced_acknowledged_or_too_slight(
    alarmed: Engine, hook: socketserver.TCPServer
) -> None:
    url = f"http://127.0.0.1:{hook.server_address[1]}/"
    number = reading.alerts_page(alarmed, AlertFilters()).alerts[0].id
    grave, any_ = Level(0, Severity.CRITICAL, url), Level(0, Severity.INFO, url)
    assert tell_due(alarmed, (grave,), Mail(), RAISED) == 0
    acting.silence(alarmed, ADMIN, number, RAISED + 60, RAISED)
    assert tell_due(alarmed, (any_,), Mail(), RAISED + 59) == 0
    acting.acknowledge(alarmed, ADMIN, number, RAISED)
    assert tell_due(alarmed, (any_,), Mail(), RAISED + 61) == 0
    assert hook.got == []  # type: ignore[attr-defined]
