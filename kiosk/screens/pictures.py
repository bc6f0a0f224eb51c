"""Pictures: the very slot and the very card, which way round, with one moving hint.

Each is drawn in units of its own (`y` down); its field, all that it takes up, is scaled to its box.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from kiosk.screens.icons import draw_icon, outline
from kiosk.screens.paint import Brush, Point, arc
from kiosk.screens.presses import Box
from kiosk.screens.tokens import (
    AMBER,
    AMBER_MARK,
    GOLD,
    GOLD_LINE,
    INK_2,
    JADE,
    JADE_LINE,
    JADE_MID,
    JADE_PALE,
    JADE_REST,
    JADE_SOFT,
    LINE,
    MACHINE,
    MACHINE_DARK,
    MACHINE_LIGHT,
    RED,
    RED_SOFT,
    SURFACE,
    TRACK,
    Colour,
)

Field = tuple[float, float, float, float]  # left, top, width, height

HINT: Final = (0.0, 0.2, 0.6, 0.9, 1.0, 1.0, 0.7, 0.3) + (0.0,) * 4
"""Where a hint is in each frame of its cycle: there, back, and a short rest."""

_STEPS: Final = 12
AT_WORK: Final = tuple(
    (step if step <= _STEPS else 2 * _STEPS - step) / _STEPS for step in range(2 * _STEPS)
)
"""The sign that work goes on: slowly there and slowly back, without a rest."""


class Easel(Struct):
    """The field of a picture on the glass; `still` and `hint` are where it draws."""

    brush: Brush
    still: Any
    hint: Any
    box: Box
    field: Field

    @property
    def scale(self) -> float:
        """Glass pixels a field unit."""
        return min(self.box.w / self.field[2], self.box.h / self.field[3])

    def at(self, x: float, y: float) -> Point:
        """A point of the field on the glass."""
        scale, (left, top, wide, high) = self.scale, self.field
        return (
            self.box.x + (self.box.w - wide * scale) / 2 + (x - left) * scale,
            self.box.y + (self.box.h - high * scale) / 2 + (y - top) * scale,
        )

    def area(self, x: float, y: float, w: float, h: float) -> Box:
        """A rectangle of the field on the glass, on whole pixels."""
        left, top = self.at(x, y)
        right, bottom = self.at(x + w, y + h)
        wide, high = max(1, round(right) - round(left)), max(1, round(bottom) - round(top))
        return Box(round(left), round(top), wide, high)

    def box_(
        self, x: float, y: float, w: float, h: float, r: float, fill: Colour, hint: bool = False
    ) -> None:
        """A filled box."""
        group = self.hint if hint else self.still
        self.brush.box(group, self.area(x, y, w, h), round(r * self.scale), fill)

    def framed(
        self, x: float, y: float, w: float, h: float, r: float, fill: Colour, line: Colour
    ) -> None:
        """A filled box with a border."""
        border = max(2, round(5 * self.scale))
        box, radius = self.area(x, y, w, h), round(r * self.scale)
        self.brush.framed(self.still, box, radius, fill, line, border)

    def line(self, points: Sequence[Point], width: float, fill: Colour, hint: bool = False) -> None:
        """A stroke."""
        group = self.hint if hint else self.still
        shown = [self.at(x, y) for x, y in points]
        self.brush.stroke(group, shown, max(1.6, width * self.scale), fill)

    def shape(self, points: Sequence[Point], fill: Colour) -> None:
        """A filled convex shape."""
        self.brush.polygon(self.still, [self.at(x, y) for x, y in points], fill)

    def icon(self, name: str, x: float, y: float, size: float, ink: Colour, stroke: float) -> None:
        """An icon in the picture."""
        draw_icon(self.brush, self.still, name, self.area(x, y, size, size), ink, stroke)

    def arrow(self, x: float, tip: float, tail: float) -> None:
        """The hint: an upright arrow from `tail` to `tip`."""
        head = 42 if tip < tail else -42
        self.line(((x, tail), (x, tip)), 18, AMBER_MARK, hint=True)
        self.line(((x - 42, tip + head), (x, tip), (x + 42, tip + head)), 18, AMBER_MARK, hint=True)


class Picture(Struct, frozen=True):
    """How a picture is drawn, and how far and in which cycle its hint moves, in field units."""

    draw: Callable[[Easel], None]
    field: Field
    sway: tuple[float, float] = (0.0, 0.0)
    cycle: tuple[float, ...] = HINT


def _chip(to: Easel, x: float, y: float) -> None:
    to.box_(x, y, 76, 64, 12, GOLD)
    to.line(((x + 38, y + 2), (x + 38, y + 62)), 4, GOLD_LINE)
    to.line(((x + 2, y + 32), (x + 74, y + 32)), 4, GOLD_LINE)


def _card_on_end(to: Easel, x: float, y: float) -> None:
    """A card (ISO/IEC 7810 ID-1) as it goes in: chip up and first, so its print stands on end."""
    to.framed(x, y, 230, 362, 24, JADE_MID, JADE)
    _chip(to, x + 77, y + 34)
    to.box_(x + 52, y + 134, 22, 96, 11, JADE_REST)
    to.box_(x + 96, y + 134, 16, 72, 8, JADE_PALE)
    to.box_(x + 132, y + 134, 16, 84, 8, JADE_PALE)
    to.box_(x + 52, y + 252, 126, 84, 12, JADE_SOFT)


def _flat_card(to: Easel, x: float, y: float) -> None:
    """The same card as it is read."""
    to.framed(x, y, 420, 266, 26, JADE_MID, JADE)
    _chip(to, x + 40, y + 92)
    to.box_(x + 40, y + 36, 190, 22, 11, JADE_REST)
    to.box_(x + 40, y + 194, 170, 18, 9, JADE_PALE)
    to.box_(x + 286, y + 118, 92, 112, 12, JADE_SOFT)


def _slot(to: Easel) -> None:
    to.box_(110, 0, 600, 150, 40, MACHINE)
    to.box_(250, 74, 320, 20, 10, MACHINE_DARK)
    to.box_(250, 110, 320, 8, 4, MACHINE_LIGHT)


def _insert_card(to: Easel) -> None:
    _slot(to)
    _card_on_end(to, 295, 238)
    to.arrow(410, 140, 208)


def _take_card(to: Easel) -> None:
    _card_on_end(to, 295, 74)
    to.box_(110, 0, 600, 116, 40, MACHINE)
    to.box_(110, 40, 600, 76, 3, MACHINE)
    to.box_(250, 88, 320, 28, 10, MACHINE_DARK)
    to.box_(250, 60, 320, 8, 4, MACHINE_LIGHT)
    to.arrow(410, 562, 464)


def _reading(to: Easel) -> None:
    """The card in its slot, and the light that runs to and fro."""
    _card_on_end(to, 295, 74)
    to.box_(110, 0, 600, 150, 40, MACHINE)
    to.box_(110, 60, 600, 90, 3, MACHINE)
    to.box_(250, 122, 320, 28, 10, MACHINE_DARK)
    to.box_(250, 70, 320, 14, 7, MACHINE_DARK)
    to.box_(250, 70, 110, 14, 7, MACHINE_LIGHT, hint=True)


def _lay_id(to: Easel) -> None:
    to.box_(90, 250, 640, 350, 44, MACHINE)
    to.box_(122, 282, 576, 286, 26, MACHINE_DARK)
    to.line(outline(138, 298, 544, 254, 18), 6, MACHINE_LIGHT)
    to.framed(215, 318, 390, 214, 22, JADE_SOFT, JADE_LINE)
    to.box_(250, 352, 150, 18, 9, INK_2)
    to.box_(250, 392, 110, 16, 8, JADE_PALE)
    to.box_(250, 428, 170, 16, 8, JADE_PALE)
    to.box_(250, 482, 230, 18, 9, INK_2)
    to.box_(482, 344, 92, 118, 12, SURFACE)
    to.line(arc((528, 386), 19, 0, 360), 9, JADE_MID)
    to.line(arc((528, 458), 32, 180, 360), 9, JADE_MID)
    to.arrow(410, 196, 50)


def _pin_pad(to: Easel) -> None:
    to.box_(200, 0, 420, 600, 44, MACHINE)
    to.box_(240, 36, 340, 92, 18, MACHINE_DARK)
    for dot in range(6):
        to.box_(285 + 44 * dot, 70, 24, 24, 12, INK_2)  # the screen shows how many it holds
    for row in range(4):
        for column in range(3):
            to.box_(240 + 118 * column, 162 + 104 * row, 104, 84, 18, SURFACE)
            if row < 3 or column == 1:
                to.box_(281 + 118 * column, 193 + 104 * row, 22, 22, 11, INK_2)
    to.box_(240, 474, 104, 84, 18, RED)
    to.icon("cross", 271, 495, 42, SURFACE, 6)
    to.box_(476, 474, 104, 84, 18, JADE_MID)
    to.icon("tick", 507, 495, 42, SURFACE, 6)


def _receipt(to: Easel, x: float, y: float, h: float) -> None:
    to.box_(x - 3, y, 306, h, 4, LINE)
    to.box_(x, y, 300, h - 3, 4, SURFACE)
    to.box_(x + 40, y + 40, 150, 20, 10, INK_2)
    for row in range(round((h - 140) / 44)):
        to.box_(x + 40, y + 88 + 44 * row, 220 if row % 3 != 2 else 140, 14, 7, TRACK)


def _take_receipt(to: Easel) -> None:
    to.box_(70, 0, 680, 190, 40, MACHINE)
    to.box_(210, 112, 400, 22, 11, MACHINE_DARK)
    to.box_(210, 84, 400, 8, 4, MACHINE_LIGHT)
    _receipt(to, 260, 123, 330)
    to.arrow(410, 586, 490)


def _printer(to: Easel) -> None:
    to.box_(110, 130, 600, 330, 44, MACHINE)
    to.box_(210, 360, 400, 24, 12, MACHINE_DARK)
    to.box_(160, 200, 500, 16, 8, MACHINE_DARK)
    to.box_(160, 200, 130, 16, 8, MACHINE_LIGHT, hint=True)
    to.box_(260, 60, 300, 70, 6, TRACK)
    _receipt(to, 260, 372, 220)


def _hold_code(to: Easel) -> None:
    to.box_(110, 0, 600, 130, 40, MACHINE)
    to.box_(250, 44, 320, 60, 16, MACHINE_DARK)
    to.box_(270, 70, 280, 8, 4, MACHINE_LIGHT)
    to.box_(285, 250, 250, 350, 36, MACHINE)
    to.box_(301, 268, 218, 314, 22, SURFACE)
    to.box_(331, 540, 158, 16, 8, JADE_REST)
    modules = (
        "1110111", "1010101", "1110011", "0001010", "1100110", "1011001", "1110101",
    )  # fmt: skip
    for row, bits in enumerate(modules):
        for column, bit in enumerate(bits):
            if bit == "1":
                to.box_(324 + 25 * column, 312 + 25 * row, 24, 24, 3, JADE)
    to.arrow(410, 158, 226)


def _paper_held_up(to: Easel) -> None:
    """The lens, and a sheet of paper before it."""
    to.box_(110, 0, 600, 130, 40, MACHINE)
    to.box_(250, 44, 320, 60, 16, MACHINE_DARK)
    to.box_(270, 70, 280, 8, 4, MACHINE_LIGHT)
    to.framed(230, 250, 360, 350, 12, SURFACE, JADE_LINE)
    for row, wide in enumerate((190, 270)):
        to.box_(275, 282 + 34 * row, wide, 14, 7, JADE_PALE)
    to.arrow(410, 158, 226)


def _hold_form(to: Easel) -> None:
    """A form with its QR code beneath."""
    _paper_held_up(to)
    for row, bits in enumerate(("11101", "10110", "11011", "00110", "11001")):
        for column, bit in enumerate(bits):
            if bit == "1":
                to.box_(330 + 32 * column, 380 + 32 * row, 31, 31, 3, JADE)


def _hold_bars(to: Easel) -> None:
    """A photo receipt with its bar code beneath."""
    _paper_held_up(to)
    x = 275
    for wide in (10, 5, 14, 6, 6, 12, 5, 10, 14, 5, 6, 10, 12, 5):
        to.box_(x, 390, wide, 150, 1, JADE)
        x += wide + 10


def _lens(to: Easel) -> None:
    to.box_(110, 0, 600, 150, 40, MACHINE)
    to.box_(356, 21, 108, 108, 54, MACHINE_DARK)
    to.box_(384, 49, 52, 52, 26, MACHINE_LIGHT)


def _look_here(to: Easel) -> None:
    """One person, in the corners of a frame, before the lens."""
    _lens(to)
    to.box_(376, 400, 68, 100, 8, JADE_SOFT)
    to.box_(322, 228, 176, 214, 88, JADE_SOFT)
    to.shape(((215, 600), (215, 560), (290, 490), (530, 490), (605, 560), (605, 600)), JADE_MID)
    to.box_(364, 316, 20, 26, 10, JADE)
    to.box_(436, 316, 20, 26, 10, JADE)
    to.line(arc((410, 372), 34, 20, 160), 9, JADE)
    for x, right in ((190, 1), (630, -1)):
        for y, down in ((186, 1), (596, -1)):
            corner = ((x, y + 70 * down), (x, y), (x + 70 * right, y))
            to.line(corner, 14, AMBER_MARK, hint=True)


def _id_card(to: Easel) -> None:
    _lens(to)
    to.framed(155, 246, 510, 322, 26, JADE_SOFT, JADE_LINE)


def _copy_front(to: Easel) -> None:
    """The side with the photo, held up to the lens."""
    _id_card(to)
    for row, wide in enumerate((120, 170, 150, 190)):
        to.box_(195, 296 + 46 * row, wide, 18, 9, JADE_PALE if row else INK_2)
    to.box_(195, 506, 300, 22, 11, INK_2)
    to.box_(500, 284, 126, 164, 12, SURFACE)
    to.line(arc((563, 342), 26, 0, 360), 11, JADE_MID)
    to.line(arc((563, 438), 44, 180, 360), 11, JADE_MID)
    to.arrow(410, 222, 176)


def _copy_back(to: Easel) -> None:
    """The side with the emblem, and the sign that the card is to be turned over."""
    _id_card(to)
    to.box_(195, 284, 104, 104, 52, RED)
    to.box_(221, 310, 52, 52, 26, RED_SOFT)
    to.box_(330, 296, 290, 26, 13, INK_2)
    to.box_(370, 346, 210, 26, 13, INK_2)
    to.box_(330, 460, 240, 18, 9, JADE_PALE)
    to.box_(330, 506, 290, 18, 9, JADE_PALE)
    to.arrow(410, 222, 176)


def _bank(to: Easel) -> None:
    to.box_(40, 190, 210, 290, 30, MACHINE)
    to.box_(66, 216, 158, 130, 14, JADE_SOFT)
    to.box_(96, 388, 98, 14, 7, MACHINE_DARK)
    to.box_(96, 414, 98, 6, 3, MACHINE_LIGHT)
    to.line(((290, 335), (496, 335)), 10, TRACK)
    to.box_(275, 312, 46, 46, 23, AMBER_MARK, hint=True)
    to.shape(((535, 270), (665, 180), (795, 270)), JADE)
    for column in range(4):
        to.box_(560 + 66 * column, 290, 22, 130, 6, JADE_MID)
    to.box_(535, 432, 260, 34, 8, JADE)


def _badge(to: Easel, icon: str, ground: Colour) -> None:
    to.box_(180, 70, 460, 460, 230, ground)
    to.icon(icon, 275, 165, 270, SURFACE, 5)


def _done(to: Easel) -> None:
    _badge(to, "tick", JADE)


def _refused(to: Easel) -> None:
    _badge(to, "cross", RED)


def _closed(to: Easel) -> None:
    _badge(to, "clock", AMBER)


def _lost(to: Easel) -> None:
    _flat_card(to, 150, 210)
    to.box_(455, 65, 260, 260, 130, SURFACE)
    to.box_(476, 86, 218, 218, 109, RED_SOFT)
    to.icon("alert", 519, 124, 132, RED, 4.4)


_BADGE: Final = (180, 70, 460, 460)
_SLOT: Final = (110, 0, 600, 600)

PICTURES: Final[dict[str, Picture]] = {
    "lay_id": Picture(_lay_id, (90, 40, 640, 560), (0, 26)),
    "insert_card": Picture(_insert_card, _SLOT, (0, -26)),
    "take_card": Picture(_take_card, _SLOT, (0, 26)),
    "pin_pad": Picture(_pin_pad, (200, 0, 420, 600)),
    "take_receipt": Picture(_take_receipt, (70, 0, 680, 610), (0, 14)),
    "hold_code": Picture(_hold_code, _SLOT, (0, -14)),
    "hold_form": Picture(_hold_form, _SLOT, (0, -14)),
    "hold_bars": Picture(_hold_bars, _SLOT, (0, -14)),
    "look_here": Picture(_look_here, (110, 0, 600, 610), (0, -14)),
    "copy_front": Picture(_copy_front, _SLOT, (0, -14)),
    "copy_back": Picture(_copy_back, _SLOT, (0, -14)),
    "reading": Picture(_reading, (60, -10, 700, 460), (210, 0), AT_WORK),
    "bank": Picture(_bank, (40, 180, 755, 300), (190, 0), AT_WORK),
    "printer": Picture(_printer, (60, 60, 700, 540), (370, 0), AT_WORK),
    "refused": Picture(_refused, _BADGE),
    "closed": Picture(_closed, _BADGE),
    "lost": Picture(_lost, (150, 65, 565, 415)),
    "done": Picture(_done, _BADGE),
}
"""Every picture that `View.picture` may name."""
