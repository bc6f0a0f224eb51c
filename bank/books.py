"""How far each terminal's books have been seen, and the alarms when they do not go forward.

A terminal numbers its batches and the entries of its journal; both grow within an epoch, and an
entry once shown never changes. What goes back or differs is an old image of its database, a
copy of the terminal, or somebody's hand: an alarm for a person, never a reason not to serve.
(A batch that overtook another on the line looks the same, hence no more than an alarm.)
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Executable, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bank.clock import to_text
from bank.schema import alarms, journal_heads
from offline_queue.formats.batch import Batch, JournalHead
from offline_queue.formats.hello import Hello, Seen

_log = logging.getLogger(__name__)


class Alarm(StrEnum):
    """What somebody is to look at."""

    BATCH_BACK = "batch_back"  # a batch number that was passed already
    JOURNAL_BACK = "journal_back"  # a journal shorter than it was
    OTHER_HEAD = "other_head"  # another entry under the number of one that was shown
    EPOCH_BACK = "epoch_back"  # an epoch that was left already
    CONFLICT = "conflict"  # a known operation with another content
    BAD_ROW = "bad_row"  # a row that its terminal did not sign, or not in that place


@dataclass(frozen=True, slots=True)
class Place:
    """Where a terminal's books are, by its own word."""

    terminal: str
    epoch: int
    batch_no: int
    journal: JournalHead


def place_of(message: Batch | Hello) -> Place:
    """The place that a message names."""
    return Place(message.terminal, message.epoch, message.batch_no, message.journal)


_HEADS = (
    select(journal_heads.c.epoch, journal_heads.c.batch_no, journal_heads.c.n, journal_heads.c.head)
    .where(
        journal_heads.c.terminal == bindparam("terminal"),
        journal_heads.c.epoch >= bindparam("epoch"),
    )
    .order_by(journal_heads.c.epoch)
)
_HEADS_TO_CHANGE = _HEADS.with_for_update()
_FIRST_HEAD = {
    "sqlite": sqlite.insert(journal_heads).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(journal_heads).on_conflict_do_nothing(),
}
_FURTHER = (
    update(journal_heads)
    .where(
        journal_heads.c.terminal == bindparam("which"),
        journal_heads.c.epoch == bindparam("of_epoch"),
    )
    .values({name: bindparam(name) for name in ("batch_no", "n", "head", "at")})
)


def keep(connection: Connection, batch: Batch, now: datetime) -> list[Alarm]:
    """Move the high-water mark of the batch's terminal and epoch; what is wrong with its place."""
    place = place_of(batch)
    head = {"terminal": place.terminal, "epoch": place.epoch}
    first = {"batch_no": place.batch_no, "n": place.journal.n, "head": place.journal.head}
    at = to_text(now)
    connection.execute(_FIRST_HEAD[connection.dialect.name], head | first | {"at": at})
    seen = [_seen(row) for row in connection.execute(_HEADS_TO_CHANGE, head)]
    old = seen[0]
    furthest = place.journal if place.journal.n > old.journal.n else old.journal
    connection.execute(
        _FURTHER,
        {
            "which": place.terminal,
            "of_epoch": place.epoch,
            "batch_no": max(old.batch_no, place.batch_no),
            "n": furthest.n,
            "head": furthest.head,
            "at": at,
        },
    )
    return judge(place, seen, is_batch=True)


def look(connection: Connection, hello: Hello) -> tuple[Seen | None, list[Alarm]]:
    """The mark that a terminal is to compare itself with, and what is wrong with its place.

    The mark is of the highest epoch that the bank knows, so that a database from before a new
    epoch finds out; None when that is lower than the terminal's own.
    """
    place = place_of(hello)
    asked = {"terminal": place.terminal, "epoch": place.epoch}
    seen = [_seen(row) for row in connection.execute(_HEADS, asked)]
    return (seen[-1] if seen else None), judge(place, seen, is_batch=False)


def judge(place: Place, seen: Iterable[Seen], *, is_batch: bool) -> list[Alarm]:
    """What is wrong with a place, given what was seen of its epoch and of later ones. Pure.

    A batch takes a new number, or is the very same one come again; a hello takes none.
    """
    found = []
    for old in seen:
        if old.epoch > place.epoch:
            found.append(Alarm.EPOCH_BACK)
            break
        same = place.journal == old.journal
        goes_back = place.batch_no < old.batch_no
        if goes_back or (is_batch and place.batch_no == old.batch_no and not same):
            found.append(Alarm.BATCH_BACK)
        if place.journal.n < old.journal.n and not (is_batch and goes_back):
            # A batch that is late by its number is late by its journal too: one alarm is enough.
            found.append(Alarm.JOURNAL_BACK)
        if place.journal.n == old.journal.n and not same:
            found.append(Alarm.OTHER_HEAD)
    return found


def _seen(row: Iterable[object]) -> Seen:
    epoch, batch_no, n, head = row
    assert isinstance(epoch, int) and isinstance(batch_no, int)
    assert isinstance(n, int) and isinstance(head, str)
    return Seen(epoch, batch_no, JournalHead(n, head))


# --- alarms --------------------------------------------------------------------------------


def _count(new: sqlite.Insert | postgresql.Insert) -> Executable:
    return new.on_conflict_do_update(
        index_elements=["terminal", "epoch", "what", "op_id"],
        set_={
            "times": alarms.c.times + 1,
            "last_at": new.excluded.last_at,
            "detail": new.excluded.detail,
        },
    )


_RAISE = {
    "sqlite": _count(sqlite.insert(alarms)),
    "postgresql": _count(postgresql.insert(alarms)),
}


def sound(
    connection: Connection,
    alarm: Alarm,
    terminal: str,
    epoch: int,
    now: datetime,
    *,
    op_id: str = "",
    detail: str = "",
) -> None:
    """Keep an alarm, and say it in the log. The same again is counted."""
    _log.error("alarm %s: terminal %s, epoch %d %s", alarm, terminal, epoch, detail or op_id)
    at = to_text(now)
    row = {"terminal": terminal, "epoch": epoch, "what": alarm.value, "op_id": op_id}
    row |= {"detail": detail, "first_at": at, "last_at": at, "times": 1}
    connection.execute(_RAISE[connection.dialect.name], row)
