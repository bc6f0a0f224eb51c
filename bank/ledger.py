"""What the services ask of the database. Every function runs in its caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Executable, Row, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bank.clock import from_text, to_text, to_text_or_none
from bank.schema import (
    accounts,
    cards,
    loss_reports,
    operations,
    own_channel,
    people,
)
from sscard.cards import Account, CardState, LossKind
from sscard.loss import Freeze, Standing


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card with its holder."""

    card_id: str
    card_number: str = field(repr=False)
    bank_id: str
    pan: str = field(repr=False)
    standing: Standing
    id_number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """One account of a card. The balance is in fen."""

    balance_fen: int = field(repr=False)
    salt: str = field(repr=False)
    password_hash: str = field(repr=False)
    wrong_in_a_row: int


# --- operations ------------------------------------------------------------------------


def _insert_once(table: Table) -> dict[str, Executable]:
    """By dialect: insert a row; nothing happens, and nothing comes back, when its key is there."""
    return {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing().returning(table.c.op_id),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing().returning(table.c.op_id),
    }


_NEW_OPERATION = _insert_once(operations)
_FIND_OPERATION = select(
    operations.c.request_hash, operations.c.outcome, operations.c.answer
).where(operations.c.op_id == bindparam("op_id"))
_SETTLE = (
    update(operations)
    .where(operations.c.op_id == bindparam("which"))
    .values(outcome=bindparam("outcome"), answer=bindparam("answer"))
)


def claim_operation(connection: Connection, row: dict[str, Any]) -> bool:
    """Insert the operation; False when its id is known.

    A concurrent copy waits here until the first one's transaction ends.
    """
    claimed = connection.execute(_NEW_OPERATION[connection.dialect.name], row).first()
    return claimed is not None


@dataclass(frozen=True, slots=True)
class StoredOperation:
    """What is known of an operation: whose hash it has, and what became of it."""

    request_hash: str
    outcome: str
    answer: str | None = field(repr=False)


def stored_operation(connection: Connection, op_id: str) -> StoredOperation | None:
    """A finished operation, or None when its id is not known."""
    row = connection.execute(_FIND_OPERATION, {"op_id": op_id}).one_or_none()
    return None if row is None else StoredOperation(*row)


def settle_operation(connection: Connection, op_id: str, outcome: str, answer: str | None) -> None:
    """Store what became of an operation that was claimed in this transaction."""
    connection.execute(_SETTLE, {"which": op_id, "outcome": outcome, "answer": answer})


# --- people and cards ----------------------------------------------------------------------

_CARDS = (
    select(
        cards.c.card_id,
        cards.c.card_number,
        cards.c.bank_id,
        cards.c.pan,
        cards.c.state,
        cards.c.lost_since,
        cards.c.lapses_at,
        people.c.id_number,
        people.c.name,
    )
    .join_from(cards, people)
    .order_by(cards.c.issued, cards.c.card_id)
)
_CARD_BY_NUMBER = _CARDS.where(cards.c.card_number == bindparam("card_number"))
_CARD_TO_CHANGE = _CARD_BY_NUMBER.with_for_update(of=cards)
_CARDS_OF_PERSON = _CARDS.where(people.c.id_number == bindparam("id_number"))
_CARDS_TO_CHANGE = _CARDS_OF_PERSON.with_for_update(of=cards)
_NAME = select(people.c.name).where(people.c.id_number == bindparam("id_number"))
_SET_STANDING = (
    update(cards)
    .where(cards.c.card_id == bindparam("which"))
    .values(
        state=bindparam("state"),
        lost_since=bindparam("lost_since"),
        lapses_at=bindparam("lapses_at"),
    )
)


def name_of(connection: Connection, id_number: str) -> str | None:
    """The name of the person with this ID number, or None when the bank knows nobody by it."""
    return connection.execute(_NAME, {"id_number": id_number}).scalar()


