"""Steps that set the medical password on the chip, with a command that the key service makes.

The chip gives a challenge, the bank answers with the command, the chip carries it out, and the bank
hears what it said. The terminal has no key and reads nothing of the command. A card that is gone
before it answered is asked for again and looked at (the torn-card rule, LD/T 32.7): what came of
it is then known, or is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardNotRead,
    CardRemoved,
    CardTrouble,
    ChallengeGiven,
    CommandDone,
    CommandTorn,
    Device,
    DeviceChanged,
    PinState,
)
from kiosk.drivers.orders import GetChallenge, RunChipCommand
from kiosk.fsm.effects import Effect, OrderDevice, StopDevice
from kiosk.fsm.events import Event, RequestNotTaken
from kiosk.fsm.library.asking import AskBank, LookUp
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.presence import presence
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Face, Fail, Next, Outcome, Stay, Step, When
from kiosk.fsm.visit import SessionTrouble, Situation, SlotUse, Trouble, Visit
from sscard.chip import outcome
from sscard.requests import (
    ChipCipher,
    ChipCommand,
    ChipUnlock,
    ChipUnlockDone,
    ReadBack,
    RefusalCode,
    Request,
)

OPENING, COMMAND, SETTING, TORN, TELLING = (
    "chip",
    "chip_command",
    "chip_setting",
    "chip_torn",
    "chip_telling",
)
_UNSENT = "unsent"
_CIPHERS = {each.value for each in ChipCipher}


def set_on_chip(*, when: When, again_at: str) -> tuple[Step, ...]:
    """The steps, after the new password was typed twice. `again_at`: where it is typed anew."""
    torn = When(
        f"{when.name}; card gone before it answered",
        lambda now: when.holds(now) and SETTING not in now.person.said,
    )
    return (
        OpenChip(when=when),
        AskForCommand(
            when=when,
            retry_at=again_at,
            mends={RefusalCode.PASSWORD_UNFIT: again_at},
            retries_at=(again_at, "card"),
        ),
        RunOnChip(when=when),
        AskForSameCard(when=torn),
        TellWhatBecame(
            when=when,
            retry_at=again_at,
            mends={RefusalCode.CHIP_REFUSED: again_at},
            retries_at=(again_at,),
        ),
    )


def was_tried(visit: Visit) -> bool:
    """Whether the chip was to be given its command in this visit."""
    return SETTING in visit.said or TORN in visit.said


def what_came(visit: Visit) -> ReadBack:
    """What became of the command, as far as this terminal knows."""
    return outcome(_status(visit), _read_back(visit))


def read_back(before: ChallengeGiven, after: ChallengeGiven) -> ReadBack:
    """What the same chip shows of a command to which nobody heard its answer.

    A reload takes the counter back to its limit (LD/T 32.5), and nothing else does in the
    meantime. The counter's limit is the card's secret: one that stands as before may be full.
    """
    match before.pin_state, after.pin_state:
        case (PinState.BLOCKED, PinState.READY) | (PinState.NONE, PinState.READY):
            return ReadBack.DONE
        case (PinState.BLOCKED, PinState.BLOCKED) | (PinState.NONE, PinState.NONE):
            return ReadBack.NOT_DONE
        case PinState.READY, PinState.READY if _tries(after) > _tries(before):
            return ReadBack.DONE
    return ReadBack.UNKNOWN


def _tries(given: ChallengeGiven) -> int:
    return 0 if given.pin_tries_left is None else given.pin_tries_left


def _status(visit: Visit) -> str | None:
    status = visit.said.get(SETTING)
    return None if status == _UNSENT else status


def _read_back(visit: Visit) -> ReadBack:
    if visit.said.get(SETTING) == _UNSENT:
        return ReadBack.NOT_DONE
    return ReadBack(visit.said.get(TORN, ReadBack.UNKNOWN))


def _unlock(visit: Visit) -> ChipUnlock:
    assert visit.card is not None
    assert visit.chip is not None
    return ChipUnlock(
        evidence(visit),
        presence(visit),
        visit.card.card_number,
        visit.chip.identification_code,
        visit.chip.challenge,
        ChipCipher(visit.chip.cipher),
    )


def _done(visit: Visit) -> ChipUnlockDone:
    assert visit.card is not None
    command = visit.told(COMMAND, ChipCommand)
    assert command is not None
    number = visit.card.card_number
    return ChipUnlockDone(command.step, evidence(visit), number, _status(visit), _read_back(visit))


def _is_visits(given: ChallengeGiven, visit: Visit) -> bool:
    """Whether it is the chip of the card that this visit has read."""
    return visit.card is not None and given.identification_code == visit.card.identification_code


class OpenChip(Step, frozen=True, kw_only=True):
    """Take a challenge from the chip of the card that was read; it stays powered from here on."""

    name: str = OPENING
    face: Face = Face.WAIT
    picture: str = "reading"
    limit: Limit = Limit.READ_CARD
    needs: tuple[Device, ...] = (Device.CARD_READER,)
    part_of_last: bool = True
    can_go_back: bool = False
    retries_at: tuple[str, ...] = ("card",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.chip = None
        return (OrderDevice(Device.CARD_READER, GetChallenge()),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        match event:
            case ChallengeGiven() as given:
                return self._judge(given, situation.person)
            case CardNotRead(trouble):
                return Fail(Trouble(trouble, retry="card"))
            case DeviceChanged(Device.CARD_READER) if not situation.usable(Device.CARD_READER):
                return Fail(Trouble(CardTrouble.READER_LOST, retry="card"))
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        return Fail(Trouble(CardTrouble.READER_LOST))

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return () if situation.person.chip is not None else (StopDevice(Device.CARD_READER),)

    def _judge(self, given: ChallengeGiven, visit: Visit) -> Outcome:
        if not _is_visits(given, visit):
            return Fail(Trouble(SessionTrouble.OTHER_CARD, retry="card"))
        if given.cipher not in _CIPHERS:
            return Fail(Trouble(CardTrouble.UNKNOWN_VERSION))
        visit.chip = given
        return Next()


class AskForCommand(LookUp, frozen=True, kw_only=True):
    """Ask for the command that this chip alone takes, for this challenge. Nothing is set yet."""

    name: str = COMMAND
    part_of_last: bool = True
    required: bool = True
    needs: tuple[Device, ...] = (Device.CARD_READER,)
    request: Callable[[Visit], Request] = _unlock

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        if isinstance(event, CardRemoved):
            return Fail(Trouble(CardTrouble.PULLED, retry="card"))
        return LookUp.on(self, event, situation)

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        forgets = LookUp.leave(self, situation)
        if situation.person.told(self.name, ChipCommand) is not None:
            return forgets
        situation.person.chip = None
        return (*forgets, StopDevice(Device.CARD_READER))


class RunOnChip(Step, frozen=True, kw_only=True):
    """Pass the command on. From here on only the chip can say what it holds."""

    name: str = SETTING
    face: Face = Face.WAIT
    picture: str = "reading"
    limit: Limit = Limit.READ_CARD
    needs: tuple[Device, ...] = (Device.CARD_READER,)
    part_of_last: bool = True
    can_go_back: bool = False

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        command = situation.person.told(COMMAND, ChipCommand)
        assert command is not None
        run = RunChipCommand(bytes.fromhex(command.apdu))
        return (OrderDevice(Device.CARD_READER, run),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        match event:
            case CommandDone(status):
                return self._ended(status, situation.person)
            case CommandTorn(sent=False):
                return self._ended(_UNSENT, situation.person)
            case CommandTorn():
                return Next()
            case DeviceChanged(Device.CARD_READER):
                return Stay()  # what became of the command is told by itself
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        return Next()

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (StopDevice(Device.CARD_READER),)

    def _ended(self, word: str, visit: Visit) -> Outcome:
        visit.said[self.name] = word
        visit.chip = None
        return Next()


class AskForSameCard(Step, frozen=True, kw_only=True):
    """Ask for the card that left too early, and look at it. Without it nobody knows."""

    name: str = TORN
    picture: str = "insert_card"
    limit: Limit = Limit.INSERT_CARD
    uses: tuple[Device, ...] = (Device.CARD_READER,)
    part_of_last: bool = True
    can_go_back: bool = False

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.said[self.name] = ReadBack.UNKNOWN
        situation.person.hint = None
        there = situation.slot is SlotUse.CARD and situation.usable(Device.CARD_READER)
        return (OrderDevice(Device.CARD_READER, GetChallenge()),) if there else ()

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case CardInserted():
                visit.hint = None
                return Stay((OrderDevice(Device.CARD_READER, GetChallenge()),), again=True)
            case CardMute():
                visit.hint = CardTrouble.MUTE
                return Stay()
            case ChallengeGiven() as given if _is_visits(given, visit):
                assert visit.chip is not None
                visit.said[self.name] = read_back(visit.chip, given)
                return Next()
            case ChallengeGiven():
                visit.hint = SessionTrouble.OTHER_CARD
                return Stay((StopDevice(Device.CARD_READER),))
            case CardNotRead(trouble):
                gone = trouble in (CardTrouble.PULLED, CardTrouble.READER_LOST)
                visit.hint = None if gone else CardTrouble.MUTE
                return Stay()
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        return Next()

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = situation.person.chip = None
        return (StopDevice(Device.CARD_READER),)


class TellWhatBecame(AskBank, frozen=True, kw_only=True):
    """Tell the bank what became of the command. It waits without a line, for it is a fact.

    Without an answer, or when nothing could be kept, the visit goes on to its result, which says
    what the chip holds and that the bank has not heard of it.
    """

    name: str = TELLING
    part_of_last: bool = True
    asks_bank: bool = False  # nothing more is asked: it is told even if nobody takes it
    request: Callable[[Visit], Request] = _done

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        match event:
            case RequestNotTaken(ticket) if ticket == situation.person.ticket:
                return Next()
        return AskBank.on(self, event, situation)

    def on_time_up(self, situation: Situation) -> Outcome:
        return Next()
