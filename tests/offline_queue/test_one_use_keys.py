"""Keys for one text each: found again by the bank, by nobody else, and never used twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from offline_queue.formats.envelope import (
    TEXT_AT,
    BadEnvelope,
    Header,
    canonical,
    new_unsealing_key,
    seal,
    seal_request,
    sealing_bytes,
    unseal,
    unsealing_key,
)
from offline_queue.formats.keys import SealingKey, new_sealing_key
from offline_queue.formats.one_use import STEPS, SUITE, Ratchet, open_key
from offline_queue.formats.timeline import ClockQuality, TimeMark
from offline_queue.key_source import RENEW_S, KeySource
from sscard.working_days import CHINA_TIME

_RAW = new_unsealing_key()
_PRIVATE = unsealing_key(_RAW)
_UNTIL = datetime(2099, 1, 1, tzinfo=CHINA_TIME)
_HEADER = Header(
    op_id="0123456789abcdef" * 2,
    terminal="T0001",
    kind="balance_check",
    lane="00" * 16,
    epoch=1,
    lane_seq=7,
    key_id="k1",
    accepted=TimeMark("boot", 1, "2026-03-02T09:00:00+08:00", ClockQuality.SET, None),
)


def sealing(key_id: str = "k1", raw: bytes = _RAW) -> SealingKey:
    return new_sealing_key(key_id, sealing_bytes(raw), _UNTIL)


def test_the_bank_finds_every_key_of_a_ratchet_and_no_two_are_the_same() -> None:
    ratchet = Ratchet("k1", sealing().key)
    keys = [ratchet.next() for _ in range(STEPS)]
    assert ratchet.is_used_up
    assert len({one.key for one in keys}) == STEPS
    assert len({one.proof for one in keys}) == STEPS
    assert [open_key(one.proof, "k1", _PRIVATE) for one in keys] == [one.key for one in keys]
    assert not any(one.key in one.proof for one in keys)


def test_what_is_left_of_a_ratchet_opens_nothing_that_was_sealed_before() -> None:
    ratchet = Ratchet("k1", sealing().key)
    gone = [ratchet.next() for _ in range(5)]
    left = vars(ratchet)
    assert not any(one.key in repr(left).encode("latin-1") for one in gone)
    assert ratchet._seed not in {one.key for one in gone}
    seed = ratchet._seed
    later = {ratchet.next().key for _ in range(STEPS - 5)}
    assert not later & {one.key for one in gone}
    assert seed not in later


@pytest.mark.parametrize("step", [STEPS, 255])
def test_a_step_that_no_ratchet_makes_is_refused(step: int) -> None:
    proof = Ratchet("k1", sealing().key).next().proof
    with pytest.raises(ValueError, match="not a sealed key"):
        open_key(step.to_bytes(1) + proof[1:], "k1", _PRIVATE)


def test_a_seed_is_bound_to_the_name_of_the_banks_key() -> None:
    proof = Ratchet("k1", sealing().key).next().proof
    with pytest.raises(InvalidTag):
        open_key(proof, "k2", _PRIVATE)


def test_a_sealed_text_opens_under_its_own_header_and_purpose_alone() -> None:
    one = Ratchet("k1", sealing().key).next()
    sealed, _ = seal_request(canonical({"a": "b"}), one, _HEADER)
    assert unseal(sealed, _PRIVATE, _HEADER, "request") == {"a": "b"}
    others = [
        replace(_HEADER, op_id="f" * 32),
        replace(_HEADER, terminal="T0002"),
        replace(_HEADER, kind="loss_report"),
        replace(_HEADER, lane="11" * 16),
        replace(_HEADER, epoch=2),
        replace(_HEADER, lane_seq=8),
        replace(_HEADER, key_id="k2"),
        replace(_HEADER, accepted=replace(_HEADER.accepted, boot_ms=2)),
    ]
    for header in others:
        with pytest.raises(BadEnvelope):
            unseal(sealed, _PRIVATE, header, "request")
    with pytest.raises(BadEnvelope):
        unseal(sealed, _PRIVATE, _HEADER, "companion")


def test_no_byte_of_a_sealed_text_can_be_changed_or_taken_from_another_one() -> None:
    ratchet = Ratchet("k1", sealing().key)
    sealed, _ = seal_request(canonical({"a": "b"}), ratchet.next(), _HEADER)
    other, _ = seal_request(canonical({"a": "c"}), ratchet.next(), _HEADER)
    for at in (*range(0, len(sealed), 97), 4, TEXT_AT, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(BadEnvelope):
            unseal(bytes(changed), _PRIVATE, _HEADER, "request")
    with pytest.raises(BadEnvelope):
        unseal(other[:TEXT_AT] + sealed[TEXT_AT:], _PRIVATE, _HEADER, "request")
    for length in (0, 3, 4, 5, TEXT_AT, TEXT_AT + 15, len(sealed) - 1):
        with pytest.raises(BadEnvelope):
            unseal(sealed[:length], _PRIVATE, _HEADER, "request")


def test_a_text_of_the_first_form_is_still_opened() -> None:
    bound = _HEADER.bound("request")
    sealed = SUITE.encrypt(canonical({"a": "b"}), sealing().key, info=bound)
    assert unseal(sealed, _PRIVATE, _HEADER, "request") == {"a": "b"}
    with pytest.raises(BadEnvelope):
        unseal(sealed, _PRIVATE, _HEADER, "companion")


def test_a_companion_never_shares_its_seed_with_a_request() -> None:
    one = seal({"pin_block": "0"}, sealing().key, _HEADER, "companion")
    other = seal({"pin_block": "0"}, sealing().key, _HEADER, "companion")
    assert one[5:TEXT_AT] != other[5:TEXT_AT]


def test_a_source_gives_no_key_twice_however_it_is_prepared() -> None:
    source, key = KeySource(), sealing()
    taken = []
    for number in range(3 * STEPS):
        if number % 7 == 0:
            source.prepare(key, 10.0 + number)
        taken.append(source.take(key))
    assert len({one.key for one in taken}) == len({one.proof for one in taken}) == 3 * STEPS
    assert len({one.proof[1:] for one in taken}) == 3, "a seed is used to its end"


def test_the_banks_next_key_is_used_at_once_and_what_was_made_ahead_is_dropped() -> None:
    source, raw = KeySource(), new_unsealing_key()
    source.prepare(sealing(), 0.0)
    source.take(sealing())
    one = source.take(sealing("k2", raw))
    assert one.key_id == "k2"
    assert open_key(one.proof, "k2", unsealing_key(raw)) == one.key
    renamed = source.take(sealing("k3", raw))
    assert open_key(renamed.proof, "k3", unsealing_key(raw)) == renamed.key


def test_the_same_key_in_a_new_list_changes_nothing() -> None:
    source = KeySource()
    source.prepare(sealing(), 0.0)
    assert source.take(sealing()).proof[1:] == source.take(sealing()).proof[1:]


def test_a_seed_is_not_kept_for_longer_than_an_hour() -> None:
    source, key = KeySource(), sealing()
    source.prepare(key, 0.0)
    first = source.take(key).proof[1:]
    source.prepare(key, RENEW_S - 1)
    assert source.take(key).proof[1:] == first
    source.prepare(key, RENEW_S)
    assert source.take(key).proof[1:] != first


def test_the_canonical_form_is_json_with_sorted_keys_and_no_spaces() -> None:
    message = {
        "ü": '\x00\x1f\x7f"\\/\u2028',
        "b": [1, None, True, {"z": "中文", "a": "😀"}],
        "A": -3,
    }
    expected = json.dumps(message, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(message) == expected.encode()
    with pytest.raises(UnicodeEncodeError):
        canonical({"name": "\ud800"})


def test_a_key_list_of_another_day_does_not_bring_an_old_key_back() -> None:
    source, key = KeySource(), sealing()
    late = replace(key, not_after=_UNTIL + timedelta(days=1))
    source.prepare(key, 0.0)
    assert source.take(late).proof[1:] == source.take(key).proof[1:], "it is the same key"
