"""What the screen process reads before it goes into service: whether it may, and if not, why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from provisioning.terminal.handing import hand

READINESS = "readiness.json"


class State(StrEnum):
    """Whether the terminal may serve."""

    PASSED = "passed"
    FAILED = "failed"
    DECOMMISSIONED = "decommissioned"


class Readiness(msgspec.Struct, frozen=True):
    """The file's content. `remedies`: what has to be done first, plain sentences; `at` ISO 8601."""

    state: State
    remedies: tuple[str, ...]
    at: str


def tell(path: Path, state: State, remedies: Sequence[str], at: datetime) -> None:
    """Write it, whole or not at all, for everybody to read. Raises `OSError`."""
    content = msgspec.json.encode(Readiness(state, tuple(remedies), at.isoformat()))
    hand(path, content, 0o644)


def told(path: Path) -> Readiness | None:
    """What stands there; None: nothing that can be read, which lets nobody into service."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Readiness)
    except (OSError, msgspec.MsgspecError):
        return None
