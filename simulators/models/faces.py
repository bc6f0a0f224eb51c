"""Invented faces, drawn: enough light and shade for a face detector, and nobody's likeness.

Each key has a face of its own, always the same: tones and proportions come from the key alone.
"""

from __future__ import annotations

from functools import lru_cache
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

_UNITS = 200  # a face is drawn on a field of 200 by 250 units
_TALL = 250

Tone = tuple[int, int, int]


@lru_cache(maxsize=8)
def face(key: str, width_px: int) -> Image.Image:
    """The face of `key`, from the crown to the chin, on a transparent ground: RGBA."""
    rng = Random(f"face {key}")  # noqa: S311  # drawn, not secret
    scale = width_px / _UNITS
    size = (width_px, round(width_px * _TALL / _UNITS))
    skin = _skin(rng)
    shape = _mask(size, scale, [(34 - rng.randint(0, 4), 22, 166 + rng.randint(0, 4), 240)], 1)
    picture = Image.new("RGB", size, skin)
    _shade(picture, scale, skin, rng)
    _features(picture, scale, skin, rng)
    picture.putalpha(shape)
    return _with_hair(picture, scale, rng)


def _skin(rng: Random) -> Tone:
    base = rng.randint(196, 220)
    return (base, round(base * 0.84), round(base * 0.71))


def _dim(tone: Tone, share: float) -> Tone:
    return (round(tone[0] * share), round(tone[1] * share), round(tone[2] * share))


def _mask(
    size: tuple[int, int], scale: float, ovals: list[tuple[float, ...]], soft: float
) -> Image.Image:
    """White ovals on black, softened by `soft` units."""
    mask = Image.new("L", size, 0)
    pen = ImageDraw.Draw(mask)
    for left, top, right, bottom in ovals:
        pen.ellipse((left * scale, top * scale, right * scale, bottom * scale), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(soft * scale))


def _shade(picture: Image.Image, scale: float, skin: Tone, rng: Random) -> None:
    """Dark hollows of the eyes, bright brow, nose and cheeks: what a detector goes by."""
    darker, lighter = _dim(skin, 0.55), _dim(skin, 1.13)
    hollows: list[tuple[float, ...]] = [(48, 92, 96, 124), (104, 92, 152, 124)]
    lights: list[tuple[float, ...]] = [
        (60, 36, 140, 82), (90, 96, 110, 168), (48, 128, 84, 168), (116, 128, 152, 168),
    ]  # fmt: skip
    picture.paste(lighter, mask=_mask(picture.size, scale, lights, 9))
    picture.paste(darker, mask=_mask(picture.size, scale, hollows, 7))
    cheeks = _mask(picture.size, scale, [(46, 30, 154, 232)], 14)
    picture.paste(_dim(skin, 0.72), mask=ImageChops.invert(cheeks))
    under = [(82.0, 172.0, 118.0, 182.0), (78.0, 214.0, 122.0, 226.0)]
    picture.paste(_dim(skin, 0.66), mask=_mask(picture.size, scale, list(under), 5))


def _features(picture: Image.Image, scale: float, skin: Tone, rng: Random) -> None:
    pen = ImageDraw.Draw(picture)

    def oval(box: tuple[float, float, float, float], fill: Tone) -> None:
        pen.ellipse(tuple(each * scale for each in box), fill=fill)

    brow, lid = _dim(skin, 0.25), _dim(skin, 0.4)
    lift = rng.randint(-2, 2)
    for x in (72, 128):
        pen.arc(
            [(x - 25) * scale, (84 + lift) * scale, (x + 25) * scale, (112 + lift) * scale],
            200, 340, fill=brow, width=max(1, round(6 * scale)),
        )  # fmt: skip
        oval((x - 17, 103, x + 17, 119), (236, 232, 226))
        oval((x - 8, 102, x + 8, 119), (62, 42, 30))
        oval((x - 4, 106, x + 4, 115), (14, 12, 12))
        oval((x + 1, 106, x + 4, 109), (250, 250, 250))
        pen.arc(
            [(x - 19) * scale, 100 * scale, (x + 19) * scale, 124 * scale],
            195, 345, fill=lid, width=max(1, round(4 * scale)),
        )  # fmt: skip
    for x in (91, 109):
        oval((x - 5, 166, x + 5, 173), _dim(skin, 0.5))
    wide = rng.randint(25, 29)
    oval((100 - wide, 190, 100 + wide, 208), _dim((206, 112, 108), 0.86))
    pen.line(
        [((100 - wide) * scale, 199 * scale), (100 * scale, 201 * scale),
         ((100 + wide) * scale, 199 * scale)],
        fill=(96, 44, 44), width=max(1, round(3 * scale)),
    )  # fmt: skip


def _with_hair(picture: Image.Image, scale: float, rng: Random) -> Image.Image:
    """Hair behind the face and over its brow."""
    hair = _dim((52, 44, 42), rng.uniform(0.6, 1.5))
    whole = Image.new("RGBA", picture.size, (*hair, 0))
    back = _mask(picture.size, scale, [(22, 4, 178, 190)], 2)
    whole.putalpha(back)
    whole.alpha_composite(picture)
    top = _mask(picture.size, scale, [(24, 2, 176, 120)], 1)
    brow = _mask(picture.size, scale, [(44, 44 + rng.randint(-4, 6), 156, 190)], 3)
    whole.paste((*hair, 255), mask=ImageChops.subtract(top, brow))
    return whole
