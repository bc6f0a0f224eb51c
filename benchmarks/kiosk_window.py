"""The kiosk as it is, which also tells its first idle frame and can show views that it is given.

python -m benchmarks.kiosk_window --settings FILE [--views FILE]

The views are shown, one a frame, when a line comes in on standard input.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import threading
from pathlib import Path

from benchmarks.flips import tell_first_flip
from kiosk.app import Kiosk, build_kiosk
from kiosk.screens.view import View
from kiosk.settings import load_settings

_LOOK_S = 0.02
SHOWN = "shown"
IDLE = "idle"


def _tell_first_idle_frame(kiosk: Kiosk) -> None:
    """Ask the kiosk until it has drawn its idle screen; its frame knows the moment after the flip."""
    from kivy.clock import Clock

    def look(_dt: float) -> bool:
        if kiosk.last_frame is None or kiosk.last_frame.state != IDLE:
            return True
        tell_first_flip(kiosk.last_frame.at_s)
        return False

    Clock.schedule_interval(look, _LOOK_S)


def _show_views(kiosk: Kiosk, path: Path) -> None:
    """On a line of standard input: each view for one frame, then what the kiosk shows itself."""
    sys.stdin.readline()
    views: list[View] = pickle.loads(path.read_bytes())  # noqa: S301  # made by the benchmark

    def begin() -> None:
        from kivy.clock import Clock

        Clock.schedule_interval(step, 0)

    def step(_dt: float) -> bool:
        if views:
            kiosk.screens.show(views.pop(0))
            return True
        kiosk.screens.show(kiosk.view)
        print(SHOWN, flush=True)
        return False

    kiosk.screens.post(begin)


def main() -> None:
    """Run until the process is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kiosk_window")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--views", type=Path)
    chosen = parser.parse_args()
    kiosk = build_kiosk(load_settings(chosen.settings))
    _tell_first_idle_frame(kiosk)
    if chosen.views is not None:
        threading.Thread(target=_show_views, args=(kiosk, chosen.views), daemon=True).start()
    kiosk.run()


if __name__ == "__main__":
    main()
