"""A key goes into the pad with two people and two papers, over a real pseudo-terminal."""

from __future__ import annotations

import contextlib
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.shelf import FileShelf, MemoryShelf
from provisioning.devices import key_loading
from provisioning.devices.key_book import (
    Holding,
    KeyBook,
    KeyBookBroken,
    Step,
    holding,
)
from provisioning.devices.key_loading import KeyOrder, KeyOutcome, KeyResult, load_key
from simulators.models.line import LineDevice
from simulators.models.pin_crypto import check_value, encrypt
from simulators.models.pin_pad import PadKey, PinPad
from simulators.wires.pty_line import PtyLine
from tests.drivers.talking import Scripted

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
NEW_KEY = bytes.fromhex("A1A2A3A4A5A6A7A8B1B2B3B4B5B6B7B8")
ORDER = KeyOrder(
    terminal="T-0001",
    index=0x30,
    master=0x01,
    encrypted=encrypt(MASTER, NEW_KEY).hex(),
    key_person="wang.li",
    check_value=check_value(NEW_KEY)[:6],
    check_person="chen.yu",
)
PAD_NUMBER = "2401-0001"
BAUD = 115_200


@pytest.fixture
def pad() -> PinPad:
    pad = PinPad(pin_key=None, social_security_key=None)
    pad.keys[0x01] = PadKey("2", MASTER)
    pad.baud = BAUD
    return pad


@pytest.fixture
def book(tmp_path: Path) -> KeyBook:
    return KeyBook(FileShelf(tmp_path / "keys.book"))


@pytest.fixture
def wire(pad: PinPad, tmp_path: Path) -> Iterator[PtyLine]:
    with contextlib.closing(PtyLine(pad, tmp_path / "pin_pad")) as wire:
        yield wire


def loaded(wire: PtyLine, order: KeyOrder, book: KeyBook) -> KeyResult:
    with contextlib.closing(SerialLine(SerialPort(str(wire.path), BAUD))) as line:
        return load_key(line, order, book, NOW)


def test_two_people_load_a_key_and_the_book_says_so(
    wire: PtyLine, pad: PinPad, book: KeyBook
) -> None:
    result = loaded(wire, ORDER, book)
    assert result == KeyResult(KeyOutcome.LOADED, check_value(NEW_KEY)[:6], "RTN 60")
    assert pad.keys[0x30].value == NEW_KEY
    begun, done = book.entries()
    assert (begun.step, done.step) == (Step.BEGUN, Step.LOADED)
    assert (done.key_person, done.check_person) == ("wang.li", "chen.yu")
    assert (done.pad, done.index, done.check_value) == (PAD_NUMBER, 0x30, ORDER.check_value)
    assert holding(book.entries(), PAD_NUMBER, 0x30) is Holding.KEY


def test_the_book_holds_neither_key_nor_its_encrypted_form(
    wire: PtyLine, book: KeyBook, tmp_path: Path
) -> None:
    loaded(wire, ORDER, book)
    content = (tmp_path / "keys.book").read_text().lower()
    assert NEW_KEY.hex() not in content
    assert ORDER.encrypted not in content
    assert check_value(NEW_KEY).lower() not in content  # six digits of it, no more
    assert ORDER.encrypted not in repr(ORDER)


@pytest.mark.parametrize("other", ["wang.li", " Wang.Li ", "", "  "])
def test_one_person_twice_is_refused_and_the_pad_is_not_asked(other: str, book: KeyBook) -> None:
    order = replace(ORDER, check_person=other)
    nowhere = SerialLine(SerialPort("/nonexistent", 9600))
    with contextlib.closing(nowhere):
        assert load_key(nowhere, order, book, NOW).outcome is KeyOutcome.ONE_PERSON
    assert book.entries() == ()


def test_papers_that_do_not_belong_together_leave_no_key(
    wire: PtyLine, pad: PinPad, book: KeyBook
) -> None:
    result = loaded(wire, replace(ORDER, check_value="00FF00"), book)
    assert result.outcome is KeyOutcome.OTHER_KEY
    assert 0x30 not in pad.keys
    assert book.entries()[-1].step is Step.REFUSED
    assert holding(book.entries(), PAD_NUMBER, 0x30) is Holding.NOTHING


def test_the_papers_may_be_typed_in_groups_and_small_letters(wire: PtyLine, book: KeyBook) -> None:
    typed = " ".join(ORDER.encrypted[at : at + 4] for at in range(0, 32, 4))
    order = replace(ORDER, encrypted=typed, check_value=check_value(NEW_KEY).lower())
    assert loaded(wire, order, book).outcome is KeyOutcome.LOADED


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        (replace(ORDER, encrypted=ORDER.encrypted[:-2]), KeyOutcome.MALFORMED_KEY),
        (replace(ORDER, encrypted="G" * 32), KeyOutcome.MALFORMED_KEY),
        (replace(ORDER, check_value="12345"), KeyOutcome.MALFORMED_CHECK),
        (replace(ORDER, check_value="12345X"), KeyOutcome.MALFORMED_CHECK),
    ],
)
def test_mistyped_papers_are_told_apart(
    wire: PtyLine, book: KeyBook, order: KeyOrder, outcome: KeyOutcome
) -> None:
    assert loaded(wire, order, book).outcome is outcome
    assert book.entries() == ()


