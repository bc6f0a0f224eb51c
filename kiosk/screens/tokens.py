"""The look in numbers: colours, type, space, radii and targets.

Lengths are reference pixels of a 1080 × 1920 panel of 21.5 inches (4.03 pixels a millimetre).
Other sizes scale by the shorter side, see `Metrics`. Nothing here knows Kivy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Colour = tuple[float, float, float, float]


def colour(code: str, alpha: float = 1.0) -> Colour:
    """`#RRGGBB` as four parts from 0 to 1."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (red, green, blue, alpha)


INK: Final = colour("#14211F")
INK_2: Final = colour("#40504D")
PAPER: Final = colour("#F6F3EC")
PANEL: Final = colour("#FBFAF6")  # the ground of a picture
SURFACE: Final = colour("#FFFFFF")
LINE: Final = colour("#D9D4C7")
TRACK: Final = colour("#E2DDD0")  # what is not reached yet
JADE: Final = colour("#08564B")
JADE_MID: Final = colour("#0B6B5D")
JADE_REST: Final = colour("#BFD9D3")  # the rest of the step in progress
JADE_SOFT: Final = colour("#DDEEE9")
JADE_LINE: Final = colour("#B4D3CB")
JADE_PALE: Final = colour("#8FC6B9")
AMBER: Final = colour("#764400")
AMBER_SOFT: Final = colour("#FFF0D2")
AMBER_MARK: Final = colour("#D98A00")
RED: Final = colour("#961D16")
RED_SOFT: Final = colour("#FCE7E4")
RED_LINE: Final = colour("#E9BDB8")
WHITE: Final = SURFACE
MACHINE: Final = colour("#2B3634")  # the housing in a picture
MACHINE_DARK: Final = colour("#0D1413")
MACHINE_LIGHT: Final = colour("#39C2A5")  # the light beside a slot
GOLD: Final = colour("#E8C66A")  # a card's contacts
GOLD_LINE: Final = colour("#A98528")
PRESSED: Final = colour("#14211F", 0.12)

TEXT_PAIRS: Final = (
    (INK, PAPER),
    (INK, SURFACE),
    (INK, PANEL),
    (INK_2, PAPER),
    (INK_2, SURFACE),
    (INK_2, PANEL),
    (WHITE, JADE),
    (JADE, SURFACE),
    (JADE, PAPER),
    (JADE, JADE_SOFT),
    (INK_2, JADE_SOFT),
    (AMBER, AMBER_SOFT),
    (AMBER, SURFACE),
    (RED, RED_SOFT),
    (INK_2, RED_SOFT),
    (RED, SURFACE),
)
"""Every text colour with each ground it is set on; all are 7 : 1 or better (WCAG 2.1, 1.4.6)."""

FIGURE: Final = 118  # an amount
BIG: Final = 76  # a telephone number
TITLE: Final = 80
TILE: Final = 52
BUTTON: Final = 48
LEAD: Final = 44
BODY: Final = 40
LEAST: Final = 34
LARGE_TEXT: Final = 1.35
TEXT_FLOOR_PX: Final = 16  # glass pixels: what a 7 inch panel needs
TEXT_LAST_PX: Final = 13  # still legible there; only where a text would be cut otherwise

EDGE: Final = 56
GAP_XL: Final = 56
GAP_L: Final = 36
GAP_M: Final = 28
GAP_S: Final = 14
GAP_XS: Final = 8

RADIUS_TOOL: Final = 22
RADIUS_BUTTON: Final = 30
RADIUS_CARD: Final = 34

TARGET: Final = 84
TARGET_MAIN: Final = 148
TARGET_GAP: Final = 24


@dataclass(frozen=True, slots=True)
class Metrics:
    """What one glass makes of the reference lengths."""

    width: int  # glass pixels
    height: int

    @property
    def scale(self) -> float:
        """Glass pixels a reference pixel."""
        return min(self.width, self.height) / 1080

    @property
    def landscape(self) -> bool:
        """Title and picture left, answer and buttons right."""
        return self.width > self.height

    def px(self, reference: float) -> int:
        """A reference length in whole glass pixels; never 0 for what is not 0."""
        return max(1, round(reference * self.scale)) if reference else 0


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.1, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(of: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in of[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
