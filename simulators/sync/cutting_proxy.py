"""A TCP proxy that cuts a connection after exactly n bytes, in either direction.

It knows nothing of what it carries: with TLS through it, a cut falls where the byte count says, in
the middle of a record as well.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

_PIECE_BYTES = 4_096
_CONNECT_TIMEOUT_S = 5.0


class Way(StrEnum):
    """A direction through the proxy."""

    TO_BANK = "to_bank"
    TO_TERMINAL = "to_terminal"


@dataclass(slots=True)
class _Link:
    """One connection through the proxy, and the bytes that went each way so far."""

    near: socket.socket
    far: socket.socket
    carried: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 0))

    def reset(self) -> None:
        """End both sides at once; what is not yet delivered is gone."""
        for end in (self.near, self.far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class CuttingProxy:
    """Listens on 127.0.0.1, forwards to `port` there; close it at the end.

    `carried`: the bytes that went each way since `watch` was last called. `cuts` counts the
    connections that were cut.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._lock = threading.Lock()
        self._links: list[_Link] = []
        self._plan: tuple[Way, int] | None = None
        self._threads: list[threading.Thread] = []
        self.carried: dict[Way, int] = dict.fromkeys(Way, 0)
        self.cuts = 0
        self.cut = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._serve)

    def watch(self) -> None:
        """Count the bytes from here on."""
        with self._lock:
            self.carried = dict.fromkeys(Way, 0)

    def cut_after(self, way: Way, count: int) -> None:
        """Let `count` more bytes pass in this direction, then cut; once."""
        with self._lock:
            self.cut.clear()
            self._plan = (way, count)

    def close(self) -> None:
        """End every connection and every thread."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            links = list(self._links)
        for link in links:
            link.reset()
        for thread in self._threads:
            thread.join()

    # --- inside ------------------------------------------------------------------------

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), _CONNECT_TIMEOUT_S)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            link = _Link(near, far)
            with self._lock:
                self._links.append(link)
            self._start(self._carry, link, near, far, Way.TO_BANK)
            self._start(self._carry, link, far, near, Way.TO_TERMINAL)

    def _carry(self, link: _Link, source: socket.socket, sink: socket.socket, way: Way) -> None:
        with suppress(OSError), source:
            while piece := source.recv(_PIECE_BYTES):
                allowed, is_cut = self._allowed(way, len(piece))
                sink.sendall(piece[:allowed])
                if is_cut:
                    break
        link.reset()
        with self._lock:
            if link in self._links and way is Way.TO_TERMINAL:
                self._links.remove(link)

    def _allowed(self, way: Way, count: int) -> tuple[int, bool]:
        """How many of `count` bytes may pass, and whether that is the end."""
        with self._lock:
            plan = self._plan
            if plan is None or plan[0] is not way:
                self.carried[way] += count
                return count, False
            left = plan[1] - count
            if left >= 0:
                self._plan = (way, left)
                self.carried[way] += count
                return count, False
            self._plan = None
            self.carried[way] += plan[1]
            self.cuts += 1
            self.cut.set()
            return plan[1], True
