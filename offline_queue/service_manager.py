"""What a process tells the service manager that started it: sd_notify(3) in thirty lines.

Both of the terminal's processes use it, and the screen's start has no time for `asyncio`. Without a manager (on a desk, in a test) it says nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress

TELLS_A_TERM = 4  # signs of life within one watchdog time; half of it is the least (sd_notify(3))


class ServiceManager:
    """The manager's end. `watchdog_s` is how long it waits for a sign of life, None: it does not."""

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self._address = address
        self.watchdog_s = watchdog_s if address else None

    @property
    def tell_every_s(self) -> float | None:
        """How often a sign of life is due, None: never."""
        return None if self.watchdog_s is None else self.watchdog_s / TELLS_A_TERM

    def ready(self) -> None:
        """The start is over: the process serves."""
        self._say("READY=1")

    def alive(self) -> None:
        """A sign of life."""
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """The process ends of itself or was told to."""
        self._say("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for whoever asks how the service is. Nothing personal."""
        self._say(f"STATUS={text}")

    def _say(self, text: str) -> None:
        """Never waits and never fails: if nobody reads, the manager finds out by itself."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # the abstract namespace, unix(7)
            address = "\0" + address[1:]
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.setblocking(False)
            end.sendto(text.encode(), address)


def service_manager(environ: MutableMapping[str, str] = os.environ) -> ServiceManager:
    """The manager that the environment names; its names are taken out, children have none.

    A watchdog time that is meant for another process (`WATCHDOG_PID`) is none.
    """
    address = environ.pop("NOTIFY_SOCKET", None)
    usec = environ.pop("WATCHDOG_USEC", "")
    pid = environ.pop("WATCHDOG_PID", str(os.getpid()))
    is_ours = usec.isdecimal() and int(usec) > 0 and pid == str(os.getpid())
    return ServiceManager(address, int(usec) / 1e6 if is_ours else None)