def card_by_number(
    connection: Connection, card_number: str, to_change: bool = False
) -> StoredCard | None:
    """The card with this number, if there is one; `to_change` locks it until the commit."""
    query = _CARD_TO_CHANGE if to_change else _CARD_BY_NUMBER
    row = connection.execute(query, {"card_number": card_number}).one_or_none()
    return None if row is None else _card(row)


def cards_of(connection: Connection, id_number: str, to_change: bool = False) -> list[StoredCard]:
    """The cards of a person, first issued first; `to_change` locks them until the commit."""
    query = _CARDS_TO_CHANGE if to_change else _CARDS_OF_PERSON
    return [_card(row) for row in connection.execute(query, {"id_number": id_number})]


def set_standing(connection: Connection, card_id: str, standing: Standing) -> None:
    """Store the card's new standing."""
    connection.execute(
        _SET_STANDING,
        {
            "which": card_id,
            "state": standing.state.value,
            "lost_since": to_text_or_none(standing.lost_since),
            "lapses_at": to_text_or_none(standing.lapses_at),
        },
    )


def _card(row: Row[*tuple[Any, ...]]) -> StoredCard:
    card_id, card_number, bank_id, pan, state, lost_since, lapses_at, id_number, name = row
    standing = Standing(CardState(state), from_text(lost_since), from_text(lapses_at))
    return StoredCard(card_id, card_number, bank_id, pan, standing, id_number, name)


# --- accounts --------------------------------------------------------------------------------

_ACCOUNT = (
    select(
        accounts.c.balance_fen,
        accounts.c.salt,
        accounts.c.password_hash,
        accounts.c.wrong_in_a_row,
    )
    .where(
        accounts.c.card_id == bindparam("card_id"),
        accounts.c.account == bindparam("account"),
    )
    .with_for_update()
)
_SET_WRONG = (
    update(accounts)
    .where(
        accounts.c.card_id == bindparam("which"),
        accounts.c.account == bindparam("of_account"),
    )
    .values(wrong_in_a_row=bindparam("wrong_in_a_row"))
)
_SET_PASSWORD = (
    update(accounts)
    .where(
        accounts.c.card_id == bindparam("which"),
        accounts.c.account == bindparam("of_account"),
    )
    .values(salt=bindparam("new_salt"), password_hash=bindparam("new_hash"), wrong_in_a_row=0)
)


def account_of(connection: Connection, card_id: str, account: Account) -> StoredAccount:
    """One account of a card, locked until the commit so that no wrong entry goes uncounted."""
    row = connection.execute(_ACCOUNT, {"card_id": card_id, "account": account.value}).one()
    return StoredAccount(*row)


def set_wrong_in_a_row(
    connection: Connection, card_id: str, account: Account, wrong_in_a_row: int
) -> None:
    """Store the account's count of wrong entries."""
    connection.execute(
        _SET_WRONG,
        {"which": card_id, "of_account": account.value, "wrong_in_a_row": wrong_in_a_row},
    )


def set_password(
    connection: Connection, card_id: str, account: Account, salt: str, hashed: str
) -> None:
    """Store the account's new password; its count of wrong entries is 0."""
    place = {"which": card_id, "of_account": account.value}
    connection.execute(_SET_PASSWORD, place | {"new_salt": salt, "new_hash": hashed})


# --- the own channel ---------------------------------------------------------------------------


class Told(StrEnum):
    """What the bank's own channel tells a holder."""

    BALANCES = "balances"  # asked without a password, or the answer reached nobody
    BALANCE_EXPIRED = "balance_check_expired"
    UNLOCK_EXPIRED = "password_unlock_expired"
    CARD_KEPT = "card_kept"  # a terminal took it in, for nobody took it out


_TELL = _insert_once(own_channel)


def tell_by_own_channel(
    connection: Connection, op_id: str, card_id: str, what: Told, now: datetime
) -> None:
    """Leave something for the bank's own channel to tell; once for an operation."""
    row = {"op_id": op_id, "card_id": card_id, "what": what.value, "at": to_text(now)}
    connection.execute(_TELL[connection.dialect.name], row)


