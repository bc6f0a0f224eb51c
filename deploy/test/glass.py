"""What a picture of the glass shows: the X window dump that Xvfb keeps, and the idle page in it."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

from PIL import Image

from kiosk.screens.tokens import JADE, PAPER, RED_SOFT, Colour

_NEAR = 6  # how far a part of a colour may be off, of 255


def read_xwd(path: Path) -> Image.Image:
    """The picture in an X window dump of 24 bits in 32 (XWDFile.h, version 7)."""
    data = path.read_bytes()
    header, version, _, depth, width, height = struct.unpack_from(">6I", data)
    (row_bytes,) = struct.unpack_from(">I", data, 12 * 4)
    (colours,) = struct.unpack_from(">I", data, 19 * 4)
    assert version == 7 and depth == 24, "a true-colour dump"
    pixels = data[header + 12 * colours :]
    return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", row_bytes, 1)


def not_idle(picture: Image.Image) -> str:
    """What is missing for the idle page, nothing if it is there.

    Its ground is paper, its first service is jade, and the loss tile alone is of a soft red; no
    other page has all three with texts.
    """
    counts = Counter(picture.getdata())
    whole = picture.width * picture.height
    for name, colour, least in (
        ("paper", PAPER, 0.2),
        ("jade", JADE, 0.001),
        ("soft red", RED_SOFT, 0.01),
    ):
        share = sum(count for seen, count in counts.items() if _is(seen, colour)) / whole
        if share < least:
            return f"{share:.2%} of the glass is {name}, not {least:.1%}"
    if len(counts) < 50:
        return f"{len(counts)} colours: no text"
    return ""


def _is(seen: tuple[int, int, int], colour: Colour) -> bool:
    return all(abs(part - want * 255) <= _NEAR for part, want in zip(seen, colour, strict=False))
