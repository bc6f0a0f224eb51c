"""Opening the collector's database: SQLite for a desk, PostgreSQL for real."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Engine,
    QueuePool,
    Table,
    create_engine,
    event,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from monitoring.server.schema import SCHEMA, about, counts, metadata

_POOL = 8
_BUSY_S = 10.0
_WAIT_S = 5  # for a server that does not answer: the batch waits, not the line
_MAKING = 0x6D6F6E69  # one process at a time makes the tables
REVISION = "revision"  # in `counts`: grows with every change that a page could show


class OtherSchema(RuntimeError):
    """The database holds the tables of another version of the collector. Nothing was changed."""


def open_database(url: str) -> Engine:
    """The engine for `sqlite:///FILE`, `sqlite://` (memory) or `postgresql+psycopg://…`.

    Makes the tables in an empty database. Raises `OtherSchema`, or `OperationalError` when the
    server does not answer.
    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        # One connection for all: SQLite has one writer anyway, and before 3.51.3 it can corrupt a
        # WAL database when two connections meet in a log reset.
        engine = create_engine(
            parts,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"timeout": _BUSY_S, "check_same_thread": False},
        )
        event.listen(engine, "connect", _set_pragmas)
    else:
        engine = create_engine(
            parts,
            pool_pre_ping=True,
            pool_size=_POOL,
            max_overflow=_POOL,
            hide_parameters=True,
            # No server-side prepared statements: pgbouncer in transaction mode loses them.
            connect_args={"prepare_threshold": None, "connect_timeout": _WAIT_S},
        )
    try:
        _make_tables(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def upsert(engine: Engine, table: Table, key: str) -> Any:
    """`insert .. on conflict do update` of every other column, for both databases."""
    maker = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    statement = maker(table)
    others = {each.name: statement.excluded[each.name] for each in table.c if each.name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=others)


def insert_new(engine: Engine, table: Table) -> Any:
    """`insert .. on conflict do nothing`, for both databases."""
    maker = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    return maker(table).on_conflict_do_nothing()


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # WAL with NORMAL loses commits


def _make_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:making)"), {"making": _MAKING})
        metadata.create_all(connection)
        found = connection.execute(select(about.c.schema)).scalar()
        if found is None:
            connection.execute(insert(about).values(schema=SCHEMA))
            connection.execute(insert(counts).values(name=REVISION, value=0))
        elif found != SCHEMA:
            raise OtherSchema(f"schema {found}, and this is {SCHEMA}")
