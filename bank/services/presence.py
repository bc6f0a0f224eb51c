"""The evidence that a holder stood at a terminal: kept with what was done on it, and seen by few."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select

from bank.clock import bank_instant, to_text
from bank.presence_schema import presence, presence_looks
from bank.services.operation import Operation, refusal_of
from sscard import presence as rules
from sscard.requests import Presence, Refusal, Request
from sscard.rules import Rule

KEPT_DAYS = 1_095
"""Three years, the time in which a claim can be brought (Civil Code of China, article 188)."""

_AT_ONCE = 200  # a transaction: these rows are large

_KEEP = insert(presence)
_LOOK = insert(presence_looks)
_PICTURES = select(presence.c.still, presence.c.front, presence.c.back).where(
    presence.c.op_id == bindparam("op_id")
)
_OLD = (
    select(presence.c.op_id)
    .where(presence.c.at < bindparam("before"))
    .order_by(presence.c.at)
    .limit(_AT_ONCE)
)


def presence_refusal(shown: Presence | None, because: Rule, *, copy: bool) -> Refusal | None:
    """Why what was sent does not show that the holder stood there, with a `copy` of the document.

    Whether it is the holder's face a person sees who looks at it (`pictures_for`), not the bank's
    program.
    """
    decide = rules.in_person_with_copy if copy else rules.in_person
    return refusal_of(decide(shown, because))


def keep_presence(connection: Connection, request: Request, operation: Operation) -> None:
    """Keep the pictures of a request that was done, in the transaction of its effect.

    Those of a refused one are not kept: nothing was done that they could be evidence of. An
    operation that the bank has forgotten and that came again is shown by its first pictures.
    """
    shown = getattr(request, "presence", None)
    if not isinstance(shown, Presence):
        return
    if connection.execute(_PICTURES, {"op_id": operation.op_id}).first() is not None:
        return
    row = {
        "op_id": operation.op_id,
        "kind": request.kind,
        "terminal": operation.terminal,
        "at": to_text(operation.now),
        "still": shown.still,
        "front": shown.front,
        "back": shown.back,
    }
    connection.execute(_KEEP, row)


def pictures_for(
    connection: Connection, op_id: str, who: str, why: str, now: datetime
) -> Presence | None:
    """The pictures of an operation for a clerk who needs to know; None: there are none.

    The look is written down in the same transaction. Raises `ValueError` for nobody, or for no
    reason: to be curious is none.
    """
    if not who.strip() or not why.strip():
        raise ValueError("who looks, and why, is written down first")
    row = connection.execute(_PICTURES, {"op_id": op_id}).one_or_none()
    if row is None:
        return None
    look = {"look_id": uuid4().hex, "op_id": op_id, "who": who, "why": why}
    connection.execute(_LOOK, {**look, "at": to_text(bank_instant(now))})
    return Presence(row.still, row.front, row.back)


def delete_old_pictures(engine: Engine, now: datetime, kept_days: int = KEPT_DAYS) -> int:
    """Delete what is older than `kept_days`, with the notes of who looked; how many there were."""
    before = to_text(bank_instant(now) - timedelta(days=kept_days))
    total, deleted = 0, _AT_ONCE
    while deleted == _AT_ONCE:
        with engine.begin() as connection:
            old = connection.execute(_OLD, {"before": before}).scalars().all()
            connection.execute(delete(presence_looks).where(presence_looks.c.op_id.in_(old)))
            deleted = connection.execute(delete(presence).where(presence.c.op_id.in_(old))).rowcount
        total += deleted
    return total
