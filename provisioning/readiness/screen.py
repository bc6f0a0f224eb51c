"""The screen: what it is told to show against what a picture taken of it says.

A picture of the screen is taken before the panel, so a person is asked about the panel itself. But a
program that runs before a black screen is found out, and so are colours that changed places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from provisioning.readiness.verdicts import failed, passed
from provisioning.wire import Finding

Colour = tuple[int, int, int]  # red, green, blue, 0 to 255


class Picture(Struct, frozen=True):
    """A picture of the screen: `rgb` has three bytes a pixel, row by row from the top left."""

    width: int
    height: int
    rgb: bytes


Look = Callable[[Colour], Picture | None]
"""Fills the screen with a colour and takes a picture of it; None: no picture could be taken."""

COLOURS: Final[dict[str, Colour]] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}
NEAR: Final = 24  # of 255 in each channel: what rounding and dithering do
FILLED_SHARE: Final = 0.99
LIT_LEVEL: Final = 32
LIT_SHARE: Final = 0.05  # of a page: its letters and buttons at least
PAGE_COLOURS: Final = 4
_SAMPLES: Final = 20_000

_REMEDY = (
    "Is the screen plugged in and bright? Then `journalctl -u kiosk`, and whether the user kiosk is "
    "in the groups video and render; restart the terminal."
)


def colours(look: Look) -> Finding:
    """Fill the screen with five colours in turn; each must be what a picture of it shows."""
    check = "screen.colours"
    for name, colour in COLOURS.items():
        picture = look(colour)
        if picture is None or not _is_whole(picture):
            return failed(check, "No picture of the screen could be taken.", _REMEDY)
        seen = _samples(picture)
        near = sum(all(abs(a - b) <= NEAR for a, b in zip(p, colour, strict=True)) for p in seen)
        if near < FILLED_SHARE * len(seen):
            share = 100 * near // len(seen)
            return failed(check, f"Told to be {name}, the screen is so to {share} %.", _REMEDY)
    return passed(check, f"The screen shows {', '.join(COLOURS)}.")


def page(picture: Picture | None) -> Finding:
    """Whether a page that should have something on it has: lit pixels, and several colours."""
    check = "screen.page"
    if picture is None or not _is_whole(picture):
        return failed(check, "No picture of the screen could be taken.", _REMEDY)
    seen = _samples(picture)
    lit = sum(max(pixel) >= LIT_LEVEL for pixel in seen) / len(seen)
    tones = len({tuple(level // 32 for level in pixel) for pixel in seen})
    if lit < LIT_SHARE:
        return failed(check, f"The screen is black: {lit:.0%} of it is lit.", _REMEDY)
    if tones < PAGE_COLOURS:
        return failed(check, "The screen is lit, but there is no page on it.", _REMEDY)
    return passed(check, f"The screen shows a page of {picture.width} x {picture.height} pixels.")


def _is_whole(picture: Picture) -> bool:
    size = picture.width * picture.height
    return picture.width > 0 and size > 0 and len(picture.rgb) == 3 * size


def _samples(picture: Picture) -> list[tuple[int, ...]]:
    """Pixels from all over the picture, some 20,000 at most."""
    count = picture.width * picture.height
    step = max(1, count // _SAMPLES)
    if step > 1 and picture.width % step == 0:
        step += 1  # or only some columns would ever be looked at
    return [tuple(picture.rgb[3 * at : 3 * at + 3]) for at in range(0, count, step)]
