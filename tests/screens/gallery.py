"""Draws every sample view to a PNG: `python -m tests.screens.gallery --out DIR --size 1080x1920`."""

from __future__ import annotations

import argparse
import struct
import zlib
from pathlib import Path

from kiosk.screens.fonts import prepare_fonts
from kiosk.screens.window import Screens
from tests.screens.sample_kit import NOW_S
from tests.screens.samples import sample_views


def png(width: int, height: int, rgb: bytes) -> bytes:
    """RGB rows, top first, as a PNG (ISO/IEC 15948)."""
    stride = width * 3
    rows = b"".join(b"\0" + rgb[y * stride : (y + 1) * stride] for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 6))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def main() -> None:
    """Draws them all, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", default="1080x1920")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--large-text", action="store_true")
    parser.add_argument("--fonts", type=Path, default=Path(".run/fonts"))
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    width, height = (int(part) for part in asked.size.split("x"))
    views = sample_views(asked.language, large_text=asked.large_text)
    asked.out.mkdir(parents=True, exist_ok=True)
    screens = Screens(
        size=(width, height),
        fonts=prepare_fonts(asked.fonts),
        on_press=lambda _button: None,
        now_s=lambda: NOW_S,
    )
    for name in asked.names or views:
        screens.show(views[name])
        (asked.out / f"{name}.png").write_bytes(png(*screens.capture()))


if __name__ == "__main__":
    main()
