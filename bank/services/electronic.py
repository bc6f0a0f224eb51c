"""The electronic social security card: one for each physical card that is in use, in its state."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, bindparam, insert, select, update

from bank import ledger
from bank.agency_schema import electronic_cards, electronic_codes
from bank.clock import from_text, to_text
from bank.ledger import StoredCard
from bank.services.operation import Operation, known_person, refusal_of, state_now
from bank.services.presence import presence_refusal
from sscard import electronic
from sscard.cards import masked_tail
from sscard.requests import (
    Answer,
    ElectronicActivate,
    ElectronicActivated,
    ElectronicHolder,
    ElectronicLook,
    Refusal,
    RefusalCode,
)
from sscard.rules import Rule

CODE_LIFE = timedelta(seconds=60)  # what apps show; the platform's own term is not published

_CODE = select(
    electronic_codes.c.id_number, electronic_codes.c.issued_at, electronic_codes.c.used_at
).where(electronic_codes.c.code_hash == bindparam("code_hash"))
_USE = (
    update(electronic_codes)
    .where(electronic_codes.c.code_hash == bindparam("which"), electronic_codes.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)
_ACTIVE = select(electronic_cards.c.id_number).where(
    electronic_cards.c.id_number == bindparam("id_number")
)
_UNKNOWN = Refusal(RefusalCode.ELECTRONIC_UNKNOWN, Rule.CARD_STATES)
_EXPIRED = Refusal(RefusalCode.ELECTRONIC_EXPIRED, Rule.CARD_STATES)


def code_hash(code: str) -> str:
    """What the agency keeps of a code that a telephone shows."""
    return sha256(code.encode()).hexdigest()


def show_code(connection: Connection, id_number: str, code: str, now: datetime) -> None:
    """The app shows this code of the person's electronic card from now on, for a minute."""
    row = {"code_hash": code_hash(code), "id_number": id_number, "issued_at": to_text(now)}
    connection.execute(insert(electronic_codes), row)


def electronic_look(
    connection: Connection, request: ElectronicLook, operation: Operation
) -> Answer:
    """Whose code it is, as a stranger may see it. A code is taken once."""
    its_hash = code_hash(request.code)
    row = connection.execute(_CODE, {"code_hash": its_hash}).one_or_none()
    if row is None:
        return _UNKNOWN
    issued = from_text(row.issued_at)
    assert issued is not None
    if row.used_at is not None or operation.now > issued + CODE_LIFE:
        return _EXPIRED
    used = connection.execute(_USE, {"which": its_hash, "at": to_text(operation.now)})
    if used.rowcount != 1:
        return _EXPIRED
    card = _card_behind(connection, row.id_number, operation.now)
    name = ledger.name_of(connection, row.id_number)
    if card is None or name is None:
        return _UNKNOWN
    state = state_now(card, operation.now)
    refusal = refusal_of(electronic.shown(state))
    if refusal is not None:
        return refusal
    return ElectronicHolder(
        electronic.masked_name(name), masked_tail(card.card_number), state, to_text(operation.now)
    )


def electronic_activate(
    connection: Connection, request: ElectronicActivate, operation: Operation
) -> Answer:
    """Activate the electronic card behind the person's card in use."""
    refusal = known_person(connection, request.evidence) or presence_refusal(
        request.presence, Rule.ACTIVATE_IN_PERSON, copy=False
    )
    if refusal is not None:
        return refusal
    id_number = request.evidence.id_number.strip()
    card = _card_behind(connection, id_number, operation.now)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    known = connection.execute(_ACTIVE, {"id_number": id_number}).first()
    refusal = refusal_of(electronic.activate(state_now(card, operation.now), known is not None))
    if refusal is not None:
        return refusal
    row = {
        "id_number": id_number,
        "number": operation.op_id,
        "activated_at": to_text(operation.now),
    }
    connection.execute(insert(electronic_cards), row)
    return ElectronicActivated(masked_tail(card.card_number), to_text(operation.now))


def _card_behind(connection: Connection, id_number: str, now: datetime) -> StoredCard | None:
    """The person's card that an electronic one stands for: the one in use, or the latest."""
    cards = ledger.cards_of(connection, id_number)
    in_use = [card for card in cards if electronic.shown(state_now(card, now)).allowed]
    return next(reversed(in_use or cards), None)
