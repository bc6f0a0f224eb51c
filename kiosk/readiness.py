"""Whether the terminal passed its self-test: a small record that the self-test leaves.

    {"state": "passed" | "failed" | "decommissioned", "remedies": ["…"], "at": ISO 8601}

A terminal whose settings name the record and that has none, or none that can be understood, has not
been tested: it does not serve.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from kiosk.fsm.staff.words import Fitness

RECORD_BYTES_MAX: Final = 65_536
REMEDIES_MAX: Final = 12
REMEDY_MAX: Final = 200
_STATES: Final = (Fitness.PASSED, Fitness.FAILED, Fitness.DECOMMISSIONED)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the record says."""

    fitness: Fitness
    remedies: tuple[str, ...] = ()
    at: str = ""


def read_readiness(path: Path | None) -> Readiness:
    """The record; where the settings name none, nobody asks for one and all is well."""
    if path is None:
        return Readiness(Fitness.PASSED)
    try:
        with path.open("rb") as file:
            stored = file.read(RECORD_BYTES_MAX + 1)
        if len(stored) > RECORD_BYTES_MAX:
            return Readiness(Fitness.NOT_TESTED)
        return _read(json.loads(stored))
    except (OSError, ValueError, KeyError, TypeError):
        return Readiness(Fitness.NOT_TESTED)


def _read(record: dict[str, object]) -> Readiness:
    fitness, remedies, at = Fitness(str(record["state"])), record["remedies"], str(record["at"])
    if fitness not in _STATES or not isinstance(remedies, list):
        return Readiness(Fitness.NOT_TESTED)
    datetime.fromisoformat(at)
    sentences = tuple(str(each)[:REMEDY_MAX] for each in remedies[:REMEDIES_MAX])
    return Readiness(fitness, sentences, at)
