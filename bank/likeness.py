"""A note of how like the face of a still is to the photo of the copied document. Off unless called.

No program ships with the bank that compares faces (docs/dependencies.md says what was looked at).
A bank that has one gives it here; its number stands beside the pictures for the clerk who reviews
them. It never decides: no service reads it, and nothing is refused for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine, bindparam, select, update

from bank.presence_schema import presence

Compare = Callable[[bytes, bytes], float | None]
"""How like two JPEGs' faces are, 0 (not at all) to 1; None: it cannot say."""

_AT_ONCE: Final = 50
_OPEN = (
    select(presence.c.op_id, presence.c.still, presence.c.front)
    .where(
        presence.c.front.is_not(None),
        presence.c.likeness.is_(None),
        presence.c.op_id > bindparam("after"),
    )
    .order_by(presence.c.op_id)
    .limit(_AT_ONCE)
)
_NOTE = (
    update(presence)
    .where(presence.c.op_id == bindparam("which"))
    .values(likeness=bindparam("how_like"))
)


def note_likeness(engine: Engine, compare: Compare) -> int:
    """Note it for all evidence that has none yet; how many were noted."""
    after, noted = "", 0
    while True:
        with engine.begin() as connection:
            rows = connection.execute(_OPEN, {"after": after}).all()
            for row in rows:
                how_like = compare(row.still, row.front)
                if how_like is not None:
                    bounded = min(1.0, max(0.0, how_like))
                    connection.execute(_NOTE, {"which": row.op_id, "how_like": bounded})
                    noted += 1
        if len(rows) < _AT_ONCE:
            return noted
        after = rows[-1].op_id
