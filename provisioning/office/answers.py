"""How the desk answers, and the looks at a terminal that its decisions begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from provisioning.office import inventory
from provisioning.office.schema import ALIVE

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class No:
    """Not done, and nothing changed. `reason` is for programs, `remedy` for people."""

    reason: str
    remedy: str


NO_TERMINAL = No("terminal-unknown", "check the id, or add the terminal first")
GONE = No("terminal-gone", "the terminal is revoked or decommissioned; reinstate it first")
NO_SITE = No("site-unknown", "add the site first")
BOARD_TAKEN = No("board-taken", "another terminal has this board: check the serial number")


def known(connection: Connection, terminal: str) -> Row[Any] | No:
    """A terminal's row, whatever became of it."""
    return inventory.terminal_of(connection, terminal) or NO_TERMINAL


def living(connection: Connection, terminal: str) -> Row[Any] | No:
    """The row of a terminal that is neither lost nor taken out."""
    row = known(connection, terminal)
    return row if isinstance(row, No) or row.state in ALIVE else GONE
