"""The line that can be cut: real sockets on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from simulators.desk.line import LineProxy, LineState

_PATIENCE_S = 10.0


class Echo:
    """A bank that says everything back."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(client,), daemon=True).start()

    def _echo(self, client: socket.socket) -> None:
        with client:
            try:
                while data := client.recv(4096):
                    client.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_PATIENCE_S)


@pytest.fixture
def line() -> Iterator[LineProxy]:
    echo = Echo()
    proxy = LineProxy(echo.port)
    yield proxy
    proxy.close()
    echo.close()


def _dial(line: LineProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), _PATIENCE_S)


def _said_back(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    heard = b""
    while len(heard) < len(text):
        part = client.recv(4096)
        if not part:
            break
        heard += part
    return heard


def test_bytes_go_both_ways_while_the_line_is_up(line: LineProxy) -> None:
    with _dial(line) as client:
        assert _said_back(client, b"x" * 100_000) == b"x" * 100_000


def test_cutting_the_line_resets_what_is_connected(line: LineProxy) -> None:
    with _dial(line) as client:
        assert _said_back(client, b"hello") == b"hello"
        line.set(LineState.DOWN)
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_cut_line_refuses_and_comes_back_on_the_same_port(line: LineProxy) -> None:
    port = line.port
    line.set(LineState.DOWN)
    with pytest.raises(ConnectionRefusedError):
        _dial(line)
    line.set(LineState.UP)
    assert line.port == port
    with _dial(line) as client:
        assert _said_back(client, b"again") == b"again"


def test_a_silent_line_accepts_and_answers_only_when_it_is_up_again(line: LineProxy) -> None:
    line.set(LineState.SILENT)
    with _dial(line) as client:
        client.sendall(b"anyone?")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        line.set(LineState.UP)
        client.settimeout(_PATIENCE_S)
        assert client.recv(100) == b"anyone?"


def test_a_slow_line_loses_nothing(line: LineProxy) -> None:
    line.set(LineState.SLOW)
    with _dial(line) as client:
        assert _said_back(client, b"s" * 1500) == b"s" * 1500


def test_a_line_whose_bank_is_gone_drops_the_caller() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    line = LineProxy(port)
    try:
        with pytest.raises(ConnectionResetError), _dial(line) as client:
            client.recv(1)
    finally:
        line.close()
