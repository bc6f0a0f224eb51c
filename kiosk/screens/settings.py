"""Kivy's settings, made before Kivy is imported and without a file of its own.

Kivy reads most of them once, at import: so `prepare` runs first, in the one process that draws.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from kiosk.screens.leave_out import leave_out

FRAMES_PER_S: Final = 30
MOUSE: Final = "mouse,disable_multitouch"
"""The one touch provider. Under X a touch panel reaches SDL2 as its pointer, so this is both;
a second provider would report every touch twice."""

_ENVIRONMENT: Final = {
    "KIVY_NO_ARGS": "1",  # the program's arguments are its own
    "KIVY_NO_CONFIG": "1",  # nothing is read from or written to a home directory
    "KIVY_NO_ENV_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_NO_CONSOLELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",  # leaves our logging and stderr alone
    "KIVY_WINDOW": "sdl2",
    "KIVY_TEXT": "sdl2",
    "KIVY_IMAGE": "sdl2",  # or else every image library that is installed is loaded
    "KIVY_CLIPBOARD": "dummy",
    "KIVY_METRICS_DENSITY": "1",
    "SDL_NO_SIGNAL_HANDLERS": "1",  # SIGTERM belongs to the program
    "SDL_VIDEO_ALLOW_SCREENSAVER": "0",
}


def prepare(
    *,
    size: tuple[int, int] | None,
    fullscreen: bool,
    run_dir: Path | None = None,
    touch_provider: str = MOUSE,
    show_cursor: bool = False,
) -> None:
    """Sets up Kivy for a window of `size` glass pixels, or of the whole glass when none.

    `run_dir` is where Kivy may think its home is; nothing is written there.
    """
    assert "kivy.core.window" not in sys.modules, "one window a process, made once"
    os.environ.update(_ENVIRONMENT)
    if run_dir is not None:
        os.environ["KIVY_HOME"] = str(run_dir)
    from kivy.config import Config

    Config.remove_section("input")
    Config.add_section("input")
    Config.set("input", "touch", touch_provider)
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "kivy_clock", "interrupt")  # posted work need not wait for a frame
    Config.set("kivy", "desktop", "0")
    Config.set("kivy", "log_level", "warning")
    Config.set("graphics", "maxfps", str(FRAMES_PER_S))
    Config.set("graphics", "multisamples", "0")  # edges are smooth by themselves, see paint.py
    Config.set("graphics", "resizable", "0")
    Config.set("graphics", "show_cursor", "1" if show_cursor else "0")
    Config.set("graphics", "allow_screensaver", "0")
    Config.set("graphics", "borderless", "1")
    if size is not None:
        Config.set("graphics", "width", str(size[0]))
        Config.set("graphics", "height", str(size[1]))
    Config.set("graphics", "fullscreen", "auto" if fullscreen or size is None else "0")
    Config.set("graphics", "position", "custom")
    Config.set("graphics", "left", "0")
    Config.set("graphics", "top", "0")
    leave_out()
