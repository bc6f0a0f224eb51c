"""How a printed receipt looks, and what it keeps to itself."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from pyzbar import pyzbar

from simulators.models.paper import draw, save_png
from tests.simulators.test_receipt_printer import CUT, START, gb, printed, qr


def test_a_drawn_receipt_s_code_can_be_scanned(tmp_path: Path) -> None:
    receipt = printed(START + gb("凭条\n") + b"\x1ba\x01" + qr(b"LR-990000-0001") + CUT)
    save_png(receipt, tmp_path / "receipt.png")
    with Image.open(tmp_path / "receipt.png") as picture:
        found = [code.data for code in pyzbar.decode(picture)]
    assert found == [b"LR-990000-0001"]


def test_bold_big_and_plain_text_put_different_ink_on_the_paper() -> None:
    def darkness(start: bytes) -> int:
        picture = draw(printed(START + start + gb("社会保障\n") + CUT)).convert("L")
        return sum(picture.point(lambda value: value < 128).tobytes())

    plain, bold, big = darkness(b""), darkness(b"\x1bE\x01"), darkness(b"\x1d!\x11")
    assert 0 < plain < bold < big


def test_what_receipts_say_does_not_stand_in_their_repr() -> None:
    receipt = printed(START + b"Zhang\n" + qr(b"secret-code") + CUT)
    assert "Zhang" not in repr(receipt)
    assert "secret-code" not in repr(receipt)
