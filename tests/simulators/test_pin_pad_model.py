"""The simulated PIN pad: frames, key bytes between them, and a block that can be checked."""

from __future__ import annotations

import pytest

from simulators.models.pin_crypto import check_value, encrypt, format_0_block
from simulators.models.pin_pad import TEST_PIN_KEY, Mode, PinPad

PAN_DIGITS = "123456789012"  # of 6200001234567890128
START = b"600012"
FETCH = b"730 " + PAN_DIGITS.encode()
BLOCK = "63762CD053403B4B"  # PIN 246810 under the test key


def frame(body: bytes) -> bytes:
    inner = b"%03d" % len(body) + body + b"\x03"
    check = 0
    for byte in inner:
        check ^= byte
    return b"\x02" + inner + b"%02X" % check


class Asker:
    """Asks the pad one thing after another in a time of its own."""

    def __init__(self, pad: PinPad) -> None:
        self.pad = pad
        self.now_s = 100.0

    def ask(self, body: bytes) -> bytes:
        """Code and data of the answer, b"" for none."""
        self.pad.hear(frame(body), self.now_s)
        answer = self.listen(3.0)
        assert not answer or answer == frame(answer[4:-3])
        return answer[4:-3]

    def listen(self, seconds: float) -> bytes:
        self.now_s += seconds
        return self.pad.speak(self.now_s)

    def type(self, *keys: str) -> bytes:
        for key in keys:
            self.pad.press(key)
        return self.listen(0.1)


@pytest.fixture
def pad() -> PinPad:
    return PinPad()


@pytest.fixture
def asker(pad: PinPad) -> Asker:
    return Asker(pad)


def test_the_published_frame_examples_hold() -> None:
    assert frame(b"3") == bytes.fromhex("0230303133033031")
    assert frame(b"5032") == bytes.fromhex("0230303435303332033333")


def test_the_block_and_the_check_value_are_those_of_the_published_vectors() -> None:
    assert format_0_block("246810", PAN_DIGITS).hex().upper() == "06247A24A9876FED"
    assert format_0_block("1234", "433221100996").hex().upper() == "041277CDDEEFF669"
    assert encrypt(TEST_PIN_KEY, format_0_block("246810", PAN_DIGITS)).hex().upper() == BLOCK
    assert check_value(TEST_PIN_KEY) == "08D7B4FB629D0885"


def test_an_entry_gives_masks_and_then_the_block(pad: PinPad, asker: Asker) -> None:
    assert asker.ask(START) == b"\x60"
    assert asker.type(*"246810") == b"******"
    assert asker.type("enter") == b"\x0d"
    assert asker.ask(FETCH) == b"\x600006" + BLOCK.encode()
    assert not pad.holds_digits
    assert pad.mode is Mode.CLOSED


def test_clear_takes_off_one_digit(asker: Asker) -> None:
    asker.ask(START)
    assert asker.type(*"2468119", "clear", "clear") == b"*******\x08\x08"
    asker.type("0", "enter")
    assert asker.ask(FETCH) == b"\x600006" + BLOCK.encode()


def test_clear_can_be_set_to_take_off_everything(pad: PinPad, asker: Asker) -> None:
    asker.ask(b"5A22")
    asker.ask(START)
    asker.type(*"999", "clear")
    assert not pad.holds_digits


def test_cancel_ends_the_entry_and_empties_the_buffer(pad: PinPad, asker: Asker) -> None:
    asker.ask(START)
    assert asker.type("1", "cancel") == b"*\x1b"
    assert not pad.holds_digits
    assert asker.type("1") == b""
    assert asker.ask(FETCH) == b"\xf8"


def test_no_more_digits_are_taken_than_the_longest_password_has(asker: Asker) -> None:
    asker.ask(b"5506")
    asker.ask(START)
    assert asker.type(*"24681077", "enter") == b"******\x0d"
    assert asker.ask(FETCH) == b"\x600006" + BLOCK.encode()


def test_a_password_too_short_is_refused_when_it_is_fetched(pad: PinPad, asker: Asker) -> None:
    asker.ask(b"5406")
    asker.ask(START)
    asker.type(*"123", "enter")
    assert asker.ask(FETCH) == b"\xfc"
    assert not pad.holds_digits


def test_the_time_limit_ends_the_entry(pad: PinPad, asker: Asker) -> None:
    asker.ask(b"520A")
    asker.ask(START)
    asker.type("1")
    assert pad.next_s() == pytest.approx(asker.now_s - 0.1 + 10, abs=0.2)
    assert asker.listen(10.0) == frame(b"\xee")
    assert not pad.holds_digits
    assert asker.ask(FETCH) == b"\xee"


