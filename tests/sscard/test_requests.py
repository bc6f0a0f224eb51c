"""The wire form of requests and answers: all that goes in comes out, nothing else does."""

import contextlib
import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from sscard.cards import Account, CardState, LossKind, masked_tail
from sscard.requests import (
    Answer,
    BalanceByOwnChannel,
    BalanceCheck,
    Balances,
    CardFrozen,
    CardList,
    Cards,
    Companion,
    Evidence,
    ListedCard,
    LossInForce,
    LossReport,
    MalformedMessage,
    PasswordUnlock,
    Refusal,
    RefusalCode,
    ReportFound,
    ReportState,
    ReportStatus,
    Request,
    Unlocked,
    answer_from_wire,
    request_from_wire,
    to_wire,
)
from sscard.rules import Rule

texts = st.text(min_size=1, max_size=200)
maybe = st.none() | texts
fen = st.integers(-(10**15), 10**15)
evidence = st.builds(Evidence, texts, texts, texts)
losses = st.sampled_from(LossKind)
rules = st.sampled_from(Rule)
some_account = st.sampled_from(Account)

requests = st.one_of(
    st.builds(BalanceCheck, evidence, texts),
    st.builds(CardList, evidence),
    st.builds(LossReport, evidence, losses, st.lists(texts, max_size=3).map(tuple)),
    st.builds(PasswordUnlock, evidence, texts, some_account),
    st.builds(ReportStatus, texts),
)
listed = st.builds(ListedCard, texts, texts, texts, st.sampled_from(CardState), maybe)
frozen = st.builds(CardFrozen, texts, texts, losses, texts, maybe, rules)
answers = st.one_of(
    st.builds(Balances, fen, fen, texts, texts, texts),
    st.builds(BalanceByOwnChannel, texts),
    st.builds(Cards, st.lists(listed, max_size=3).map(tuple)),
    st.builds(LossInForce, st.lists(frozen, max_size=3).map(tuple), texts),
    st.builds(ReportFound, st.sampled_from(ReportState), losses, texts, maybe),
    st.builds(Unlocked, some_account, texts, texts),
    st.builds(Refusal, st.sampled_from(RefusalCode), rules, st.none() | st.integers(0, 9)),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def over_the_line(message: Request | Answer) -> Any:
    return json.loads(json.dumps(to_wire(message)))


@given(requests)
def test_a_request_comes_out_as_it_went_in(request: Request) -> None:
    assert request_from_wire(over_the_line(request)) == request


@given(answers)
def test_an_answer_comes_out_as_it_went_in(answer: Answer) -> None:
    assert answer_from_wire(over_the_line(answer)) == answer


@given(requests, st.data())
def test_a_request_with_one_field_spoilt_is_refused_or_still_a_request(
    request: Request, data: st.DataObject
) -> None:
    wire = over_the_line(request)
    wire[data.draw(st.sampled_from(sorted(wire)))] = data.draw(json_values)
    with contextlib.suppress(MalformedMessage):
        assert isinstance(request_from_wire(wire), Request)


@given(json_values)
def test_any_value_is_read_or_refused_and_never_crashes(value: object) -> None:
    for read in (request_from_wire, answer_from_wire):
        with pytest.raises(MalformedMessage):
            read(value)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        ({"kind": "balances", "medical_fen": "1"}, "medical_fen"),
        ({"kind": "balances", "medical_fen": True}, "medical_fen"),
        ({"kind": "balances", "medical_fen": 1.0}, "medical_fen"),
        ({"kind": "cards", "cards": [{}] * 51}, "cards"),
        ({"kind": "cards", "cards": ["x"]}, "cards"),
        ({"kind": "refusal", "code": "malformed", "rule": "NO.RULE"}, "rule"),
        ({"kind": "unlocked", "account": "savings"}, "account"),
        ({"kind": "unlocked", "account": "medical", "card_tail": 7}, "card_tail"),
        ({"kind": "refusal", "tries_left": "3"}, "tries_left"),
        ({"kind": "balance_by_own_channel", "at": "x" * 201}, "at"),
        ({"kind": "balance_by_own_channel", "at": ""}, "at"),
    ],
)
def test_a_spoilt_answer_is_refused_with_the_field_named(wire: object, why: str) -> None:
    with pytest.raises(MalformedMessage, match=why):
        answer_from_wire(wire)


def test_a_refused_request_is_not_quoted() -> None:
    wire = to_wire(LossReport(Evidence("resident", "990000199001010017", "陈美玲"), LossKind.ORAL))
    with pytest.raises(MalformedMessage) as refused:
        request_from_wire(wire | {"loss": "990000199001010017"})
    assert "990000" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_unlock_has_the_wire_form_that_both_ends_know() -> None:
    who = Evidence("resident", "990000199001010017", "陈美玲")
    assert over_the_line(PasswordUnlock(who, "A12345674", Account.FINANCIAL)) == {
        "kind": "password_unlock",
        "evidence": {"document": "resident", "id_number": "990000199001010017", "name": "陈美玲"},
        "card_number": "A12345674",
        "account": "financial",
    }
    assert over_the_line(Unlocked(Account.MEDICAL, "5674", "2026-03-02")) == {
        "kind": "unlocked",
        "account": "medical",
        "card_tail": "5674",
        "at": "2026-03-02",
    }


def test_nothing_personal_shows_in_a_repr() -> None:
    who = Evidence("resident", "990000199001010017", "陈美玲")
    shown = repr([BalanceCheck(who, "A12345674"), Companion("63762CD053403B4B")])
    shown += repr(PasswordUnlock(who, "A12345674", Account.MEDICAL))
    shown += repr(Balances(123_456, 654_321, "guangfa", "5674", "2026-03-02"))
    for word in ("990000", "陈美玲", "A12345674", "63762C", "123456", "654321"):
        assert word not in shown


def test_no_request_has_room_for_a_password() -> None:
    names = {
        each.name
        for kind in get_args(Request)
        for each in fields(kind)
    }
    assert not [name for name in names if "pin" in name or "password" in name]


def test_of_a_card_number_the_last_four_characters_are_shown() -> None:
    assert masked_tail("H9901507X") == "507X"
