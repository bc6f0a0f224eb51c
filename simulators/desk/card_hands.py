"""The card slot as a person meets it: a card goes in, and comes out again."""

from __future__ import annotations

import threading
from dataclasses import replace

from bank.people import PEOPLE, Person
from simulators.desk.hands import CannotDo, Details, Say, a_person, fault_switches
from simulators.documents import card_data
from simulators.models.retain_bin import RetainBin
from simulators.models.social_security_card import CardFaults, SocialSecurityCard
from simulators.wires.question import Words
from simulators.wires.vpcd import VpcdSlot

_BINS = ("none", "fitted", "full", "jams")


class CardHands:
    """Puts the invented people's cards into the virtual reader's slot. The faults are those of
    whichever card is in; a card keeps its password's counter for as long as the desk lives."""

    def __init__(self, say: Say, city_key: bytes) -> None:
        self._say = say
        self._faults = CardFaults()
        self._cards = {
            card_id(person, number): (
                person,
                SocialSecurityCard(replace(card_data(person, card), city_key=city_key)),
            )
            for person in PEOPLE
            for number, card in enumerate(person.cards, 1)
        }
        for _, card in self._cards.values():
            card.faults = self._faults
        self._in: str | None = None
        self._bin: RetainBin | None = None
        self._kept: list[str] = []  # the cards in the bin
        self._lock = threading.Lock()  # hands and motor may want the same card
        self._slot = VpcdSlot()
        self._slot.start()

    def perform(self, action: str, details: Details) -> None:
        """`insert` {person, card?}, `pull`, `fault` {mute, foreign or blocked}; the bin of a reader
        that keeps cards: `bin` {state: none, fitted, full or jams}, `empty_bin`.
        """
        with self._lock:
            self._perform(action, details)

    def motor(self, question: Words) -> Words:
        """What the reader is asked: `look` at its bin, or `retain` the card. See `motor.MotorLink`."""
        with self._lock:
            if question["do"] == "retain":
                return {"moved": self._retain()}
            if self._bin is None:
                return {"retains": None, "in_bin": None}
            return {"retains": self._bin.takes_more, "in_bin": self._bin.count}

    def _perform(self, action: str, details: Details) -> None:
        match action:
            case "insert":
                self._insert(details)
            case "pull":
                self._slot.pull()
                self._in = None
                self._say("card pulled out")
            case "bin":
                self._fit_bin(details.get("state"))
            case "empty_bin":
                self._empty_bin()
            case "fault" if details.get("name") in fault_switches(self._faults):
                on = details.get("on") is True
                setattr(self._faults, str(details["name"]), on)
                self._say(f"fault {details['name']} {'on' if on else 'off'}")
            case _:
                raise CannotDo("the card slot has no such action or fault")

    def _insert(self, details: Details) -> None:
        holder = a_person(details)
        wanted = str(details.get("card") or card_id(holder, 1))
        if wanted not in self._cards or self._cards[wanted][0] is not holder:
            raise CannotDo("that person has no such card")
        if wanted in self._kept:
            raise CannotDo("that card lies in the reader's bin")
        self._slot.insert(self._cards[wanted][1])
        self._in = wanted
        self._say(f"card {wanted} put in")

    def _fit_bin(self, state: object) -> None:
        if state not in _BINS:
            raise CannotDo(f"the bin is {', '.join(_BINS)}")
        if self._bin is None or state == "none":
            self._kept = []
        before = [] if self._bin is None else self._bin.cards
        fitted = RetainBin(cards=before, jams=state == "jams")
        if state == "full":
            fitted.capacity = len(before)
        self._bin = None if state == "none" else fitted
        self._say(f"the bin of the reader: {state}")

    def _empty_bin(self) -> None:
        if self._bin is None:
            raise CannotDo("this reader has no bin")
        taken = len(self._bin.take_out())
        self._bin.capacity = RetainBin.capacity
        self._kept = []
        self._say(f"the bin is emptied: {taken} taken out")

    def _retain(self) -> str:
        """The motor takes the card in; what came of it (XFS4IoT CardReader.Move)."""
        card = self._slot.card
        if self._bin is None:
            return "unsupportedCommand"
        if card is None or self._in is None:
            return "noMedia"
        if self._bin.is_full:
            return "full"
        if self._bin.jams or self._bin.is_jammed:
            self._bin.is_jammed = True
            return "mediaJam"
        self._slot.pull()
        self._bin.cards.append(card)
        self._kept.append(self._in)
        self._in = None
        self._say("the reader has kept the card")
        return "done"

    def state(self) -> Details:
        """`card`: which one is in the slot, or None; `bin`, and how many cards are `in_bin`."""
        card = None
        if self._in is not None and self._slot.card is not None:
            card = {"id": self._in, "label": self._cards[self._in][0].name}
        return {
            "busy": card is not None,
            "text": "a card is in" if card else "empty",
            "card": card,
            "bin": _bin_word(self._bin),
            "in_bin": 0 if self._bin is None else len(self._bin.cards),
            "faults": fault_switches(self._faults),
        }

    def close(self) -> None:
        """Pull the card and end the wire. May be called twice."""
        self._slot.close()


def _bin_word(bin_: RetainBin | None) -> str:
    if bin_ is None:
        return "none"
    if bin_.jams or bin_.is_jammed:
        return "jams"
    return "full" if bin_.is_full else "fitted"


def card_id(person: Person, number: int) -> str:
    """What a card is called on the desk: `li:2` is the second card of Li."""
    return f"{person.key}:{number}"
