"""Who holds each card now: the person, the slot, or the terminal for good.

The ledger hears every event of the devices, whether or not the session listens, and every order to
keep a card. It is pure: it writes nothing and knows nothing of a card but that there is one.

At every moment: cards that came in = cards that went out + cards kept + cards nobody is sure of +
the card inside, if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    CardRetained,
    Device,
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
    IdNotRead,
    IdRead,
    IdTrouble,
    NotRetained,
    RetainTrouble,
)

GONE = ("card.out", "card.kept", "card.unsure")
"""The journal's words for a card that is not in the slot any more."""


class Slot(StrEnum):
    """Who holds what may be in the slot."""

    EMPTY = "empty"
    CARD = "card"
    MOVING = "moving"  # the motor was told to take it in
    UNSEEN = "unseen"  # the reader fell silent with a card in it
    MOVED_UNSEEN = "moved_unseen"  # and while the motor had it


class Document(StrEnum):
    """An identity document, as far as the scanner tells: it does not see one that is lifted."""

    NONE = "none"
    LAID = "laid"
    LIFTED = "lifted"  # taken away too early, or another one was laid after it


@dataclass(frozen=True, slots=True)
class Tally:
    """What came and went since the last visit ended. `inside_before` was there already."""

    inside_before: int = 0
    came: int = 0
    went: int = 0
    kept: int = 0
    unsure: int = 0
    inside: int = 0
    laid: int = 0

    @property
    def balances(self) -> bool:
        """Whether every card is accounted for."""
        there = self.inside_before + self.came
        return there == self.went + self.kept + self.unsure + self.inside

    def __str__(self) -> str:
        """In catalogue words, for the journal."""
        return (
            f"in {self.inside_before + self.came} out {self.went} kept {self.kept}"
            f" unsure {self.unsure} inside {self.inside} id {self.laid}"
        )


class Custody:
    """The ledger. `heard` and `ordered` answer what is to be written into the journal."""

    def __init__(self) -> None:
        self.slot = Slot.EMPTY
        self.document = Document.NONE
        self.tally = Tally()

    def __repr__(self) -> str:
        return f"Custody({self.slot}, {self.tally})"

    def ordered_to_keep(self) -> None:
        """The motor is told to take the card in."""
        if self.slot is Slot.CARD:
            self.slot = Slot.MOVING

    def settled(self, *, kept: bool) -> None:
        """The bin was counted: the card that moved unseen is in it, or it is not."""
        if self.slot is Slot.MOVED_UNSEEN:
            if kept:
                self._goes("kept")
            else:
                self.slot = Slot.UNSEEN

    def heard(self, event: DeviceEvent) -> str | None:
        """Take one event of a device; answers the journal's word where a card changed hands."""
        match event:
            case CardInserted() | CardMute():
                return self._seen()
            case CardRemoved() if self.slot is Slot.MOVED_UNSEEN:
                return self._goes("unsure")
            case CardRemoved() if self.slot is not Slot.EMPTY:
                return self._goes("went")
            case CardRetained():
                if self.slot is Slot.EMPTY:  # told by a reader that was there before this process
                    self._seen()
                return self._goes("kept")
            case NotRetained(_, RetainTrouble.READER_LOST) if self.slot is Slot.MOVING:
                self.slot = Slot.MOVED_UNSEEN
            case NotRetained() if self.slot is Slot.MOVING:
                self.slot = Slot.CARD
            case DeviceChanged(Device.CARD_READER, DeviceStatus.OFFLINE | DeviceStatus.NO_DEVICE):
                self._lose_sight()
            case IdRead():
                return self._laid()
            case IdNotRead(IdTrouble.MOVED):
                self.document = Document.LIFTED
        return None

    def visit_over(self) -> Tally:
        """The tally of the visit that ends, and a new one from here."""
        over = self.tally
        self.tally = Tally(inside_before=over.inside, inside=over.inside)
        return over

    def _seen(self) -> str | None:
        """A card is in the slot. One that comes back into sight is taken for the same."""
        if self.slot is not Slot.EMPTY:
            self.slot = Slot.CARD
            return None
        self.slot = Slot.CARD
        self.tally = replace(self.tally, came=self.tally.came + 1, inside=1)
        return "card.in"

    def _goes(self, where: str) -> str:
        self.slot = Slot.EMPTY
        self.tally = replace(self.tally, **{where: getattr(self.tally, where) + 1}, inside=0)
        return {"went": "card.out", "kept": "card.kept", "unsure": "card.unsure"}[where]

    def _lose_sight(self) -> None:
        match self.slot:
            case Slot.CARD:
                self.slot = Slot.UNSEEN
            case Slot.MOVING:
                self.slot = Slot.MOVED_UNSEEN

    def _laid(self) -> str:
        self.document = Document.LAID
        self.tally = replace(self.tally, laid=self.tally.laid + 1)
        return "id.laid"
