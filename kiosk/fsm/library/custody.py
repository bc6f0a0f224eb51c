"""Steps in which a card is handed in: it is asked for, read, looked at, and then kept for good.

`hand_in` makes both steps of it. Where the reader cannot keep a card nobody is asked for one:
the visit ends there and the person is sent to a branch.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.drivers.events import (
    CardFacts,
    CardInserted,
    CardMute,
    CardNotRead,
    CardRead,
    CardRemoved,
    CardRetained,
    CardTrouble,
    Device,
    DeviceChanged,
    NotRetained,
    RetainTrouble,
)
from kiosk.drivers.orders import ReadCard
from kiosk.fsm.effects import Effect, Forget, KeepCard, OrderDevice, Record, StopDevice, Submit
from kiosk.fsm.events import Event, RequestNotTaken, RequestTaken
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Face, Fail, Goto, Next, Outcome, Stay, Step, When
from kiosk.fsm.visit import HandedIn, SessionTrouble, Situation, Trouble, Visit
from sscard.cards import masked_tail
from sscard.requests import CardKept, Kept, ListedCard
from sscard.rules import Rule

NAME = "hand_in"
KEEPING = "keeping"
Expects = Callable[[Visit], ListedCard | None]


def handed_in(visit: Visit) -> HandedIn | None:
    """The card that was handed in during this visit: its number and its claim number."""
    return visit.handed_in


def can_keep(situation: Situation) -> bool:
    """Whether a card could be handed in now: ask before anything is paid or done."""
    return situation.reader_retains and situation.usable(Device.CARD_READER)


def still_to_hand_in(name: str, wanted: Callable[[Situation], bool]) -> When:
    """The condition of a hand-in: `wanted`, and not done yet in this visit."""
    return When(name, lambda now: now.person.handed_in is None and wanted(now))


def hand_in(
    *, when: When, expects: Expects, rule: Rule, mute_is_fine: bool = False
) -> tuple[HandInCard, KeepTheCard]:
    """The two steps. `when` is made with `still_to_hand_in`; `expects` says which listed card it
    must be (None: any card of the holder); `rule` demands it. `mute_is_fine`: a chip that does
    not answer is a card as good as another, known by what the person said of it alone.
    """
    return (
        HandInCard(when=when, expects=expects, rule=rule, mute_is_fine=mute_is_fine),
        KeepTheCard(expects=expects, rule=rule),
    )


class HandInCard(Step, frozen=True, kw_only=True):
    """Ask for the old card until it is in the slot and has been read and is the right one.

    Any other card that lies in the slot is asked to be taken out first.
    """

    name: str = NAME
    limit: Limit = Limit.HAND_IN
    needs: tuple[Device, ...] = (Device.CARD_READER,)
    leads_to: tuple[str, ...] = (KEEPING,)
    retries_at: tuple[str, ...] = (NAME,)
    expects: Expects
    rule: Rule
    mute_is_fine: bool = False

    def hindered(self, situation: Situation) -> Trouble | None:
        if situation.usable(Device.CARD_READER) and not situation.reader_retains:
            return Trouble(SessionTrouble.CANNOT_KEEP, self.rule)
        return None

    def looks(self, situation: Situation) -> tuple[str, str]:
        match situation.person.said.get(self.name):
            case "out":
                return f"{self.name}_out", "take_card"
            case "reading":
                return f"{self.name}_reading", "reading"
        return self.name, "insert_card"

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        visit = situation.person
        visit.old_card = visit.hint = None
        return self._read(visit) if situation.slot_used else self._ask(visit)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case CardRemoved():
                return Stay(self._ask(visit), again=True)
            case CardInserted() | CardMute():
                return Stay(self._read(visit), again=True)
            case CardRead(card):
                return self._judge(card, visit)
            case CardNotRead(CardTrouble.MUTE) if self.mute_is_fine:
                return Goto(KEEPING)
            case CardNotRead(CardTrouble.PULLED):
                return Stay(self._ask(visit))
            case CardNotRead(CardTrouble.READER_LOST):
                return Fail(Trouble(CardTrouble.READER_LOST, retry=self.name))
            case CardNotRead():
                return self._not_this_one(visit, SessionTrouble.NOT_OLD_CARD)
        return None

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = None
        return (StopDevice(Device.CARD_READER),)

    def _ask(self, visit: Visit) -> tuple[Effect, ...]:
        visit.said[self.name] = "in"
        return ()

    def _read(self, visit: Visit) -> tuple[Effect, ...]:
        visit.said[self.name] = "reading"
        visit.hint = None
        return (OrderDevice(Device.CARD_READER, ReadCard()),)

    def _judge(self, card: CardFacts, visit: Visit) -> Outcome:
        if is_expected(card, visit, self.expects(visit)):
            visit.old_card = card
            return Goto(KEEPING)
        mine = visit.card is not None and visit.card.card_number == card.card_number
        # The visit's own card still lies there: nobody did anything wrong.
        return self._not_this_one(visit, None if mine else SessionTrouble.NOT_OLD_CARD)

    def _not_this_one(self, visit: Visit, hint: SessionTrouble | None) -> Outcome:
        visit.said[self.name] = "out"
        visit.hint = hint
        return Stay()


class KeepTheCard(Step, frozen=True, kw_only=True):
    """Have the card taken in, and tell the bank under which claim, before anything else is done."""

    name: str = KEEPING
    face: Face = Face.WAIT
    picture: str = "reading"
    limit: Limit = Limit.KEEPING
    needs: tuple[Device, ...] = (Device.CARD_READER,)
    asks_bank: bool = True
    part_of_last: bool = True
    can_go_back: bool = False
    aside: bool = True
    leads_to: tuple[str, ...] = (NAME,)
    expects: Expects
    rule: Rule

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        visit = situation.person
        expected = self.expects(visit)
        tail = "" if expected is None else expected.card_tail
        if visit.old_card is not None:
            tail = masked_tail(visit.old_card.card_number)
        return (KeepCard(Kept.OLD_CARD, tail),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case CardRetained(claim):
                return self._kept(claim, situation)
            case NotRetained(_, RetainTrouble.NO_MEDIA):
                return Goto(NAME)
            case NotRetained(claim, RetainTrouble.READER_LOST):
                return Fail(Trouble(SessionTrouble.KEPT_UNKNOWN, self.rule, claim=claim))
            case NotRetained(_, RetainTrouble.MEDIA_JAM):
                return Fail(Trouble(SessionTrouble.CARD_STUCK, self.rule))
            case NotRetained():
                return Fail(Trouble(SessionTrouble.CANNOT_KEEP, self.rule))
            case RequestTaken(ticket) if ticket == visit.ticket and visit.handed_in is not None:
                return Next()
            case RequestNotTaken(ticket) if ticket == visit.ticket and visit.handed_in is not None:
                return Next()
            case DeviceChanged(Device.CARD_READER):
                return Stay()  # what became of the card is told by itself
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        if situation.person.handed_in is not None:
            return Next()
        return Fail(Trouble(SessionTrouble.KEPT_UNKNOWN, self.rule))

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (StopDevice(Device.CARD_READER), Forget(situation.person.ticket))

    def _kept(self, claim: str, situation: Situation) -> Outcome:
        visit = situation.person
        number = None if visit.old_card is None else visit.old_card.card_number
        visit.handed_in = HandedIn(number, claim)
        before = (Forget(visit.ticket),) if visit.ticket else ()
        visit.ticket = situation.next_ticket
        situation.next_ticket += 1
        request = CardKept(number, claim, Kept.OLD_CARD)
        return Stay((*before, Record("card.handed_in", claim), Submit(visit.ticket, request)))


def is_expected(card: CardFacts, visit: Visit, expected: ListedCard | None) -> bool:
    """Whether the card read is the holder's, and the one of the bank's list that is asked for.

    A list shows a number's last four characters only; the bank compares the whole one.
    """
    holder = card.social_security_number
    if holder is not None and visit.document is not None and holder != visit.document.number:
        return False
    return expected is None or masked_tail(card.card_number) == expected.card_tail