# --- loss reports ------------------------------------------------------------------------------

_CARRY_ON = (
    update(loss_reports)
    .where(
        loss_reports.c.card_id == bindparam("which"),
        loss_reports.c.since == bindparam("frozen_since"),
    )
    .values(loss=LossKind.WRITTEN.value, lapses_at=None)
)
_KEEP_REPORT = _insert_once(loss_reports)
# The fence: an applied report of the lane with a higher number that covers the card.
_LATER_REPORT = (
    select(operations.c.op_id)
    .join(loss_reports, loss_reports.c.op_id == operations.c.op_id)
    .where(
        operations.c.kind == "loss_report",
        operations.c.terminal == bindparam("terminal"),
        operations.c.epoch == bindparam("epoch"),
        operations.c.lane == bindparam("lane"),
        operations.c.lane_seq > bindparam("lane_seq"),
        loss_reports.c.card_id == bindparam("card_id"),
    )
    .limit(1)
)
_FORM = select(loss_reports.c.op_id).where(
    loss_reports.c.code == bindparam("code"),
    loss_reports.c.card_id == bindparam("card_id"),
    loss_reports.c.since == bindparam("since"),
    loss_reports.c.asked == LossKind.WRITTEN.value,
)
_REPORTS = (
    select(
        loss_reports.c.loss,
        loss_reports.c.since,
        loss_reports.c.lapses_at,
        cards.c.state,
        cards.c.lost_since,
        cards.c.lapses_at.label("card_lapses_at"),
    )
    .join(cards, cards.c.card_id == loss_reports.c.card_id)
    .where(loss_reports.c.code == bindparam("code"))
)


def keep_report(
    connection: Connection, op_id: str, code: str, card_id: str, asked: LossKind, freeze: Freeze
) -> None:
    """Store one card's part of a report. A written one carries an oral one of the freeze on.

    `asked` is how this report was made: only the receipt of a written one is a form.
    """
    since = to_text(freeze.since)
    if freeze.loss is LossKind.WRITTEN:
        connection.execute(_CARRY_ON, {"which": card_id, "frozen_since": since})
    connection.execute(
        _KEEP_REPORT[connection.dialect.name],
        {
            "op_id": op_id,
            "card_id": card_id,
            "code": code,
            "asked": asked.value,
            "loss": freeze.loss.value,
            "since": since,
            "lapses_at": to_text_or_none(freeze.lapses_at),
        },
    )


def is_report(connection: Connection, code: str) -> bool:
    """Whether the bank knows a loss report by this code, whoever made it."""
    return connection.execute(_REPORTS, {"code": code}).first() is not None


def is_form_of(connection: Connection, code: str, card_id: str, since: datetime) -> bool:
    """Whether the code is that of a written report on which the card's present freeze rests."""
    which = {"code": code, "card_id": card_id, "since": to_text(since)}
    return connection.execute(_FORM, which).first() is not None


def is_reported_later(
    connection: Connection, terminal: str, epoch: int, lane: str, lane_seq: int, card_id: str
) -> bool:
    """Whether a loss report that came later in this lane has taken effect and covers the card.

    Only an applied report has rows in `loss_reports`.
    """
    place = {"terminal": terminal, "epoch": epoch, "lane": lane, "lane_seq": lane_seq}
    return connection.execute(_LATER_REPORT, place | {"card_id": card_id}).first() is not None


def reports_by_code(connection: Connection, code: str) -> list[tuple[Freeze, Standing]]:
    """What the report with this code froze, and how each card stands now."""
    found = []
    for loss, since, lapses_at, state, lost_since, card_lapses_at in connection.execute(
        _REPORTS, {"code": code}
    ):
        freeze = Freeze(LossKind(loss), datetime.fromisoformat(since), from_text(lapses_at))
        standing = Standing(CardState(state), from_text(lost_since), from_text(card_lapses_at))
        found.append((freeze, standing))
    return found
