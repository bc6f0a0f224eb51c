"""Activation (ACTIVATE.*): both accounts and both passwords, and the old card's end, in one act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bank import ledger
from bank.clock import to_text
from bank.ledger import StoredCard
from bank.services.operation import MALFORMED, Operation, refusal_of, state_now
from bank.services.passwords import holders_card, new_password, set_password, unfit
from sscard import activation as rules
from sscard import presence
from sscard.activation import OlderCard, Succession
from sscard.cards import Account, CardState, masked_tail
from sscard.decisions import refuse
from sscard.loss import Standing
from sscard.requests import Activated, Activation, Answer, Refusal, RefusalCode
from sscard.rules import Rule


def activation(connection: Connection, request: Activation, operation: Operation) -> Answer:
    """Activate a card with both its passwords, or do nothing at all (ACTIVATE.BOTH_OR_NEITHER).

    Asked again after it was done, the bank says that the card is active: nothing is done twice.
    """
    found = holders_card(connection, request.card_number, request.evidence, to_change=False)
    if isinstance(found, Refusal):
        return found
    # All cards of the person are locked in the one order that a loss report locks them in.
    owned = ledger.cards_of(connection, found.id_number, to_change=True)
    (card,) = (each for each in owned if each.card_id == found.card_id)
    older = [each for each in owned if each.bank_id == card.bank_id and each is not card]
    succession = _succession(older, request, operation.now)
    for decision in (
        rules.activate(state_now(card, operation.now)),
        presence.in_person(request.presence, Rule.ACTIVATE_IN_PERSON),
        succession.decision,
    ):
        if (refusal := refusal_of(decision)) is not None:
            return refusal
    new = {each: new_password(card, each, operation) for each in Account}
    for password in new.values():
        if password is None:
            return MALFORMED
        refusal = unfit(password, card, Rule.ACTIVATE_BOTH_OR_NEITHER)
        if refusal is not None:
            return refusal
    for account, password in new.items():
        assert password is not None
        set_password(connection, card, account, password, operation)
    ledger.set_standing(connection, card.card_id, Standing(CardState.ACTIVE))
    for each in older:
        if each.card_number in succession.ended:
            ledger.set_standing(connection, each.card_id, _superseded(each))
    return Activated(
        bank_id=card.bank_id,
        card_tail=masked_tail(card.card_number),
        at=to_text(operation.now),
        old_tail=None if request.old_card_number is None else masked_tail(request.old_card_number),
    )


def _succession(older: list[StoredCard], request: Activation, now: datetime) -> Succession:
    """What the rules say of the older cards. A card that nobody keeps was not handed in."""
    if (request.old_card_number is None) != (request.claim is None):
        return Succession(refuse(Rule.ACTIVATE_OLD_CARD, RefusalCode.OLD_CARD_MISSING))
    stand = (OlderCard(each.card_number, state_now(each, now)) for each in older)
    return rules.succeed(stand, request.old_card_number)


def _superseded(card: StoredCard) -> Standing:
    """Since when it was lost, where it was, stays on record; nothing lapses any more."""
    return Standing(CardState.SUPERSEDED, card.standing.lost_since, None)
