"""Power cuts between any two calls that change the disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

CHANGING = ("fsync", "rename", "symlink", "mkdir", "unlink", "rmdir", "open")


class PowerCut(BaseException):
    """The power is gone: nothing of the program runs any more, no clean-up either."""


@contextmanager
def cut_after(calls: int) -> Iterator[Callable[[], bool]]:
    """Cut before the call after so many; yields whether it came to that.

    After the cut every further call fails too, so that no `finally` tidies what a real cut would leave.
    """
    left = calls
    was_cut = False
    ours = threading.get_ident()  # the office's power stays

    def cutting(plain: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            nonlocal left, was_cut
            if threading.get_ident() != ours:
                return plain(*arguments, **named)
            if left <= 0:
                was_cut = True
                raise PowerCut
            left -= 1
            return plain(*arguments, **named)

        return call

    names = [name for name in CHANGING if hasattr(os, name)]
    patches = [patch.object(os, name, cutting(getattr(os, name))) for name in names]
    for each in patches:
        each.start()
    try:
        yield lambda: was_cut
    finally:
        for each in patches:
            each.stop()
