"""A window in a process of its own: started, timed to its first frame, weighed, ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from benchmarks.flips import first_flip_of, now_s
from benchmarks.surroundings import ROOT, SIZE, Screen, Surroundings, virtual_screen

_END_S = 10.0
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class NoFrame(RuntimeError):
    """The process ended without a frame."""


class WindowProcess:
    """The process of `module`. A context: it is over at the end."""

    def __init__(self, module: str, arguments: tuple[str, ...], env: Mapping[str, str]) -> None:
        self._started_s = now_s()
        self._child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> WindowProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.terminate()
        try:
            self._child.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait(_END_S)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def first_frame_s(self) -> float:
        """Seconds from the start of the process to its first frame on the glass."""
        while True:
            at_s = first_flip_of(self.line())
            if at_s is not None:
                return at_s - self._started_s

    def say(self, line: str) -> None:
        """Write a line to the process."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{line}\n")
        self._child.stdin.flush()

    def line(self) -> str:
        """The next line the process writes. Raises `NoFrame` when there will be none."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise NoFrame("the window's process ended before it was told to")
        return line.strip()

    def memory_mib(self) -> tuple[float, float]:
        """Resident and proportional set size in MiB (proc(5), `smaps_rollup`)."""
        rows = self._proc("smaps_rollup").splitlines()[1:]
        kib = {row.split(":")[0]: float(row.split()[1]) for row in rows}
        return kib["Rss"] / 1024, kib["Pss"] / 1024

    def cpu_s(self) -> float:
        """Processor time of the process and its threads, without its children, in seconds."""
        words = self._proc("stat").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / _TICKS_A_SECOND

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._child.pid}/{name}").read_text(encoding="ascii", errors="replace")


def renderer() -> str:
    """What draws on a virtual screen of this machine."""
    with virtual_screen() as screen, bare_window(screen) as window:
        window.first_frame_s()
        return window.line().partition(" ")[2]


def bare_window(screen: Screen) -> WindowProcess:
    """The peer."""
    size = f"{SIZE[0]}x{SIZE[1]}"
    return WindowProcess(
        "benchmarks.bare_window", (size, str(screen.fonts.file("", bold=False))), screen.env
    )


def kiosk_window(around: Surroundings, *more: str) -> WindowProcess:
    """The kiosk."""
    arguments = ("--settings", str(around.settings), *more)
    return WindowProcess("benchmarks.kiosk_window", arguments, around.screen.env)
