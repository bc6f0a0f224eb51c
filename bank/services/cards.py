"""Which cards a person has, and how each stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bank import kept_cards, ledger
from bank.clock import to_text, to_text_or_none
from bank.ledger import StoredCard, Told
from bank.services.operation import Operation, known_person, refusal_of, same_person, state_now
from sscard.activation import must_be_handed_in
from sscard.cards import Account, CardState, masked_tail
from sscard.passwords import is_locked
from sscard.requests import (
    Answer,
    CardFound,
    CardKept,
    CardList,
    CardLook,
    Cards,
    Kept,
    ListedCard,
    Noted,
    Refusal,
    RefusalCode,
)
from sscard.rules import Rule

# The cards that somebody can hold in a hand, or could until they lost it.
_LISTED = (
    CardState.INACTIVE,
    CardState.ACTIVE,
    CardState.LOST_ORAL,
    CardState.LOST_WRITTEN,
    CardState.SUSPENDED,
)
# Not in anybody's hands, whatever chip was read.
_NOBODYS = (CardState.PRODUCED, CardState.AT_BANK, CardState.DESTROYED)


def card_list(connection: Connection, request: CardList, operation: Operation) -> Answer:
    """The person's cards, masked, each with its state now; not those that are out of the world."""
    refusal = known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    owned = ledger.cards_of(connection, request.evidence.id_number.strip())
    listed = (_listed(card, operation.now) for card in owned)
    return Cards(tuple(card for card in listed if card.state in _LISTED))


def card_look(connection: Connection, request: CardLook, operation: Operation) -> Answer:
    """How the card in the reader stands, to its holder. A stranger learns not even its state."""
    card = ledger.card_by_number(connection, request.card_number)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    refusal = refusal_of(same_person((card.id_number, card.name), request.evidence))
    if refusal is not None:
        return refusal
    found = _listed(card, operation.now)
    if found.state in _NOBODYS:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    locked = tuple(
        each
        for each in Account
        if is_locked(
            ledger.account_of(connection, card.card_id, each).wrong_in_a_row, operation.pin_tries
        )
    )
    old = None
    if found.state is CardState.INACTIVE:
        old = _to_hand_in(connection, card, operation.now)
    return CardFound(found, locked, old)


def card_kept(connection: Connection, request: CardKept, operation: Operation) -> Answer:
    """Write down that a terminal keeps a card; the holder of a forgotten one is told.

    Asked again it changes nothing: what stands under the claim stays. Nothing is said of the card.
    """
    number = request.card_number
    card = None if number is None else ledger.card_by_number(connection, number)
    card_id = None if card is None else card.card_id
    kept_cards.keep(
        connection, operation.terminal, request.claim, card_id, request.why, operation.now
    )
    if card_id is not None and request.why is Kept.FORGOTTEN:
        ledger.tell_by_own_channel(
            connection, operation.op_id, card_id, Told.CARD_KEPT, operation.now
        )
    return Noted(to_text(operation.now))


def _to_hand_in(connection: Connection, card: StoredCard, now: datetime) -> ListedCard | None:
    """The card that the activation of this one takes the place of (ACTIVATE.OLD_CARD)."""
    for other in ledger.cards_of(connection, card.id_number):
        same_bank = other.bank_id == card.bank_id and other.card_id != card.card_id
        if same_bank and must_be_handed_in(state_now(other, now)):
            return _listed(other, now)
    return None


def _listed(card: StoredCard, now: datetime) -> ListedCard:
    state = state_now(card, now)
    return ListedCard(
        card_id=card.card_id,
        bank_id=card.bank_id,
        card_tail=masked_tail(card.card_number),
        state=state,
        lapses_at=to_text_or_none(
            card.standing.lapses_at if state is CardState.LOST_ORAL else None
        ),
    )