def test_each_key_gives_the_time_limit_anew(pad: PinPad, asker: Asker) -> None:
    asker.ask(b"520A")
    asker.ask(START)
    for _ in range(3):
        asker.listen(6.0)
        assert asker.type("1") == b"*"
    assert pad.mode is Mode.PIN


def test_keys_mean_nothing_while_the_pad_is_closed(asker: Asker) -> None:
    assert asker.type("1", "enter", "cancel") == b""


def test_plain_input_gives_the_keys_themselves_until_it_is_closed(asker: Asker) -> None:
    asker.ask(b"5033")
    assert asker.type("7", "00", "enter") == b"7\x22\x0d"
    asker.ask(b"5032")
    assert asker.type("7") == b""


def test_a_tampered_pad_answers_nothing_else_and_has_lost_its_keys(
    pad: PinPad, asker: Asker
) -> None:
    pad.faults.tampered = True
    assert asker.ask(b"3") == b"\xff"
    pad.faults.tampered = False
    assert not pad.keys


def test_a_pad_without_its_pin_key_gives_no_block() -> None:
    asker = Asker(PinPad(pin_key=None))
    asker.ask(START)
    asker.type(*"246810", "enter")
    assert asker.ask(FETCH) == b"\xe5"


def test_the_clear_digit_fault_shows_the_digit(pad: PinPad, asker: Asker) -> None:
    pad.faults.clear_digits = True
    asker.ask(START)
    assert asker.type("7") == b"7"


def test_keys_are_loaded_plain_and_under_their_master(asker: Asker) -> None:
    master = bytes.fromhex("FEDCBA98765432100123456789ABCDEF")
    assert asker.ask(b"10122" + master.hex().upper().encode())[:1] == b"\x60"
    sealed = encrypt(master, TEST_PIN_KEY).hex().upper().encode()
    assert asker.ask(b"2013132" + sealed) == b"\x6008D7B4FB629D0885"
    asker.ask(START)
    asker.type(*"246810", "enter")
    assert asker.ask(b"731 " + PAN_DIGITS.encode()) == b"\x600006" + BLOCK.encode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"2023132" + b"00" * 16, 0xE4),  # master missing
        (b"10122" + b"00" * 8, 0xE3),  # 8 bytes announced as 16
        (b"10122" + b"ZZ" * 16, 0xE9),  # no hex
        (b"600013", 0xEB),
        (b"5Z01", 0xEB),
        (b"Q", 0xEF),
    ],
)
def test_a_wrong_command_has_its_code(asker: Asker, body: bytes, code: int) -> None:
    assert asker.ask(body)[0] == code


def test_the_information_has_the_lengths_of_its_fields(asker: Asker) -> None:
    assert len(asker.ask(b"3")) == 1 + 50 + 48 + 20 + 8 + 6 + 3 + 3 + 4 + 4


def test_a_frame_with_a_wrong_check_is_not_answered(pad: PinPad, asker: Asker) -> None:
    pad.hear(frame(b"3")[:-1] + b"9", asker.now_s)
    assert asker.listen(3.0) == b""


def test_a_frame_is_found_behind_noise_and_split_anywhere(pad: PinPad, asker: Asker) -> None:
    for byte in b"\x00\x02\xff" + frame(b"5034"):
        pad.hear(bytes([byte]), asker.now_s)
    assert asker.listen(1.0) == frame(b"\x60")


def test_after_a_reset_the_pad_is_deaf_for_a_while(pad: PinPad, asker: Asker) -> None:
    pad.hear(frame(b"5030"), asker.now_s)
    asker.listen(0.5)
    pad.hear(frame(b"5034"), asker.now_s)
    assert asker.listen(0.5) == b""
    asker.now_s += 3.0
    assert asker.ask(b"5034") == b"\x60"


def test_neither_key_nor_digits_stand_in_the_words_of_the_pad(pad: PinPad, asker: Asker) -> None:
    asker.ask(START)
    asker.type(*"246810")
    words = repr(pad) + repr(pad.keys)
    assert "246810" not in words
    assert TEST_PIN_KEY.hex() not in words.lower()
    assert repr(TEST_PIN_KEY) not in words


def test_a_key_the_pad_does_not_have_is_a_mistake_of_the_caller(pad: PinPad) -> None:
    with pytest.raises(ValueError, match="no such key"):
        pad.press("F1")
