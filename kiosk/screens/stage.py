"""The root of the window: bars and pages, the hint's motion, touches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kivy.clock import Clock
from kivy.graphics import InstructionGroup
from kivy.uix.widget import Widget

from kiosk.screens import tokens as t
from kiosk.screens.bars import BottomBar, Footer, Ring, TopBar
from kiosk.screens.fonts import Fonts
from kiosk.screens.page import Page
from kiosk.screens.paint import Brush
from kiosk.screens.part import Part, PlacedButton
from kiosk.screens.parts import Picture
from kiosk.screens.pen import Pen, Ruler
from kiosk.screens.presses import Box, PlacedText, Presses
from kiosk.screens.view import Layout, Role, View

_HINT_FRAMES_PER_S: Final = 6
_HINT_FRAMES_MAX: Final = 240  # a whole number of every picture's cycles


class Stage(Widget):  # type: ignore[misc]
    """Draws one view after another with the same widgets."""

    def __init__(
        self, fonts: Fonts, on_press: Callable[[str], None], now_s: Callable[[], float]
    ) -> None:
        super().__init__(size_hint=(None, None))
        self.view: View | None = None
        self._on_press = on_press
        self._now_s = now_s
        self._ruler = Ruler(fonts)
        self._brush = Brush()
        self._presses = Presses()
        self._glass = (0, 0)
        self._top, self._bar, self._ring, self._footer = TopBar(), BottomBar(), Ring(), Footer()
        self._ring.now_s = now_s
        self._pages: dict[Layout, Page] = {}
        self._page: Page | None = None
        self._touched = InstructionGroup()
        self._tick: Any = Clock.create_trigger(self._second, 0.2, interval=True)
        self._sway: Any = Clock.create_trigger(
            self._move_hint, 1 / _HINT_FRAMES_PER_S, interval=True
        )
        self._hint_frame = 0
        for part in (self._top, self._bar, self._ring, self._footer):
            self.add_widget(part)
        self.canvas.after.add(self._touched)

    def show(self, view: View) -> None:
        """Draws `view`. A finger that is down on the view before presses nothing."""
        if view == self.view:
            return
        self.view = view
        self._draw(view)
        keys = frozenset(each.id for each in view.options if each.role is Role.KEY)
        self._presses.show(self._boxes(), keys)

    def resize(self, width: int, height: int) -> None:
        """Draws the view anew for a glass of this size in pixels."""
        if (width, height) == self._glass:
            return
        self._glass = (width, height)
        self.size = (width, height)
        if self.view is not None:
            self._draw(self.view)
            self._presses.move_boxes(self._boxes())

    def buttons(self) -> dict[str, PlacedButton]:
        """Every button that is drawn, by its id."""
        return {name: placed for part in self._parts() for name, placed in part.pressable.items()}

    def texts(self) -> list[PlacedText]:
        """Every text that is drawn."""
        return [text for part in self._parts() for text in part.placed]

    def on_touch_down(self, touch: Any) -> bool:
        """Kivy's: a finger goes down."""
        held = self._presses.down(touch.uid, touch.x, self.height - touch.y, self._now_s())
        self._touched.clear()
        if held is not None:
            placed = self.buttons()[held]
            self._brush.box(self._touched, placed.box, placed.radius, t.PRESSED)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Kivy's: a finger moves; only where it comes up counts."""
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Kivy's: a finger comes up."""
        self._touched.clear()
        pressed = self._presses.up(touch.uid, touch.x, self.height - touch.y, self._now_s())
        if pressed is not None:
            self._on_press(pressed)
        return True

    def _draw(self, view: View) -> None:
        width, height = self._glass
        if not width:
            return
        metrics = t.Metrics(width, height)
        self._brush.height = height
        self._touched.clear()
        pen = Pen(metrics, self._ruler, self._brush)
        text_scale = t.LARGE_TEXT if view.large_text else 1.0
        pen_of_text = Pen(metrics, self._ruler, self._brush, text_scale)
        top = self._place(pen, self._top, view, 0)
        if view.footer:
            self._bar.wipe()
            self._bar.take(view)  # keeps nothing of the session before
            bottom = self._place(pen, self._footer, view, height)
        else:
            self._footer.wipe()
            bottom = self._place(pen_of_text, self._bar, view, height)
        self._draw_ring(pen, view, bottom)
        page = self._turn_to(view.layout)
        landscape = metrics.landscape
        above, below = metrics.px(40 if landscape else 52), metrics.px(32 if landscape else 36)
        edge = metrics.px(t.EDGE)
        body = Box(edge, top.h + above, width - 2 * edge, bottom.y - top.h - above - below)
        page.show(view, pen_of_text, body)
        self._run(self._tick, view.time_left is not None)
        self._run(self._sway, any(isinstance(p, Picture) and p.moves for p in page.parts))

    def _place(self, pen: Pen, part: Part, view: View, end: int) -> Box:
        shown = part.take(view)
        tall = part.tall(pen, self._glass[0])
        box = Box(0, max(0, end - tall), self._glass[0], tall)
        part.place(pen, box, shown)
        return box

    def _draw_ring(self, pen: Pen, view: View, bar: Box) -> None:
        shown = self._ring.take(view)
        if shown is None:
            self._ring.wipe()
            return
        side = self._ring.tall(pen, 0)
        right = self._glass[0] - pen.px(t.EDGE)
        self._ring.place(pen, Box(right - side, bar.y + (bar.h - side) // 2, side, side), shown)

    def _turn_to(self, layout: Layout) -> Page:
        page = self._pages.get(layout)
        if page is None:
            page = self._pages[layout] = Page(layout)
        if page is not self._page:
            if self._page is not None:
                self._page.wipe()
                self.remove_widget(self._page)
            self.add_widget(page)
            self._page = page
        return page

    def _parts(self) -> list[Part]:
        pages = self._page.parts if self._page is not None else []
        return [self._top, *pages, self._bar, self._ring, self._footer]

    def _boxes(self) -> dict[str, Box]:
        return {name: placed.box for name, placed in self.buttons().items()}

    def _run(self, timer: Any, wanted: bool) -> None:
        if wanted and not timer.is_triggered:
            self._hint_frame = 0
            timer()
        elif not wanted:
            timer.cancel()

    def _second(self, _dt: float) -> None:
        """Looks at the clock more often than once a second; draws only when the second changes."""
        if self.view is None:
            return
        pen = Pen(t.Metrics(*self._glass), self._ruler, self._brush)
        tall = self._bar.tall(pen, self._glass[0])
        self._draw_ring(pen, self.view, Box(0, self._glass[1] - tall, self._glass[0], tall))

    def _move_hint(self, _dt: float) -> None:
        self._hint_frame = (self._hint_frame + 1) % _HINT_FRAMES_MAX
        for picture in self._page.parts if self._page is not None else ():
            if isinstance(picture, Picture):
                picture.sway(self._hint_frame)
