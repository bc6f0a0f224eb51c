"""A seeded bank on SQLite and on a real PostgreSQL, and a terminal that talks to it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text

from bank.database import memory_database, open_database
from bank.gateway import Gateway, GatewaySettings
from bank.keys import BankKeys, keys_from_toml, new_keys_toml
from bank.people import PEOPLE
from bank.schema import about, metadata
from bank.seeding import seed
from bank.settling import Terms
from sscard.banks import load_banks
from tests.bank.terminal import NOW, TERMINAL, Rows, Terminal

START_S = 30
BANKS = Path(__file__).parents[2] / "deploy" / "banks.toml"


@pytest.fixture(scope="session")
def keys() -> BankKeys:
    return keys_from_toml(new_keys_toml([TERMINAL, "T0002"], NOW))


@pytest.fixture(scope="session")
def signing() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of our own in a temporary folder, reachable through its Unix socket alone."""
    assert shutil.which("pg_config"), "PostgreSQL is not installed: `make setup` does it"
    asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
    programs = Path(asked.stdout.strip())
    # PostgreSQL refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="bank-pg-"))
    if as_user:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=START_S)

    try:
        run("initdb", "-U", "bank", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        run("pg_ctl", "-w", "-o", settings, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql+psycopg://bank@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, keys: BankKeys) -> Iterator[Engine]:
    """An empty bank with the invented people in it."""
    if request.param == "sqlite":
        fresh = memory_database()
        seed(fresh, PEOPLE, keys.peppers, NOW)
        yield fresh
        fresh.dispose()
        return
    fresh = cast(Engine, request.getfixturevalue("postgres"))
    with fresh.begin() as connection:
        tables = ", ".join(table.name for table in metadata.sorted_tables if table is not about)
        connection.execute(text(f"truncate {tables}"))
    seed(fresh, PEOPLE, keys.peppers, NOW)
    yield fresh


@pytest.fixture
def gateway(engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey) -> Gateway:
    settings = GatewaySettings(Terms(banks=load_banks(BANKS)))
    return Gateway(engine, keys, {TERMINAL: signing.public_key()}, settings)


@pytest.fixture
def terminal(gateway: Gateway, keys: BankKeys, signing: Ed25519PrivateKey) -> Terminal:
    return Terminal(gateway, keys, signing)


@pytest.fixture
def rows(engine: Engine) -> Rows:
    """Ask the database itself."""

    def ask(query: str, **values: object) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    return ask
