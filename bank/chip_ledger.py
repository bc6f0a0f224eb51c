"""The queries of the chips: what was begun on each, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from bank.chip_schema import chip_steps, chips
from bank.clock import to_text
from sscard.requests import ReadBack

OPEN = "open"
"""The state of a step of which no terminal has said anything yet."""


@dataclass(frozen=True, slots=True)
class ChipStep:
    """A password on its way to a card's chip."""

    step: str
    card_id: str
    salt: str = field(repr=False)
    password_hash: str = field(repr=False)
    state: str
    followed_at: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it is known for good what became of it."""
        return self.state in (ReadBack.DONE, ReadBack.NOT_DONE)


_CODE = select(chips.c.identification_code).where(chips.c.card_id == bindparam("card_id"))
_LAST = select(func.max(chip_steps.c.n)).where(chip_steps.c.card_id == bindparam("card_id"))
_STEPS = select(
    chip_steps.c.step,
    chip_steps.c.card_id,
    chip_steps.c.salt,
    chip_steps.c.password_hash,
    chip_steps.c.state,
    chip_steps.c.followed_at,
)
_STEP = _STEPS.where(chip_steps.c.step == bindparam("step"))
# What did not come about decides nothing; of the others the last one does.
_DECIDES = (
    _STEPS.where(
        chip_steps.c.card_id == bindparam("card_id"),
        chip_steps.c.state != ReadBack.NOT_DONE.value,
    )
    .order_by(chip_steps.c.n.desc())
    .limit(1)
)
_TELL = (
    update(chip_steps)
    .where(chip_steps.c.step == bindparam("of_step"))
    .values(state=bindparam("state"), told_at=bindparam("told_at"))
)
_FOLLOW = (
    update(chip_steps)
    .where(chip_steps.c.step == bindparam("of_step"))
    .values(followed_at=bindparam("followed_at"))
)


def identification_code(connection: Connection, card_id: str) -> str | None:
    """The code of a card's chip; None: the bank knows of none."""
    code: str | None = connection.execute(_CODE, {"card_id": card_id}).scalar()
    return code


def begin(connection: Connection, step: ChipStep, now: datetime) -> None:
    """Write a step down, after all others of its card; the card's row is locked by the caller."""
    last = connection.execute(_LAST, {"card_id": step.card_id}).scalar() or 0
    row = {
        "step": step.step,
        "card_id": step.card_id,
        "n": last + 1,
        "salt": step.salt,
        "password_hash": step.password_hash,
        "state": step.state,
        "begun_at": to_text(now),
    }
    connection.execute(insert(chip_steps), row)


def step(connection: Connection, number: str) -> ChipStep | None:
    """The step of that number."""
    row = connection.execute(_STEP, {"step": number}).first()
    return None if row is None else ChipStep(*row)


def tell(connection: Connection, number: str, came: ReadBack, now: datetime) -> None:
    """Write down what became of a step."""
    said = {"of_step": number, "state": came.value, "told_at": to_text(now)}
    connection.execute(_TELL, said)


def follow(connection: Connection, number: str, now: datetime) -> None:
    """Write down that the account's record took the step's password."""
    connection.execute(_FOLLOW, {"of_step": number, "followed_at": to_text(now)})


def deciding(connection: Connection, card_id: str) -> ChipStep | None:
    """The last step of a card that may have come about: it says what the chip holds, if it did."""
    row = connection.execute(_DECIDES, {"card_id": card_id}).first()
    return None if row is None else ChipStep(*row)
