"""The invented people: their numbers hold, and their states are those they are named for."""

from datetime import date

import pytest

from bank.people import PEOPLE, Person, PersonCard, person
from sscard.cards import CardState

CARDS: list[PersonCard] = [card for who in PEOPLE for card in who.cards]


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.key)
def test_an_id_number_has_its_check_digit_sex_and_birth(who: Person) -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
    total = sum(int(digit) * weight for digit, weight in zip(who.id_number, weights, strict=False))
    assert who.id_number[17] == "10X98765432"[total % 11]
    assert who.id_number[6:14] == f"{who.birth:%Y%m%d}"
    assert int(who.id_number[16]) % 2 == int(who.sex) % 2
    invented = {"resident": "990000", "hmt_permit": "810000", "foreigner_2023": "999"}
    assert who.id_number.startswith(invented[who.document])


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.card_number)
def test_a_card_has_its_check_characters(card: PersonCard) -> None:
    values = [int(letter, 36) for letter in card.card_number[:8]]
    total = sum(a * b for a, b in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = 11 - total % 11  # LD/T 32
    assert card.card_number[8] == {10: "X", 11: "0"}.get(check, str(check))
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(card.pan))]
    assert sum(n // 10 + n % 10 for n in doubled) % 10 == 0  # Luhn
    assert card.pan.startswith("620000")
    assert len(card.pan) == 19
    assert len(bytes.fromhex(card.identification_code)) == 16
    assert card.identification_code[6:16] == "D156000005"
    assert card.issued < card.expires


def test_nothing_is_given_out_twice() -> None:
    for numbers in (
        [card.card_number for card in CARDS],
        [card.pan for card in CARDS],
        [card.identification_code for card in CARDS],
        [who.id_number for who in PEOPLE],
        [who.key for who in PEOPLE],
    ):
        assert len(set(numbers)) == len(numbers)


def test_names_fit_their_place_on_the_card_and_one_needs_the_continuation() -> None:
    lengths = {who.key: len(who.name.encode("gbk")) for who in PEOPLE}
    assert max(lengths.values()) <= 50  # EF06: tag 09 of 30 bytes, tag 4E of 20
    assert lengths["meulen"] > 30
    # An HMT permit has 15 characters for the name (GA 467-2013).
    assert all(len(who.name) <= 15 for who in PEOPLE if who.document != "foreigner_2023")


def test_the_cases_that_stories_need_are_there() -> None:
    states = {who.key: [card.state for card in who.cards] for who in PEOPLE}
    assert states["li"] == [CardState.ACTIVE, CardState.ACTIVE]
    assert states["wang"] == [CardState.INACTIVE]
    assert states["liu"] == [CardState.LOST_ORAL]
    assert states["huang"] == [CardState.LOST_WRITTEN]
    assert states["zhou"] == [CardState.SUSPENDED]
    assert states["wu"] == [CardState.SUPERSEDED, CardState.ACTIVE]
    assert person("zhang").cards[0].wrong_in_a_row == 6
    assert {card.version for card in CARDS} == {"1.00", "2.00", "3.00"}
    assert person("lin").cards[0].expires < date(2026, 1, 1)
    ended = person("sun").valid_until
    assert ended is not None
    assert ended < date(2026, 1, 1)


def test_a_repr_shows_nothing_personal() -> None:
    for who in PEOPLE:
        shown = repr(who)
        assert who.name not in shown
        assert who.id_number not in shown
        for card in who.cards:
            assert card.card_number not in shown
            assert card.pan not in shown
            assert card.password not in shown
