"""A protected command to the chip: challenge, command, status word, and each way to be torn."""

from __future__ import annotations

from typing import Any

import pytest

from bank.key_service import KeyService
from kiosk.drivers.card_reader.driver import CardReaderConfig
from kiosk.drivers.events import (
    CardNotRead,
    CardRead,
    CardRemoved,
    CardTrouble,
    ChallengeGiven,
    CommandDone,
    CommandTorn,
    PinState,
)
from kiosk.drivers.links.ops import Connect, Disconnect, Op, Stop, Transmit
from kiosk.drivers.orders import GetChallenge, ReadCard, RunChipCommand
from simulators.models.chip_keys import TEST_CARD_KEY
from simulators.models.social_security_card import CardData, SocialSecurityCard
from sscard.requests import ChipCipher
from tests.drivers.card_reader.reading import bench_with
from tests.drivers.talking import Bench

NEW = "802461"
RELOAD_HEADER = "84 24 00 01"


def opened(card: SocialSecurityCard, **config: Any) -> tuple[Bench[Any], ChallengeGiven]:
    """A bench with the card in the slot, powered, its challenge given."""
    bench, _ = bench_with(card, CardReaderConfig(**config))
    bench.order(1.0, GetChallenge())
    bench.run_until(3.0)
    given = bench.said()[-1]
    assert isinstance(given, ChallengeGiven), given
    return bench, given


def command_for(given: ChallengeGiven, key: bytes = TEST_CARD_KEY) -> RunChipCommand:
    apdu = KeyService(key).reload_command(
        given.identification_code, ChipCipher(given.cipher), given.challenge, NEW
    )
    return RunChipCommand(bytes.fromhex(apdu))


def blocked(version: str = "2.00") -> SocialSecurityCard:
    card = SocialSecurityCard(CardData(version=version))
    card.tries_left = 0
    return card


@pytest.mark.parametrize(("version", "cipher"), [("2.00", "01"), ("3.00", "03")])
def test_a_blocked_chip_takes_the_password_of_a_command_made_for_it(
    version: str, cipher: str
) -> None:
    card = blocked(version)
    bench, given = opened(card)
    assert (given.cipher, given.pin_state, given.pin_tries_left) == (cipher, PinState.BLOCKED, 0)
    bench.order(4.0, command_for(given))
    bench.run_until(6.0)
    assert bench.said()[-1] == CommandDone("9000")
    assert (card.data.pin, card.tries_left) == (NEW, 6)
    assert not bench.link.connected


def test_the_chip_stays_powered_for_its_command_and_not_beyond_an_order_to_stop() -> None:
    bench, _ = opened(SocialSecurityCard())
    bench.run_until(30.0)
    assert bench.link.connected
    bench.order(31.0, Stop())
    bench.run_until(32.0)
    assert not bench.link.connected


def test_a_command_is_not_sent_to_a_chip_that_lost_its_power() -> None:
    card = SocialSecurityCard()
    bench, given = opened(card)
    bench.order(4.0, Stop())
    sent = len(bench.asked_for(Transmit))
    bench.order(5.0, command_for(given))
    bench.run_until(6.0)
    assert bench.said()[-1] == CommandTorn(sent=False)
    assert len(bench.asked_for(Transmit)) == sent


def test_a_command_is_not_sent_to_a_card_that_was_changed_meanwhile() -> None:
    bench, given = opened(SocialSecurityCard())
    bench.at(4.0, bench.link.pull)
    bench.at(5.0, lambda: bench.link.insert(SocialSecurityCard()))
    bench.order(6.0, command_for(given))
    bench.run_until(8.0)
    assert bench.said()[-1] == CommandTorn(sent=False)


def test_a_command_for_an_old_challenge_is_refused() -> None:
    card = SocialSecurityCard()
    bench, given = opened(card)
    bench.order(4.0, GetChallenge())
    bench.order(6.0, command_for(given))
    bench.run_until(8.0)
    assert bench.said()[-1] == CommandDone("6988")
    assert card.data.pin != NEW


