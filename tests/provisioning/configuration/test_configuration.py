"""A signed configuration: what is taken, and what is kept out and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_queue import policy
from provisioning.configuration.items import BY_KEY, ITEMS, completed, troubles
from provisioning.configuration.signed import (
    REMEDIES,
    Flaw,
    Permit,
    SignedConfiguration,
    Unusable,
    read_configuration,
    sign_configuration,
)
from tests.provisioning.configurations import KEY, NOW, TERMINAL, VALUES, document

KEYS = [KEY.public_key()]


def taken(file: bytes, in_use: bytes | None = None, now: datetime = NOW) -> SignedConfiguration:
    before = None if in_use is None else read_configuration(in_use, KEYS, TERMINAL, NOW)
    return read_configuration(file, KEYS, TERMINAL, now, before)


def flaw_of(file: bytes, in_use: bytes | None = None, now: datetime = NOW) -> Flaw:
    with pytest.raises(Unusable) as caught:
        taken(file, in_use, now)
    assert caught.value.remedy
    assert not any(str(value) in str(caught.value) for value in VALUES.values()), "names keys only"
    return caught.value.flaw


def test_what_the_office_signed_is_taken() -> None:
    assert taken(sign_configuration(document(3), KEY)).document == document(3)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_altered_byte_goes_unnoticed(data: st.DataObject) -> None:
    file = bytearray(sign_configuration(document(3), KEY))
    at = data.draw(st.integers(0, len(file) - 1))
    file[at] ^= data.draw(st.integers(1, 255))
    try:
        found = taken(bytes(file))
    except Unusable as unusable:
        assert unusable.flaw in (Flaw.UNREADABLE, Flaw.UNSIGNED)
    else:
        assert found.document == document(3), "only what carries no meaning may differ"


def test_a_key_that_may_not_sign_signs_nothing() -> None:
    assert flaw_of(sign_configuration(document(3), Ed25519PrivateKey.generate())) is Flaw.UNSIGNED


def test_a_signature_is_not_left_out() -> None:
    file = sign_configuration(document(3), KEY)
    bare = msgspec.structs.replace(
        msgspec.json.decode(file, type=SignedConfiguration), signature=""
    )
    assert flaw_of(msgspec.json.encode(bare)) is Flaw.UNSIGNED


@pytest.mark.parametrize("file", [b"", b"{}", b"[1]", b"\xff" * 40, b"{" * 70_000])
def test_what_is_no_configuration_is_unreadable(file: bytes) -> None:
    assert flaw_of(file) is Flaw.UNREADABLE


def test_half_of_a_file_is_unreadable() -> None:
    file = sign_configuration(document(3), KEY)
    assert {flaw_of(file[:length]) for length in range(0, len(file), 17)} == {Flaw.UNREADABLE}


def test_another_terminals_configuration_is_not_used() -> None:
    other = msgspec.structs.replace(document(3), terminal="SZ-0002")
    assert flaw_of(sign_configuration(other, KEY)) is Flaw.FOR_ANOTHER


@pytest.mark.parametrize(
    ("now", "flaw"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), Flaw.NOT_YET_VALID),
        (NOW - timedelta(days=2), Flaw.NOT_YET_VALID),
        (NOW + timedelta(days=400), Flaw.EXPIRED),
        (datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), Flaw.EXPIRED),
    ],
)
def test_outside_its_time_it_is_not_used(now: datetime, flaw: Flaw) -> None:
    assert flaw_of(sign_configuration(document(3), KEY), now=now) is flaw


def test_a_newer_version_follows_and_an_older_one_does_not() -> None:
    third, second = (sign_configuration(document(version), KEY) for version in (3, 2))
    assert taken(third, in_use=second).document.version == 3
    assert flaw_of(second, in_use=third) is Flaw.OLDER


def test_the_same_version_says_the_same() -> None:
    third = sign_configuration(document(3), KEY)
    assert taken(third, in_use=third).document == document(3)
    changed = sign_configuration(document(3, **{"terminal.helpline": "12345"}), KEY)
    assert flaw_of(changed, in_use=third) is Flaw.SAME_VERSION


def test_a_permit_leads_back_by_just_this_step() -> None:
    second, third, fourth = (document(version) for version in (2, 3, 4))
    back = sign_configuration(second, KEY, Permit(TERMINAL, 3, 2))
    assert taken(back, in_use=sign_configuration(third, KEY)).document.version == 2
    assert flaw_of(back, in_use=sign_configuration(fourth, KEY)) is Flaw.OLDER


def test_a_permit_that_nobody_signed_leads_nowhere() -> None:
    bare = msgspec.json.decode(sign_configuration(document(2), KEY), type=SignedConfiguration)
    forged = msgspec.structs.replace(
        bare, permit=Permit(TERMINAL, 3, 2), permit_signature=bare.signature
    )
    assert flaw_of(msgspec.json.encode(forged)) is Flaw.UNSIGNED


# --- the values ---------------------------------------------------------------------------------


def test_every_value_is_explained() -> None:
    assert len(BY_KEY) == len(ITEMS)
    for item in ITEMS:
        assert item.meaning.endswith("."), item.key
        assert item.kind is not int or item.unit, f"{item.key} has no unit"
        assert item.default is None or item.trouble(item.default) == "", item.key
    assert set(REMEDIES) == set(Flaw)


def test_the_defaults_are_those_of_the_queue() -> None:
    values = completed(VALUES)
    assert values["queue.capacity_rows"] == policy.CAPACITY_ROWS
    assert values["queue.capacity_bytes"] == policy.CAPACITY_BYTES


@dataclass(frozen=True)
class Bad:
    key: str
    value: object


@pytest.mark.parametrize(
    "bad",
    [
        Bad("bank.url", "http://bank.example"),
        Bad("bank.url", "https://bank.example/\n[keys]"),
        Bad("terminal.site_zh", ""),
        Bad("terminal.site_zh", "一" * 61),
        Bad("terminal.site_en", "a\x00b"),
        Bad("pin_pad.baud", 9_600.0),
        Bad("pin_pad.baud", "9600"),
        Bad("pin_pad.baud", True),
        Bad("pin_pad.baud", 77),
        Bad("pin_pad.port", "../../etc/passwd"),
        Bad("bank.verdict_key", "00"),
        Bad("nobody.knows", 1),
    ],
    ids=lambda bad: f"{bad.key}={bad.value!r:.12}",
)
def test_a_bad_value_is_named_and_not_repeated(bad: Bad) -> None:
    (said,) = troubles({**VALUES, bad.key: bad.value})
    assert bad.key in said
    assert f"{bad.value!r}" not in said


@pytest.mark.parametrize("key", [item.key for item in ITEMS if item.default is None])
def test_what_has_no_default_has_to_be_said(key: str) -> None:
    assert key in " ".join(troubles({name: VALUES[name] for name in VALUES if name != key}))


def test_the_office_signs_no_bad_values() -> None:
    with pytest.raises(Unusable) as caught:
        sign_configuration(document(3, **{"pin_pad.baud": 12}), KEY)
    assert caught.value.flaw is Flaw.BAD_VALUES
