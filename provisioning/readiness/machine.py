"""The machine that is looked at: its files below a root folder, and the programs found there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

_BYTES_MAX: Final = 65_536
_PROGRAM_LIMIT_S: Final = 5.0


class Machine:
    """`root` is ``/`` on a terminal, and a folder with files of its own in a test."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"Machine({self.root})"

    def text(self, path: str) -> str | None:
        """What a small file says, without blanks around it; None when it cannot be read."""
        try:
            with (self.root / path).open("rb") as file:
                content = file.read(_BYTES_MAX)
        except OSError:
            return None
        return content.decode("utf-8", errors="replace").strip()

    def number(self, path: str) -> int | None:
        """A file that holds one whole number, decimal or 0x…; None for anything else."""
        try:
            return int(self.text(path) or "", 0)
        except ValueError:
            return None

    def matching(self, pattern: str) -> list[str]:
        """The paths that fit a glob pattern, in order."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(pattern))

    def said_by(self, program: str, *arguments: str) -> str | None:
        """What a program says, None where there is none, or it fails, or does not end in 5 s."""
        try:
            done = subprocess.run(
                [self.root / program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PROGRAM_LIMIT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout[:_BYTES_MAX].decode("utf-8", errors="replace").strip()
