"""What a terminal's camera sees: a code held up to it, or the scene before it."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache

import segno
from PIL import Image, ImageDraw

from simulators.models.id_scanner import LaidDocument
from simulators.models.scenes import HEIGHT_PX, WIDTH_PX, Light, Scene, Shown, Stand, jpeg_of

_HALL_GREY = 128
_PHONE_GREY = 245
_QUIET_MODULES = 4
_LARGEST_CODE_PX = 800
_LONGEST_CODE_BYTES = 2000  # a version 40 symbol with correction M holds 2331


class Camera:
    """The picture in front of the lens: `hold_up` and `take_away` are the person's, and so is the
    `scene`, which anybody may replace.

    `willing`: the person does what the screen asks (`asked_for`). `frozen` is the camera's fault:
    the link lives, but no new frame comes.
    """

    def __init__(self) -> None:
        self.frozen = False
        self.willing = True
        self.scene = Scene()
        self._in_view: bytes | None = None

    def __repr__(self) -> str:
        scene = f"{self.scene.stand}, shown: {self.scene.shown}, light: {self.scene.light}"
        return f"Camera(code in view: {self._in_view is not None}, {scene}, frozen: {self.frozen})"

    def hold_up(self, content: str | bytes) -> None:
        """Hold a QR code up to the lens. Raises `ValueError` when no symbol can carry it."""
        data = content.encode("utf-8") if isinstance(content, str) else content
        if not 1 <= len(data) <= _LONGEST_CODE_BYTES:
            raise ValueError(f"a code of {len(data)} bytes cannot be shown")
        _held_up(data)
        self._in_view = data

    def take_away(self) -> None:
        """Take the code away."""
        self._in_view = None

    @property
    def in_view(self) -> bytes | None:
        """The content of the code in front of the lens, None when there is none."""
        return self._in_view

    def comes(self, document: LaidDocument) -> None:
        """The person of this document comes to the terminal, and stands there."""
        self.scene = replace(self.scene, document=document, stand=Stand.HERE, shown=Shown.NOTHING)

    def asked_for(self, shown: Shown) -> None:
        """The screen asks for this side of the ID card, or for the face."""
        if self.willing:
            self.scene = replace(self.scene, shown=shown)

    def turns_card(self) -> None:
        """The card is turned over; one that was not there yet is laid down, its front up."""
        turned = Shown.BACK if self.scene.shown is Shown.FRONT else Shown.FRONT
        self.scene = replace(self.scene, shown=turned)

    def frame_jpeg(self) -> bytes:
        """The picture now, 1280 x 960, as JPEG."""
        return jpeg_of(self.scene) if self._in_view is None else _held_up(self._in_view)


@lru_cache(maxsize=4)
def _held_up(content: bytes) -> bytes:
    """A grey frame, with the code of `content` on a bright phone in its middle."""
    frame = Image.new("L", (WIDTH_PX, HEIGHT_PX), _HALL_GREY)
    code = _drawn(content)
    frame.paste(code, ((WIDTH_PX - code.width) // 2, (HEIGHT_PX - code.height) // 2))
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=90)
    return out.getvalue()


def _drawn(content: bytes) -> Image.Image:
    """The symbol as dark modules on a bright square, as large as fits the frame."""
    matrix = segno.make_qr(content, error="m", boost_error=False).matrix
    modules = len(matrix) + 2 * _QUIET_MODULES
    module_px = _LARGEST_CODE_PX // modules
    code = Image.new("L", (modules * module_px, modules * module_px), _PHONE_GREY)
    pen = ImageDraw.Draw(code)
    for row, line in enumerate(matrix):
        for column, dark in enumerate(line):
            if dark:
                left, top = (
                    (column + _QUIET_MODULES) * module_px,
                    (row + _QUIET_MODULES) * module_px,
                )
                pen.rectangle((left, top, left + module_px - 1, top + module_px - 1), fill=0)
    return code


__all__ = ["HEIGHT_PX", "WIDTH_PX", "Camera", "Light", "Scene", "Shown", "Stand"]
