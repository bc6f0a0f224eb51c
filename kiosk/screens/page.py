"""A page: its parts in one column, or in two where the glass is wider than high."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kivy.factory import Factory
from kivy.lang import Builder
from kivy.uix.widget import Widget
from msgspec import Struct
from msgspec.structs import replace

from kiosk.screens import tokens as t
from kiosk.screens.keys import Keypad, Turns
from kiosk.screens.lead import Lead
from kiosk.screens.part import Part
from kiosk.screens.parts import Blocks, Heading, Options, Picture, Tiles
from kiosk.screens.pen import UNBOUNDED, Pen
from kiosk.screens.presses import Box
from kiosk.screens.ready import ReadyList
from kiosk.screens.view import Layout, View

_LAYOUTS: Final = Path(__file__).parent / "layouts"
_TIGHT: Final = (1.0, 0.88, 0.76, 0.66)  # room gives way first
_FITS: Final = tuple(step / 100 for step in range(97, 51, -3))
_LOOSE: Final = 0.45  # how much wider gaps get when there is room

_NOTHING: Final = View(state="", layout=Layout.IDLE, language="zh", title="")


class _Trial(Struct, frozen=True):
    """One way to set a column: scale of the text, of the room, lines of a text, least size."""

    fit: float
    tight: float
    lines_max: int = UNBOUNDED
    floor_px: int = t.TEXT_FLOOR_PX

    def set(self, pen: Pen) -> None:
        """Has `pen` set texts this way."""
        pen.fit, pen.tight = self.fit, self.tight
        pen.lines_max, pen.floor_px = self.lines_max, self.floor_px


_ROOMY: Final = tuple(_Trial(1.0, tight) for tight in _TIGHT)
_SMALLER: Final = tuple(_Trial(fit, min(fit, _TIGHT[-1])) for fit in _FITS)
_LAST: Final = tuple(replace(trial, floor_px=t.TEXT_LAST_PX) for trial in _SMALLER)
_CUT: Final = tuple(replace(_LAST[-1], lines_max=lines) for lines in (2, 1))
_TRIALS: Final = _ROOMY + _SMALLER + _LAST + _CUT
"""From the largest on; texts are cut only where nothing else is left."""

_Places = list[tuple[Part, Box]]


class _Column(Struct, frozen=True):
    """Where the parts of a column stand, and how they had to be set for it."""

    trial: _Trial
    places: _Places

    @property
    def loss(self) -> int:
        """How much had to give way: 0 when only room did."""
        return max(0, _TRIALS.index(self.trial) - len(_ROOMY) + 1)


for _part in (Blocks, Heading, Keypad, Lead, Options, Picture, ReadyList, Tiles, Turns):
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
        parts = [part for part in self.parts if shown[part]]
        drawn: set[Part] = set()
        for column in self._columns(pen, parts, body):
            column.trial.set(pen)
            for part, box in column.places:
                part.place(pen, box, shown[part])
                drawn.add(part)
        for part in self.parts:
            if part not in drawn:
                part.wipe()

    def wipe(self) -> None:
        """Forgets what it showed."""
        for part in self.parts:
            part.wipe()
            part.take(_NOTHING)

    def _columns(self, pen: Pen, parts: list[Part], body: Box) -> list[_Column]:
        """One column, or two; parts that may change sides do so where the text stays larger."""
        sides = {part: part.side for part in parts}
        if not pen.metrics.landscape or len(set(sides.values())) < 2:
            return [_fit(pen, parts, body)]
        usual = self._two(pen, sides, body)
        others = {part: part.other_side or part.side for part in parts}
        if others == sides or not any(column.loss for column in usual):
            return usual
        changed = self._two(pen, others, body)
        return min(usual, changed, key=lambda columns: max(column.loss for column in columns))

    def _two(self, pen: Pen, sides: dict[Part, str], body: Box) -> list[_Column]:
        between = pen.px(t.EDGE)
        wide = round((body.w - between) * self.split)
        rest = Box(body.x + wide + between, body.y, body.w - wide - between, body.h)
        boxes = {"left": Box(body.x, body.y, wide, body.h), "right": rest}
        return [
            _fit(pen, [part for part in sides if sides[part] == side], box)
            for side, box in boxes.items()
        ]


def _fit(pen: Pen, parts: list[Part], body: Box) -> _Column:
    """Shrinks room, leaves out what is optional and then shrinks text until all is in `body`.

    Texts far beyond what a screen holds are cut to few lines, which end in an ellipsis.
    """
    needed = [part for part in parts if not part.optional]
    for standing, trials in ((parts, _ROOMY), (needed, _ROOMY + _SMALLER), (needed, _LAST)):
        if _fits(pen, standing, trials[-1], body):
            first, last = 0, len(trials) - 1
            while first < last:  # `last` always fits
                middle = (first + last) // 2
                if _fits(pen, standing, trials[middle], body):
                    last = middle
                else:
                    first = middle + 1
            return _Column(trials[last], _stand(pen, standing, trials[last], body))
    cut = next((trial for trial in _CUT if _fits(pen, needed, trial, body)), _CUT[-1])
    return _Column(cut, _stand(pen, needed, cut, body))


def _fits(pen: Pen, parts: list[Part], trial: _Trial, body: Box) -> bool:
    heights, gaps = _lengths(pen, parts, trial, body)
    return sum(heights) + sum(gaps) <= body.h


def _lengths(pen: Pen, parts: list[Part], trial: _Trial, body: Box) -> tuple[list[int], list[int]]:
    """The height of each part and of the gap above it, set as `trial` says."""
    trial.set(pen)
    heights = [part.tall(pen, body.w) for part in parts]
    return heights, [_gap(pen, part) if index else 0 for index, part in enumerate(parts)]


def _gap(pen: Pen, part: Part) -> int:
    """The room above a part; two buttons are never closer than their targets allow."""
    return max(pen.room(part.gap), pen.px(min(part.gap, t.TARGET_GAP)))


def _stand(pen: Pen, parts: list[Part], trial: _Trial, body: Box) -> _Places:
    """The parts from the top of `body` down; those that grow share what is left."""
    heights, gaps = _lengths(pen, parts, trial, body)
    free = max(0, body.h - sum(heights) - sum(gaps))
    for index, part in enumerate(parts):
        if part.grow:
            more = max(0, min(free, part.most(pen, body.w) - heights[index]))
            heights[index] += more
            free -= more
    loose = 1 + min(_LOOSE, free / max(1, sum(gaps)))
    column: _Places = []
    y = body.y
    for part, gap, height in zip(parts, gaps, heights, strict=True):
        y += int(gap * loose)
        column.append((part, Box(body.x, y, body.w, height)))
        y += height
    return column