def test_a_pad_without_its_master_key_goes_back(wire: PtyLine, pad: PinPad, book: KeyBook) -> None:
    with wire.device_lock:
        pad.keys.clear()
    result = loaded(wire, ORDER, book)
    assert result.outcome is KeyOutcome.NO_MASTER_KEY
    assert "key room" in result.remedy
    assert book.entries()[-1].why == "no_master_key"


def test_a_pad_that_was_opened_goes_back(wire: PtyLine, pad: PinPad, book: KeyBook) -> None:
    with wire.device_lock:
        pad.faults.tampered = True
    assert loaded(wire, ORDER, book).outcome is KeyOutcome.TAMPERED


def test_without_a_pad_nothing_is_written_down(
    wire: PtyLine, pad: PinPad, book: KeyBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_loading, "ANSWER_LIMIT_S", 0.2)
    with wire.device_lock:
        pad.faults.silent = True
    assert loaded(wire, ORDER, book).outcome is KeyOutcome.NO_PAD
    assert book.entries() == ()


class Leaving(Scripted):
    """A pad that answers who it is, and not one word more."""

    def __init__(self, pad: LineDevice) -> None:
        super().__init__()
        self._pad = pad
        self.asked_to_load = False

    def hear(self, data: bytes, now_s: float) -> None:
        self.asked_to_load |= b"2" in data[4:5]
        if not self.asked_to_load:
            self._pad.hear(data, now_s)
            self.say(now_s, self._pad.speak(now_s + 5.0))


def test_a_pad_that_leaves_in_the_middle_leaves_the_key_uncertain_until_it_is_loaded_again(
    wire: PtyLine, book: KeyBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        contextlib.closing(PtyLine(Leaving(PinPad()), tmp_path / "leaving")) as leaving,
        monkeypatch.context() as soon,
    ):
        soon.setattr(key_loading, "ANSWER_LIMIT_S", 0.2)
        result = loaded(leaving, ORDER, book)
    assert result.outcome is KeyOutcome.UNCERTAIN
    assert holding(book.entries(), PAD_NUMBER, 0x30) is Holding.UNCERTAIN
    assert loaded(wire, ORDER, book).outcome is KeyOutcome.LOADED
    assert holding(book.entries(), PAD_NUMBER, 0x30) is Holding.KEY


FULL_DISK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.shelf import FileShelf
from provisioning.devices.key_book import KeyBook
from provisioning.devices.key_loading import KeyOrder, load_key
order = KeyOrder("T-0001", 0x30, 1, sys.argv[3], "a", sys.argv[4], "b")
line = SerialLine(SerialPort(sys.argv[1], 9600))
book = KeyBook(FileShelf(Path(sys.argv[2])))
print(load_key(line, order, book, datetime(2026, 1, 1, tzinfo=UTC)).outcome)
"""


def _no_file_grows() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_a_full_disk_is_found_out_before_the_pad_is_touched(
    wire: PtyLine, pad: PinPad, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, wire.path, tmp_path / "book", ORDER.encrypted,
         ORDER.check_value],
        capture_output=True, text=True, timeout=60, preexec_fn=_no_file_grows, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "book", done.stderr
    assert 0x30 not in pad.keys


def test_a_changed_book_is_found_out_and_nothing_is_loaded(
    wire: PtyLine, pad: PinPad, book: KeyBook, tmp_path: Path
) -> None:
    loaded(wire, ORDER, book)
    path = tmp_path / "keys.book"
    path.write_text(path.read_text().replace("chen.yu", "li.ming"))
    with pytest.raises(KeyBookBroken, match="entry 1"):
        book.entries()
    order = replace(ORDER, index=0x31)
    assert loaded(wire, order, book).outcome is KeyOutcome.BOOK
    assert 0x31 not in pad.keys


def test_half_a_line_left_by_a_cut_is_dropped(wire: PtyLine, book: KeyBook, tmp_path: Path) -> None:
    loaded(wire, ORDER, book)
    with (tmp_path / "keys.book").open("ab") as file:
        file.write(b'{"digest":"00')
    assert len(book.entries()) == 2
    assert loaded(wire, ORDER, book).outcome is KeyOutcome.LOADED
    assert [entry.number for entry in book.entries()] == [1, 2, 3, 4]


def test_another_pad_holds_nothing_of_this_ones(wire: PtyLine, book: KeyBook) -> None:
    loaded(wire, ORDER, book)
    assert holding(book.entries(), "2502-0007", 0x30) is Holding.NOTHING
    assert holding(book.entries(), PAD_NUMBER, 0x31) is Holding.NOTHING
    assert holding(KeyBook(MemoryShelf()).entries(), PAD_NUMBER, 0x30) is Holding.NOTHING
