"""The bin of a motor card reader: cards that were handed in or forgotten fall into it."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.models.card import Card

RETAIN_S = 1.6  # the way from the contacts to the bin; the first half of it a hand can still pull


@dataclass
class RetainBin:
    """The bin, and what is wrong with its way. It has a counter of its own unless `counts` is off."""

    capacity: int = 20
    jams: bool = False  # the next card that moves gets stuck
    is_jammed: bool = False  # until a technician clears it
    counts: bool = True
    cards: list[Card] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether another card would not fit."""
        return len(self.cards) >= self.capacity

    @property
    def takes_more(self) -> bool:
        """What the reader says: a jam shows once a card has moved."""
        return not self.is_full and not self.is_jammed

    @property
    def count(self) -> int | None:
        """What the reader's counter says, where it has one."""
        return len(self.cards) if self.counts else None

    def take_out(self) -> list[Card]:
        """A technician empties the bin and frees its way."""
        taken, self.cards = self.cards, []
        self.jams = self.is_jammed = False
        return taken
