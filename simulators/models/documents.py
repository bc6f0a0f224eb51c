"""The two sides of invented identity documents, drawn flat: the right size, the wrong patterns.

What stands on them is invented people's (area code 990000). A word across each says what it is.
"""

from __future__ import annotations

import subprocess
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

from simulators.models.faces import face
from simulators.models.id_scanner import LaidDocument

CARD_PX = (1070, 675)  # of 85.60 x 53.98 mm: 317 dots an inch
_CORNER_PX = 39  # ISO/IEC 7810: the corner's radius is 3.18 mm
_INK, _LABEL, _RED = (38, 40, 46), (70, 112, 150), (186, 42, 40)
_FRONT_GROUND, _BACK_GROUND = (214, 226, 232), (226, 222, 224)
_WAVES = ((196, 212, 224), (222, 206, 214))
_PHOTO = (700, 110, 1000, 480)
_SPECIMEN = "演示 SPECIMEN"


@lru_cache(maxsize=8)
def front(document: LaidDocument) -> Image.Image:
    """The side with photo, name and number: RGBA, upright, the ground outside the corners clear."""
    card = _blank(_FRONT_GROUND)
    pen = ImageDraw.Draw(card)
    left, top, right, bottom = _PHOTO
    pen.rectangle(_PHOTO, fill=(236, 238, 240))
    pen.ellipse((left + 20, bottom - 60, right - 20, bottom + 120), fill=(60, 72, 96))
    pen.rectangle((left, bottom, right, bottom + 121), fill=_FRONT_GROUND)
    card.alpha_composite(face(document.number, right - left - 44), (left + 22, top + 24))
    rows = (
        ("姓名", document.name or document.english_name),
        ("性别", "男" if document.sex == "1" else "女"),
        ("出生", _day(document.birth)),
        ("住址", document.address[:16]),
    )
    for row, (label, text) in enumerate(rows):
        y = 90 + 92 * row
        pen.text((62, y + 6), label, font=_font(30), fill=_LABEL)
        pen.text((160, y), text, font=_font(40 if row else 48), fill=_INK)
    pen.text((310, 508), _SPECIMEN, font=_font(30), fill=(150, 160, 172))
    pen.text((62, 580), "公民身份号码", font=_font(30), fill=_LABEL)
    pen.text((310, 570), document.number, font=_font(48), fill=_INK)
    return _rounded(card)


@lru_cache(maxsize=8)
def back(document: LaidDocument) -> Image.Image:
    """The side with emblem, authority and dates: RGBA, upright."""
    card = _blank(_BACK_GROUND)
    pen = ImageDraw.Draw(card)
    pen.ellipse((70, 70, 250, 250), fill=_RED)
    pen.ellipse((100, 100, 220, 220), outline=(236, 196, 96), width=10)
    pen.text((330, 90), "示例居民身份证", font=_font(72), fill=_INK)
    pen.text((392, 200), "演示用 · 非真实证件", font=_font(44), fill=_INK)
    pen.text((392, 300), _SPECIMEN, font=_font(30), fill=(168, 160, 166))
    lasts = f"{_day(document.valid_from)}-{_day(document.valid_until)}"
    for row, (label, text) in enumerate((("签发机关", document.authority), ("有效期限", lasts))):
        y = 450 + 96 * row
        pen.text((262, y + 4), label, font=_font(34), fill=_LABEL)
        pen.text((440, y), text, font=_font(42), fill=_INK)
    return _rounded(card)


def _day(digits: str) -> str:
    """2018.05.07, or 长期 as it is."""
    return f"{digits[:4]}.{digits[4:6]}.{digits[6:]}" if digits.isdigit() else digits


def _blank(ground: tuple[int, int, int]) -> Image.Image:
    """A ground with fine waves, as printed against copying."""
    card = Image.new("RGBA", CARD_PX, (*ground, 255))
    pen = ImageDraw.Draw(card)
    for line, y in enumerate(range(-40, CARD_PX[1] + 40, 14)):
        points = [(x, y + ((x * 7 + line * 53) % 60) / 4) for x in range(0, CARD_PX[0] + 1, 10)]
        pen.line(points, fill=_WAVES[line % 2], width=2)
    return card


def _rounded(card: Image.Image) -> Image.Image:
    shape = Image.new("L", CARD_PX, 0)
    pen = ImageDraw.Draw(shape)
    pen.rounded_rectangle((0, 0, CARD_PX[0] - 1, CARD_PX[1] - 1), _CORNER_PX, fill=255)
    card.putalpha(shape)
    return card


@cache
def _font(px: int) -> ImageFont.FreeTypeFont:
    found = subprocess.run(
        ["fc-match", "--format=%{file}\n%{index}", "Noto Sans CJK SC"],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    file, index = found.stdout.splitlines()
    return ImageFont.truetype(file, px, index=int(index))
