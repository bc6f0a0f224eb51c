"""Whether the terminal lives, told to the service manager's watchdog.

A window can stand still while its process looks well, and a terminal without one of its devices'
threads waits for an answer that never comes. So a sign of life is given on the screen's thread,
and only while frames reach the glass and every thread still runs. Without one the manager ends
the process and starts it anew (systemd.service(5), `WatchdogSec=`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection

from offline_queue.service_manager import ServiceManager

DRAWN_MAX_AGE_S = 15.0  # a frame is drawn every 5 s with nothing to draw; two may be missed

_log = logging.getLogger("kiosk")


class Watchdog:
    """Gives signs of life while they are true. All of it belongs to the screen's thread."""

    def __init__(self, manager: ServiceManager, threads: Collection[str]) -> None:
        """`threads` are the names of those that must run once the first frame was drawn."""
        self._manager = manager
        self._threads = frozenset(threads)
        self._drawn_s: float | None = None
        self._told_s: float | None = None
        self._trouble = ""

    def drawn(self, at_s: float) -> None:
        """A frame is on the glass since `at_s`; with the first one the start is over."""
        first = self._drawn_s is None
        self._drawn_s = at_s
        if first:
            self._manager.ready()

    def turn(self, now_s: float) -> None:
        """Give a sign of life if one is due and the terminal lives. Call it often."""
        every_s = self._manager.tell_every_s
        if every_s is None or self._drawn_s is None:
            return
        if self._told_s is not None and now_s - self._told_s < every_s:
            return
        self._told_s = now_s
        trouble = self._look(now_s, self._drawn_s)
        if not trouble:
            self._manager.alive()
        if trouble != self._trouble:
            self._trouble = trouble
            self._manager.status(trouble)
            if trouble:
                _log.error("no sign of life is given: %s", trouble)

    def stopping(self) -> None:
        """The process ends."""
        self._manager.stopping()

    def _look(self, now_s: float, drawn_s: float) -> str:
        """What keeps the terminal from living, nothing if it lives."""
        if now_s - drawn_s > DRAWN_MAX_AGE_S:
            return "the screen stands still"
        missing = self._threads - {thread.name for thread in threading.enumerate()}
        return f"threads have ended: {', '.join(sorted(missing))}" if missing else ""
