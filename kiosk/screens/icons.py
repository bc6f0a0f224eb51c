"""Icons: strokes on a field of 48 by 48, drawn at any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kiosk.screens.paint import Brush, Point, arc, curve
from kiosk.screens.presses import Box
from kiosk.screens.tokens import Colour

Path = Sequence[Point]

_FIELD: Final = 48
_STROKE: Final = 3.4


def outline(x: float, y: float, w: float, h: float, r: float) -> list[Point]:
    """A rounded box as a closed line."""
    points: list[Point] = []
    for cx, cy, start in (
        (x + w - r, y + r, -90),
        (x + w - r, y + h - r, 0),
        (x + r, y + h - r, 90),
        (x + r, y + r, 180),
    ):
        points += arc((cx, cy), r, start, start + 90)
    return [*points, points[0]]


def _dot(x: float, y: float) -> Path:
    return ((x, y), (x, y + 0.3))


def _ring(x: float, y: float, r: float) -> Path:
    return arc((x, y), r, 0, 360)


_CARD: Final = outline(5, 11, 38, 27, 5)

ICONS: Final[dict[str, tuple[Path, ...]]] = {
    "card": (_CARD, ((5, 20), (43, 20)), ((12, 30), (20, 30))),
    "id": (
        _CARD,
        _ring(15.5, 21, 4),
        arc((15.5, 33), 6.5, 180, 360),
        ((27, 20), (36, 20)),
        ((27, 29), (36, 29)),
    ),
    "keypad": (
        outline(9, 5, 30, 38, 5),
        *(_dot(x, y) for y in (16, 24, 32) for x in (17, 24, 31)),
    ),
    "lock": (
        outline(9, 21, 30, 21, 5),
        ((16, 21), *arc((24, 14.5), 8, 180, 335)),
        ((24, 29), (24, 34)),
    ),
    "check": (_CARD, ((15, 25), (21, 31), (33, 19))),
    "swap": (
        (*arc((24, 24), 15, 180, 322), (39, 18)),
        ((39, 8), (39, 18), (29, 18)),
        (*arc((24, 24), 15, 0, 142), (9, 30)),
        ((9, 40), (9, 30), (19, 30)),
    ),
    "search": (_ring(21, 21, 13.5), ((31, 31), (42, 42))),
    "page": (
        ((12, 5), (29, 5), (37, 13), (37, 43), (12, 43), (12, 5)),
        ((18.5, 20), (30.5, 20)),
        ((18.5, 28), (30.5, 28)),
        ((18.5, 36), (25, 36)),
    ),
    "phone": (outline(13, 4, 22, 40, 5), outline(20, 14, 8, 8, 1), ((22, 37), (26, 37))),
    "list": (((9, 12), (39, 12)), ((9, 24), (39, 24)), ((9, 36), (39, 36))),
    "alert": (
        ((24, 6), (44, 40), (4, 40), (24, 6)),
        ((24, 19), (24, 28)),
        _dot(24, 34),
    ),
    "eye": (
        (*curve((4, 24), (5, 23), (11, 11), (24, 11)), *curve((24, 11), (37, 11), (43, 23), (44, 24))),
        (*curve((4, 24), (5, 25), (11, 37), (24, 37)), *curve((24, 37), (37, 37), (43, 25), (44, 24))),
        _ring(24, 24, 6),
    ),
    "printer": (
        ((14, 17), (14, 6), (34, 6), (34, 17)),
        ((14, 35), (11, 35), *arc((10, 31), 4, 90, 180), *arc((10, 21), 4, 180, 270),
         *arc((38, 21), 4, -90, 0), *arc((38, 31), 4, 0, 90), (34, 35)),
        ((14, 28), (34, 28), (34, 43), (14, 43), (14, 28)),
    ),
    "back": (((28, 10), (14, 24), (28, 38)),),
    "next": (((19, 10), (33, 24), (19, 38)),),
    "home": (((6, 23), (24, 7), (42, 23)), ((11, 20), (11, 41), (37, 41), (37, 20))),
    "help": (
        _ring(24, 24, 19),
        (*arc((24, 19), 6, 180, 390), (24, 28)),
        _dot(24, 34.5),
    ),
    "bank": (
        ((6, 18), (24, 6), (42, 18), (6, 18)),
        ((12, 24), (12, 35)), ((24, 24), (24, 35)), ((36, 24), (36, 35)),
        ((6, 42), (42, 42)),
    ),
    "person": (_ring(24, 15, 9), (*arc((24, 44), 17, 180, 360),)),
    "people": (
        _ring(17, 16, 7.5),
        (*arc((17, 42), 14, 180, 360),),
        arc((33, 17), 6.5, -110, 150),
        arc((34, 42), 11, -80, 0),
    ),
    "clock": (_ring(24, 24, 19), ((24, 12), (24, 24), (32, 29))),
    "speech": (
        ((6, 18), (13, 18), (23, 9), (23, 39), (13, 30), (6, 30), (6, 18)),
        arc((23, 24), 11, -45, 45),
        arc((23, 24), 19, -45, 45),
    ),
    "pin": (  # a place on a map
        (*arc((24, 19), 14, 150, 390), (24, 44), arc((24, 19), 14, 150, 151)[0]),
        _ring(24, 19, 5),
    ),
    "tick": (((9, 25), (20, 36), (40, 13)),),
    "cross": (((11, 11), (37, 37)), ((37, 11), (11, 37))),
}  # fmt: skip
"""Every icon that a `Button.icon` may name."""


def draw_icon(
    brush: Brush, group: Any, name: str, box: Box, ink: Colour, stroke: float = _STROKE
) -> None:
    """The icon `name` filling `box`. An unknown name is a programmer's error."""
    scale = min(box.w, box.h) / _FIELD
    left = box.x + (box.w - _FIELD * scale) / 2
    top = box.y + (box.h - _FIELD * scale) / 2
    for path in ICONS[name]:
        points = [(left + x * scale, top + y * scale) for x, y in path]
        brush.stroke(group, points, max(1.6, stroke * scale), ink)
