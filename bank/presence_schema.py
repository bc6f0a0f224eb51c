"""The pictures that show who stood at a terminal, and who has looked at them since.

Tables of their own: no service of the bank reads them (CARD.NEED_TO_KNOW).
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, LargeBinary, Table, Text

from bank.schema import metadata

# One row for each operation that was done on the strength of it. It outlives its operation.
presence = Table(
    "presence",
    metadata,
    Column("op_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # of the request
    Column("terminal", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("still", LargeBinary, nullable=False),
    Column("front", LargeBinary),
    Column("back", LargeBinary),
    Column("likeness", Float),  # of still and front, where the bank compares them: a note only
)
Index("presence_by_age", presence.c.at)

# Every look at the pictures of an operation is written down before they are shown.
presence_looks = Table(
    "presence_looks",
    metadata,
    Column("look_id", Text, primary_key=True),
    Column("op_id", Text, ForeignKey("presence.op_id", ondelete="CASCADE"), nullable=False),
    Column("who", Text, nullable=False),  # the clerk's staff number
    Column("why", Text, nullable=False),  # the number of the complaint or the review
    Column("at", Text, nullable=False),
)
Index("presence_looks_by_op", presence_looks.c.op_id)
