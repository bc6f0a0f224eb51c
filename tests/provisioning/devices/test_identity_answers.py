"""The answers in which devices name themselves, as bytes, whole and broken."""

from __future__ import annotations

import pytest

from kiosk.drivers.id_scanner.protocol import Command, request, sam_number_of
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Open, Talk
from kiosk.drivers.pin_pad.protocol import Answer, Information, information_of
from kiosk.drivers.receipt_printer.protocol import MODEL, Ear, identity
from tests.drivers.talking import Bench, Scripted, line_to

NUMBER = bytes.fromhex("05000100 25D73401 39300000 A6020000")
INFORMATION = b"".join(
    (
        b" " * 50,
        b"0" * 48,
        b"04001E2A040C33370A00",
        b"0" * 8,
        b"ZT598 ",
        b"100",
        b"200",
        b"2401",
        b"0001",
    )
)


def test_the_question_for_the_number_is_the_published_frame() -> None:
    assert request(Command.SAM_NUMBER) == bytes.fromhex("AAAAAA9669000312FFEE")


def test_a_security_modules_number_reads_as_on_its_plate() -> None:
    assert sam_number_of(NUMBER) == "05.01-20240165-0000012345-0000000678"
    assert sam_number_of(NUMBER[:-1]) is None


def test_a_pads_information_is_taken_apart() -> None:
    found = information_of(Answer(0x60, INFORMATION))
    assert found == Information(True, "ZT598", "100", "200", "2401", "0001")


def test_a_pad_without_keys_says_so() -> None:
    bare = INFORMATION.replace(b"04001E", b"05001E")
    found = information_of(Answer(0x60, bare))
    assert found is not None
    assert not found.has_keys


@pytest.mark.parametrize(
    "data", [b"", INFORMATION[:-1], INFORMATION + b"0", INFORMATION.replace(b"04001E", b"04GG1E")]
)
def test_information_of_another_make_is_not_guessed_at(data: bytes) -> None:
    assert information_of(Answer(0x60, data)) is None


def asked(answer: bytes) -> str:
    """What `identity` makes of an answer to GS I 67."""

    def talk() -> Talk[str]:
        yield Open()
        return (yield from identity(Ear(Inbox()), MODEL, 0.5))

    results: list[str] = []

    def kept() -> Talk[None]:
        results.append((yield from talk()))

    bench = Bench(
        kept(), line_to(Scripted(lambda data: [(0.01, answer)] if data[-1:] == b"C" else []))
    )
    bench.run_until(5.0)
    return results[0]


def test_a_printers_words_are_read_up_to_their_end() -> None:
    assert asked(b"_KPM180H\x00") == "KPM180H"
    assert asked(b"\x13_KPM\x11180H\x00") == "KPM180H"  # flow control in between


@pytest.mark.parametrize(
    "answer", [b"", b"\x02", b"_half", b"KPM180H\x00", b"_\x1b\x00", b"_" + b"x" * 200 + b"\x00"]
)
def test_other_answers_are_no_words(answer: bytes) -> None:
    assert asked(answer) == ""
