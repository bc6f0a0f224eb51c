"""The tests' bank behind real mutual TLS, in a thread; and a real `kiosk-queue` beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from offline_queue.formats.batch import BATCHES_PATH, SIGNATURE_HEADER
from offline_queue.formats.envelope import sealing_bytes
from offline_queue.formats.hello import HELLO_PATH
from simulators.desk.pki import Pki, make_pki, private_pem, write_secret
from tests.offline_queue.bankside import TERMINAL, BankSide

ROOT = Path(__file__).parents[2]
PATIENCE_S = 15.0  # of a test for what must happen; nothing waits this long when all is well


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext
    refused: threading.Semaphore

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        wrapped = self.context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        return wrapped, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses, or was killed, is part of the tests."""
        self.refused.release()


class TlsBank:
    """`mode` decides what a batch meets: ``answer``, ``lose`` (applied, reply lost), ``busy``."""

    def __init__(self, pki: Pki, bank: BankSide) -> None:
        self.bank = bank
        self.mode = "answer"
        self.met = threading.Semaphore(0)  # released for every batch that came
        self._one = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.server, pki.server_key)
        context.load_verify_locations(pki.root)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.context = context
        self.refused = self._server.refused = threading.Semaphore(0)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def setup(self) -> None:
                self.request.settimeout(self.timeout)
                self.request.do_handshake()
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == HELLO_PATH:
                    with outer._one:
                        at = datetime.now(UTC).isoformat()
                        greeting = outer.bank.greet(body, self.headers[SIGNATURE_HEADER], at)
                    self._say(200, greeting)
                    return
                assert self.path == BATCHES_PATH
                mode = outer.mode
                if mode != "busy":
                    with outer._one:
                        reply = outer.bank.receive(body, self.headers[SIGNATURE_HEADER])
                if mode == "answer":
                    self._say(200, reply)
                elif mode == "busy":
                    self._say(503, b"")
                else:
                    self.close_connection = True
                outer.met.release()

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """The tests tell what matters."""

        return Handler


class QueueSite:
    """A folder with settings and keys, and the `kiosk-queue` processes started in it."""

    def __init__(self, folder: Path, bank: BankSide, pki: Pki, port: int) -> None:
        self.folder = folder
        self.socket = folder / "queue.sock"
        self.database = folder / "queue.db"
        self.settings = folder / "queue.toml"
        self._children: list[subprocess.Popen[str]] = []
        write_secret(folder / "signing.pem", private_pem(bank.terminal_key))
        write_secret(folder / "lane.key", os.urandom(32))
        shipped = b64encode(sealing_bytes(bank.unsealing["k1"])).decode()
        verdict = bank.verdict_key.public_key().public_bytes_raw().hex()
        self.settings.write_text(
            f"""
            [queue]
            terminal = "{TERMINAL}"
            database = "queue.db"
            socket = "queue.sock"
            ballast_bytes = 65536
            rescue_bytes = 262144

            [bank]
            url = "https://127.0.0.1:{port}"
            ca = "{pki.root}"
            verdict_key = "{verdict}"

            [bank.sealing_key]
            id = "k1"
            public = "{shipped}"
            not_after = "2099-01-01T00:00:00+08:00"

            [keys]
            client_cert = "{pki.terminal}"
            client_key = "{pki.terminal_key}"
            signing_key = "signing.pem"
            lane_key = "lane.key"
            """
        )

    def start(self) -> subprocess.Popen[str]:
        """Start a process and wait until it says that it is ready."""
        child = self.spawn()
        assert child.stderr is not None
        said = ""
        for line in child.stderr:
            said += line
            if "ready" in line:
                return child
        raise AssertionError(f"kiosk-queue did not start: {said}")

    def spawn(self) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-m", "offline_queue", "run", "--settings", str(self.settings)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._children.append(child)
        return child

    def close(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
            child.communicate(timeout=PATIENCE_S)


class Talk:
    """A plain client of the Unix socket, line by line."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(path))
        self._file = self.socket.makefile("rb")

    def say(self, message: dict[str, Any] | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.socket.sendall(line + b"\n")

    def hear(self) -> dict[str, Any]:
        line = self._file.readline()
        assert line, "the queue hung up"
        said: dict[str, Any] = json.loads(line)
        return said

    def hear_until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(100):
            said = self.hear()
            if wanted(said):
                return said
        raise AssertionError("not said")

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def new_pki(folder: Path) -> Pki:
    return make_pki(folder / "pki", TERMINAL)
