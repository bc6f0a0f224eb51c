"""The terminal's screen during its self-test: filled and looked at by a program that may be killed."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from typing import Final

from provisioning.readiness.screen import Colour, Picture

FIRST_LIMIT_S: Final = 10.0
_NEXT_LIMIT_S: Final = 5.0
_BYTES_MAX: Final = 3 * 7_680 * 4_320
_REAP_LIMIT_S = 5.0


class Glass:
    """Draws on the whole screen until closed."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-B", "-m", "provisioning.readiness.screen_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._limit_s = FIRST_LIMIT_S
        self._is_lost = False

    def fill(self, colour: Colour) -> Picture | None:
        """Fill the screen; see `screen.Look`."""
        red, green, blue = colour
        return self._asked(f"fill {red} {green} {blue}\n")

    def page(self) -> Picture | None:
        """Show a page of bars."""
        return self._asked("page\n")

    def _asked(self, order: str) -> Picture | None:
        if self._is_lost:
            return None
        assert self._child.stdin is not None
        limit_s, self._limit_s = self._limit_s, _NEXT_LIMIT_S
        with contextlib.suppress(OSError, ValueError):
            self._child.stdin.write(order.encode("ascii"))
            self._child.stdin.flush()
            found = self._answer(time.monotonic() + limit_s)
            if found is not None:
                return found
        self._is_lost = True  # what comes late would be taken for the next answer
        return None

    def _answer(self, end_s: float) -> Picture | None:
        assert self._child.stdout is not None
        heard, wanted = bytearray(), -1
        wide = high = start = 0
        while wanted < 0 or len(heard) < wanted:
            left_s = max(0.0, end_s - time.monotonic())
            ready, _, _ = select.select([self._child.stdout], [], [], left_s)
            data = os.read(self._child.stdout.fileno(), 1 << 20) if ready else b""
            if not data:
                return None
            heard += data
            if wanted < 0 and b"\n" in heard:
                start = heard.index(b"\n") + 1
                wide, high = map(int, heard[:start].split())
                wanted = start + 3 * wide * high
                if wanted > _BYTES_MAX:
                    return None
        return Picture(wide, high, bytes(heard[start:wanted]))

    def close(self) -> None:
        """End the program. May be called twice."""
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_REAP_LIMIT_S)
