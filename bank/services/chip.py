"""The medical password on the chip: begun by the key service's command, settled by the card's word.

The chip is the truth, and the account's record follows it. Between the command and the card's
word a step is open, and may stay so: the record then keeps the password that it had until a later
step of the same card says what the chip holds. Telling a step's end twice does nothing twice.
"""

from __future__ import annotations

from sqlalchemy import Connection

from bank import chip_ledger, ledger
from bank.chip_ledger import ChipStep
from bank.clock import to_text
from bank.key_service import NoCommand
from bank.services.operation import MALFORMED, Operation, refusal_of, state_now
from bank.services.passwords import holders_card, new_password, unfit
from sscard import passwords, presence
from sscard.cards import Account, masked_tail
from sscard.chip import outcome
from sscard.requests import (
    Answer,
    ChipCommand,
    ChipUnlock,
    ChipUnlockDone,
    Noted,
    PasswordSet,
    ReadBack,
    Refusal,
    RefusalCode,
)
from sscard.rules import Rule

_REFUSED = Refusal(RefusalCode.CHIP_REFUSED, Rule.PIN_UNLOCK)


def chip_unlock(connection: Connection, request: ChipUnlock, operation: Operation) -> Answer:
    """Begin a step: the command for this card alone, in person and with the copy (PIN.UNLOCK)."""
    card = holders_card(connection, request.card_number, request.evidence)
    if isinstance(card, Refusal):
        return card
    for decision in (
        passwords.unlock(state_now(card, operation.now)),
        presence.in_person_with_copy(request.presence, Rule.PIN_UNLOCK),
    ):
        if (refusal := refusal_of(decision)) is not None:
            return refusal
    new = new_password(card, Account.MEDICAL, operation)
    if new is None:
        return MALFORMED
    refusal = unfit(new, card, Rule.PIN_UNLOCK)
    if refusal is not None:
        return refusal
    # The chip must be this card's, or somebody else's would be opened in this holder's name.
    if chip_ledger.identification_code(connection, card.card_id) != request.identification_code:
        return _REFUSED
    try:
        apdu = operation.key_service.reload_command(
            request.identification_code, request.cipher, request.challenge, new
        )
    except NoCommand:
        return _REFUSED
    salt = f"{operation.op_id}-{Account.MEDICAL}"
    hashed = operation.vaults[Account.MEDICAL].hashed(new, salt)
    begun = ChipStep(operation.op_id, card.card_id, salt, hashed, chip_ledger.OPEN)
    chip_ledger.begin(connection, begun, operation.now)
    return ChipCommand(begun.step, apdu)


def chip_unlock_done(
    connection: Connection, request: ChipUnlockDone, operation: Operation
) -> Answer:
    """Settle a step by what the card said, or showed; the first word that is certain stands."""
    card = holders_card(connection, request.card_number, request.evidence)
    if isinstance(card, Refusal):
        return card
    step = chip_ledger.step(connection, request.step)
    if step is None or step.card_id != card.card_id:
        return Refusal(RefusalCode.STEP_UNKNOWN, Rule.PIN_UNLOCK)
    came = (
        ReadBack(step.state) if step.is_settled else _settle(connection, step, request, operation)
    )
    if came is ReadBack.NOT_DONE:
        return _REFUSED
    deciding = chip_ledger.deciding(connection, card.card_id)
    if came is ReadBack.DONE and deciding is not None and deciding.step == step.step:
        tail = masked_tail(card.card_number)
        return PasswordSet(Account.MEDICAL, tail, to_text(operation.now))
    return Noted(to_text(operation.now))


def _settle(
    connection: Connection, step: ChipStep, request: ChipUnlockDone, operation: Operation
) -> ReadBack:
    """Write down what became of an open step, and let the record follow the chip, if it is known."""
    came = outcome(request.status, request.read_back)
    chip_ledger.tell(connection, step.step, came, operation.now)
    deciding = chip_ledger.deciding(connection, step.card_id)
    if deciding is None or deciding.state != ReadBack.DONE:
        return came
    # Once only: since then wrong entries may have been counted, or the record changed.
    if deciding.followed_at is None:
        ledger.set_password(
            connection, step.card_id, Account.MEDICAL, deciding.salt, deciding.password_hash
        )
        chip_ledger.follow(connection, deciding.step, operation.now)
    return came
