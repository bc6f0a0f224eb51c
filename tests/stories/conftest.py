"""A world for each story, and what must hold when the story is over, whatever happened in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from bank.people import PEOPLE
from kiosk.fsm.limits import Limit
from kiosk.fsm.visit import Wishes
from simulators.models.pin_pad import Mode
from simulators.world.stage import Stage
from simulators.world.world import World

AT_REST = ("idle", "out_of_service")
TEN_MINUTES_S = 600.0
PASSWORD_DIGITS = 6
SETTLING_S = 30.0  # for what comes late; no limit runs any more
LONGEST_LIMIT_S = max(limit.seconds for limit in Limit) + 5.0


@pytest.fixture
def world() -> Iterator[World]:
    """A terminal that has started and is idle; after the story it must come to rest by itself."""
    with World() as world:
        yield world
        comes_to_rest(world)
        keeps_nothing_personal(world)


@pytest.fixture
def stage(world: World) -> Stage:
    """The same terminal for stories that would also be true on the desk."""
    return world


def comes_to_rest(world: World) -> None:
    """Time alone ends the visit; a card that nobody took is taken by the staff."""
    world.sees(*AT_REST, "card_left", within_s=TEN_MINUTES_S)
    world.waits(SETTLING_S if world.terminal.session.limit is None else LONGEST_LIMIT_S)
    if world.slot.occupied:
        assert world.state in (*AT_REST, "card_left"), f"{world.state} is not left by time"
        world.pulls()
        world.sees(*AT_REST)
    assert world.state in AT_REST, f"{world.state} is not left by time"
    assert world.terminal.session.situation.visit is None, "a visit is left"
    assert world.terminal.session.situation.duty is None, "a technician's work is left"
    assert world.terminal.session.situation.wishes == Wishes(), "wishes are left"
    assert not world.terminal.awaited, "an answer is still awaited for nobody"
    assert not world.terminal.busy, "a device is still at work for nobody"
    assert world.pad.mode is Mode.CLOSED, "the pad still takes a password"
    assert not world.pad.holds_digits, "digits are left in the pad"
    assert not world.camera.looking, "the camera still looks"
    assert world.terminal.custody.tally.balances, "a card is not accounted for"
    in_bin = len(world.slot.bin.cards) if world.slot.bin is not None else 0
    assert len(world.book.claims()) == in_bin, "the book of kept cards does not agree with the bin"


def keeps_nothing_personal(world: World) -> None:
    """Neither the journal nor the queue's database says anything about anybody."""
    journal = "\n".join(f"{what} {detail}" for what, detail in world.records)
    stored = world.queue.database()
    for whose, secret in _secrets():
        assert secret not in journal, f"the journal knows {whose}"
    for encoded, whose in _encoded_secrets().items():
        assert not _holds(stored, encoded), f"the queue's disk knows {whose}"


def _holds(stored: bytes, secret: bytes) -> bool:
    """Whether the secret lies there. Six digits in the middle of a hash in hex are no password."""
    if secret not in stored:
        return False
    if len(secret) > PASSWORD_DIGITS:
        return True
    return re.search(b"(?<![0-9a-f])%b(?![0-9a-f])" % re.escape(secret), stored) is not None


@cache
def _encoded_secrets() -> dict[bytes, str]:
    """Each secret as it would lie on a disk, in every encoding, and whose it is."""
    encodings = ("utf-8", "gb18030", "utf-16-le")
    return {text.encode(each): whose for whose, text in _secrets() for each in encodings}


def _secrets() -> Iterator[tuple[str, str]]:
    """Everything that could tell who somebody is or open their account, and whose it is."""
    for person in PEOPLE:
        yield f"the ID number of {person.key}", person.id_number
        yield f"the name of {person.key}", person.name
        for card in person.cards:
            yield f"the card number of {person.key}", card.card_number
            yield f"the card's code of {person.key}", card.identification_code
            yield f"the account number of {person.key}", card.pan
            yield f"the password of {person.key}", card.password
            yield f"the medical password of {person.key}", card.medical_password
