"""Which cards a person has, and how each stands."""

from __future__ import annotations

from sqlalchemy import Connection

from bank import ledger
from bank.clock import to_text_or_none
from bank.services.operation import Operation, known_person, state_now
from sscard.cards import CardState, masked_tail
from sscard.requests import Answer, CardList, Cards, ListedCard

# The cards that somebody can hold in a hand, or could until they lost it.
_LISTED = (
    CardState.INACTIVE,
    CardState.ACTIVE,
    CardState.LOST_ORAL,
    CardState.LOST_WRITTEN,
    CardState.SUSPENDED,
)


def card_list(connection: Connection, request: CardList, operation: Operation) -> Answer:
    """The person's cards, masked, each with its state now; not those that are out of the world."""
    refusal = known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    listed = []
    for card in ledger.cards_of(connection, request.evidence.id_number.strip()):
        state = state_now(card, operation.now)
        if state not in _LISTED:
            continue
        lapses_at = card.standing.lapses_at if state is CardState.LOST_ORAL else None
        listed.append(
            ListedCard(
                card_id=card.card_id,
                bank_id=card.bank_id,
                card_tail=masked_tail(card.card_number),
                state=state,
                lapses_at=to_text_or_none(lapses_at),
            )
        )
    return Cards(tuple(listed))
