"""A real kiosk whose drawing stops while its loop goes on; see `test_processes.py`.

python -m tests.deploy.still_screen SETTINGS
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kiosk import watchdog
from kiosk.app import build_kiosk
from kiosk.settings import load_settings

DRAWING_S = 2.0
FRAME_EVERY_S = 0.2


def main() -> None:
    """Draw for a while, then only turn; end when nothing was said of life for three more terms."""
    watchdog.DRAWN_MAX_AGE_S = 1.0
    kiosk = build_kiosk(load_settings(Path(sys.argv[1])))
    from kivy.clock import Clock
    from kivy.core.window import Window

    def draw(_dt: float) -> None:
        Window.canvas.ask_update()

    def stand_still(_dt: float) -> None:
        # From now on nothing asks for a frame, nor reports one: what a hung display looks like.
        drawing.cancel()
        Window.unbind(on_flip=kiosk.screens._flip)
        Clock.schedule_once(lambda _dt: kiosk.stop(), DRAWING_S)

    drawing: Any = Clock.schedule_interval(draw, FRAME_EVERY_S)
    Clock.schedule_once(stand_still, DRAWING_S)
    kiosk.run()


if __name__ == "__main__":
    main()
