"""A technician's hand: types commands, each in a process of its own that may be killed at any moment.

The processes are forked from one that has everything loaded, as a real one loads for a second. In
it a board's clock may be wrong, which a file beside it says, and the power may fail at one of the calls after
which something is done for good: a file put in its place, a line on the disk.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

KILLED = -int(signal.SIGKILL)


@dataclass(frozen=True)
class Came:
    """What came of one command. `cpu_s` is of it and of all that it started."""

    code: int
    told: Any
    cpu_s: float


class Hand:
    """Types in one folder, where what was said is kept."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self.environment = environment
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.provisioning.story.hand"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def types(
        self, *words: str, typed: str = "", power_fails_at: tuple[str, int] | None = None
    ) -> Came:
        """Run a command to its end. `typed`: what the person then enters."""
        folder = self._folder
        (folder / "typed").write_text(typed, "utf-8")
        order = {
            "words": [*words, "--json"],
            "folder": str(folder),
            "environment": self.environment,
            "power_fails_at": power_fails_at,
        }
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        ended = json.loads(self._server.stdout.readline())
        said = (folder / "said").read_text("utf-8")
        told = json.loads(said) if said and ended["code"] >= 0 else None
        return Came(ended["code"], told, ended["cpu_s"])

    def close(self) -> None:
        """Go."""
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(20)
        self._server.stdout.close()


def _serve() -> None:
    from provisioning.cli import (  # noqa: F401  # loaded before the forks
        devices,
        leaving,
        office,
        pad_keys,
        signing_off,
        terminal,
    )

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(order)
        _, status, used = os.wait4(child, 0)
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({"code": code, "cpu_s": used.ru_utime + used.ru_stime}), flush=True)


def _run(order: dict[str, Any]) -> None:
    from provisioning.cli import image
    from provisioning.cli.__main__ import main

    folder = Path(order["folder"])
    os.environ.update(order["environment"])
    for name, number, flags in (
        ("typed", 0, os.O_RDONLY),
        ("said", 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        ("steps", 2, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        os.dup2(os.open(folder / name, flags, 0o600), number)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115  # of the process, until its end
    sys.stdout, sys.stderr = open(1, "w", encoding="utf-8"), open(2, "w", encoding="utf-8")  # noqa: SIM115
    own, wrong = image.machine_now, folder / "clock_is_off_s"

    def machine_now() -> datetime:
        off_s = float(wrong.read_text()) if wrong.exists() else 0.0
        return own() + timedelta(seconds=off_s)

    def set_clock(moment: datetime) -> None:
        wrong.write_text(str((moment - own()).total_seconds()))

    image.machine_now, image.set_machine_clock = machine_now, set_clock
    if order["power_fails_at"] is not None:
        _fail_at(*order["power_fails_at"])
    code = main(order["words"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _fail_at(name: str, number: int) -> None:
    plain, left = getattr(os, name), number

    def failing(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return plain(*arguments, **named)

    setattr(os, name, failing)


if __name__ == "__main__":
    _serve()
