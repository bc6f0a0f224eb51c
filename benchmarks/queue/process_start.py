"""The start and the memory of `kiosk-queue`, against what it is built on."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, paired
from benchmarks.queue.contestants import ROOT
from simulators.desk.processes import socket_answers
from simulators.desk.state import DeskState, open_state, write_settings

_BARE = (
    "import asyncio, sqlite3, ssl, httpx, cryptography.hazmat.primitives.hpke;"
    " print(flush=True); input()"
)
_AGAINST = "a bare Python that has imported asyncio, sqlite3, ssl, httpx and HPKE"
_READY_S = 30.0
_END_S = 10.0
_LOOK_S = 0.001


def queue_process(pairs: int = 7) -> list[Figure]:
    """From the creation of the process to a socket that answers, and its resident memory."""
    taken = []
    with TemporaryDirectory(prefix="bench-") as name:
        for number in range(pairs + 1):
            with _desk(Path(name) / str(number)) as state:
                ours = _queue(state)
            bare = _weighed((sys.executable, "-c", _BARE), _first_line)
            if number > 0:  # the first round fills the page cache
                taken.append((ours, bare))
    starts, weights = ([(a[i], b[i]) for a, b in taken] for i in (0, 1))
    note = (
        "it starts itself anew once, for its allocator, and makes a new database; no bank answers"
    )
    return [
        paired("start of kiosk-queue", _AGAINST, "ms", starts, None, digits=0, notes=(note,)),
        paired("memory of kiosk-queue", _AGAINST, "MiB RSS", weights, None, digits=1),
    ]


@contextmanager
def _desk(folder: Path) -> Iterator[DeskState]:
    """Keys and settings of a queue whose bank is not there."""
    state = open_state(folder)
    try:
        write_settings(state, state.bank_port, "", (1080, 1920), folder, folder / "banks.toml")
        yield state
    finally:
        state.close()


def _queue(state: DeskState) -> tuple[float, float]:
    command = (
        sys.executable,
        "-m",
        "offline_queue",
        "run",
        "--settings",
        str(state.queue_settings),
    )
    return _weighed(
        command, lambda child: _until(child, lambda: socket_answers(state.queue_socket))
    )


def _weighed(
    command: tuple[str, ...], ready: Callable[[subprocess.Popen[str]], None]
) -> tuple[float, float]:
    """Milliseconds until a process is ready, and its resident MiB then."""
    began_s = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with child:
        try:
            ready(child)
            took_ms = 1000 * (time.perf_counter() - began_s)
            return took_ms, _resident_mib(child.pid)
        finally:
            child.terminate()
            child.wait(_END_S)


def _until(child: subprocess.Popen[str], is_ready: Callable[[], bool]) -> None:
    deadline_s = time.perf_counter() + _READY_S
    while not is_ready():
        if time.perf_counter() > deadline_s:
            raise TimeoutError("kiosk-queue does not answer")
        try:
            child.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
        raise ChildProcessError("kiosk-queue ended at its start")


def _first_line(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    child.stdout.readline()


def _resident_mib(pid: int) -> float:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kib = {row.split(":")[0]: float(row.split()[1]) for row in rows}
    return kib["Rss"] / 1024
