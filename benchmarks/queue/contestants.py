"""Who takes part: each name, where its class is, and which Python has what it needs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS_PYTHON = ROOT / ".run" / "peers" / "bin" / "python"  # made by `make benchmark`

FLOOR = "append + fdatasync"
RAW = "raw sqlite3, WAL, FULL"
OURS = "ours"
OUR_LOSS_REPORTS = "ours, loss reports"
PERSIST_QUEUE = "persist-queue"
RUVON_EDGE = "ruvon-edge"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a contestant is to be found."""

    module: str
    kind: str  # the class
    is_peer: bool = False  # published by others, and runs in the peers' environment

    @property
    def python(self) -> str:
        """The interpreter that runs it."""
        return str(PEERS_PYTHON) if self.is_peer else sys.executable


_PLAIN, _PEERS, _OURS = (f"benchmarks.queue.{name}" for name in ("plain", "peers", "ours"))

ENTRIES = {
    FLOOR: Entry(_PLAIN, "Append"),
    RAW: Entry(_PLAIN, "RawSqlite"),
    PERSIST_QUEUE: Entry(_PEERS, "PersistQueue", is_peer=True),
    "litequeue, forced to FULL": Entry(_PEERS, "LiteQueue", is_peer=True),
    "huey (SQLite)": Entry(_PEERS, "Huey", is_peer=True),
    "diskcache, forced to FULL": Entry(_PEERS, "DiskCache", is_peer=True),
    RUVON_EDGE: Entry(_PEERS, "RuvonEdge", is_peer=True),
    OURS: Entry(_OURS, "Ours"),
    OUR_LOSS_REPORTS: Entry(_OURS, "OurLossReports"),
}
PLAIN = tuple(name for name, entry in ENTRIES.items() if entry.module == _PLAIN)
OWN = tuple(name for name, entry in ENTRIES.items() if entry.module == _OURS)
EVERYBODY = tuple(ENTRIES)
