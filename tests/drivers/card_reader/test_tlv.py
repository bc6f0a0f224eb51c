"""BER-TLV: what is well formed, and that nothing else passes or hangs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.drivers.card_reader import tlv


def test_tags_of_one_two_and_three_bytes_and_long_lengths() -> None:
    data = bytes.fromhex("5A02AABB 9F380101 DF8101 00 810000".replace(" ", ""))[:-3]
    data += bytes.fromhex("50") + b"\x81\x80" + bytes(128) + bytes.fromhex("51820001CC")
    assert [(item.tag, len(item.value)) for item in tlv.parse(data)] == [
        (0x5A, 2),
        (0x9F38, 1),
        (0xDF8101, 0),
        (0x50, 128),
        (0x51, 1),
    ]


def test_filling_between_objects_is_skipped() -> None:
    assert [item.tag for item in tlv.parse(bytes.fromhex("0000500100005100"))] == [0x50, 0x51]


def test_the_first_object_with_a_tag_is_found_however_deep() -> None:
    assert tlv.first(bytes.fromhex("6F06A50488020102"), 0x88) == b"\x01\x02"
    assert tlv.first(bytes.fromhex("6F00"), 0x88) is None


@pytest.mark.parametrize(
    "data", ["5A", "5A02AA", "9F", "9F80", "DF80808001", "5A80", "5A83000001AA", "5A82", "5A8201"]
)
def test_what_is_cut_short_or_not_definite_is_refused(data: str) -> None:
    with pytest.raises(tlv.BadTlv):
        tlv.parse(bytes.fromhex(data))


def test_templates_nested_too_deep_are_refused() -> None:
    data = b""
    for _ in range(tlv.DEEPEST + 1):
        data = bytes([0x70, len(data)]) + data
    with pytest.raises(tlv.BadTlv, match="deep"):
        list(tlv.walk(data))


def test_too_many_objects_are_refused() -> None:
    with pytest.raises(tlv.BadTlv, match="many"):
        tlv.parse(b"\x50\x00" * (tlv.MOST_OBJECTS + 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        items = list(tlv.walk(data))
    except tlv.BadTlv:
        return
    assert all(len(item.value) < len(data) for item in items)


@given(st.binary(max_size=64))
def test_any_object_list_is_parsed_or_refused(data: bytes) -> None:
    try:
        wanted = tlv.parse_dol(data)
    except tlv.BadTlv:
        return
    assert len(wanted) * 2 <= len(data)
