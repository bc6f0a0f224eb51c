"""The line between a terminal and its bank, as something that can be cut.

A small TCP relay on loopback. The terminal's queue knows only the relay's port, which stays
the same whatever happens to the line.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from enum import StrEnum

_CHUNK_BYTES = 16_384
_SLOW_CHUNK_BYTES = 512
_SLOW_EVERY_S = 0.1  # 512 bytes each tenth of a second: a very poor mobile line
_CONNECT_S = 5.0
_STALLED_S = 5.0  # an end that takes no bytes for so long is given up
_CONNECTIONS_MAX = 64
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class LineState(StrEnum):
    """What the line does with the bytes."""

    UP = "up"
    DOWN = "down"  # connections are reset, new ones refused
    SILENT = "silent"  # connections are accepted and nothing comes through
    SLOW = "slow"


class LineProxy:
    """Relays 127.0.0.1:`port` to 127.0.0.1:`target_port` while `state` lets it."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        # Bound and never listening: keeps the port ours while the line is down.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]
        self._changed = threading.Condition()
        self._state = LineState.UP
        self._listener: socket.socket | None = None
        self._relays: set[_Relay] = set()
        self._closed = False
        self._open_listener()

    def __repr__(self) -> str:
        return f"LineProxy({self.port} to {self._target_port}, {self._state})"

    @property
    def state(self) -> LineState:
        """What the line does now."""
        return self._state

    def set(self, state: LineState) -> None:
        """Change the line. Going down resets what is connected; other changes let it live on."""
        with self._changed:
            if self._closed or state is self._state:
                return
            self._state = state
            relays = list(self._relays)
        if state is LineState.DOWN:
            self._close_listener()
            for relay in relays:
                relay.reset()
        else:
            self._open_listener()
        for relay in relays:
            relay.wake()

    def close(self) -> None:
        """End every connection and give the port back. May be called twice."""
        self.set(LineState.DOWN)
        with self._changed:
            self._closed = True
        self._holder.close()

    # --- inside -------------------------------------------------------------------------

    def _open_listener(self) -> None:
        if self._listener is not None:
            return
        listener = _bound(self.port)
        listener.listen(_CONNECTIONS_MAX)
        self._listener = listener
        threading.Thread(
            target=self._accept, args=(listener,), name="line accept", daemon=True
        ).start()

    def _close_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread out of its accept
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # the listener was closed
                return
            relay = _Relay(self, client, self._target_port)
            with self._changed:
                wanted = self._state is not LineState.DOWN and len(self._relays) < _CONNECTIONS_MAX
                if wanted:
                    self._relays.add(relay)
            if wanted:
                relay.start()
            else:
                relay.refuse()

    def _ended(self, relay: _Relay) -> None:
        with self._changed:
            self._relays.discard(relay)


class _Relay:
    """One connection: a thread that carries bytes both ways at the line's mood."""

    def __init__(self, line: LineProxy, client: socket.socket, target_port: int) -> None:
        self._line = line
        self._client = client
        client.settimeout(_STALLED_S)
        self._target_port = target_port
        self._server: socket.socket | None = None
        self._wake_r, self._wake_w = socket.socketpair()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="line relay", daemon=True).start()

    def refuse(self) -> None:
        """Drop a connection that was never begun."""
        self.reset()
        self._close()

    def wake(self) -> None:
        """Make the thread look at the line's state again."""
        with contextlib.suppress(OSError):
            self._wake_w.send(b"!")

    def reset(self) -> None:
        """Drop both ends with a TCP reset, as a line that broke would. The thread closes them."""
        self._over.set()
        with self._lock:
            for end in (self._client, self._server):
                if end is not None:
                    with contextlib.suppress(OSError):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.wake()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                if not self._carry_some():
                    return
        except OSError:
            # One end broke: the other one learns of it the same way.
            self.reset()
        finally:
            self._over.set()
            self._line._ended(self)
            self._close()

    def _close(self) -> None:
        with self._lock:
            for end in (self._client, self._server, self._wake_r, self._wake_w):
                if end is not None:
                    end.close()

    def _carry_some(self) -> bool:
        """Wait for bytes or a change of the line. False when an end closed."""
        state = self._line.state
        if state is LineState.SILENT:
            return self._wait_in_silence()
        if self._server is None:
            server = socket.create_connection(("127.0.0.1", self._target_port), _CONNECT_S)
            server.settimeout(_STALLED_S)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._server = server
        server = self._server
        ready = self._wait([self._wake_r, self._client, server])
        slow = state is LineState.SLOW
        for source, sink in ((self._client, server), (server, self._client)):
            if source not in ready:
                continue
            data = source.recv(_SLOW_CHUNK_BYTES if slow else _CHUNK_BYTES)
            if not data:
                return False
            if slow:
                self._over.wait(_SLOW_EVERY_S)
            sink.sendall(data)
        return True

    def _wait_in_silence(self) -> bool:
        """Carry nothing; notice only that the line changed (True) or the client gave up."""
        poll = select.poll()
        poll.register(self._wake_r, select.POLLIN)
        poll.register(self._client, select.POLLRDHUP)
        ready = {fd for fd, _ in poll.poll()}
        if self._wake_r.fileno() in ready:
            self._wake_r.recv(64)
            return True
        return False

    def _wait(self, ends: list[socket.socket]) -> list[socket.socket]:
        ready, _, _ = select.select(ends, [], [])
        if self._wake_r in ready:
            self._wake_r.recv(64)
        return ready


def _bound(port: int) -> socket.socket:
    end = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    end.bind(("127.0.0.1", port))
    return end
