"""The journal heads that terminals have shown, signed: for `kiosk-queue verify --heads FILE`.

    python -m bank.heads --settings FILE [--terminal ID] > FILE

One JSON object a line: terminal, epoch, n, head, and the verdict key's signature over the canonical
form of these. A copied journal that is shorter, or has another entry at n, was tampered with.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select

from bank.database import open_database
from bank.keys import keys_from_toml
from bank.schema import journal_heads
from bank.settings import load_settings
from offline_queue.formats.envelope import canonical, sign

_HEADS = select(
    journal_heads.c.terminal, journal_heads.c.epoch, journal_heads.c.n, journal_heads.c.head
).order_by(journal_heads.c.terminal, journal_heads.c.epoch)


def signed_heads(engine: Engine, key: Ed25519PrivateKey, terminal: str | None) -> Iterator[str]:
    """A line for each epoch of `terminal`, or of all (None)."""
    asked = _HEADS if terminal is None else _HEADS.where(journal_heads.c.terminal == terminal)
    with engine.connect() as connection:
        for row in connection.execute(asked):
            head = dict(row._mapping)
            signature = sign(canonical(head), key)
            yield canonical(head | {"signature": signature}).decode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print them."""
    parser = argparse.ArgumentParser(prog="python -m bank.heads", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--terminal", help="of this one alone")
    chosen = parser.parse_args(arguments)
    settings = load_settings(chosen.settings)
    keys = keys_from_toml(settings.keys.read_text(encoding="utf-8"))
    engine = open_database(settings.database)
    try:
        for line in signed_heads(engine, keys.verdict, chosen.terminal):
            print(line)
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
