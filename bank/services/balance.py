"""Balances of both accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bank import ledger
from bank.clock import to_text
from bank.ledger import Told
from bank.services.operation import Operation, is_holders, refusal_of, same_person, state_now
from bank.services.passwords import try_password
from sscard import access
from sscard.cards import Account, masked_tail
from sscard.requests import (
    Answer,
    BalanceByOwnChannel,
    BalanceCheck,
    Balances,
    Refusal,
    RefusalCode,
    Request,
)
from sscard.rules import Rule


def balance_check(
    connection: Connection,
    request: BalanceCheck,
    operation: Operation,
) -> Answer:
    """Both balances of the card that was in the reader, to its holder.

    The one password asked for is the financial account's. Without a PIN block (the check was
    queued) nothing is told here: the bank's own channel tells the holder (OFFLINE.ANSWER).
    """
    card = ledger.card_by_number(connection, request.card_number)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    # Who asks comes first: a stranger does not learn even the card's state.
    refusal = refusal_of(same_person((card.id_number, card.name), request.evidence))
    refusal = refusal or refusal_of(access.balances(state_now(card, operation.now)))
    if refusal is not None:
        return refusal
    pin_block = None if operation.companion is None else operation.companion.pin_block
    if pin_block is None:
        ledger.tell_by_own_channel(
            connection, operation.op_id, card.card_id, Told.BALANCES, operation.now
        )
        return BalanceByOwnChannel(to_text(operation.now))
    financial = ledger.account_of(connection, card.card_id, Account.FINANCIAL)
    refusal = try_password(connection, card, financial, pin_block, operation)
    if refusal is not None:
        return refusal
    medical = ledger.account_of(connection, card.card_id, Account.MEDICAL)
    return Balances(
        medical_fen=medical.balance_fen,
        financial_fen=financial.balance_fen,
        bank_id=card.bank_id,
        card_tail=masked_tail(card.card_number),
        at=to_text(operation.now),
    )


def tell_unheard(connection: Connection, request: Request, op_id: str, now: datetime) -> None:
    """Balances were answered, and nobody heard it: the bank's own channel tells the holder."""
    if not isinstance(request, BalanceCheck):
        return
    card = ledger.card_by_number(connection, request.card_number)
    if card is not None and is_holders(card, request.evidence):
        ledger.tell_by_own_channel(connection, op_id, card.card_id, Told.BALANCES, now)
