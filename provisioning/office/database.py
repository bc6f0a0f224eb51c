"""Opening the office's database: one SQLite file that the server and the desk's command share.

A rollback journal and not WAL: SQLite before 3.51.3 can corrupt a WAL database when two connections
meet in a log reset, and here two processes work on one file. EXTRA, so that a commit that was answered
for outlives the power. Each writing transaction takes the write lock at its start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from provisioning.office.schema import SCHEMA, about, metadata

_BUSY_S = 5.0  # a terminal waits ten
_POOL = 8
_OVERFLOW = 32


class OtherSchema(RuntimeError):
    """The database was made by another version of the office. Nothing was changed."""


def open_database(path: Path) -> Engine:
    """The engine for a file, whose tables are made if it is new. Raises `OtherSchema`."""
    engine = create_engine(
        f"sqlite:///{path}",
        hide_parameters=True,
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        connect_args={"timeout": _BUSY_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        with writing(engine) as connection:
            _check_or_make_tables(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is alone from its first line on. `sqlalchemy.exc.OperationalError`: busy."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with engine.connect() as connection:
        yield connection.execution_options(office_reads=True)


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # transactions begin where `_begin` says
    for setting in ("journal_mode = DELETE", "synchronous = EXTRA", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("office_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _check_or_make_tables(connection: Connection) -> None:
    found = set(inspect(connection).get_table_names())
    if not found:
        metadata.create_all(connection)
        connection.execute(insert(about), {"schema": SCHEMA})
        return
    schemas = connection.execute(select(about)).scalars().all() if "about" in found else []
    if list(schemas) != [SCHEMA]:
        raise OtherSchema(f"the office's database has schema {schemas}, this program has {SCHEMA}")
