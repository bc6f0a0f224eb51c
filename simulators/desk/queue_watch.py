"""How much waits for the bank, as `kiosk-queue` itself says over its socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

from offline_queue.messages import LINE_BYTES_MAX, QueueStatus
from offline_queue.wire import AskStatus, call_line, read_notice
from sscard.requests import MalformedMessage

_ASK_EVERY_S = 0.5
_ANSWER_S = 2.0
_NOTICES_MAX = 20


class QueueWatch:
    """Asks again and again; `on_change` hears of another number, on the watch's thread."""

    def __init__(self, path: Path, on_change: Callable[[int], None]) -> None:
        self._path = path
        self._on_change = on_change
        self._waiting = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="queue watch", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Requests that have not reached the bank, as last heard; a queue that is down keeps them."""
        return self._waiting

    def close(self) -> None:
        """End the watch. May be called twice."""
        self._closing.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closing.wait(_ASK_EVERY_S):
            status = ask_status(self._path)
            if status is None:
                continue
            waiting = sum(status.waiting.values())
            changed, self._waiting = waiting != self._waiting, waiting
            if changed:
                self._on_change(waiting)


def ask_status(path: Path) -> QueueStatus | None:
    """One answer of the queue behind `path`, or None when it gives none in time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(_ANSWER_S)
        try:
            end.connect(str(path))
            end.sendall(call_line(AskStatus()))
            with end.makefile("rb") as lines:
                # The state of the line, and what else is news, may come first.
                for _ in range(_NOTICES_MAX):
                    notice = read_notice(lines.readline(LINE_BYTES_MAX))
                    if isinstance(notice, QueueStatus):
                        return notice
        except (OSError, MalformedMessage):
            return None
    return None
