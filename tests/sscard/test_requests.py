"""The wire form of requests and answers: all that goes in comes out, nothing else does."""

import contextlib
import json
import re
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from sscard.cards import Account, LossKind, masked_tail
from sscard.requests import (
    Answer,
    BalanceCheck,
    Balances,
    Companion,
    Evidence,
    LossReport,
    MalformedMessage,
    PasswordUnlock,
    Request,
    Unlocked,
    answer_from_wire,
    request_from_wire,
    to_wire,
)
from sscard.requests.base import Ask, Reply

FEW = settings(max_examples=12)  # of each of some fifty kinds
REQUESTS: tuple[type[msgspec.Struct], ...] = get_args(Request)
ANSWERS: tuple[type[msgspec.Struct], ...] = get_args(Answer)


def values_of(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Values that a field of this type may hold, by the bounds that the type itself states."""
    match kind:
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case msgspec.inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern)
        case msgspec.inspect.StrType(min_length=low, max_length=int(high)):
            return st.text(min_size=low or 0, max_size=min(high, 20)) | st.just("字" * high)
        case msgspec.inspect.BytesType(min_length=low):
            return st.binary(min_size=low or 0, max_size=(low or 0) + 30)
        case msgspec.inspect.DateType():
            return st.dates()
        case msgspec.inspect.EnumType(cls):
            return st.sampled_from(list(cls))
        case msgspec.inspect.VarTupleType(item, low, high):
            few = min(high or 3, max(low or 0, 3))
            return st.lists(values_of(item), min_size=low or 0, max_size=few).map(tuple)
        case msgspec.inspect.UnionType(types):
            return st.one_of(*map(values_of, types))
        case msgspec.inspect.StructType(cls):
            return messages_of(cls)
    raise AssertionError(f"no values for {kind}")


def messages_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Messages of a class, whatever its fields are."""
    told = msgspec.inspect.type_info(kind)
    assert isinstance(told, msgspec.inspect.StructType)
    return st.builds(kind, **{each.name: values_of(each.type) for each in told.fields})


def subclasses(base: type[Any]) -> set[type]:
    """The classes of requests or of answers that there are."""
    found: list[type] = base.__subclasses__()
    return {each for each in found if each.__module__.startswith("sscard.")}


requests = st.one_of(*map(messages_of, REQUESTS))
answers = st.one_of(*map(messages_of, ANSWERS))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def known(kind: type[msgspec.Struct]) -> set[str]:
    """The fields of a message, on the wire."""
    return {"kind", *kind.__struct_encode_fields__}


def over_the_line(message: Request | Answer) -> Any:
    return json.loads(json.dumps(to_wire(message)))


@given(requests)
def test_a_request_comes_out_as_it_went_in(request: Request) -> None:
    assert request_from_wire(over_the_line(request)) == request


@given(answers)
def test_an_answer_comes_out_as_it_went_in(answer: Answer) -> None:
    assert answer_from_wire(over_the_line(answer)) == answer


@pytest.mark.parametrize(("base", "union"), [(Ask, REQUESTS), (Reply, ANSWERS)])
def test_every_class_of_a_message_can_be_sent(base: type, union: tuple[type, ...]) -> None:
    assert subclasses(base) == set(union)


@pytest.mark.parametrize("kind", (*REQUESTS, *ANSWERS), ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_every_kind_of_message_comes_out_as_it_went_in_under_its_own_name(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    message = data.draw(messages_of(kind))
    wire = over_the_line(message)
    assert wire["kind"] == re.sub(r"(?<=[a-z])([A-Z])", r"_\1", kind.__name__).lower()
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", wire["kind"])
    read = request_from_wire if kind in REQUESTS else answer_from_wire
    assert type(read(wire)) is kind
    assert read(wire) == message


def test_no_two_kinds_of_message_have_one_name() -> None:
    names = [kind.__struct_config__.tag for kind in (*REQUESTS, *ANSWERS)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_a_request_with_a_field_more_than_its_service_needs_is_refused(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    wire = over_the_line(data.draw(messages_of(kind)))
    unknown = data.draw(st.text(max_size=20).filter(lambda name: name not in known(kind)))
    with pytest.raises(MalformedMessage):
        request_from_wire(wire | {unknown: "x"})


@given(requests, json_values)
def test_a_part_of_a_request_has_no_room_for_more_either(request: Request, value: object) -> None:
    wire = over_the_line(request)
    parts = [each for each in wire.values() if isinstance(each, dict)]
    for part in parts:
        part["unknown"] = value
    if parts:
        with pytest.raises(MalformedMessage):
            request_from_wire(wire)


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data(), value=json_values)
def test_an_answer_with_a_field_that_is_not_known_here_is_read_all_the_same(
    kind: type[msgspec.Struct], data: st.DataObject, value: object
) -> None:
    answer = data.draw(messages_of(kind))
    unknown = data.draw(st.text(max_size=20).filter(lambda name: name not in known(kind)))
    assert answer_from_wire(over_the_line(answer) | {unknown: value}) == answer


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
    names = {each.name for kind in get_args(Request) for each in fields(kind)}
    assert not [name for name in names if "pin" in name or "password" in name]


def test_of_a_card_number_the_last_four_characters_are_shown() -> None:
    assert masked_tail("H9901507X") == "507X"
