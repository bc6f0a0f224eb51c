"""The messages between the terminal and the camera's child process."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.drivers.camera.protocol import (
    LONGEST_CODE_BYTES,
    LONGEST_PICTURE_BYTES,
    OFF,
    Code,
    Failed,
    Heartbeat,
    Lack,
    Message,
    Picture,
    Turn,
    Unpacker,
    on,
    packed,
    turn_of,
)
from kiosk.drivers.events import Wanting
from kiosk.drivers.links.ops import ProtocolError, Sought


def jpeg(content: bytes) -> bytes:
    return b"\xff\xd8\xff" + content + b"\xff\xd9"


MESSAGES = st.one_of(
    st.builds(Heartbeat, st.integers(0, 2**32 - 1)),
    st.builds(Code, st.integers(0, 2**32 - 1), st.binary(max_size=LONGEST_CODE_BYTES)),
    st.builds(Failed, st.text("abc ", max_size=50)),
    st.builds(Picture, st.integers(0, 2**32 - 1), st.binary(max_size=300).map(jpeg)),
    st.builds(Lack, st.integers(0, 2**32 - 1), st.sampled_from(Wanting)),
)


@given(st.lists(MESSAGES, max_size=6), st.integers(1, 9))
def test_messages_cut_anywhere_come_out_whole(messages: list[Message], step: int) -> None:
    stream = b"".join(packed(message) for message in messages)
    unpacker = Unpacker()
    out: list[Message] = []
    for place in range(0, len(stream), step):
        out += unpacker.feed(stream[place : place + step])
    assert out == messages


@pytest.mark.parametrize(
    "noise",
    [
        b"\x09\x00\x00",
        b"\x01\x00\x02ab",
        b"\x02\x00\x01a",
        b"\x04\x00\x08\0\0\0\1none",
        b"\x05\x00\x07\0\0\0\1ugly"[:10],
        b"\x01\xff\xff",
        b"Traceback (most",
    ],
)
def test_what_no_child_says_is_not_understood(noise: bytes) -> None:
    with pytest.raises(ProtocolError):
        Unpacker().feed(noise)


def test_a_line_on_names_its_turn() -> None:
    for sought in Sought:
        assert turn_of(on(Turn(7, sought))) == Turn(7, sought)
    assert turn_of(OFF) is None


@pytest.mark.parametrize(
    "line",
    [b"", b"on\n", b"on x\n", b"on 99999999999 codes\n", b"on 7\n", b"on 7 faces\n", b"off now\n"],
)
def test_another_line_is_not_understood(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        turn_of(line)


def test_the_content_of_a_code_is_not_in_its_words() -> None:
    assert "secret" not in repr(Code(1, b"secret"))


def test_a_picture_is_as_large_as_the_bank_takes_and_not_in_its_words() -> None:
    whole = jpeg(b"x" * (LONGEST_PICTURE_BYTES - 5))
    (heard,) = Unpacker().feed(packed(Picture(3, whole)))
    assert heard == Picture(3, whole)
    assert repr(heard) == "Picture(...)"
    with pytest.raises(AssertionError):
        packed(Picture(3, whole + b"x"))
