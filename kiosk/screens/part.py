"""What every part of a screen is: a widget that measures itself and draws into a box."""

from __future__ import annotations

from abc import abstractmethod

from kivy.graphics import InstructionGroup
from kivy.uix.widget import Widget
from msgspec import Struct

from kiosk.screens.faces import Setting, draw_face, radius_of
from kiosk.screens.pen import Pen
from kiosk.screens.presses import Box, PlacedText
from kiosk.screens.view import Button, View


class PlacedButton(Struct, frozen=True):
    """A button on the glass. `radius` is in glass pixels."""

    box: Box
    radius: int


class Part(Widget):  # type: ignore[misc]
    """A part of a screen. `side`, `gap` and `grow` are set in the layouts' `.kv` files.

    In landscape `side` says which column it stands in, `other_side` which one it may also stand
    in when all is too much for the usual one; `gap` is the room above it in reference
    pixels; what is left of a column's height goes to the parts that `grow`, in turn; a part that
    is `optional` is left out rather than have a text made smaller for it.

    What is abstract mypy checks: Kivy's widgets have a metaclass of their own, which is not ABCMeta.
    """

    side = "left"
    other_side = ""
    gap = 28.0
    grow = 0.0
    optional = False

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self.placed: list[PlacedText] = []
        self.pressable: dict[str, PlacedButton] = {}
        self._drawn: object = None

    @abstractmethod
    def take(self, view: View) -> object:
        """Keeps what it shows of `view`; answers it, empty or none when there is nothing."""

    @abstractmethod
    def tall(self, pen: Pen, width: int) -> int:
        """The height it wants, in glass pixels."""

    def most(self, pen: Pen, width: int) -> int:
        """The height beyond which it does not grow, in glass pixels."""
        return self.tall(pen, width)

    @abstractmethod
    def draw(self, pen: Pen, box: Box) -> None:
        """Draws itself into `box` on its empty canvas."""

    def place(self, pen: Pen, box: Box, shown: object) -> None:
        """Draws itself, unless just this stands there already."""
        key = (
            shown,
            box,
            pen.fit,
            pen.tight,
            pen.text_scale,
            pen.lines_max,
            pen.floor_px,
            pen.brush.height,
        )
        if key == self._drawn:
            return
        self.wipe()
        self.size = (box.w, box.h)
        self.pos = (box.x, pen.brush.height - box.y - box.h)
        self._drawn = key
        pen.placed = self.placed
        self.draw(pen, box)

    def wipe(self) -> None:
        """Forgets and clears what it showed."""
        if self._drawn is not None:
            _empty(self.canvas)
            self.placed = []
            self.pressable = {}
            self._drawn = None

    def group(self) -> InstructionGroup:
        """A fresh group of instructions on its canvas."""
        group = InstructionGroup()
        self.canvas.add(group)
        return group

    def button(self, pen: Pen, button: Button, box: Box, setting: Setting) -> None:
        """Draws a button and makes it pressable."""
        draw_face(pen, self.group(), button, box, setting)
        radius = pen.px(radius_of(button.role))
        self.pressable[button.id] = PlacedButton(box, radius)


def _empty(group: InstructionGroup) -> None:
    """Clears a group and the groups in it.

    A group and what is in it know each other: a circle, which would keep vertices and textures
    until the collector comes round.
    """
    for child in group.children:
        if type(child) is InstructionGroup:
            _empty(child)
    group.clear()
