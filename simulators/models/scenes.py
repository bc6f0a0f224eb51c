"""What stands before the lens, drawn: a person in the hall, or a card on the desk before it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from simulators.models import documents
from simulators.models.faces import face
from simulators.models.id_scanner import LaidDocument

WIDTH_PX, HEIGHT_PX = 1280, 960
_WALL, _FLOOR, _DESK = (146, 150, 152), (108, 104, 100), (92, 70, 52)
_COATS = ((58, 74, 104), (104, 60, 66), (64, 92, 78), (82, 82, 92))
_FACE_PX, _FAR_FACE_PX, _BESIDE_FACE_PX = 360, 120, 280

Point = tuple[float, float]
_ON_THE_DESK: tuple[Point, ...] = ((300, 236), (972, 208), (1040, 640), (246, 676))
_HALF_OUT_BY = 620


class Light(StrEnum):
    """The light in the hall."""

    GOOD = "good"
    DARK = "dark"
    BRIGHT = "bright"


class Stand(StrEnum):
    """Where the person is."""

    HERE = "here"
    FAR = "far"  # three steps back
    AWAY = "away"
    IN_COMPANY = "in_company"  # somebody else looks over the shoulder


class Shown(StrEnum):
    """What of the card is before the lens."""

    NOTHING = "nothing"
    FRONT = "front"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture's worth of the world."""

    document: LaidDocument = field(
        default_factory=LaidDocument
    )  # the person's; it says which face is whose
    stand: Stand = Stand.HERE
    shown: Shown = Shown.NOTHING
    light: Light = Light.GOOD
    shaky: bool = False  # nothing is sharp
    half_out: bool = False  # the card reaches out of the picture
    shiny: bool = False  # a lamp is reflected on the card
    upside_down: bool = False  # the card


@lru_cache(maxsize=64)
def jpeg_of(scene: Scene) -> bytes:
    """The frame, 1280 x 960, as JPEG."""
    frame = _hall(scene) if scene.shown is Shown.NOTHING else _desk(scene)
    frame = frame.filter(ImageFilter.GaussianBlur(9 if scene.shaky else 0.8))
    if scene.light is Light.DARK:
        frame = ImageEnhance.Brightness(frame).enhance(0.12)
    elif scene.light is Light.BRIGHT:
        frame = ImageEnhance.Brightness(frame).enhance(2.4)
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=88)
    return out.getvalue()


def _hall(scene: Scene) -> Image.Image:
    frame = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _WALL)
    pen = ImageDraw.Draw(frame)
    pen.rectangle((0, 700, WIDTH_PX, HEIGHT_PX), fill=_FLOOR)
    pen.rectangle((96, 180, 268, 700), fill=(124, 132, 138))
    match scene.stand:
        case Stand.HERE:
            _body(frame, scene.document.number, _FACE_PX, 640, 210)
        case Stand.FAR:
            _body(frame, scene.document.number, _FAR_FACE_PX, 660, 380)
        case Stand.IN_COMPANY:
            _body(frame, f"{scene.document.number}, beside", _BESIDE_FACE_PX, 1010, 190)
            _body(frame, scene.document.number, _FACE_PX, 520, 210)
        case Stand.AWAY:
            pass
    return frame


def _body(frame: Image.Image, key: str, face_px: int, middle: int, top: int) -> None:
    """Head and shoulders about a vertical line."""
    pen = ImageDraw.Draw(frame)
    coat = Random(f"coat {key}").choice(_COATS)  # noqa: S311  # drawn, not secret
    chin = top + round(face_px * 1.2)
    neck, wide = round(face_px * 0.21), round(face_px * 0.95)
    pen.rectangle((middle - neck, chin - neck, middle + neck, chin + neck), fill=(176, 146, 124))
    box = (middle - wide, chin + neck // 3, middle + wide, chin + 4 * face_px)
    pen.rounded_rectangle(box, round(wide * 0.6), fill=coat)
    head = face(key, face_px)
    frame.paste(head, (middle - face_px // 2, top), head)


def _desk(scene: Scene) -> Image.Image:
    frame = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _DESK)
    pen = ImageDraw.Draw(frame)
    grain = Random("desk")  # noqa: S311  # drawn, not secret
    for _ in range(60):
        y = grain.randint(0, HEIGHT_PX)
        shade = grain.randint(-8, 8)
        tone = (_DESK[0] + shade, _DESK[1] + shade, _DESK[2] + shade)
        pen.line(((0, y), (WIDTH_PX, y + grain.randint(-30, 30))), fill=tone, width=3)
    side = documents.front if scene.shown is Shown.FRONT else documents.back
    card = side(scene.document)
    if scene.upside_down:
        card = card.rotate(180)
    if scene.shiny:
        card = _with_lamp(card)
    aside = _HALF_OUT_BY if scene.half_out else 0
    laid = _laid(card, tuple((x + aside, y) for x, y in _ON_THE_DESK))
    shadow = ImageChops.offset(laid.getchannel("A"), 8, 12).filter(ImageFilter.GaussianBlur(10))
    frame.paste((48, 36, 28), mask=shadow.point(lambda level: level // 2))
    frame.paste(laid, mask=laid.getchannel("A"))
    return frame


def _with_lamp(card: Image.Image) -> Image.Image:
    spot = Image.new("L", card.size, 0)
    ImageDraw.Draw(spot).ellipse((330, 180, 640, 420), fill=255)
    lit = card.copy()
    lit.paste((255, 255, 255), mask=spot.filter(ImageFilter.GaussianBlur(18)))
    lit.putalpha(card.getchannel("A"))
    return lit


def _laid(card: Image.Image, corners: tuple[Point, ...]) -> Image.Image:
    """The card seen in perspective: its corners, clockwise from the upper left, at these points."""
    wide, high = card.size
    flat = ((0.0, 0.0), (float(wide), 0.0), (float(wide), float(high)), (0.0, float(high)))
    return card.transform(
        (WIDTH_PX, HEIGHT_PX),
        Image.Transform.PERSPECTIVE,
        _projection(corners, flat),
        Image.Resampling.BICUBIC,
    )


def _projection(seen: tuple[Point, ...], flat: tuple[Point, ...]) -> list[float]:
    """The eight numbers that lead from a point seen to the point of the flat card."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for column in range(8):  # Gauss and Jordan, the largest number of the column first
        best = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[best] = rows[best], rows[column]
        pivot = rows[column][column]
        rows[column] = [each / pivot for each in rows[column]]
        for row in range(8):
            if row != column:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[8] for row in rows]
