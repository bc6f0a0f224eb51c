"""A protected command to a chip over a real pcscd: the card keeps its power and its challenge."""

from __future__ import annotations

import pytest

from bank.key_service import KeyService
from kiosk.drivers.events import (
    CardInserted,
    CardRemoved,
    ChallengeGiven,
    CommandDone,
    CommandTorn,
    PinState,
)
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import GetChallenge, RunChipCommand
from simulators.models.chip_keys import TEST_CARD_KEY
from simulators.models.social_security_card import CardData, SocialSecurityCard
from simulators.wires.vpcd import VpcdSlot
from sscard.requests import ChipCipher
from tests.drivers.links.test_pcsc_whole_reading import Terminal
from tests.drivers.links.test_pcsc_whole_reading import terminal as terminal  # a fixture

pytestmark = pytest.mark.timeout(400)

NEW = "802461"
COMMAND_APDU = 7  # after selecting with its answer, EF05, its code, the state, the challenge


def opened(terminal: Terminal, slot: VpcdSlot, card: SocialSecurityCard) -> RunChipCommand:
    """Insert the card and take its challenge; the order for the command that answers it."""
    slot.insert(card)
    assert terminal.next() == CardInserted()
    terminal.runner.order(1, GetChallenge())
    given = terminal.next()
    assert isinstance(given, ChallengeGiven)
    apdu = KeyService(TEST_CARD_KEY).reload_command(
        given.identification_code, ChipCipher(given.cipher), given.challenge, NEW
    )
    return RunChipCommand(bytes.fromhex(apdu))


@pytest.mark.parametrize("version", ["2.00", "3.00"])
def test_a_blocked_chip_is_set_anew(terminal: Terminal, slot: VpcdSlot, version: str) -> None:
    card = SocialSecurityCard(CardData(version=version))
    card.tries_left = 0
    command = opened(terminal, slot, card)
    terminal.runner.order(2, command)
    assert terminal.next() == CommandDone("9000")
    assert (card.data.pin, card.tries_left) == (NEW, 6)
    slot.pull()
    assert terminal.next() == CardRemoved()


def test_an_order_to_stop_ends_the_challenge(terminal: Terminal, slot: VpcdSlot) -> None:
    card = SocialSecurityCard()
    command = opened(terminal, slot, card)
    terminal.runner.order(2, Stop())
    terminal.runner.order(3, command)
    assert terminal.next() == CommandTorn(sent=False)
    assert card.data.pin != NEW
    slot.pull()
    assert terminal.next() == CardRemoved()


@pytest.mark.parametrize("after", [False, True], ids=["before it ran", "after it ran"])
def test_a_card_pulled_with_the_command_is_torn_and_shows_what_came_of_it(
    terminal: Terminal, slot: VpcdSlot, after: bool
) -> None:
    card = SocialSecurityCard()
    card.tries_left = 0
    command = opened(terminal, slot, card)
    if after:
        card.faults.pulled_after_apdu = COMMAND_APDU
    else:
        card.faults.pulled_at_apdu = COMMAND_APDU
    terminal.runner.order(2, command)
    torn = terminal.next()
    assert isinstance(torn, CommandTorn)
    assert torn.sent
    assert terminal.next() == CardRemoved()
    card.faults.pulled_at_apdu = card.faults.pulled_after_apdu = None
    slot.insert(card)
    assert terminal.next() == CardInserted()
    terminal.runner.order(3, GetChallenge())
    given = terminal.next()
    assert isinstance(given, ChallengeGiven)
    assert given.pin_state is (PinState.READY if after else PinState.BLOCKED)
    slot.pull()
    assert terminal.next() == CardRemoved()
