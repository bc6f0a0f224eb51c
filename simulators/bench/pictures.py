"""The kiosk's glass as PNG. The encoding happens here, never in the kiosk."""

from __future__ import annotations

import io
import threading
from hashlib import blake2b

from PIL import Image

from simulators.desk.mirror_client import MirrorClient

_COMPRESSION = 1  # quick: the picture stays on this machine


class ScreenPictures:
    """Takes pictures one at a time and encodes a picture that did not change only once."""

    def __init__(self, mirror: MirrorClient) -> None:
        self._mirror = mirror
        self._lock = threading.Lock()
        self._last: tuple[bytes, int | None, bytes] | None = None

    def png(self, width: int | None = None) -> bytes:
        """The glass now; `width` in pixels makes it smaller, never larger. Raises `NoKiosk`."""
        with self._lock:
            picture = self._mirror.capture()
            digest = blake2b(picture.rgb, digest_size=16).digest()
            if self._last is not None and self._last[:2] == (digest, width):
                return self._last[2]
            png = encode_png(picture.width, picture.height, picture.rgb, width)
            self._last = (digest, width, png)
            return png


def encode_png(width: int, height: int, rgb: bytes, to_width: int | None = None) -> bytes:
    """RGB rows from the top as PNG, reduced to `to_width` pixels where that is less."""
    image = Image.frombytes("RGB", (width, height), rgb)
    if to_width is not None and to_width < width:
        image = image.resize(
            (to_width, round(height * to_width / width)), Image.Resampling.BOX, reducing_gap=2.0
        )
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=_COMPRESSION)
    return out.getvalue()
