"""Passwords (PIN.*)."""

from __future__ import annotations

from sqlalchemy import Connection

from bank import ledger
from bank.clock import to_text
from bank.ledger import StoredAccount, StoredCard
from bank.pin import BadPinBlock, is_password, password_from_block
from bank.services.operation import MALFORMED, Operation, refusal_of, same_person, state_now
from sscard import access
from sscard.cards import Account, masked_tail
from sscard.requests import Answer, PasswordUnlock, Refusal, RefusalCode, Unlocked
from sscard.rules import Rule


def password_unlock(
    connection: Connection, request: PasswordUnlock, operation: Operation
) -> Answer | None:
    """Set the account's count of wrong entries to 0, for the card's holder (PIN.UNLOCK).

    Asks for no password and sets none. None: since it was asked for, the person has reported
    the card lost, and that report arrived first.
    """
    card = ledger.card_by_number(connection, request.card_number, to_change=True)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    refusal = refusal_of(same_person((card.id_number, card.name), request.evidence))
    if refusal is not None:
        return refusal
    if ledger.is_reported_later(
        connection,
        operation.terminal,
        operation.epoch,
        operation.lane,
        operation.lane_seq,
        card.card_id,
    ):
        return None
    refusal = refusal_of(access.unlock(state_now(card, operation.now)))
    if refusal is not None:
        return refusal
    account = ledger.account_of(connection, card.card_id, request.account)
    if account.wrong_in_a_row:
        ledger.set_wrong_in_a_row(connection, card.card_id, request.account, 0)
    return Unlocked(request.account, masked_tail(card.card_number), to_text(operation.now))


def try_password(
    connection: Connection,
    card: StoredCard,
    account: StoredAccount,
    pin_block: str,
    operation: Operation,
) -> Refusal | None:
    """Spend one try on the card's financial password; None when it was right (PIN.LOCK)."""
    if operation.pin_key is None:
        return MALFORMED
    try:
        password = password_from_block(pin_block, card.pan, operation.pin_key)
    except BadPinBlock:
        # The pad's or the line's fault, not a guess: no try is spent.
        return MALFORMED
    is_right = is_password(password, account.salt, operation.pepper, account.password_hash)
    tried = access.password_tried(is_right, account.wrong_in_a_row, operation.pin_tries)
    if tried.wrong_in_a_row != account.wrong_in_a_row:
        ledger.set_wrong_in_a_row(connection, card.card_id, Account.FINANCIAL, tried.wrong_in_a_row)
    return refusal_of(tried.decision, tried.tries_left)
