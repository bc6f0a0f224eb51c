"""How the account number is found, and that no trouble on the bank's side costs the card."""

from __future__ import annotations

import pytest

from kiosk.drivers.card_reader.bank_application import luhn_ok
from kiosk.drivers.events import CardFacts
from tests.drivers.card_reader import reading
from tests.drivers.card_reader.card import DEBIT, PAN, PSE, Card, tlv

E_CASH = bytes.fromhex("A000000333010106")
OTHER_PAN = "6200009876543210110"


def facts(card: Card) -> CardFacts:
    """What is found on `card`; whatever its bank's side does, the holder is."""
    got = reading.facts(card)
    assert got.name == "欧阳测试"
    return got


def entry(aid: bytes, priority: int | None) -> bytes:
    rank = b"" if priority is None else tlv(0x87, bytes([priority]))
    return tlv(0x61, tlv(0x4F, aid), rank)


def test_the_account_number_comes_from_tag_5a() -> None:
    assert facts(Card()).pan == PAN


def test_track_2_serves_where_5a_is_missing() -> None:
    card = Card()
    del card.bank[2, 1]
    assert facts(card).pan == PAN


def test_5a_goes_before_an_earlier_track_2() -> None:
    card = Card()
    card.bank[1, 1] = tlv(0x70, tlv(0x57, bytes.fromhex(OTHER_PAN + "d3512220f")))
    assert luhn_ok(OTHER_PAN)
    assert facts(card).pan == PAN


def test_processing_options_may_come_in_form_2() -> None:
    card = Card()
    card.options = tlv(0x77, tlv(0x82, b"\x7c\x00"), tlv(0x94, bytes.fromhex("10010100")))
    assert facts(card).pan == PAN


@pytest.mark.parametrize(
    "options",
    [
        "",
        "8002",
        "800201",
        "80057C00080101",
        "80067C0008020100",
        "80067C0000010100",
        "6F00",
        "7704820200FF",
    ],
)
def test_records_are_tried_without_options_that_make_sense(options: str) -> None:
    card = Card()
    card.options = bytes.fromhex(options)
    assert facts(card).pan == PAN


def test_a_card_without_directory_is_asked_for_the_known_applications() -> None:
    card = Card(directory=None)
    assert facts(card).pan == PAN


def test_the_application_that_the_card_puts_first_is_taken() -> None:
    card = Card(directory=[tlv(0x70, entry(E_CASH, 2), entry(DEBIT, 1))])
    card.applications[E_CASH] = card.applications[DEBIT]
    assert facts(card).pan == PAN
    names = [apdu[5:-1] for apdu in card.heard if apdu[1:3] == b"\xa4\x04"]
    assert names[-1] == DEBIT


def test_an_application_without_priority_comes_last() -> None:
    card = Card(directory=[tlv(0x70, entry(E_CASH, None)), tlv(0x70, entry(DEBIT, 3))])
    card.applications[E_CASH] = card.applications[DEBIT]
    facts(card)
    assert E_CASH not in [apdu[5:-1] for apdu in card.heard if apdu[1:3] == b"\xa4\x04"]


def test_foreign_applications_in_the_directory_are_left_alone() -> None:
    foreign = bytes.fromhex("A0000000031010")
    card = Card(directory=[tlv(0x70, entry(foreign, 1))])
    assert facts(card).pan == PAN
    assert foreign not in [apdu[5:-1] for apdu in card.heard]


def test_the_pdol_is_answered_with_as_many_bytes_as_it_asks_for() -> None:
    card = Card()
    pdol = bytes.fromhex("9F66049F1A025F2A029F3704")
    card.applications[DEBIT] = tlv(0x6F, tlv(0x84, DEBIT), tlv(0xA5, tlv(0x9F38, pdol)))
    facts(card)
    options = next(apdu for apdu in card.heard if apdu[1] == 0xA8)
    assert options == bytes.fromhex("80A800000E830C00000000015601560000" + "0000")


def test_a_pdol_beyond_all_bounds_is_not_answered() -> None:
    card = Card()
    card.applications[DEBIT] = tlv(0x6F, tlv(0xA5, tlv(0x9F38, bytes.fromhex("9F1A7F" * 3))))
    assert facts(card).pan == PAN
    assert not [apdu for apdu in card.heard if apdu[1] == 0xA8]


@pytest.mark.parametrize(
    "record",
    [
        tlv(0x70, tlv(0x5A, bytes.fromhex(PAN[:-1] + "7f"))),
        tlv(0x70, tlv(0x5A, bytes.fromhex("ffff"))),
        tlv(0x70, tlv(0x5A, bytes.fromhex("6200abcd"))),
        bytes.fromhex("70105A0A62"),
        b"\x70" * 20,
        bytes.fromhex("5A" * 9),
        b"",
    ],
)
def test_an_account_number_that_does_not_hold_is_none(record: bytes) -> None:
    card = Card()
    card.bank = {(1, 1): record, (2, 1): record}
    assert facts(card).pan is None


@pytest.mark.parametrize("word", ["6A82", "6A81", "6283", "6F00", "6D00", "61", ""])
def test_a_card_whose_bank_application_fails_is_still_read(word: str) -> None:
    card = Card(directory=None)
    card.answers[b"\x00\xa4\x04\x00\x08"] = bytes.fromhex(word)
    assert facts(card).pan is None


def test_a_directory_that_never_ends_ends() -> None:
    card = Card(directory=[tlv(0x70, entry(E_CASH, 1))] * 250)
    assert facts(card).pan is None
    assert len([apdu for apdu in card.heard if apdu[1] == 0xB2]) < 40


@pytest.mark.parametrize("fci", ["6F", "6F05", "6F85FFFFFFFFFF", "1F1F1F", "6F80A50000"])
def test_garbage_for_a_directory_falls_back_to_the_known_applications(fci: str) -> None:
    card = Card()
    name_length = bytes([len(PSE)])
    card.answers[b"\x00\xa4\x04\x00" + name_length] = bytes.fromhex(fci) + b"\x90\x00"
    assert facts(card).pan == PAN


def test_the_check_digit_of_an_account_number() -> None:
    assert luhn_ok(PAN)
    assert not luhn_ok(PAN[:-1] + "9")
    with pytest.raises(ValueError, match="invalid literal"):
        luhn_ok(PAN[:-1] + "x")
