"""The kiosk in a process of its own, touched by a thread; prints what each touch took.

python -m benchmarks.touch_program --settings FILE --touches N
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random

from benchmarks.flips import now_s
from kiosk.app import Kiosk, build_kiosk
from kiosk.screens.presses import Box
from kiosk.screens.view import View
from kiosk.settings import load_settings

TILES = ("loss", "language", "large_text")  # what is offered with no line and no card reader
WAYS_OUT = ("leave", "done")
_STARTED_S = 30.0
_ANSWER_S = 10.0
_BETWEEN_S = (0.35, 0.6)  # after the glass takes touches again, and in step with no frame


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one touch: frames on the glass and seconds until the first frame of the next view."""

    frames: int
    seconds: float


class Finger:
    """Touches the kiosk's glass from a thread of its own and watches what comes of it."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._rng = Random(1)  # noqa: S311  # the same touches in every run
        self._drawn = threading.Event()
        self._shown_after = 0  # the frame before the view changed
        self._first_s = 0.0
        kiosk.on_view.append(self._changed)

    def touches(self, count: int) -> Iterator[Taken]:
        """Touch `count` times, each on a button that leads to another view."""
        tiles = cycle(TILES)
        for _ in range(count):
            self._pause()
            yield self._touch(self._next_button(tiles))

    def wait_for_idle(self) -> None:
        """Wait until the tiles are offered."""
        end_s = now_s() + _STARTED_S
        while not set(TILES) <= _offered(self._kiosk.view) or self._kiosk.last_frame is None:
            assert now_s() < end_s, f"{self._kiosk.view.state} offers {_offered(self._kiosk.view)}"
            self._pause()

    def _touch(self, button: str) -> Taken:
        box = self._box(button)
        self._drawn.clear()
        frame = self._kiosk.last_frame
        assert frame is not None
        began_s = now_s()
        middle = box.x + box.w / 2, box.y + box.h / 2
        self._kiosk.screens.post(lambda: self._kiosk.screens.touch(*middle))
        assert self._drawn.wait(_ANSWER_S), f"nothing comes of {button}"
        return Taken(self._shown_after + 1 - frame.number, self._first_s - began_s)

    def _next_button(self, tiles: Iterator[str]) -> str:
        offered = _offered(self._kiosk.view)
        return next((way for way in WAYS_OUT if way in offered), None) or next(tiles)

    def _box(self, button: str) -> Box:
        """Where a button is; asked on the UI thread."""
        found: list[Box | None] = []
        asked = threading.Event()

        def ask() -> None:
            found.append(self._kiosk.screens.button_box(button))
            asked.set()

        self._kiosk.screens.post(ask)
        assert asked.wait(_ANSWER_S), "the UI thread does not answer"
        box = found[0]
        assert box is not None, f"{button} is not on the glass of {self._kiosk.view.state}"
        return box

    def _changed(self, _view: View) -> None:
        """On the UI thread, once the new view is drawn and not yet on the glass."""
        from kivy.clock import Clock

        frame = self._kiosk.last_frame
        self._shown_after = frame.number if frame is not None else 0
        Clock.schedule_interval(self._look, 0)

    def _look(self, _dt: float) -> bool:
        frame = self._kiosk.last_frame
        if frame is None or frame.number <= self._shown_after:
            return True
        self._first_s = frame.at_s
        self._drawn.set()
        return False

    def _pause(self) -> None:
        threading.Event().wait(self._rng.uniform(*_BETWEEN_S))


def _offered(view: View) -> set[str]:
    return {button.id for button in view.buttons() if button.enabled}


def main() -> None:
    """Touch, print what it took, end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.touch_program")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--touches", type=int, required=True)
    chosen = parser.parse_args()
    kiosk = build_kiosk(load_settings(chosen.settings))
    finger = Finger(kiosk)

    def touch() -> None:
        try:
            finger.wait_for_idle()
            taken = list(finger.touches(chosen.touches))
            print(json.dumps([[each.frames, each.seconds] for each in taken]), flush=True)
        finally:
            kiosk.stop()

    threading.Thread(target=touch, name="finger", daemon=True).start()
    kiosk.run()


if __name__ == "__main__":
    main()
