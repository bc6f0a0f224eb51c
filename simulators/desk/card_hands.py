"""The card slot as a person meets it: a card goes in, and comes out again."""

from __future__ import annotations

from bank.people import PEOPLE, Person
from simulators.desk.hands import CannotDo, Details, Say, a_person, fault_switches
from simulators.documents import card_data
from simulators.models.social_security_card import CardFaults, SocialSecurityCard
from simulators.wires.vpcd import VpcdSlot


class CardHands:
    """Puts the invented people's cards into the virtual reader's slot. The faults are those of
    whichever card is in; a card keeps its password's counter for as long as the desk lives."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._faults = CardFaults()
        self._cards = {
            card_id(person, number): (person, SocialSecurityCard(card_data(person, card)))
            for person in PEOPLE
            for number, card in enumerate(person.cards, 1)
        }
        for _, card in self._cards.values():
            card.faults = self._faults
        self._in: str | None = None
        self._slot = VpcdSlot()
        self._slot.start()

    def perform(self, action: str, details: Details) -> None:
        """`insert` {person, card?}, `pull`, `fault` {mute, foreign or blocked}."""
        match action:
            case "insert":
                self._insert(details)
            case "pull":
                self._slot.pull()
                self._in = None
                self._say("card pulled out")
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
        self._slot.insert(self._cards[wanted][1])
        self._in = wanted
        self._say(f"card {wanted} put in")

    def state(self) -> Details:
        """`card`: which one is in the slot, or None."""
        card = None
        if self._in is not None and self._slot.card is not None:
            card = {"id": self._in, "label": self._cards[self._in][0].name}
        return {
            "busy": card is not None,
            "text": "a card is in" if card else "empty",
            "card": card,
            "faults": fault_switches(self._faults),
        }

    def close(self) -> None:
        """Pull the card and end the wire. May be called twice."""
        self._slot.close()


def card_id(person: Person, number: int) -> str:
    """What a card is called on the desk: `li:2` is the second card of Li."""
    return f"{person.key}:{number}"
