"""Carries out a short talk of a driver's protocol in the caller's own thread, until it is over."""

from __future__ import annotations

import errno
import time
from enum import StrEnum
from typing import Any, TypeVar

from kiosk.drivers.links.ops import LinkLost, Now, Read, Take, Talk
from kiosk.drivers.links.runner import Link

T = TypeVar("T")


class Lost(StrEnum):
    """Why a port cannot be talked through."""

    BUSY = "busy"  # another program holds it
    DENIED = "denied"  # this user may not open it
    ABSENT = "absent"  # there is none of that name
    GONE = "gone"  # it was there and went away


class Asking:
    """Talks over one link. `heard` counts the bytes that came, whether or not they made sense."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.heard = 0

    def __repr__(self) -> str:
        return f"Asking({self._link!r}, heard: {self.heard})"

    def carry_out(self, talk: Talk[T]) -> T:
        """The talk's result. Raises `LinkLost`, and what the talk itself raises."""
        result: Any = None
        lost: LinkLost | None = None
        while True:
            try:
                op = talk.send(result) if lost is None else talk.throw(lost)
            except StopIteration as over:
                answer: T = over.value
                return answer
            result = lost = None
            if isinstance(op, Now):
                result = time.monotonic()
            elif not isinstance(op, Take):  # nobody gives orders here
                try:
                    result = self._link.perform(op)
                except LinkLost as error:
                    lost = error
            if isinstance(op, Read) and result:
                self.heard += len(result)


def why_lost(error: LinkLost) -> Lost:
    """What a lost link means, by what the system said beneath it."""
    match getattr(error.__cause__, "errno", None):
        case errno.EAGAIN | errno.EBUSY:
            return Lost.BUSY
        case errno.EACCES | errno.EPERM:
            return Lost.DENIED
        case errno.ENOENT:
            return Lost.ABSENT
    return Lost.GONE
