"""The peer of the kiosk: a bare Kivy window with one label in the same font, and nothing else.

    python -m benchmarks.bare_window WIDTHxHEIGHT FONT

It takes the frame rate, the clock and everything else as Kivy has it; only what would make it
dearer than the kiosk's window for no reason (a config file, a log file, spare image libraries,
smoothed edges) is off in both.
"""

from __future__ import annotations

import os
import sys

from benchmarks.flips import now_s, tell_first_flip

TEXT = "社会保障卡 Social Security Card"
_QUIET = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_NO_CONSOLELOG": "1",
    "KIVY_WINDOW": "sdl2",
    "KIVY_TEXT": "sdl2",
    "KIVY_IMAGE": "sdl2",
    "KIVY_CLIPBOARD": "dummy",
}


def main() -> None:
    """Show the label until the process is told to stop."""
    os.environ.update(_QUIET)
    from kivy.config import Config

    width, height = sys.argv[1].split("x")
    Config.set("graphics", "width", width)
    Config.set("graphics", "height", height)
    Config.set("graphics", "multisamples", "0")
    from kivy.base import runTouchApp
    from kivy.core.window import Window
    from kivy.graphics.opengl import GL_RENDERER, glGetString
    from kivy.uix.label import Label

    def flip(*_: object) -> bool:
        Window.unbind(on_flip=flip)
        Window.flip()
        tell_first_flip(now_s())
        print(f"renderer {glGetString(GL_RENDERER).decode()}", flush=True)
        return True

    Window.bind(on_flip=flip)
    runTouchApp(Label(text=TEXT, font_name=sys.argv[2], font_size=48))


if __name__ == "__main__":
    main()
