"""Serves the bench on 127.0.0.1 from a thread of the desk."""

from __future__ import annotations

import socket
import threading

import uvicorn

from simulators.bench.app import build_bench
from simulators.desk.desk import Desk

_STOP_S = 5


class BenchServer:
    """The bench at `url` until closed. `port` 0 takes a free one; `OSError` when it is taken."""

    def __init__(self, desk: Desk, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            build_bench(desk, self.port),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="bench", daemon=True
        )
        self._thread.start()

    def __repr__(self) -> str:
        return f"BenchServer({self.url})"

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}/"

    def close(self) -> None:
        """End the server; streams end with the desk. May be called twice."""
        self._server.should_exit = True
        self._thread.join(2 * _STOP_S)
        self._socket.close()
