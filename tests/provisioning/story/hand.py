"""A technician's hand: types commands, each in a process of its own that may be killed at any moment.

The processes are forked from one that has everything loaded, as a real one loads for a second. In
it a board's clock may be wrong, which a file beside it says, and the power may fail at one of the calls after
which something is done for good: a file put in its place, a line on the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

KILLED = -int(signal.SIGKILL)
_QUESTION_ENDS = (b": ", b"(y/n) ")


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
        self,
        *words: str,
        typed: str = "",
        at_console: bool = False,
        power_fails_at: tuple[str, int] | None = None,
    ) -> Came:
        """Run a command to its end. `typed`: what the person then enters.

        `at_console`: as a person sees it, each line of `typed` an answer to a question; what came is text.
        """
        folder = self._folder
        (folder / "typed").write_text(typed, "utf-8")
        order = {
            "words": words if at_console else [*words, "--json"],
            "folder": str(folder),
            "environment": self.environment,
            "power_fails_at": power_fails_at,
            "at_console": at_console,
        }
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        ended = json.loads(self._server.stdout.readline())
        said = (folder / "said").read_text("utf-8")
        told: Any = said if at_console else None
        if said and ended["code"] >= 0 and not at_console:
            told = json.loads(said)
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
    get_up = _sit_down(folder) if order["at_console"] else None
    for name, number, flags in (
        ()
        if order["at_console"]
        else (
            ("typed", 0, os.O_RDONLY),
            ("said", 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            ("steps", 2, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        )
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
    if get_up is not None:
        get_up()
    os._exit(code)


def _sit_down(folder: Path) -> Callable[[], None]:
    """Give this process a console, at which somebody answers what is asked with the typed lines.

    Call what it returns at the end: then all that was shown is written down.
    """
    screen, console = os.openpty()
    os.setsid()
    fcntl.ioctl(console, termios.TIOCSCTTY, 0)
    fcntl.ioctl(console, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    for number in (0, 1, 2):
        os.dup2(console, number)
    os.close(console)
    lines = iter((folder / "typed").read_text("utf-8").splitlines())

    def answer() -> None:
        with (folder / "said").open("wb") as said:
            asked = b""
            while shown := _shown(screen):
                said.write(shown)
                said.flush()
                asked += shown
                if asked.endswith(_QUESTION_ENDS):
                    asked = b""
                    os.write(screen, next(lines).encode() + b"\n")

    at_work = threading.Thread(target=answer)
    at_work.start()

    def get_up() -> None:
        for number in (0, 1, 2):
            os.close(number)
        at_work.join()

    return get_up


def _shown(screen: int) -> bytes:
    """What came on the screen; nothing when nobody is left to write on it."""
    try:
        return os.read(screen, 4096)
    except OSError:
        return b""


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
