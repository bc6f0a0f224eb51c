"""The electronic card follows the physical one, and its code is told from other codes."""

from __future__ import annotations

import pytest

from sscard.cards import CardState
from sscard.electronic import Scanned, activate, code_of, masked_name, shown, sort_code
from sscard.requests import RefusalCode


@pytest.mark.rule("CARD.STATES")
@pytest.mark.parametrize("state", CardState)
def test_it_serves_only_while_the_card_behind_it_is_active(state: CardState) -> None:
    assert shown(state).allowed == (state is CardState.ACTIVE)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (CardState.LOST_ORAL, RefusalCode.CARD_LOST),
        (CardState.LOST_WRITTEN, RefusalCode.CARD_LOST),
        (CardState.SUSPENDED, RefusalCode.ELECTRONIC_CLOSED),
        (CardState.SUPERSEDED, RefusalCode.ELECTRONIC_CLOSED),
    ],
)
def test_a_card_that_is_lost_or_replaced_says_so(state: CardState, code: RefusalCode) -> None:
    assert shown(state).refusal is code
    assert activate(state, is_active=False).refusal is code


def test_it_is_activated_once_and_after_its_card() -> None:
    assert activate(CardState.ACTIVE, is_active=False).allowed
    assert activate(CardState.ACTIVE, is_active=True).refusal is RefusalCode.ELECTRONIC_ACTIVE
    assert activate(CardState.INACTIVE, is_active=False).refusal is RefusalCode.CARD_INACTIVE


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("134567890123456789", Scanned.PAYMENT),
        ("2856789012345678", Scanned.PAYMENT),
        ("6212345678901234567", Scanned.PAYMENT),
        ("HTTPS://EXAMPLE.ORG/x", Scanned.ADDRESS),
        ("SSC-LOSS:7K42MX9QD", Scanned.OURS),
        ("short", Scanned.NOTHING),
        ("x" * 513, Scanned.NOTHING),
        ("码码码码码码码码", Scanned.NOTHING),
        ("  Zx81-opaque-code \r\n", Scanned.ELECTRONIC),
        ("99345678901234567890123456789", Scanned.ELECTRONIC),
    ],
)
def test_a_code_is_known_by_what_it_is_not(text: str, kind: Scanned) -> None:
    assert sort_code(text) is kind
    assert code_of(text) == (text.strip() if kind is Scanned.ELECTRONIC else None)


def test_of_a_name_a_stranger_sees_the_first_letter() -> None:
    assert masked_name("陈美玲") == "陈＊＊"
    assert masked_name("李") == "李＊"
    assert masked_name("ANNELIESE VAN DER MEULEN") == "A＊＊"
