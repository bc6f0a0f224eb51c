"""Text on the glass: measuring, breaking and drawing it.

A line of text is one texture, cut to the height that its letters need, so that what is drawn is
what takes up room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final

from kivy.core.text import Label
from kivy.graphics import Color, InstructionGroup, Rectangle
from msgspec import Struct
from msgspec.structs import replace

from kiosk.screens.fonts import Fonts
from kiosk.screens.paint import Brush
from kiosk.screens.presses import Box, PlacedText
from kiosk.screens.tokens import TEXT_FLOOR_PX, TEXT_LAST_PX, Colour, Metrics
from kiosk.screens.wrap import join, shorten, torn, wrap

_RULER_PX: Final = 48
_FULL_WIDTH: Final = ("一", "\u9fff")  # CJK ideographs: every one is as wide as its size
_RULED_MAX: Final = 8192  # characters whose width is kept
_SLACK: Final = 1.01  # a line at its own size is a little wider than one scaled from the ruler's
_SHRINK: Final = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64)
_SHRINK_LARGE: Final = (0.58, 0.52, 0.47)
UNBOUNDED: Final = 99  # lines
_TEXT_MAX: Final = 240  # characters; no honest text of a kiosk is longer
_EVEN: Final = {
    1: 0.82,
    2: 0.76,
    3: 0.64,
    4: 0.64,
}  # lines: how small a text may get before the next
_STAND_INS: Final = str.maketrans("⁺", "+")  # a character that the family does not have
_ABOVE: Final = 0.93  # of the em, over the base line: capitals with an accent
_BELOW: Final = 0.25


class Align(Enum):
    """Where a text stands in its box; the value is the share of the free width left of it."""

    LEFT = 0.0
    CENTRE = 0.5
    RIGHT = 1.0


class Style(Struct, frozen=True):
    """How a text is set. `size` is in reference pixels, `pitch` in sizes from line to line."""

    size: float
    bold: bool = False
    pitch: float = 1.36
    balance: bool = False


class Lines(Struct, frozen=True):
    """A text broken into lines for one width; lengths in glass pixels."""

    lines: tuple[str, ...]
    px: int
    bold: bool
    pitch: int
    width: int
    height: int
    torn: bool = False  # a word was wider than a line and had to be cut


class Ruler:
    """Widths of characters, measured once at one size and scaled."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._labels: dict[Path, Any] = {}
        self._widths: dict[tuple[bool, str], float] = {}

    def label(self, text: str, px: int, bold: bool) -> Any:
        """A fresh Kivy core label for `text` in one of the two weights."""
        file = self._fonts.file(text, bold=bold)
        return Label(text, font_name=str(file), font_size=px, padding=0)

    def width(self, text: str, px: int, bold: bool) -> float:
        """About how wide a line is, in glass pixels; never too little."""
        widths = self._widths
        total = 0.0
        for character in text:
            if _FULL_WIDTH[0] <= character <= _FULL_WIDTH[1]:
                total += 1.0
                continue
            ems = widths.get((bold, character))
            if ems is None:
                if len(widths) >= _RULED_MAX:
                    widths.clear()
                ems = self._measure(character, bold) / _RULER_PX
                widths[bold, character] = ems
            total += ems
        return total * px * _SLACK

    def _measure(self, character: str, bold: bool) -> int:
        file = self._fonts.file(character, bold=bold)
        label = self._labels.get(file)
        if label is None:
            label = self._labels[file] = self.label(character, _RULER_PX, bold)
        return int(label.get_extents(character)[0])


