"""The window: shows views, reports presses and frames.

Kivy keeps one window a process, so there is one `Screens` a process. Kivy is imported when it is
made, after its settings.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kiosk.screens.fonts import Fonts
from kiosk.screens.presses import Box, PlacedText
from kiosk.screens.settings import MOUSE, prepare
from kiosk.screens.tokens import PAPER
from kiosk.screens.view import Frame, View

_POSTED_MAX: Final = 4096
_HEARTBEAT_S: Final = 5.0  # with nothing to draw, a frame is drawn all the same: the glass lives


class Screens:
    """The glass and what is on it. All but `post` and `stop` belong to the thread that runs it."""

    def __init__(
        self,
        *,
        size: tuple[int, int] | None,
        fonts: Fonts,
        on_press: Callable[[str], None],
        now_s: Callable[[], float],
        on_frame: Callable[[Frame], None] | None = None,
        fullscreen: bool = False,
        run_dir: Path | None = None,
        touch_provider: str = MOUSE,
        show_cursor: bool = False,
    ) -> None:
        """Opens the window; draws nothing yet.

        `size` is in glass pixels, none for the whole glass. `on_press` gets the id of a pressed
        button, `on_frame` each frame once it is on the glass; both run on the UI thread.
        `now_s` is the terminal's monotonic clock in seconds.
        """
        prepare(
            size=size,
            fullscreen=fullscreen,
            run_dir=run_dir,
            touch_provider=touch_provider,
            show_cursor=show_cursor,
        )
        from kivy.clock import Clock
        from kivy.core.window import Window

        from kiosk.screens.stage import Stage

        self._now_s = now_s
        self._on_frame = on_frame
        self._frames = 0
        self._posted: deque[Callable[[], None]] = deque()
        self._posted_lock = threading.Lock()
        self._window: Any = Window
        self._stage = Stage(fonts, on_press, now_s)
        self._wake: Any = Clock.create_trigger(self._work, -1)
        self._clock: Any = Clock
        Window.clearcolor = PAPER
        Window.bind(on_flip=self._flip, size=self._resized, on_request_close=_refuse)
        Window.bind(on_keyboard=_refuse, on_key_down=_refuse)
        Window.add_widget(self._stage)
        self._resized()
        Clock.schedule_interval(self._beat, _HEARTBEAT_S)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the glass in pixels."""
        width, height = self._window.size
        return int(width), int(height)

    def show(self, view: View) -> None:
        """Draws `view` by the next frame."""
        self._stage.show(view)

    def post(self, work: Callable[[], None]) -> None:
        """Has `work` run soon on the UI thread, in the order posted. From any thread."""
        with self._posted_lock:
            if len(self._posted) >= _POSTED_MAX:
                raise RuntimeError("the UI thread does not take its work")
            self._posted.append(work)
        self._wake()

    def every(self, seconds: float, work: Callable[[], None]) -> None:
        """Has `work` run on the UI thread again and again."""
        self._clock.schedule_interval(lambda _dt: work(), seconds)

    def run(self) -> None:
        """Draws and takes touches until `stop`."""
        from kivy.base import runTouchApp

        runTouchApp()

    def stop(self) -> None:
        """Ends `run` and closes the window. From any thread; may be called twice."""
        from kivy.base import stopTouchApp

        self._clock.schedule_once(lambda _dt: stopTouchApp(), 0)

    def capture(self) -> tuple[int, int, bytes]:
        """What is on the glass now: width, height, RGB rows, top first."""
        from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels

        width, height = self.size
        self._window.dispatch("on_draw")
        pixels = bytes(glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE))
        rgb = bytearray(width * height * 3)
        for channel in range(3):
            rgb[channel::3] = pixels[channel::4]
        stride = width * 3
        rows = (bytes(rgb[y * stride : (y + 1) * stride]) for y in range(height - 1, -1, -1))
        return width, height, b"".join(rows)

    def touch(self, x: float, y: float) -> None:
        """A finger down and up at `x`, `y` in glass pixels from the top left, as a panel does it.

        It is dispatched in the next turn of the loop.
        """
        self._window.dispatch("on_mouse_down", x, y, "left", [])
        self._window.dispatch("on_mouse_up", x, y, "left", [])

    def button_box(self, button_id: str) -> Box | None:
        """Where a button is on the glass, if it is there."""
        placed = self._stage.buttons().get(button_id)
        return placed.box if placed else None

    def button_boxes(self) -> dict[str, Box]:
        """Where every button is on the glass."""
        return {name: placed.box for name, placed in self._stage.buttons().items()}

    def texts(self) -> list[PlacedText]:
        """Where every text is on the glass."""
        return self._stage.texts()

    def _work(self, _dt: float) -> None:
        with self._posted_lock:
            works, self._posted = list(self._posted), deque()
        for work in works:
            work()

    def _resized(self, *_: object) -> None:
        self._stage.resize(*self.size)

    def _beat(self, _dt: float) -> None:
        self._window.canvas.ask_update()

    def _flip(self, *_: object) -> bool:
        """Takes over Kivy's flip, so that a frame is reported after it is on the glass."""
        self._window.flip()
        self._frames += 1
        view = self._stage.view
        if self._on_frame is not None and view is not None:
            self._on_frame(Frame(view.state, self._frames, self._now_s(), self.size))
        return True


def _refuse(*_: object, **__: object) -> bool:
    """No key and no window manager closes the window or reaches a shortcut."""
    return True
