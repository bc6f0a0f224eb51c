"""A disk that is soon full: a small tmpfs. It takes root to mount one; for others there is none."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IS_ROOT = os.geteuid() == 0
SIZES = (8_388_608,) if _IS_ROOT else ()
"""For `parametrize`: without root the cases with a limit on file sizes must do."""
SITE_SIZES = (2_097_152,) if _IS_ROOT else ()
"""The same, of a disk that holds a whole site."""


@contextmanager
def small_disk(size_bytes: int) -> Iterator[Path]:
    """A folder on a disk of its own."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", name], check=True
        )
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def fill(path: Path) -> None:
    """Write a file until the disk is full."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4_096)) == 4_096:
                pass
        except OSError:
            return
