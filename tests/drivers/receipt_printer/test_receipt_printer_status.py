"""What the printer's answers mean, bit by bit (ESC/POS reference, DLE EOT)."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import DeviceStatus, Paper, PrintTrouble
from kiosk.drivers.receipt_printer.protocol import is_in_turn, is_status
from kiosk.drivers.receipt_printer.status import Answers, meaning

IDLE = 0x12


def answers(
    printer: int = IDLE, cause: int = IDLE, error: int = IDLE, paper: int = IDLE
) -> Answers:
    return Answers(printer, cause, error, paper, heard=True)


@pytest.mark.parametrize(
    ("byte", "paper"),
    [
        (0x12, Paper.FULL),
        (0x1E, Paper.LOW),
        (0x72, Paper.OUT),
        (0x7E, Paper.OUT),
        (0x32, Paper.UNKNOWN),  # one bit of two
        (0x16, Paper.UNKNOWN),
    ],
)
def test_the_paper_sensors_speak_with_two_bits(byte: int, paper: Paper) -> None:
    assert meaning(answers(paper=byte)).paper is paper


def test_silence_is_unknown_in_everything() -> None:
    found = meaning(Answers())
    assert (found.status, found.paper, found.cover_open) == (
        DeviceStatus.UNKNOWN, Paper.UNKNOWN, None,
    )  # fmt: skip
    assert found.trouble is PrintTrouble.NO_ANSWER


def test_an_answer_not_understood_is_unknown_and_no_trouble_of_paper() -> None:
    found = meaning(Answers(heard=True))
    assert found.status is DeviceStatus.UNKNOWN
    assert found.paper is Paper.UNKNOWN
    assert found.trouble is None
    assert not found.certain


def test_a_paper_answer_that_is_missing_leaves_an_online_printer_online() -> None:
    found = meaning(Answers(IDLE, IDLE, IDLE, None, heard=True))
    assert found.status is DeviceStatus.ONLINE
    assert found.paper is Paper.UNKNOWN
    assert found.trouble is None


@pytest.mark.parametrize(
    ("given", "status", "trouble"),
    [
        (answers(0x1A, 0x16), DeviceStatus.USER_ERROR, PrintTrouble.COVER_OPEN),
        (answers(0x1A, 0x32, paper=0x72), DeviceStatus.USER_ERROR, PrintTrouble.PAPER_OUT),
        (answers(0x1A, 0x36, paper=0x72), DeviceStatus.USER_ERROR, PrintTrouble.COVER_OPEN),
        (answers(0x3A, 0x52, 0x1A), DeviceStatus.HARDWARE_ERROR, PrintTrouble.CUTTER),
        (answers(0x3A, 0x52, 0x16), DeviceStatus.HARDWARE_ERROR, PrintTrouble.JAMMED),
        (answers(0x1A, 0x52, 0x32), DeviceStatus.HARDWARE_ERROR, PrintTrouble.FAULT),
        (answers(0x1A, 0x52, 0x52), DeviceStatus.DEVICE_BUSY, PrintTrouble.FAULT),
        (answers(0x1A, 0x1A), DeviceStatus.DEVICE_BUSY, PrintTrouble.FAULT),
        (answers(0x1A), DeviceStatus.OFFLINE, PrintTrouble.FAULT),
        (answers(), DeviceStatus.ONLINE, None),
        (answers(0x16), DeviceStatus.ONLINE, None),  # the drawer's pin, of no interest
    ],
)
def test_the_most_specific_cause_wins(
    given: Answers, status: DeviceStatus, trouble: PrintTrouble | None
) -> None:
    found = meaning(given)
    assert (found.status, found.trouble) == (status, trouble)


def test_the_patterns_of_the_answers_do_not_overlap() -> None:
    assert not [byte for byte in range(256) if is_status(byte) and is_in_turn(byte)]
    assert all(is_status(byte) for byte in (0x12, 0x1E, 0x72, 0x7E, 0x16, 0x1A))
    assert all(is_in_turn(byte) for byte in (0x00, 0x03, 0x0C, 0x0F))
    assert not any(is_status(byte) or is_in_turn(byte) for byte in (0x11, 0x13, 0x01, 0xFF))


def test_the_raw_words_tell_silence_from_nonsense() -> None:
    assert Answers().raw() == "1=- 2=- 3=- 4=-"
    assert Answers(0x12, None, heard=True).raw() == "1=12 2=? 3=? 4=?"
