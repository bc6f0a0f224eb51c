"""A photo receipt's bar code is read like a QR code: a picture of one, before the child's eye."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from kiosk.drivers.camera.child import _code_seer
from kiosk.drivers.camera.protocol import Code, Turn
from kiosk.drivers.links.ops import Sought
from sscard.applying import photo_receipt_from_text

# ISO/IEC 15417, the symbols that the text below needs: widths of bars and spaces, by value.
_SYMBOLS = {
    16: "123122",
    17: "123221",
    18: "223211",
    25: "321122",
    36: "112313",
    39: "211313",
    104: "211214",  # start, code set B
    106: "2331112",  # stop
}
_RECEIPT = "DG9900000000"  # invented


def drawn(text: str, module_px: int = 4) -> Any:
    """A frame with a Code 128 bar code in its middle, black on white."""
    values = [ord(letter) - 32 for letter in text]
    check = (104 + sum(place * value for place, value in enumerate(values, 1))) % 103
    modules: list[int] = []
    for value in (104, *values, check, 106):
        for index, width in enumerate(_SYMBOLS[value]):
            modules += [255 * (index % 2)] * int(width)
    row = np.repeat(np.array(modules, dtype=np.uint8), module_px)
    frame = np.full((960, 1280), 255, dtype=np.uint8)
    left = (1280 - len(row)) // 2
    frame[380:580, left : left + len(row)] = row
    return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)


def test_the_bar_code_of_a_photo_receipt_is_read() -> None:
    see = _code_seer(cv2, Turn(7, Sought.CODES))
    assert see(drawn(_RECEIPT), 0.0) == Code(7, _RECEIPT.encode())
    assert photo_receipt_from_text(_RECEIPT) == _RECEIPT


def test_a_spoilt_bar_code_says_nothing() -> None:
    spoilt = drawn(_RECEIPT)
    spoilt[:, 600:660] = 0
    assert _code_seer(cv2, Turn(7, Sought.CODES))(spoilt, 0.0) is None
