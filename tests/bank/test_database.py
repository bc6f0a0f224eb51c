"""Opening the bank's database, and filling it."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import IntegrityError

from bank.clock import bank_instant, from_text, to_text
from bank.database import OtherSchema, memory_database, open_database
from bank.people import PEOPLE, person
from bank.schema import SCHEMA, metadata
from bank.seeding import seed
from sscard.cards import Account
from tests.bank.terminal import NOW, Rows

PEPPERS = {Account.MEDICAL: b"medical pepper", Account.FINANCIAL: b"financial pepper"}


def test_a_file_has_one_connection_that_flushes_every_commit(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    engine = open_database(f"sqlite:///{path}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"pragma {name}")).scalar()
            for name in ("journal_mode", "synchronous", "locking_mode", "foreign_keys")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "locking_mode": "exclusive",
        "foreign_keys": 1,
    }
    other = sqlite3.connect(path, timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("select * from people").fetchall()
    other.close()
    engine.dispose()


def test_banks_in_memory_have_the_same_tables_and_share_nothing() -> None:
    first, second = memory_database(), memory_database()
    seed(first, PEOPLE, PEPPERS, NOW)
    assert set(inspect(first).get_table_names()) == set(metadata.tables)
    with first.connect() as one, second.connect() as two:
        assert one.execute(text("select count(*) from people")).scalar() == len(PEOPLE)
        assert two.execute(text("select count(*) from people")).scalar() == 0
    first.dispose()
    second.dispose()


def test_a_database_opens_again_with_all_that_was_in_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    first = open_database(url)
    seed(first, PEOPLE, PEPPERS, NOW)
    first.dispose()
    again = open_database(url)
    with again.connect() as connection:
        assert connection.execute(text("select count(*) from people")).scalar() == len(PEOPLE)
        assert connection.execute(text("select schema from about")).scalars().all() == [SCHEMA]
    again.dispose()


@pytest.mark.parametrize(
    "older",
    ["drop table about", "update about set schema = 1", "update about set schema = 99"],
)
def test_the_tables_of_another_version_are_refused_and_left_alone(
    tmp_path: Path, older: str
) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("drop table alarms"))
        connection.execute(text(older))
    engine.dispose()
    with pytest.raises(OtherSchema, match=f"this program works with {SCHEMA}"):
        open_database(url)
    left = sqlite3.connect(tmp_path / "bank.db")
    names = {name for (name,) in left.execute("select name from sqlite_master")}
    assert "alarms" not in names
    left.close()


def test_processes_that_open_an_empty_postgresql_together_make_its_tables_once(
    postgres_url: str,
) -> None:
    home = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with home.connect() as connection:
        connection.execute(text("create database together"))
    url = make_url(postgres_url).set(database="together")
    text_url = url.render_as_string(hide_password=False)
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_database, [text_url] * 4))
    with engines[0].connect() as connection:
        assert connection.execute(text("select schema from about")).scalars().all() == [SCHEMA]
    for engine in engines:
        engine.dispose()
    with home.connect() as connection:
        connection.execute(text("drop database together"))
    home.dispose()


def test_nobody_is_seeded_twice_and_the_error_quotes_nobody(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as refused:
        seed(engine, PEOPLE[:1], PEPPERS, NOW)
    assert person("chen").name not in str(refused.value)


def test_card_ids_come_from_the_given_source_so_that_a_world_can_be_replayed() -> None:
    engine = memory_database()
    numbers = iter(range(1000))
    seed(engine, PEOPLE, PEPPERS, NOW, token=lambda: f"token-{next(numbers)}")
    with engine.connect() as connection:
        first = connection.execute(text("select card_id from cards order by rowid")).scalar()
    assert first == "token-0"
    engine.dispose()


def test_no_password_stands_in_the_database(rows: Rows) -> None:
    everything = repr(rows("select * from accounts")) + repr(rows("select * from cards"))
    for who in PEOPLE:
        for card in who.cards:
            assert f"'{card.password}'" not in everything
    salts = sum(2 * len(who.cards) for who in PEOPLE)
    assert len({salt for (salt,) in rows("select salt from accounts")}) == salts


def test_an_instant_survives_being_written() -> None:
    instant = bank_instant(NOW + timedelta(microseconds=123_456))
    assert from_text(to_text(instant)) == instant
    assert to_text(instant) == "2026-03-02T17:30:00.123+08:00"
