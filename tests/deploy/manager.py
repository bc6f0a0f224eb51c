"""A service manager's end of the notification socket, for the tests: a real datagram socket."""

from __future__ import annotations

import socket
from pathlib import Path

PATIENCE_S = 60.0


class Manager:
    """Hears what processes tell it, in order."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._end.bind(self.address)
        self._end.settimeout(PATIENCE_S)

    def next(self) -> str:
        """The next message; waits for it."""
        return self._end.recv(4096).decode()

    def until(self, message: str) -> list[str]:
        """Every message up to and with `message`."""
        heard = [self.next()]
        while heard[-1] != message:
            heard.append(self.next())
        return heard

    def waiting(self) -> list[str]:
        """The messages that are there now."""
        self._end.settimeout(0.0)
        heard = []
        try:
            while True:
                heard.append(self.next())
        except BlockingIOError:
            return heard
        finally:
            self._end.settimeout(PATIENCE_S)

    def close(self) -> None:
        """Stop hearing."""
        self._end.close()
