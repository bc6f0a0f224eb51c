"""One-use tokens: made for one board at one site by one technician, known afterwards by hash alone."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from provisioning.office.schema import from_text, to_text, tokens
from provisioning.token_text import TOKEN_BYTES, token_text
from provisioning.wire import Reason

LIFE = timedelta(minutes=15)  # and not longer
_PURPOSE = b"enrolment token 1"


def token_hash(secret: bytes) -> str:
    """What the office keeps. 128 random bits need no slow hash."""
    return sha256(_PURPOSE + secret).hexdigest()


def mint(
    connection: Connection, terminal: Row[Any], technician_id: str, now: datetime, life: timedelta
) -> str:
    """A new token's text. It is nowhere else: whoever loses it asks for another."""
    assert timedelta(0) < life <= LIFE
    secret = secrets.token_bytes(TOKEN_BYTES)
    row = {
        "token_hash": token_hash(secret),
        "terminal_id": terminal.terminal_id,
        "serial_number": terminal.serial_number,
        "site_id": terminal.site_id,
        "technician_id": technician_id,
        "made_at": to_text(now),
        "expires_at": to_text(now + life),
    }
    connection.execute(insert(tokens), row)
    return token_text(secret)


def find(connection: Connection, secret: bytes) -> Row[Any] | None:
    """The token's row."""
    query = select(tokens).where(tokens.c.token_hash == token_hash(secret))
    return connection.execute(query).first()


def fault(token: Row[Any], terminal: Row[Any], serial_number: str, now: datetime) -> Reason | None:
    """Why a token that is not yet used cannot be used by this board now."""
    if token.withdrawn_at is not None:
        return Reason.TOKEN_WITHDRAWN
    fits = (token.serial_number, token.site_id) == (terminal.serial_number, terminal.site_id)
    if not fits or token.serial_number != serial_number:
        return Reason.TOKEN_FOREIGN
    # A clock that was put back must not make it live longer.
    if not from_text(token.made_at) <= now < from_text(token.expires_at):
        return Reason.TOKEN_EXPIRED
    return None


def use(connection: Connection, token: Row[Any], serial: str, now: datetime) -> None:
    """The token is used, for the certificate `serial`."""
    connection.execute(
        update(tokens)
        .where(tokens.c.token_hash == token.token_hash)
        .values(used_at=to_text(now), serial=serial)
    )


def withdraw(connection: Connection, now: datetime, **whose: str) -> int:
    """Withdraw all unused tokens with these columns; how many that were."""
    query = update(tokens).where(tokens.c.used_at.is_(None), tokens.c.withdrawn_at.is_(None))
    for column, value in whose.items():
        query = query.where(tokens.c[column] == value)
    return connection.execute(query.values(withdrawn_at=to_text(now))).rowcount
