"""The bin that the bench fits to the virtual reader, and the socket by which it is asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.desk.card_hands import CardHands
from simulators.desk.hands import CannotDo
from simulators.models.chip_keys import TEST_CARD_KEY
from simulators.wires.question import AnswerSocket, Words, ask

CHEN = {"person": "chen", "card": "chen:1"}


@pytest.fixture
def hands() -> Iterator[CardHands]:
    card_slot = CardHands(lambda _: None, TEST_CARD_KEY)
    yield card_slot
    card_slot.close()


def retain(hands: CardHands) -> str:
    """What came of an order to keep the card."""
    return str(hands.motor({"do": "retain"})["moved"])


def test_a_reader_has_no_bin_until_one_is_fitted(hands: CardHands) -> None:
    assert hands.motor({"do": "look"}) == {"retains": None, "in_bin": None}
    hands.perform("insert", CHEN)
    assert retain(hands) == "unsupportedCommand"
    hands.perform("bin", {"state": "fitted"})
    assert hands.motor({"do": "look"}) == {"retains": True, "in_bin": 0}


def test_a_card_that_was_kept_is_out_of_reach_until_the_bin_is_emptied(hands: CardHands) -> None:
    hands.perform("bin", {"state": "fitted"})
    hands.perform("insert", CHEN)
    assert retain(hands) == "done"
    assert hands.state()["card"] is None
    assert hands.state()["in_bin"] == 1
    with pytest.raises(CannotDo):
        hands.perform("insert", CHEN)
    hands.perform("empty_bin", {})
    hands.perform("insert", CHEN)
    assert hands.state()["card"]["id"] == "chen:1"


@pytest.mark.parametrize(("state", "came"), [("full", "full"), ("jams", "mediaJam")])
def test_a_bin_in_trouble_leaves_the_card_in_the_slot(
    hands: CardHands, state: str, came: str
) -> None:
    hands.perform("bin", {"state": state})
    hands.perform("insert", CHEN)
    assert retain(hands) == came
    assert hands.state()["card"]["id"] == "chen:1"
    assert hands.motor({"do": "look"})["retains"] is False


def test_nothing_in_the_slot_is_nothing_to_keep(hands: CardHands) -> None:
    hands.perform("bin", {"state": "fitted"})
    assert retain(hands) == "noMedia"


def test_whoever_asks_rubbish_gets_no_answer_and_the_next_one_does(tmp_path: Path) -> None:
    def answer(asked: Words) -> Words:
        return {"heard": asked["word"]}

    path = tmp_path / "question.sock"
    answering = AnswerSocket(path, answer)
    try:
        for rubbish in (b"not json\n", b"{}\n", b""):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as rude:
                rude.settimeout(10)
                rude.connect(str(path))
                rude.sendall(rubbish)
                rude.shutdown(socket.SHUT_WR)
                assert rude.recv(100) == b""
        assert ask(path, {"word": "bin"}) == {"heard": "bin"}
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        answering.close()
    with pytest.raises(FileNotFoundError):
        ask(path, {"word": "bin"})