def test_a_command_runs_once_even_if_it_is_ordered_twice() -> None:
    card = SocialSecurityCard()
    bench, given = opened(card)
    bench.order(4.0, command_for(given))
    bench.order(6.0, command_for(given))
    bench.run_until(8.0)
    assert bench.said()[-2:] == [CommandDone("9000"), CommandTorn(sent=False)]


def test_a_command_for_another_card_is_refused() -> None:
    other = ChallengeGiven("990000D1560000050000000200000000", "01", "0" * 16, PinState.READY, 6)
    card = SocialSecurityCard()
    bench, given = opened(card)
    stolen = ChallengeGiven(other.identification_code, "01", given.challenge, PinState.READY)
    bench.order(4.0, command_for(stolen))
    bench.run_until(8.0)
    assert bench.said()[-1] == CommandDone("6988")
    assert (card.data.pin, card.tries_left) == ("135790", 6)


@pytest.mark.parametrize("after", [False, True], ids=["before it ran", "after it ran"])
def test_a_card_pulled_in_the_middle_of_the_command_is_torn(after: bool) -> None:
    card = blocked()
    bench, given = opened(card)
    apdus = len(bench.asked_for(Transmit))
    if after:
        card.faults.pulled_after_apdu = apdus + 1
    else:
        card.faults.pulled_at_apdu = apdus + 1
    bench.order(4.0, command_for(given))
    bench.run_until(8.0)
    told = bench.said()[-2:]
    assert told == [CommandTorn(sent=True, raw="removed"), CardRemoved()]
    assert (card.data.pin == NEW) is after


def test_a_reader_that_is_lost_with_the_command_is_torn() -> None:
    bench, given = opened(SocialSecurityCard())

    def lose(op: Op) -> None:
        if isinstance(op, Transmit):
            bench.link.lose_reader(service=True)

    bench.watch = lose
    bench.order(4.0, command_for(given))
    bench.run_until(4.5)
    torn = next(event for event in bench.said() if isinstance(event, CommandTorn))
    assert torn.sent
    bench.order(4.6, command_for(given))
    bench.order(4.7, GetChallenge())
    bench.run_until(4.9)
    assert [type(each) for each in bench.said()[-2:]] == [CommandTorn, CardNotRead]


def test_a_card_pulled_before_any_command_of_the_opening_is_told_pulled() -> None:
    for apdu in range(1, 7):
        card = SocialSecurityCard()
        card.faults.pulled_at_apdu = apdu
        bench, _ = bench_with(card)
        bench.order(1.0, GetChallenge())
        bench.run_until(3.0)
        assert CardNotRead(CardTrouble.PULLED, raw="removed") in bench.said(), apdu


def test_a_reading_ends_the_wait_for_a_command() -> None:
    bench, given = opened(SocialSecurityCard())
    bench.order(4.0, ReadCard())
    bench.order(8.0, command_for(given))
    bench.run_until(9.0)
    assert isinstance(bench.said()[-2], CardRead)
    assert bench.said()[-1] == CommandTorn(sent=False)


def test_the_trace_names_the_command_and_quotes_nothing_of_it() -> None:
    lines: list[str] = []
    bench, given = opened(SocialSecurityCard(), trace=lines.append)
    order = command_for(given)
    bench.order(4.0, order)
    bench.run_until(6.0)
    assert lines[-1] == f"{RELOAD_HEADER} -> 9000 done, 0 bytes"
    whole = "".join(lines).replace(" ", "").upper()
    assert given.challenge not in whole
    assert order.apdu.hex().upper()[10:] not in whole
    assert (repr(order), repr(given)) == ("RunChipCommand(...)", "ChallengeGiven(...)")


def test_the_chip_is_powered_once_for_challenge_and_command() -> None:
    bench, given = opened(SocialSecurityCard())
    bench.order(4.0, command_for(given))
    bench.run_until(6.0)
    assert len(bench.asked_for(Connect)) == 1
    assert len(bench.asked_for(Disconnect)) == 1
