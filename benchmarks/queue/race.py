"""Contestants side by side: each in a process and a folder of its own, on the same disk."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.queue.contestants import ENTRIES, ROOT
from benchmarks.queue.disk_counter import DiskUse, build_counter, env_of, read_counts

_RUN = ROOT / ".run"
_END_S = 30.0


class ContestantFailed(RuntimeError):
    """A contestant's process ended; its own words are on the standard error stream."""


class Runner:
    """One contestant's process."""

    def __init__(self, name: str, folder: Path, library: Path) -> None:
        entry = ENTRIES[name]
        self._name = name
        self._counts = folder / "counts"
        disk = folder / "disk"
        disk.mkdir(parents=True)
        self._child = subprocess.Popen(
            [entry.python, "-m", "benchmarks.queue.worker", entry.module, entry.kind, str(disk)],
            cwd=ROOT,
            env={**os.environ, **env_of(library, self._counts)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_ready(self) -> None:
        """Return as soon as it takes orders."""
        self._answer()

    def order(self, order: str, count: int = 1) -> list[int]:
        """Give an order; nanoseconds of each timed step. Raises `ContestantFailed`."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{order} {count}\n")
        self._child.stdin.flush()
        return self._answer()

    def disk_use(self) -> DiskUse:
        """What it has asked of the disk since it started."""
        return read_counts(self._counts)

    def close(self) -> None:
        """End it."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        try:
            self._child.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait(_END_S)
        self._child.stdout.close()

    def _answer(self) -> list[int]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise ContestantFailed(f"{self._name} ended before it was told to")
        taken_ns: list[int] = json.loads(line)
        return taken_ns


@contextmanager
def runners(names: Iterable[str], disk: Path = _RUN) -> Iterator[list[Runner]]:
    """The processes of these contestants, ready; a name may come twice."""
    disk.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="queues-", dir=disk) as place, ExitStack() as stack:
        library = build_counter(Path(place))
        started = []
        for number, name in enumerate(names):
            runner = Runner(name, Path(place) / str(number), library)
            stack.callback(runner.close)
            started.append(runner)
        for runner in started:
            runner.wait_ready()
        yield started
