"""The counter of flushes and written blocks that every contestant's process carries."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).with_name("counter.c")
_TWO_NUMBERS = struct.Struct("=QQ")
BLOCK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class DiskUse:
    """What a process asked of its disk."""

    flushes: int
    written_bytes: int

    def __sub__(self, earlier: DiskUse) -> DiskUse:
        return DiskUse(self.flushes - earlier.flushes, self.written_bytes - earlier.written_bytes)


def build_counter(folder: Path) -> Path:
    """Compile the counter into `folder`; its path. Raises `CalledProcessError`."""
    library = folder / "counter.so"
    subprocess.run(
        ["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"],
        check=True,
    )
    return library


def env_of(library: Path, counts: Path) -> dict[str, str]:
    """What makes a process count into the file `counts`."""
    return {"LD_PRELOAD": str(library), "DISK_COUNTS": str(counts)}


def read_counts(counts: Path) -> DiskUse:
    """What a process has counted so far."""
    flushes, blocks = _TWO_NUMBERS.unpack(counts.read_bytes())
    return DiskUse(flushes, blocks * BLOCK_BYTES)
