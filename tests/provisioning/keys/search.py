"""Looks for a private key in files the hard way."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # P-256 (SP 800-186)


def found_in(folder: Path, public_key: ec.EllipticCurvePublicKey) -> bool:
    """Whether 32 bytes in a row of any file, as it is or in base 64, are the key's private half."""
    return any(
        _is_inside(content, public_key)
        for path in folder.rglob("*")
        if path.is_file()
        for content in _readings(path.read_bytes())
    )


def _readings(content: bytes) -> list[bytes]:
    without_frames = re.sub(rb"-----[^-]+-----", b"", content)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", without_frames)
    return [content, base64.b64decode(letters[: len(letters) // 4 * 4])]


def _is_inside(content: bytes, public_key: ec.EllipticCurvePublicKey) -> bool:
    windows = {content[at : at + 32] for at in range(len(content) - 31)}
    numbers = (int.from_bytes(window) for window in windows)
    return any(
        ec.derive_private_key(number, ec.SECP256R1()).public_key() == public_key
        for number in numbers
        if 0 < number < _ORDER
    )
