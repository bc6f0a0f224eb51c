"""Putting people into a bank's database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Table, insert

from bank.agency_seeding import seed_agency
from bank.applying_seeding import seed_applying
from bank.chip_schema import chips
from bank.clock import bank_instant, to_text_or_none
from bank.people import Person, PersonCard
from bank.pin import password_hash
from bank.reissue_seeding import seed_reissue
from bank.schema import accounts, cards
from bank.schema import people as people_table
from sscard.cards import Account, CardState
from sscard.loss import ORAL_DAYS, lapse_time

_TOKEN_BYTES = 16


def new_token() -> str:
    """A random token, hex: a card's id or a salt."""
    return secrets.token_hex(_TOKEN_BYTES)


def seed(
    engine: Engine,
    people: Iterable[Person],
    peppers: Mapping[Account, bytes],
    now: datetime,
    token: Callable[[], str] = new_token,
    oral_days: int = ORAL_DAYS,
) -> None:
    """Fill an empty bank with people, cards and accounts as they stand at `now`.

    `peppers` are those of the two worlds' passwords. `token` makes card ids and salts; a simulated world gives its own, so that it can be
    replayed. Raises `sqlalchemy.exc.IntegrityError` when somebody is there already.
    """
    people = tuple(people)
    rows: dict[Table, list[dict[str, Any]]] = {
        people_table: [],
        cards: [],
        chips: [],
        accounts: [],
    }
    for number, person in enumerate(people, 1):
        rows[people_table].append(
            {"person_id": number, "id_number": person.id_number, "name": person.name}
        )
        for card in person.cards:
            card_id = token()
            rows[cards].append(
                {"card_id": card_id, "person_id": number} | _card_row(card, now, oral_days)
            )
            rows[chips].append(
                {"card_id": card_id, "identification_code": card.identification_code}
            )
            rows[accounts] += _account_rows(card, card_id, peppers, token)
    with engine.begin() as connection:
        for table, table_rows in rows.items():
            if table_rows:
                connection.execute(insert(table), table_rows)
        for number, person in enumerate(people, 1):
            seed_agency(connection, number, person, bank_instant(now).date())
            seed_applying(connection, number, person, bank_instant(now).date())
            seed_reissue(connection, number, person, bank_instant(now).date())


def _card_row(card: PersonCard, now: datetime, oral_days: int) -> dict[str, Any]:
    since = lapses_at = None
    if card.lost_days_ago is not None:
        since = bank_instant(now - timedelta(days=card.lost_days_ago))
        if card.state is CardState.LOST_ORAL:
            lapses_at = lapse_time(since, oral_days)
    return {
        "card_number": card.card_number,
        "bank_id": card.bank_id,
        "pan": card.pan,
        "issued": card.issued.isoformat(),
        "state": card.state.value,
        "lost_since": to_text_or_none(since),
        "lapses_at": to_text_or_none(lapses_at),
    }


def _account_rows(
    card: PersonCard, card_id: str, peppers: Mapping[Account, bytes], token: Callable[[], str]
) -> list[dict[str, Any]]:
    medical, financial = token(), token()
    return [
        {
            "card_id": card_id,
            "account": Account.MEDICAL.value,
            "balance_fen": card.medical_fen,
            "salt": medical,
            "password_hash": password_hash(
                card.medical_password, medical, peppers[Account.MEDICAL]
            ),
            "wrong_in_a_row": card.medical_wrong_in_a_row,
        },
        {
            "card_id": card_id,
            "account": Account.FINANCIAL.value,
            "balance_fen": card.financial_fen,
            "salt": financial,
            "password_hash": password_hash(card.password, financial, peppers[Account.FINANCIAL]),
            "wrong_in_a_row": card.wrong_in_a_row,
        },
    ]
