"""Frames of GA 467-2013: the published ones, and broken ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.drivers.id_scanner.protocol import (
    Answer,
    Command,
    Failure,
    ask,
    request,
    take_answer,
    text_of,
)
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import LinkLost, Open, Talk
from tests.drivers.talking import Bench, Scripted, line_to

FOUND = bytes.fromhex("AAAAAA9669000800009F0000000097")
NO_CARD = bytes.fromhex("AAAAAA9669000400008084")


@pytest.mark.parametrize(
    ("command", "whole"),
    [
        (Command.SAM_STATUS, "AAAAAA9669000311FFED"),
        (Command.FIND, "AAAAAA96690003200122"),
        (Command.SELECT, "AAAAAA96690003200221"),
        (Command.READ, "AAAAAA96690003300132"),
    ],
)
def test_requests_are_the_published_frames(command: Command, whole: str) -> None:
    assert request(command) == bytes.fromhex(whole)


@pytest.mark.parametrize(
    ("whole", "answer"),
    [
        (FOUND, Answer(0x9F, bytes(4))),
        (NO_CARD, Answer(0x80)),
        (bytes.fromhex("AAAAAA9669000C00009000000000000000009C"), Answer(0x90, bytes(8))),
        (bytes.fromhex("AAAAAA9669000400008185"), Answer(0x81)),
        (bytes.fromhex("AAAAAA9669000400004145"), Answer(0x41)),
    ],
)
def test_published_answers_are_understood(whole: bytes, answer: Answer) -> None:
    assert take_answer(bytearray(whole)) == answer


@given(noise=st.binary(max_size=40), cuts=st.lists(st.integers(1, 7), max_size=60))
def test_an_answer_is_found_after_any_noise_and_however_it_is_cut(
    noise: bytes, cuts: list[int]
) -> None:
    sent, heard, answer = noise.replace(b"\x96", b"") + FOUND, bytearray(), None
    for cut in [*cuts, len(sent)]:
        heard += sent[:cut]
        sent = sent[cut:]
        answer = answer or take_answer(heard)
    assert answer == Answer(0x9F, bytes(4))


def test_a_head_with_an_impossible_length_is_noise() -> None:
    heard = bytearray(bytes.fromhex("AAAAAA9669FFFF") + NO_CARD)
    assert take_answer(heard) == Answer(0x80)


def test_a_wrong_checksum_is_garbled() -> None:
    assert take_answer(bytearray(NO_CARD[:-1] + b"\x00")) is Failure.GARBLED


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01\x00", b"\x01\x00\x04\x00" + bytes(256), b"\x01\x00\x00\x01" + bytes(256),
     b"\x00\xff\x00\x00" + bytes(255), b"\x01\x00\xff\xff" + bytes(256)],
)  # fmt: skip
def test_lengths_that_do_not_add_up_are_refused(data: bytes) -> None:
    assert text_of(data) is None


def test_the_text_comes_without_the_photo() -> None:
    text = bytes(range(256))
    assert text_of(b"\x01\x00\x04\x00" + text + b"P" * 1024) == text


def asked(limit_s: float) -> Talk[Answer | Failure]:
    yield Open()
    return (yield from ask(Inbox(), Command.FIND, limit_s))


def test_a_garbled_answer_is_asked_for_again_twice_at_most() -> None:
    peer = Scripted(answer=lambda data: [(0.05, NO_CARD[:-1] + b"\x00")])
    bench = Bench(asked(1.0), line_to(peer))
    bench.run_until(10)
    assert bench.runner.result is Failure.GARBLED
    assert len(peer.heard) == 3


def test_a_request_the_module_heard_wrong_is_repeated() -> None:
    answers = iter([bytes.fromhex("AAAAAA9669000400001014"), FOUND])
    peer = Scripted(answer=lambda data: [(0.05, next(answers))])
    bench = Bench(asked(1.0), line_to(peer))
    bench.run_until(10)
    assert bench.runner.result == Answer(0x9F, bytes(4))


def test_silence_ends_after_three_limits() -> None:
    bench = Bench(asked(1.0), line_to(Scripted()))
    bench.run_until(3.5)
    assert bench.runner.result is Failure.SILENT


def test_endless_chatter_ends_as_garbled() -> None:
    peer = Scripted()
    for tick in range(2000):
        peer.say(tick * 0.005, b"\x55" * 50)
    bench = Bench(asked(1.0), line_to(peer))
    bench.run_until(5)
    assert bench.runner.result is Failure.GARBLED


def test_a_cut_line_raises_link_lost_in_the_talk() -> None:
    bench = Bench(asked(1.0), line_to(Scripted()))
    bench.at(0.5, bench.link.unplug)
    with pytest.raises(LinkLost):
        bench.run_until(5)
