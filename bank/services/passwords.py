"""Passwords (PIN.*): changed, unlocked, set anew.

Each account's blocks are opened in the vault of its own world (CARD.TWO_ENVIRONMENTS).
"""

from __future__ import annotations

from sqlalchemy import Connection

from bank import ledger
from bank.clock import to_text
from bank.ledger import StoredAccount, StoredCard
from bank.pin import BadPinBlock
from bank.services.operation import MALFORMED, Operation, refusal_of, same_person, state_now
from sscard import passwords, presence
from sscard.cards import Account, masked_tail
from sscard.requests import (
    Answer,
    Evidence,
    PasswordChange,
    PasswordReset,
    PasswordSet,
    PasswordUnlock,
    Refusal,
    RefusalCode,
    Unlocked,
)
from sscard.rules import Rule


def password_unlock(
    connection: Connection, request: PasswordUnlock, operation: Operation
) -> Answer | None:
    """Set the account's count of wrong entries to 0, for the card's holder (PIN.UNLOCK).

    Asks for no password and sets none. None: since it was asked for, the person has reported
    the card lost, and that report arrived first. A terminal without a camera sends no pictures;
    pictures that are sent must be whole.
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
    refusal = refusal_of(passwords.unlock(state_now(card, operation.now)))
    if refusal is None and request.presence is not None:
        refusal = refusal_of(presence.in_person_with_copy(request.presence, Rule.PIN_UNLOCK))
    if refusal is not None:
        return refusal
    account = ledger.account_of(connection, card.card_id, request.account)
    if account.wrong_in_a_row:
        ledger.set_wrong_in_a_row(connection, card.card_id, request.account, 0)
    return Unlocked(request.account, masked_tail(card.card_number), to_text(operation.now))


def password_change(
    connection: Connection, request: PasswordChange, operation: Operation
) -> Answer:
    """Set an account's password anew for who knows the old one; each wrong old one is a try."""
    card = holders_card(connection, request.card_number, request.evidence)
    if isinstance(card, Refusal):
        return card
    refusal = refusal_of(passwords.change(state_now(card, operation.now)))
    if refusal is not None:
        return refusal
    # Opened first: what no pad made is nobody's try.
    new = new_password(card, request.account, operation)
    old_block = None if operation.companion is None else operation.companion.pin_block
    if new is None or old_block is None:
        return MALFORMED
    account = ledger.account_of(connection, card.card_id, request.account)
    refusal = try_password(connection, card, account, old_block, operation, request.account)
    if refusal is None:
        refusal = unfit(new, card, Rule.CARD_TWO_ACCOUNTS)
    if refusal is not None:
        return refusal
    set_password(connection, card, request.account, new, operation)
    return PasswordSet(request.account, masked_tail(card.card_number), to_text(operation.now))


def password_reset(connection: Connection, request: PasswordReset, operation: Operation) -> Answer:
    """Unlock an account's password and set it anew, for its holder in person (PIN.UNLOCK)."""
    card = holders_card(connection, request.card_number, request.evidence)
    if isinstance(card, Refusal):
        return card
    for decision in (
        passwords.unlock(state_now(card, operation.now)),
        presence.in_person_with_copy(request.presence, Rule.PIN_UNLOCK),
    ):
        if (refusal := refusal_of(decision)) is not None:
            return refusal
    new = new_password(card, request.account, operation)
    if new is None:
        return MALFORMED
    refusal = unfit(new, card, Rule.PIN_UNLOCK)
    if refusal is not None:
        return refusal
    set_password(connection, card, request.account, new, operation)
    return PasswordSet(request.account, masked_tail(card.card_number), to_text(operation.now))


# --- what activation needs as well -----------------------------------------------------------


def new_password(card: StoredCard, account: Account, operation: Operation) -> str | None:
    """The account's new password, as its world's vault opens it; None: there is none to open."""
    companion = operation.companion
    if companion is None:
        return None
    match account:
        case Account.MEDICAL:
            block = companion.new_medical
        case Account.FINANCIAL:
            block = companion.new_financial
    return None if block is None else _opened(card, account, block, operation)


def _opened(card: StoredCard, account: Account, block: str, operation: Operation) -> str | None:
    number = passwords.block_number(account, card.card_number, card.pan)
    try:
        return operation.vaults[account].opened(block, number)
    except BadPinBlock:
        return None


def unfit(new: str, card: StoredCard, because: Rule) -> Refusal | None:
    """Why a new password cannot be set, if so. `because` is the rule that it is set by."""
    return refusal_of(passwords.fit(new, passwords.birth_in(card.id_number), because))


def set_password(
    connection: Connection, card: StoredCard, account: Account, new: str, operation: Operation
) -> None:
    """Store an account's new password; its count of wrong entries begins anew."""
    # One operation sets an account's password once, so its id makes a salt of its own.
    salt = f"{operation.op_id}-{account}"
    hashed = operation.vaults[account].hashed(new, salt)
    ledger.set_password(connection, card.card_id, account, salt, hashed)


def try_password(
    connection: Connection,
    card: StoredCard,
    account: StoredAccount,
    pin_block: str,
    operation: Operation,
    which: Account = Account.FINANCIAL,
) -> Refusal | None:
    """Spend one try on the card's password of that account; None when it was right (PIN.LOCK)."""
    password = _opened(card, which, pin_block, operation)
    if password is None:
        # The pad's or the line's fault, not a guess: no try is spent.
        return MALFORMED
    vault = operation.vaults[which]
    is_right = vault.is_right(password, account.salt, account.password_hash)
    tried = passwords.password_tried(is_right, account.wrong_in_a_row, operation.pin_tries)
    if tried.wrong_in_a_row != account.wrong_in_a_row:
        ledger.set_wrong_in_a_row(connection, card.card_id, which, tried.wrong_in_a_row)
    return refusal_of(tried.decision, tried.tries_left)


def holders_card(
    connection: Connection, card_number: str, evidence: Evidence, *, to_change: bool = True
) -> StoredCard | Refusal:
    """The card, for its holder; `to_change` locks it until the commit. Who asks comes first."""
    card = ledger.card_by_number(connection, card_number, to_change)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    refusal = refusal_of(same_person((card.id_number, card.name), evidence))
    return card if refusal is None else refusal
