"""A page: its parts in one column, or in two where the glass is wider than high."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kivy.factory import Factory
from kivy.lang import Builder
from kivy.uix.widget import Widget

from kiosk.screens import tokens as t
from kiosk.screens.part import Part
from kiosk.screens.parts import Blocks, Heading, Lead, Options, Picture, Tiles
from kiosk.screens.pen import UNBOUNDED, Pen
from kiosk.screens.presses import Box
from kiosk.screens.view import Layout, View

_LAYOUTS: Final = Path(__file__).parent / "layouts"
_FITS: Final = tuple(step / 100 for step in range(100, 51, -3))
_LOOSE: Final = 0.45  # how much wider gaps get when there is room

_NOTHING: Final = View(state="", layout=Layout.IDLE, language="zh", title="")

_Column = list[tuple[Part, Box]]

for _part in (Blocks, Heading, Lead, Options, Picture, Tiles):
    Factory.register(_part.__name__, cls=_part)


class Page(Widget):  # type: ignore[misc]
    """The parts of one layout, in reading order. `split` is the left column's share."""

    split = 0.46

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        Builder.load_file(str(_LAYOUTS / f"{layout}.kv"))
        Builder.apply_rules(self, f"{layout.capitalize()}Page")

    @property
    def parts(self) -> list[Part]:
        """Its parts in reading order."""
        return list(reversed(self.children))

    def show(self, view: View, pen: Pen, body: Box) -> None:
        """Draws `view` into `body`; each column at the largest scale at which all of it fits."""
        shown = {part: part.take(view) for part in self.parts}
        for part in self.parts:
            if not shown[part]:
                part.wipe()
        for parts, column in self._columns(pen, [part for part in self.parts if shown[part]], body):
            pen.fit, pen.lines_max = 1.0, UNBOUNDED
            for part, box in _fit(pen, parts, column):
                part.place(pen, box, shown[part])

    def wipe(self) -> None:
        """Forgets what it showed."""
        for part in self.parts:
            part.wipe()
            part.take(_NOTHING)

    def _columns(self, pen: Pen, parts: list[Part], body: Box) -> list[tuple[list[Part], Box]]:
        left = [part for part in parts if part.side == "left"]
        right = [part for part in parts if part.side != "left"]
        if not pen.metrics.landscape or not left or not right:
            return [(parts, body)]
        between = pen.px(t.EDGE)
        wide = round((body.w - between) * self.split)
        rest = Box(body.x + wide + between, body.y, body.w - wide - between, body.h)
        return [(left, Box(body.x, body.y, wide, body.h)), (right, rest)]


def _fit(pen: Pen, parts: list[Part], body: Box) -> _Column:
    """Shrinks text and room until all stands in `body`.

    Texts far beyond what a screen holds are cut to few lines, which end in an ellipsis.
    """
    for lines_max in (UNBOUNDED, 2, 1):
        pen.lines_max = lines_max
        for fit in _FITS if lines_max == UNBOUNDED else _FITS[-1:]:
            pen.fit = fit
            heights = [part.tall(pen, body.w) for part in parts]
            gaps = [pen.room(part.gap) if index else 0 for index, part in enumerate(parts)]
            free = body.h - sum(heights) - sum(gaps)
            if free >= 0:
                return _stand(pen, parts, body, heights, gaps)
    return _stand(pen, parts, body, heights, gaps)


def _stand(pen: Pen, parts: list[Part], body: Box, heights: list[int], gaps: list[int]) -> _Column:
    """The parts from the top of `body` down; those that grow share what is left."""
    free = max(0, body.h - sum(heights) - sum(gaps))
    for index, part in enumerate(parts):
        if part.grow:
            more = max(0, min(free, part.most(pen, body.w) - heights[index]))
            heights[index] += more
            free -= more
    loose = 1 + min(_LOOSE, free / max(1, sum(gaps)))
    column: _Column = []
    y = body.y
    for part, gap, height in zip(parts, gaps, heights, strict=True):
        y += int(gap * loose)
        column.append((part, Box(body.x, y, body.w, height)))
        y += height
    return column