class Pen(Struct):
    """Sets text and draws at one scale. Made anew for each view, shared by its parts."""

    metrics: Metrics
    ruler: Ruler
    brush: Brush
    text_scale: float = 1.0  # more for large text
    fit: float = 1.0  # of the text; 1 unless all would not fit
    tight: float = 1.0  # of the room between; it gives way before the text does
    lines_max: int = UNBOUNDED
    floor_px: int = TEXT_FLOOR_PX  # no text is smaller
    placed: list[PlacedText] = []

    def px(self, reference: float) -> int:
        """A reference length on this glass; it does not shrink."""
        return self.metrics.px(reference)

    def room(self, reference: float) -> int:
        """A distance that gives way when all would not fit."""
        return self.metrics.px(reference * self.tight)

    def set(
        self, text: str, style: Style, width: int, lines_max: int = UNBOUNDED, height: int = 0
    ) -> Lines:
        """`text` broken for `width` pixels, smaller where it takes more lines or height than given.

        It never gets smaller than two thirds or than the least legible size; what does not fit
        even then ends with an ellipsis.
        """
        text = text.translate(_STAND_INS)
        if len(text) > _TEXT_MAX:
            text = text[: _TEXT_MAX - 1] + "…"
        lines_max = min(lines_max, self.lines_max)
        size = style.size * self.text_scale * self.fit * self.metrics.scale
        result = None
        for step in self._steps():
            px = max(self.floor_px, round(size * step))
            result = self._break(text, style, width, px)
            fits = len(result.lines) <= lines_max and (not height or result.height <= height)
            if fits and not result.torn:
                return result
        assert result is not None
        if height:
            lines_max = max(
                1, min(lines_max, 1 + (height - line_height(result.px)) // result.pitch)
            )
        if len(result.lines) <= lines_max:
            return result
        measure = self._measure(result.px, style.bold)
        last = shorten(join(result.lines[lines_max - 1 :]), width, measure)
        return self._lines((*result.lines[: lines_max - 1], last), style, result.px)

    def even(
        self,
        texts: Sequence[tuple[str, int]],
        style: Style,
        lines_max: int = 3,
        least: float = _EVEN[1],
    ) -> tuple[Style, int]:
        """One size and number of lines at which each text fits its width, the largest there is.

        A text is rather smaller, down to `least` of its size, than on two lines, and on two
        rather than on three.
        """
        smallest = (style, lines_max)
        for lines, floor in tuple((_EVEN | {1: least}).items())[:lines_max]:
            for step in self._steps():
                if step < floor / self.text_scale:
                    break
                smallest = replace(style, size=style.size * step), lines
                if all(self._fits(text, smallest[0], width, lines) for text, width in texts):
                    return smallest
        return smallest

    def _steps(self) -> tuple[float, ...]:
        """How much smaller a text may be tried; a large one down to where any other ends."""
        return _SHRINK if self.text_scale == 1.0 else _SHRINK + _SHRINK_LARGE

    def _fits(self, text: str, style: Style, width: int, lines_max: int) -> bool:
        size = style.size * self.text_scale * self.fit * self.metrics.scale
        broken = self._break(text, style, width, max(self.floor_px, round(size)))
        return len(broken.lines) <= lines_max and not broken.torn

    def put(
        self,
        group: InstructionGroup,
        lines: Lines,
        box: Box,
        ink: Colour,
        align: Align = Align.LEFT,
        middle: bool = False,
    ) -> None:
        """Draws `lines` from the top of `box`, or in the middle of its height."""
        y = box.y + (max(0, box.h - lines.height) // 2 if middle else 0)
        group.add(Color(*ink))
        boxes = []
        for index, line in enumerate(lines.lines):
            if line:
                boxes.append(
                    self._put_line(group, line, lines, box, y + index * lines.pitch, align)
                )
        if boxes:
            left, top = min(b.x for b in boxes), boxes[0].y
            right, bottom = max(b.x + b.w for b in boxes), boxes[-1].y + boxes[-1].h
            text = " ".join(lines.lines)
            self.placed.append(PlacedText(text, box, Box(left, top, right - left, bottom - top)))

    def _put_line(
        self, group: InstructionGroup, line: str, lines: Lines, box: Box, y: int, align: Align
    ) -> Box:
        texture = self._texture(line, lines.px, lines.bold)
        while texture.width > box.w and lines.px > TEXT_LAST_PX:
            lines = self._lines((line,), Style(lines.px, lines.bold), lines.px - 1)
            texture = self._texture(line, lines.px, lines.bold)
        x = box.x + round((box.w - texture.width) * align.value)
        group.add(
            Rectangle(
                pos=(x, self.brush.height - y - texture.height), size=texture.size, texture=texture
            )
        )
        return Box(x, y, texture.width, texture.height)

    def _texture(self, line: str, px: int, bold: bool) -> Any:
        label = self.ruler.label(line, px, bold)
        label.refresh()
        whole = label.texture
        whole.bind()  # draws the letters into it now
        # The texture keeps its label; a label that keeps its texture as well would be a circle
        # that only the collector can break.
        label.texture = None
        above = round(px * _ABOVE)
        top = max(0, round(label.get_ascent()) - above)
        height = min(line_height(px), whole.height - top)
        return whole.get_region(0, whole.height - top - height, whole.width, height)

    def _break(self, text: str, style: Style, width: int, px: int) -> Lines:
        measure = self._measure(px, style.bold)
        lines = self._lines(tuple(wrap(text, width, measure, balance=style.balance)), style, px)
        return replace(lines, torn=torn(text, width, measure))

    def _lines(self, lines: tuple[str, ...], style: Style, px: int) -> Lines:
        pitch = max(line_height(px), round(px * style.pitch))
        height = (len(lines) - 1) * pitch + line_height(px)
        width = max(self.ruler.width(line, px, style.bold) for line in lines)
        return Lines(lines, px, style.bold, pitch, round(width + 0.5), height)

    def _measure(self, px: int, bold: bool) -> Callable[[str], float]:
        return lambda text: self.ruler.width(text, px, bold)


def line_height(px: int) -> int:
    """The height of one line of text of this size, in glass pixels."""
    return round(px * _ABOVE) + round(px * _BELOW)
