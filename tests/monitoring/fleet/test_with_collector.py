"""The fleet, a real mosquitto and the real collector: who lives is present, who falls silent is not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine, func, select

from monitoring.server.database import open_database
from monitoring.server.schema import present
from simulators.fleet.certificates import FleetAuthority
from simulators.fleet.lives import Life, places
from simulators.fleet.mqtt import Address
from simulators.fleet.surroundings import mosquitto
from simulators.fleet.terminals import Counts, FleetTerminal, run_fleet

TERMINALS = 20


@contextmanager
def _collector(folder: Path, authority: FleetAuthority, port: int) -> Iterator[str]:
    """The collector's own process; the address of its database."""
    key = Ed25519PrivateKey.generate()
    (folder / "orders.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    mine = authority.client("collector-1")
    database = f"sqlite:///{folder}/monitoring.db"
    (folder / "collector.toml").write_text(
        f'database = "{database}"\norder_key = "orders.pem"\nbundles = "bundles"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {port}\nca = "{authority.root}"\n'
        f'certificate = "{mine.certificate}"\nkey = "{mine.key}"\n',
        "utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "monitoring.server", "--settings", folder / "collector.toml"]
    )
    try:
        yield database
    finally:
        process.terminate()
        assert process.wait(20) == 0


async def _online(engine: Engine, wanted: int) -> None:
    asked = select(func.count()).select_from(present).where(present.c.online)
    async with asyncio.timeout(60.0):
        while True:
            with engine.connect() as connection:
                if connection.execute(asked).scalar_one() == wanted:
                    return
            await asyncio.sleep(0.2)


def test_the_collector_knows_who_is_there_and_who_has_gone(tmp_path: Path) -> None:
    authority = FleetAuthority(tmp_path / "certificates")
    with (
        mosquitto(tmp_path / "mosquitto", authority) as broker,
        _collector(tmp_path, authority, broker.port) as database,
    ):
        engine = open_database(database)
        terminals = [
            FleetTerminal(
                Life(place, 1, int(time.time()), pace=0.0),
                Address("127.0.0.1", broker.port, authority.context(place.terminal)),
                Counts(),
                speed=10.0,
            )
            for place in places(TERMINALS)
        ]
        stay, leave = terminals[: TERMINALS // 2], terminals[TERMINALS // 2 :]

        async def everybody() -> None:
            await run_fleet(leave, lambda: _online(engine, TERMINALS))
            await _online(engine, len(stay))

        asyncio.run(run_fleet(stay, everybody))
        engine.dispose()
