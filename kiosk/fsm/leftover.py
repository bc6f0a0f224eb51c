"""A card that nobody takes, where the reader can keep it: it is taken in, and the bank is told.

The visit is over by then and nothing is known of it. The card is read once more, for the bank must
hear whose it is; its number goes into that one request and nowhere else. A reader without a bin, or
one that fails, leaves the card where it is, and the screen asks for it until somebody takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.drivers.events import (
    CardNotRead,
    CardRead,
    CardRetained,
    CardTrouble,
    Device,
    NotPrinted,
    NotRetained,
    Printed,
    PrintTrouble,
    RetainTrouble,
)
from kiosk.drivers.orders import ReadCard
from kiosk.fsm.effects import Effect, Forget, KeepCard, OrderDevice, Print, StopDevice, Submit
from kiosk.fsm.events import Event, Pressed, RequestNotTaken, RequestTaken
from kiosk.fsm.telling import ByRule, Fact, ReceiptCode, Remark, Say, Told, Tone
from sscard.cards import masked_tail
from sscard.requests import CardKept, Kept
from sscard.rules import Rule


@dataclass(slots=True)
class Leftover:
    """What is known of the card that is being kept."""

    card_number: str | None = field(default=None, repr=False)
    claim: str = ""
    ticket: int = 0  # of the request that tells the bank
    printed: bool | PrintTrouble | None = None
    is_printing: bool = False


Moved = tuple[tuple[Effect, ...], str | None]
"""What an event comes to: effects, and the trigger by which the session moves on, if it does."""


def begin() -> tuple[Effect, ...]:
    """The last warning is over: see whose card it is."""
    return (OrderDevice(Device.CARD_READER, ReadCard()),)


def keeping(event: Event, left: Leftover, next_ticket: int) -> Moved:
    """An event while the card is taken in."""
    match event:
        case RequestTaken(ticket) | RequestNotTaken(ticket) if ticket == left.ticket:
            return (), "kept"
        case _ if left.claim:
            pass  # it is in the bin: what the reader says now is of another card
        case CardRead(card):
            left.card_number = card.card_number
            return (KeepCard(Kept.FORGOTTEN, masked_tail(card.card_number)),), None
        case CardNotRead(CardTrouble.PULLED):
            return (), None  # the slot says that it is empty
        case CardNotRead(CardTrouble.READER_LOST):
            return (), "fail"
        case CardNotRead():
            return (KeepCard(Kept.FORGOTTEN),), None
        case CardRetained(claim):
            left.claim, left.ticket = claim, next_ticket
            request = CardKept(left.card_number, claim, Kept.FORGOTTEN)
            left.card_number = None
            return (Submit(next_ticket, request),), None
        case NotRetained(_, RetainTrouble.NO_MEDIA):
            return (), None
        case NotRetained():
            return (), "fail"
    return (), None


def kept(event: Event, left: Leftover, *, can_print: bool) -> Moved:
    """An event while the screen says under which number the card is kept."""
    match event:
        case Pressed("done"):
            return (), "end"
        case Pressed("print") if can_print and not left.is_printing and left.printed is not True:
            left.is_printing = True
            left.printed = None
            return (Print(),), None
        case Printed():
            left.is_printing, left.printed = False, True
        case NotPrinted(trouble):
            left.is_printing, left.printed = False, trouble
    return (), None


def tidy_up(left: Leftover) -> tuple[Effect, ...]:
    """Nothing works on for a card that is kept, or given back."""
    ended = (StopDevice(Device.CARD_READER), StopDevice(Device.RECEIPT_PRINTER))
    return (*ended, Forget(left.ticket)) if left.ticket else ended


def tell(left: Leftover) -> Told:
    """What came of it, for the person who comes back."""
    claim = ReceiptCode(left.claim)
    return Told(
        Say("card_kept.title"),
        (Remark(Say("card_kept.claim"), Tone.AMBER, claim, Say("card_kept.next")),),
        Rule.CARD_STATES,
        tone=Tone.AMBER,
        paper=(
            Fact(Say("card_kept.claim"), claim, bold=True),
            Say("card_kept.next"),
            ByRule((Rule.CARD_STATES,)),
        ),
    )
