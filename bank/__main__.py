"""The reference gateway as a server with mutual TLS.

    python -m bank --settings FILE [--invented-people]

SIGTERM lets the running requests end first.
"""

from __future__ import annotations

import argparse
import logging
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from sqlalchemy import Engine, func, select

from bank.app import create_app
from bank.database import open_database
from bank.gateway import Gateway
from bank.keys import keys_from_toml
from bank.people import PEOPLE
from bank.retention import delete_old
from bank.schema import people
from bank.seeding import seed
from bank.services.presence import delete_old_pictures
from bank.settings import BankSettings, load_settings

_STOP_S = 10


def server_config(gateway: Gateway, settings: BankSettings) -> uvicorn.Config:
    """How uvicorn is run: no client without a certificate of the terminals' authority."""
    return uvicorn.Config(
        create_app(gateway),
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls.certificate,
        ssl_keyfile=settings.tls.key,
        ssl_ca_certs=str(settings.tls.terminals_ca),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
        timeout_graceful_shutdown=_STOP_S,
        server_header=False,
        access_log=False,
    )


def main(
    arguments: Sequence[str] | None = None, beside: Callable[[Gateway], None] = lambda _: None
) -> None:
    """Serve until SIGTERM or SIGINT. `beside` is told of the gateway before it serves."""
    parser = argparse.ArgumentParser(prog="python -m bank", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument(
        "--invented-people", action="store_true", help="fill an empty database with them"
    )
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = load_settings(chosen.settings)
    keys = keys_from_toml(settings.keys.read_text(encoding="utf-8"))
    engine = open_database(settings.database)
    if chosen.invented_people and _is_empty(engine):
        days = settings.gateway.terms.oral_days
        seed(engine, PEOPLE, keys.peppers, datetime.now(UTC), oral_days=days)
    delete_old(engine, datetime.now(UTC))
    delete_old_pictures(engine, datetime.now(UTC))
    gateway = Gateway(engine, keys, settings.terminals, settings.gateway)
    beside(gateway)
    try:
        uvicorn.Server(server_config(gateway, settings)).run()
    finally:
        engine.dispose()


def _is_empty(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(people)).scalar() == 0


if __name__ == "__main__":
    main()
