"""Starts the workload under the recorder, and gives it jobs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.powerloss.site import Keys, new_keys
from tests.powerloss.workload import Job

_ROOT = Path(__file__).parents[2]


def fast_directory() -> str | None:
    """Where files cost no flush of a real disk, if there is such a place: nothing here is timed."""
    memory = "/dev/shm"  # noqa: S108
    return memory if os.access(memory, os.W_OK) else None


def compiled(directory: Path) -> Path:
    """The recorder as a shared object, made with the machine's C compiler."""
    made = directory / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    command = ["cc", "-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(made), str(source)]
    subprocess.run([*command, "-ldl", "-lpthread"], check=True, timeout=60)
    return made


class Children:
    """One loaded process that forks a child a job."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        path = directory / "keys.toml"
        path.write_text(new_keys(), "utf-8")
        self.keys = Keys.read(path.read_text("utf-8"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.powerloss.workload", str(path)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "LD_PRELOAD": str(compiled(directory))},
        )

    def run(self, job: Job) -> int:
        """Do a job; its exit code, negative for the signal that ended it."""
        self.begin(job)
        return self.end()

    def begin(self, job: Job) -> None:
        """Start a job."""
        assert self._process.stdin is not None
        self._process.stdin.write(job.line())
        self._process.stdin.flush()

    def end(self) -> int:
        """Wait for the job's exit code."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=60)
