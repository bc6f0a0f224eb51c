"""What other queues got wrong where the bank is the one to get it right.

`tests/defects` puts every one of those defects into our code, and sees its test fail.
"""

from __future__ import annotations

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from bank.database import memory_database
from bank.gateway import Gateway
from bank.keys import BankKeys
from bank.people import PEOPLE
from bank.retention import delete_old
from bank.seeding import seed
from offline_queue.formats.envelope import Outcome
from sscard.requests import CardList
from tests.bank.terminal import NOW, TERMINAL, Rows, Terminal, balance_of, evidence

# --- how long an operation is known ------------------------------------------------------------


def test_a_copy_after_179_days_is_a_duplicate_though_the_bank_cleaned_up_every_day(
    terminal: Terminal, engine: Engine, rows: Rows
) -> None:
    op = terminal.op(balance_of("chen"))
    terminal.send(op)
    for day in (1, 30, 90, 178):
        now = NOW + timedelta(days=day)
        terminal.ask(CardList(evidence("li")), now=now)
        delete_old(engine, now)
    (copy,) = terminal.send(op, now=NOW + timedelta(days=179))
    assert copy.outcome is Outcome.DUPLICATE
    assert rows("select count(*) from operations where op_id = :it", it=op.header.op_id) == [(1,)]


# --- acknowledgements ----------------------------------------------------------------------------


def test_a_commit_of_the_bank_whose_acknowledgement_was_lost_is_one_effect(
    keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    engine = memory_database()
    seed(engine, PEOPLE, keys.peppers, NOW)
    terminal = Terminal(Gateway(engine, keys, {TERMINAL: signing.public_key()}), keys, signing)
    losses = iter([False, True])  # the terminal's books are committed first, then the operation

    def lost(connection: object) -> None:
        if next(losses, False):
            getattr(connection, "connection").driver_connection.commit()  # noqa: B009
            raise OperationalError("COMMIT", None, Exception("the line to the database is gone"))

    event.listen(engine, "commit", lost)
    op = terminal.op(balance_of("chen"), terminal.companion("chen", "111111"))
    (first,) = terminal.send(op)
    (again,) = terminal.send(op)
    assert (first.outcome, again.outcome) == (Outcome.RETRY, Outcome.DUPLICATE)
    with engine.connect() as connection:
        tries = connection.exec_driver_sql("select max(wrong_in_a_row % 6) from accounts")
        assert tries.scalar() == 1, "one wrong password was typed, and one was counted"
    engine.dispose()
