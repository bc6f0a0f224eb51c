"""Opening the bank's database: SQLite for a desk and for tests, PostgreSQL for real."""

from __future__ import annotations

import sqlite3
from functools import cache

from sqlalchemy import Engine, StaticPool, create_engine, insert, inspect, make_url, select, text

from bank import agency_schema as agency_schema  # its tables are made with the others
from bank import applying_schema as applying_schema
from bank import chip_schema as chip_schema
from bank import presence_schema as presence_schema
from bank.schema import SCHEMA, about, metadata

_BUSY_S = 10.0
_POOL = 16
_OVERFLOW = 24  # as many as the threads that a server works with
_MAKING = 0x62616E6B  # one process at a time makes the tables


class OtherSchema(RuntimeError):
    """The database holds the tables of another version of the bank. Nothing was changed."""


def open_database(url: str) -> Engine:
    """The engine for `sqlite:///FILE`, `sqlite://` (memory) or `postgresql+psycopg://…`.

    The tables are made in an empty database. One that another version of the bank has made is
    left alone: raises `OtherSchema`.
    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return _sqlite(parts.database)
    engine = create_engine(
        parts,
        pool_pre_ping=True,
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        hide_parameters=True,  # an error's text must not quote a person
        # No server-side prepared statements: pgbouncer in transaction mode loses them.
        connect_args={"prepare_threshold": None},
    )
    _make_tables(engine)
    return engine


def memory_database(image: bytes | None = None) -> Engine:
    """A SQLite bank in memory, made from an image (`image_of`): thousands of them are cheap.

    Without one it is empty.
    """
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.deserialize(_empty_image() if image is None else image)
    return _one_connection(connection)


def image_of(engine: Engine) -> bytes:
    """All of a SQLite bank, as it stands."""
    with engine.connect() as connection:
        held = connection.connection.driver_connection
        assert isinstance(held, sqlite3.Connection), "only SQLite is one image"
        return held.serialize()


def _sqlite(path: str | None) -> Engine:
    if path is None or path == ":memory:":
        return memory_database()
    connection = sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False)
    # One connection that holds the file alone: SQLite before 3.51.3 can corrupt a WAL database
    # when two connections meet in a log reset. FULL, as WAL with NORMAL loses commits.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    engine = _one_connection(connection)
    _make_tables(engine)
    return engine


def _make_tables(engine: Engine) -> None:
    try:
        _check_or_make_tables(engine)
    except BaseException:
        engine.dispose()
        raise


def _check_or_make_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:it)"), {"it": _MAKING})
        found = set(inspect(connection).get_table_names())
        if not found & metadata.tables.keys():
            metadata.create_all(connection)
            connection.execute(insert(about), {"schema": SCHEMA})
            return
        schemas = connection.execute(select(about)).scalars().all() if "about" in found else [1]
        if list(schemas) != [SCHEMA]:
            raise OtherSchema(
                f"the bank's database has schema {schemas}, this program works with {SCHEMA}"
            )


def _one_connection(connection: sqlite3.Connection) -> Engine:
    connection.execute("PRAGMA foreign_keys = ON")
    return create_engine(
        "sqlite://", creator=lambda: connection, poolclass=StaticPool, hide_parameters=True
    )


@cache
def _empty_image() -> bytes:
    engine = _one_connection(sqlite3.connect(":memory:", check_same_thread=False))
    _make_tables(engine)
    image = image_of(engine)
    engine.dispose()
    return image
