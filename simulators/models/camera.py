"""What a terminal's camera sees: a code held up to it, or the empty hall."""

from __future__ import annotations

import io

import segno
from PIL import Image, ImageDraw

WIDTH_PX, HEIGHT_PX = 640, 480
_HALL_GREY = 128
_PHONE_GREY = 245
_QUIET_MODULES = 4
_LARGEST_CODE_PX = 400
_LONGEST_CODE_BYTES = 2000  # a version 40 symbol with correction M holds 2331


class Camera:
    """The picture in front of the lens. `hold_up` and `take_away` are the person's.

    `frozen` is the camera's fault: the link lives, but no new frame comes.
    """

    def __init__(self) -> None:
        self.frozen = False
        self._in_view: bytes | None = None
        self._jpeg = _hall_with(None)

    def __repr__(self) -> str:
        return f"Camera(code in view: {self._in_view is not None}, frozen: {self.frozen})"

    def hold_up(self, content: str | bytes) -> None:
        """Hold a QR code up to the lens. Raises `ValueError` when no symbol can carry it."""
        data = content.encode("utf-8") if isinstance(content, str) else content
        if not 1 <= len(data) <= _LONGEST_CODE_BYTES:
            raise ValueError(f"a code of {len(data)} bytes cannot be shown")
        self._jpeg = _hall_with(content)
        self._in_view = data

    def take_away(self) -> None:
        """Take the code away: the empty hall."""
        self._jpeg = _hall_with(None)
        self._in_view = None

    @property
    def in_view(self) -> bytes | None:
        """The content of the code in front of the lens, None when there is none."""
        return self._in_view

    def frame_jpeg(self) -> bytes:
        """The picture now, 640 x 480, as JPEG."""
        return self._jpeg


def _hall_with(content: str | bytes | None) -> bytes:
    """A grey frame, with the code of `content` on a bright phone in its middle."""
    frame = Image.new("L", (WIDTH_PX, HEIGHT_PX), _HALL_GREY)
    if content is not None:
        code = _drawn(content)
        left, top = (WIDTH_PX - code.width) // 2, (HEIGHT_PX - code.height) // 2
        frame.paste(code, (left, top))
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=90)
    return out.getvalue()


def _drawn(content: str | bytes) -> Image.Image:
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
