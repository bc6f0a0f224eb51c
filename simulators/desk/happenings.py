"""What happened on the desk, in order: the bench's log and its stream.

Nothing personal stands in it: people appear by their letter on the desk, never by number,
and the keys pressed on the pad not at all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

_KEPT = 300
_LISTENERS_MAX = 32


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `kind` is ``view``, ``glass`` (the same view, drawn anew),
    ``device``, ``receipt``, ``line``, ``power``, ``process`` or ``trouble``."""

    number: int
    at: str  # wall clock, HH:MM:SS, for people
    kind: str
    text: str


class Happenings:
    """The last few hundred happenings, and who wants to hear of new ones. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Happening] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[Happening], None]] = []
        self._number = 0

    def add(self, kind: str, text: str, *, keep: bool = True) -> None:
        """Tell every listener, from the caller's thread; remember it unless it is a trifle."""
        with self._lock:
            self._number += 1
            now = datetime.now().astimezone().strftime("%H:%M:%S")
            happening = Happening(self._number, now, kind, text)
            if keep:
                self._kept.append(happening)
            listeners = list(self._listeners)
        for listener in listeners:
            listener(happening)

    def kept(self) -> list[Happening]:
        """What is still remembered, oldest first."""
        with self._lock:
            return list(self._kept)

    def listen(self, listener: Callable[[Happening], None]) -> Callable[[], None]:
        """Hear of every new one; the result ends that. Raises `RuntimeError` when too many listen."""
        with self._lock:
            if len(self._listeners) >= _LISTENERS_MAX:
                raise RuntimeError("too many listen to the desk already")
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end
