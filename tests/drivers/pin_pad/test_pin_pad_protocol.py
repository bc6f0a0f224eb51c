"""Frames of the SZZT long-frame pads: the published ones, and broken ones."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.drivers.pin_pad import protocol
from kiosk.drivers.pin_pad.keys import Keys
from kiosk.drivers.pin_pad.protocol import Answer, Failure, PinBlock, Splitter, block_of

ONE = bytes.fromhex("02 30 30 31 60 03 35 32")  # success without data
PIN_ANSWER = protocol.frame("\x60", "000663762CD053403B4B")


def split(*parts: bytes) -> list[Answer | Failure | int]:
    splitter = Splitter()
    return [item for part in parts for item in splitter.feed(part)]


def test_requests_are_the_published_frames() -> None:
    assert bytes.fromhex("0230303133033031") == protocol.INFORMATION
    assert bytes.fromhex("023030343530333203") + b"33" == protocol.DISABLE_INPUT


def test_settings_are_two_hex_digits() -> None:
    assert protocol.set_time_limit(30)[4:8] == b"521E"
    assert protocol.set_shortest(4)[4:8] == b"5404"
    assert protocol.set_longest(12)[4:8] == b"550C"


def test_the_fetch_names_key_format_and_the_twelve_digits() -> None:
    assert protocol.fetch_block(0x30, "6200001234567890128")[4:-3] == b"730 123456789012"
    assert protocol.fetch_block(0x3A, "620000123456")[4:-3] == b"73A 062000012345"


def test_keys_between_frames_come_out_beside_them() -> None:
    assert split(b"*" + ONE + b"*\x0d") == [0x2A, Answer(0x60), 0x2A, 0x0D]


@given(st.lists(st.integers(1, 9), max_size=40))
def test_frames_and_keys_are_found_however_they_are_cut(cuts: list[int]) -> None:
    sent, parts = b"*" + ONE + b"\x08" + PIN_ANSWER + b"\x1b", []
    for cut in cuts:
        parts.append(sent[:cut])
        sent = sent[cut:]
    answer = Answer(0x60, b"000663762CD053403B4B")
    assert split(*parts, sent) == [0x2A, Answer(0x60), 0x08, answer, 0x1B]


@given(st.binary(max_size=3000))
def test_no_noise_fills_the_splitter(noise: bytes) -> None:
    splitter = Splitter()
    splitter.feed(noise)
    splitter.forget()
    assert splitter.feed(ONE) == [Answer(0x60)]


def test_a_wrong_lrc_is_garbled() -> None:
    assert split(ONE[:-1] + b"3") == [Failure.GARBLED]


def test_an_impossible_length_is_noise() -> None:
    keys_only = [part for part in split(b"\x02999\x02" + b"x**") if part == 0x2A]
    assert len(keys_only) == 2


def test_broken_hex_is_understood() -> None:
    assert protocol.from_hex(b"0:;<=>?9") == "0ABCDEF9"
    assert protocol.from_hex(b"0G") is None


def test_the_block_is_parsed_and_anything_else_is_not() -> None:
    assert block_of(Answer(0x60, b"000663762CD053403B4B")) == PinBlock("63762CD053403B4B", 6)
    for data in (b"", b"000663762CD053403B4", b"000663762CD053403B4BF", b"00XX" + b"0" * 16):
        assert block_of(Answer(0x60, data)) is None


def test_an_answers_repr_does_not_show_its_data() -> None:
    assert "63762" not in repr(Answer(0x60, b"000663762CD053403B4B"))
    assert "63762" not in repr(PinBlock("63762CD053403B4B", 6))


def test_keys_after_enter_do_not_count_but_a_clear_digit_does() -> None:
    keys = Keys(longest=6, pin_mode=True)
    for key in b"**\x0d*\x08\x1b5":
        keys.press(key)
    assert (keys.digits, keys.entered, keys.cancelled) == (2, True, False)
    assert keys.clear_digit


def test_digits_stay_between_none_and_the_longest() -> None:
    keys = Keys(longest=4, pin_mode=True)
    for key in b"\x08\x08*****":
        keys.press(key)
    assert keys.digits == 4


def test_noise_is_no_key() -> None:
    keys = Keys(longest=6, pin_mode=True)
    for key in b"\x00\xff.\x22AH":
        keys.press(key)
    assert (keys.digits, keys.count) == (0, 0)
