"""The driver against the simulated card, which was written from the same sheet by another hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kiosk.drivers.events import (
    CardFacts,
    CardInserted,
    CardNotRead,
    CardRead,
    CardRemoved,
    CardTrouble,
    PinState,
)
from kiosk.drivers.orders import ReadCard
from simulators.models.bank_application import BankData
from simulators.models.social_security_card import (
    CardData,
    Malformation,
    SocialSecurityCard,
)
from tests.drivers.card_reader import reading
from tests.drivers.card_reader.reading import bench_with, trouble


def facts(card: SocialSecurityCard) -> CardFacts:
    got = reading.facts(card)
    assert not card.powered
    return got


@pytest.mark.parametrize("version", ["1.00", "2.00"])
def test_older_cards_give_all_they_hold(version: str) -> None:
    assert facts(SocialSecurityCard(CardData(version=version))) == CardFacts(
        version=version,
        card_number="A12345674",
        identification_code="990000D1560000050000000100000000",
        area_code="990000",
        expires=date(2030, 1, 1),
        social_security_number="990000199001010017",
        name="测试甲",
        pan="6200001234567890128",
        pin_state=PinState.READY,
        pin_tries_left=6,
    )


def test_a_version_3_card_gives_its_number_and_keeps_its_holder() -> None:
    got = facts(SocialSecurityCard(CardData(version="3.00")))
    assert (got.card_number, got.area_code) == ("A12345674", "990000")
    assert (got.expires, got.social_security_number, got.name) == (None, None, None)
    assert got.pan == "6200001234567890128"
    assert got.pin_state is PinState.READY


def test_a_long_name_is_joined_from_its_two_items() -> None:
    name = "阿卜杜拉·测试·麦麦提·买买提艾力·吐尔逊江"
    assert 30 < len(name.encode("gbk")) <= 50
    assert facts(SocialSecurityCard(CardData(name=name))).name == name


def test_reading_spends_no_try_of_the_password() -> None:
    card = SocialSecurityCard()
    card.tries_left = 2
    assert facts(card).pin_tries_left == 2
    assert card.tries_left == 2


@pytest.mark.parametrize(
    ("pin", "tries_left", "state"),
    [(None, 6, PinState.NONE), ("135790", 0, PinState.BLOCKED), ("135790", 1, PinState.READY)],
)
def test_the_password_s_state_is_told(pin: str | None, tries_left: int, state: PinState) -> None:
    card = SocialSecurityCard(CardData(pin=pin))
    card.tries_left = tries_left
    assert facts(card).pin_state is state


@pytest.mark.parametrize(
    ("bank", "pan"),
    [
        (None, None),
        (BankData(has_directory=False), "6200001234567890128"),
        (BankData(refuses_options=True), "6200001234567890128"),
        (BankData(pan="6200001234567890120"), None),  # fails its check digit
    ],
)
def test_whatever_the_bank_s_side_holds_the_card_is_read(
    bank: BankData | None, pan: str | None
) -> None:
    got = facts(SocialSecurityCard(CardData(bank=bank)))
    assert (got.name, got.pan) == ("测试甲", pan)


@pytest.mark.parametrize(
    ("fault", "value", "expected"),
    [
        ("mute", True, CardTrouble.MUTE),
        ("foreign", True, CardTrouble.FOREIGN),
        ("blocked", True, CardTrouble.BLOCKED),
        *(
            ("malformed", kind, CardTrouble.MALFORMED)
            for kind in Malformation
            if kind is not Malformation.NONE
        ),
    ],
)
def test_a_card_with_a_fault_says_which(fault: str, value: Any, expected: CardTrouble) -> None:
    card = SocialSecurityCard()
    setattr(card.faults, fault, value)
    assert trouble(card) is expected


def test_a_version_of_the_future_is_unknown() -> None:
    card = SocialSecurityCard(CardData(version="9.00"))
    assert trouble(card) is CardTrouble.UNKNOWN_VERSION


def test_a_card_pulled_at_any_command_is_pulled_and_then_removed() -> None:
    at_apdu = 0
    while True:
        at_apdu += 1
        card = SocialSecurityCard()
        card.faults.pulled_at_apdu = at_apdu
        bench, _ = bench_with(card)
        bench.order(1.0, ReadCard())
        bench.run_until(30.0)
        inserted, *events = bench.said()[1:]
        assert inserted == CardInserted()
        if isinstance(events[0], CardRead):
            break
        assert events == [CardNotRead(CardTrouble.PULLED, raw="removed"), CardRemoved()]
    assert at_apdu > 20
