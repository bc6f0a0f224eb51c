"""Cards on their way: made, at the bank, collected, or destroyed uncollected (COLLECT.*).

`advance` is run by the bank once a day; running it again on the same day does nothing:

    SUBMITTED -> IN_PRODUCTION (the day after) -> AT_BANK (on the due day: the card exists)
    AT_BANK -> COLLECTED (`collect`: a clerk's act) or DESTROYED (after more than 180 days there)

A card at the bank is in state `AT_BANK`, a collected one `INACTIVE` until its holder activates it.
Every function runs in its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, insert, select, update
from stdnum import luhn

from bank import applications, ledger
from bank.applications import Application
from bank.chip_schema import chips
from bank.schema import accounts, cards, people
from bank.seeding import new_token
from sscard.cards import Account, CardState
from sscard.decisions import Decision, allow, refuse
from sscard.forms import KEPT_DAYS, destroyed_on
from sscard.loss import Standing
from sscard.requests import RefusalCode, Stage
from sscard.rules import Rule

# Invented numbers: cards that this bank makes begin with N, and nobody's account begins so.
_CARD_LETTER = "N"
_PAN_HEAD = "62000099"
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # LD/T 32, of the card number's check character


@dataclass(frozen=True, slots=True)
class Advanced:
    """How many cards moved on one day."""

    in_production: int = 0
    at_bank: int = 0
    destroyed: int = 0


def advance(
    connection: Connection,
    today: date,
    token: Callable[[], str] = new_token,
    kept_days: int = KEPT_DAYS,
) -> Advanced:
    """Move every card to the stage that it has reached by `today`, however long it was not run."""
    in_production = at_bank = destroyed = 0
    for each in applications.in_stages(connection, Stage.SUBMITTED, Stage.IN_PRODUCTION):
        assert each.collection is not None
        assert each.submitted_on is not None
        if today >= each.collection.due:
            _arrive(connection, each, each.collection.due, token, kept_days)
            at_bank += 1
        elif each.stage is Stage.SUBMITTED and today > each.submitted_on:
            _set_stage(connection, each, Stage.IN_PRODUCTION)
            in_production += 1
    for each in applications.in_stages(connection, Stage.AT_BANK):
        assert each.destroyed_on is not None
        if today >= each.destroyed_on:
            assert each.new_card_id is not None
            _set_stage(connection, each, Stage.DESTROYED)
            ledger.set_standing(connection, each.new_card_id, Standing(CardState.DESTROYED))
            destroyed += 1
    return Advanced(in_production, at_bank, destroyed)


def collect(connection: Connection, application_id: str, id_number: str, today: date) -> Decision:
    """A clerk hands the card over at the outlet, to its holder, against the original ID card.

    It is inactive from now on. The card in place of which it was issued is dead
    (REPLACE.OLD_IS_DEAD), and what was on its two accounts lies on the new one's.
    """
    found = applications.by_id(connection, application_id, to_change=True)
    if found is None or found.id_number != id_number:
        return refuse(Rule.APPLY_UNIQUE_FORM, RefusalCode.FORM_NOT_YOURS)
    rule = _COLLECTED_BY[found.kind]
    if found.stage is Stage.DESTROYED or (
        found.destroyed_on is not None and today >= found.destroyed_on
    ):
        return refuse(Rule.COLLECT_DESTROY_180, RefusalCode.CARD_UNKNOWN)
    if found.stage is not Stage.AT_BANK:
        return refuse(rule, RefusalCode.CARD_UNKNOWN)
    assert found.new_card_id is not None
    _set_stage(connection, found, Stage.COLLECTED, collected_on=today.isoformat())
    ledger.set_standing(connection, found.new_card_id, Standing(CardState.INACTIVE))
    if found.kind is applications.Kind.REISSUE and found.card_id is not None:
        supersede(connection, found.card_id, found.new_card_id)
    return allow(rule)


def supersede(connection: Connection, old_card_id: str, new_card_id: str) -> None:
    """The old card is dead; what lies on its two accounts goes over to the new card's."""
    for account in Account:
        old = ledger.account_of(connection, old_card_id, account).balance_fen
        new = ledger.account_of(connection, new_card_id, account).balance_fen
        _set_balance(connection, old_card_id, account, 0)
        _set_balance(connection, new_card_id, account, new + old)
    lost_since = connection.execute(
        select(cards.c.lost_since).where(cards.c.card_id == old_card_id)
    ).scalar_one()
    connection.execute(
        update(cards)
        .where(cards.c.card_id == old_card_id)
        .values(state=CardState.SUPERSEDED.value, lost_since=lost_since, lapses_at=None)
    )


_COLLECTED_BY = {
    applications.Kind.NEW: Rule.APPLY_THIRTY_WORKING_DAYS,
    applications.Kind.RENEWAL: Rule.APPLY_THIRTY_WORKING_DAYS,
    applications.Kind.REISSUE: Rule.REPLACE_THIRTY_WORKING_DAYS,
}


# --- inside ------------------------------------------------------------------------------


def _arrive(
    connection: Connection,
    application: Application,
    day: date,
    token: Callable[[], str],
    kept_days: int,
) -> None:
    """The card has been made and lies at its outlet."""
    card_id = token()
    serial = (
        1
        + connection.execute(
            select(func.count())
            .select_from(cards)
            .where(cards.c.card_number.like(f"{_CARD_LETTER}%"))
        ).scalar_one()
    )
    person_id = connection.execute(
        select(people.c.person_id).where(people.c.id_number == application.id_number)
    ).scalar_one()
    connection.execute(
        insert(cards),
        {
            "card_id": card_id,
            "card_number": card_number(serial),
            "person_id": person_id,
            "bank_id": application.bank_id,
            "pan": pan(serial),
            "issued": day.isoformat(),
            "state": CardState.AT_BANK.value,
        },
    )
    code = identification_code(serial)
    connection.execute(insert(chips), {"card_id": card_id, "identification_code": code})
    connection.execute(
        insert(accounts),
        [
            {
                "card_id": card_id,
                "account": account.value,
                "balance_fen": 0,
                "salt": token(),
                "password_hash": "",  # no password is right before both are set (ACTIVATE.*)
                "wrong_in_a_row": 0,
            }
            for account in Account
        ],
    )
    _set_stage(
        connection,
        application,
        Stage.AT_BANK,
        at_bank_on=day.isoformat(),
        destroyed_on=destroyed_on(day, kept_days).isoformat(),
        new_card_id=card_id,
    )


def card_number(serial: int) -> str:
    """The invented number of the `serial`-th card made here, with its check character (LD/T 32)."""
    body = f"{_CARD_LETTER}{serial:07d}"
    total = sum(w * int(c, 36) for w, c in zip(_WEIGHTS, body, strict=True))
    return body + "0123456789X0"[11 - total % 11]


def identification_code(serial: int) -> str:
    """The invented code of the chip on the `serial`-th card made here (LD/T 32, EF05)."""
    return f"990000D156000005{ord(_CARD_LETTER):02X}{serial:06X}00000000"


def pan(serial: int) -> str:
    """The invented account number of the `serial`-th card made here, with its check digit."""
    body = f"{_PAN_HEAD}{serial:010d}"
    return body + luhn.calc_check_digit(body)


def _set_stage(
    connection: Connection, application: Application, stage: Stage, **values: str
) -> None:
    applications.change(connection, application.application_id, stage=stage.value, **values)


def _set_balance(connection: Connection, card_id: str, account: Account, fen: int) -> None:
    connection.execute(
        update(accounts)
        .where(accounts.c.card_id == card_id, accounts.c.account == account.value)
        .values(balance_fen=fen)
    )
