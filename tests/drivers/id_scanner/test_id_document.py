"""The four layouts of the text record (GA 490-2013), and what is refused."""

from datetime import date

import pytest

from kiosk.drivers.events import DocumentKind, IdDocument, IdTrouble
from kiosk.drivers.id_scanner.document import parse
from simulators.models.id_scanner import LaidDocument, Layout

FOREIGNER_2023 = "99099019900101001"  # invented, without its check digit


def put(record: bytes, offset: int, text: str) -> bytes:
    data = text.encode("utf-16-le")
    return record[:offset] + data + record[offset + len(data) :]


def test_a_permit_of_hong_kong_residents_is_read() -> None:
    laid = LaidDocument(Layout.HMT_PERMIT, number="810000199001010019", permit_number="H12345678")
    document = parse(laid.record())
    assert isinstance(document, IdDocument)
    assert document.kind is DocumentKind.HMT_PERMIT
    assert document.number == "810000199001010019"


def test_a_permit_with_a_citizens_area_is_malformed() -> None:
    assert parse(LaidDocument(Layout.HMT_PERMIT).record()) is IdTrouble.MALFORMED


def test_a_foreigners_card_of_2017_is_read_by_its_own_layout() -> None:
    laid = LaidDocument(
        Layout.FOREIGNER_2017, number="UTO990000010112", name="", english_name="DOE, JANE"
    )
    document = parse(laid.record())
    assert isinstance(document, IdDocument)
    assert document.kind is DocumentKind.FOREIGNER_2017
    assert (document.number, document.name) == ("UTO990000010112", "DOE, JANE")
    assert document.birth == date(1990, 1, 1)


def test_the_chinese_name_of_a_foreigners_card_comes_first() -> None:
    laid = LaidDocument(Layout.FOREIGNER_2017, number="UTO990000010112", english_name="DOE")
    document = parse(laid.record())
    assert isinstance(document, IdDocument)
    assert document.name == "测试甲"


def test_a_foreigners_card_of_2023_joins_both_parts_of_the_name() -> None:
    english = "A" * 30 + ", " + "B" * 10
    laid = (
        LaidDocument(Layout.FOREIGNER_2023, FOREIGNER_2023 + digit, "", english)
        for digit in "0123456789X"
    )
    read = [document for card in laid if isinstance(document := parse(card.record()), IdDocument)]
    assert len(read) == 1, "one check digit of eleven holds"
    assert read[0].kind is DocumentKind.FOREIGNER_2023
    assert read[0].name == english


def test_no_end_of_validity_is_none() -> None:
    document = parse(LaidDocument(valid_until="长期").record())
    assert isinstance(document, IdDocument)
    assert document.valid_until is None


def test_a_type_flag_of_nul_is_a_citizens() -> None:
    document = parse(put(LaidDocument().record(), 248, "\0"))
    assert isinstance(document, IdDocument)
    assert document.kind is DocumentKind.RESIDENT


def test_a_rare_character_of_the_private_use_area_stays_in_the_name() -> None:
    document = parse(LaidDocument(name="测\ue863").record())
    assert isinstance(document, IdDocument)
    assert document.name == "测\ue863"


@pytest.mark.parametrize("digit", "0123456789X")
def test_only_the_right_check_digit_holds(digit: str) -> None:
    parsed = parse(LaidDocument(number="99000019900101001" + digit).record())
    assert isinstance(parsed, IdDocument) == (digit == "7")


@pytest.mark.parametrize(
    "laid",
    [
        LaidDocument(name=""),
        LaidDocument(name="甲\x07"),
        LaidDocument(birth="19900102"),  # not the birth date in the number
        LaidDocument(birth="19901301"),
        LaidDocument(birth="1990010"),
        LaidDocument(number="99000019900101001x"),
        LaidDocument(number="990000"),
        LaidDocument(valid_from=""),
        LaidDocument(valid_until=""),
        LaidDocument(valid_from="20300101", valid_until="20200101"),
        LaidDocument(Layout.FOREIGNER_2017, number="uto990000010112"),
        LaidDocument(Layout.FOREIGNER_2023, number="810000199001010019"),
    ],
)
def test_a_field_that_does_not_hold_makes_the_document_malformed(laid: LaidDocument) -> None:
    assert parse(laid.record()) is IdTrouble.MALFORMED


def test_half_a_surrogate_pair_is_malformed() -> None:
    record = LaidDocument().record()
    assert parse(b"\x00\xd8\x20\x00" + record[4:]) is IdTrouble.MALFORMED


@pytest.mark.parametrize("size", [0, 255, 257])
def test_a_record_of_another_size_is_a_programmer_error(size: int) -> None:
    with pytest.raises(AssertionError):
        parse(bytes(size))


@pytest.mark.parametrize("flag", ["A", "j", "1", "居"])
def test_an_unknown_type_flag_is_not_accepted(flag: str) -> None:
    assert parse(LaidDocument(type_flag=flag).record()) is IdTrouble.NOT_ACCEPTED
