"""The process whose power is cut: it takes, sends, settles and tidies up, and marks what it did.

Run as ``python -m tests.powerloss.workload KEYS``. It reads one job a line, forks for each, and
says the child's exit code: 0 done, 1 the store failed, -9 killed. So the libraries are
loaded once, and each job begins in milliseconds.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import traceback
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from offline_queue.messages import NotTaken, NotTakenReason, Taken
from offline_queue.storage.store import StoreFailed
from tests.powerloss.site import Bank, Keys, Site, small_log_room, some_request

STORE_FAILED = 1
_CRASHED = 70
_FULL_OR_BUSY = (NotTakenReason.FULL,)


@dataclass(frozen=True, slots=True)
class Job:
    """One start of the process. `weak`: the control, with settings the queue does not use."""

    directory: str
    marks: str
    log: str = ""
    fault: str = ""
    seed: int = 0
    steps: int = 60
    weak: str = ""  # NORMAL or DELETE
    start: int = 1  # the start's number in this directory: later ones go on
    closes: bool = True  # False: it is gone at once when its store fails

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self)) + "\n"


class _SaidFailed(Exception):
    """The queue answered that its store failed: the process ends."""


class _Weak(sqlite3.Connection):
    """Does something else than it is told and says it did: the queue reads its settings back."""

    how = "NORMAL"
    told = "2"

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        words = sql.upper().replace("=", " ").split()
        match words:
            case ["PRAGMA", "SYNCHRONOUS", level] if self.how == "NORMAL":
                self.told = level
                return super().execute("PRAGMA synchronous = NORMAL")
            case ["PRAGMA", "SYNCHRONOUS"] if self.how == "NORMAL":
                return super().execute("SELECT ?", (int(self.told),))
            case ["PRAGMA", "LOCKING_MODE", *_] if self.how == "DELETE":
                return super().execute("SELECT 'exclusive'")  # it would keep the journal file
            case ["PRAGMA", "JOURNAL_MODE", _] if self.how == "DELETE":
                super().execute("PRAGMA journal_mode = DELETE").fetchone()
                return super().execute("SELECT 'wal'")
        return super().execute(sql, *values)


def _weaken(how: str) -> None:
    strong = sqlite3.connect
    _Weak.how = how
    sqlite3.connect = partial(strong, factory=_Weak)  # type: ignore[assignment]


class _Marks:
    """What is known outside the moment it is written: in the log in order, and in a file."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, *words: str) -> None:
        os.write(self._descriptor, (" ".join(words) + "\n").encode())


def work(job: Job, keys: Keys, bank: Bank) -> int:
    """Run one job in this process; the exit code."""
    os.environ |= {
        "RECORD_DIR": job.directory if job.log else "",
        "RECORD_LOG": job.log,
        "RECORD_MARKS": job.marks,
        "RECORD_FAULT": job.fault,
    }
    if job.weak:
        _weaken(job.weak)
    marks = _Marks(job.marks)
    marks.write("start", str(job.start))
    rng = Random(f"{job.seed}:{job.start}")
    try:
        site = Site(Path(job.directory), keys, "boot-1", rng, job.start * 10_000.0)
    except (StoreFailed, OSError):
        return STORE_FAILED
    try:
        marks.write("open")
        _live(job, site, bank, marks, rng)
    except (StoreFailed, _SaidFailed):
        if job.closes:
            site.close()
        return STORE_FAILED
    site.close()
    marks.write("closed")
    return 0


def _live(job: Job, site: Site, bank: Bank, marks: _Marks, rng: Random) -> None:
    seconds = job.start * 10_000.0
    samples: dict[str, str] = {}
    bank.greet(site, seconds)
    for _ in range(job.steps):
        seconds += rng.choice((0.1, 1.0, 5.0))
        chance = rng.random()
        if chance < 0.76:
            op_id = rng.randbytes(16).hex()
            request = some_request(rng)
            said = site.accept(op_id, request, seconds)
            if isinstance(said, NotTaken):
                if said.reason is NotTakenReason.STORE_FAILED:
                    raise _SaidFailed
                assert said.reason in _FULL_OR_BUSY, said.reason
                continue
            assert isinstance(said, Taken)
            its_hash = _hash_of(site, op_id)
            marks.write("accepted", op_id, request.kind, its_hash)
            if site.queue.must_reopen:
                raise _SaidFailed
            samples[op_id] = _sample(site, op_id)
        elif chance < 0.97:
            final = bank.exchange(site, seconds, answer_lost=rng.random() < 0.2)
            marks.write("final", *final)
        elif job.weak != "DELETE":  # which has no log to clear
            gone = [s for op_id, s in samples.items() if s and not _sample(site, op_id)]
            seconds = site.tidy(seconds)
            marks.write("wiped", *gone)


def _hash_of(site: Site, op_id: str) -> str:
    """Of the row as it was taken; none if the rescue file alone has it."""
    if site.queue.must_reopen:
        return "rescue"
    row = site.store.find(op_id)
    return row.request_hash if row is not None and row.sealed is not None else "rescue"


def _sample(site: Site, op_id: str) -> str:
    """A piece of the row's own text: before it stands the seed that its neighbours share."""
    row = site.store.find(op_id)
    return "" if row is None or row.sealed is None else row.sealed[-24:].hex()


def _load(keys: Keys) -> None:
    """Go through everything once: some libraries are loaded at their first use."""
    rng = Random(0)
    with TemporaryDirectory() as directory:
        site = Site(Path(directory), keys, "boot-0", rng, 0.0)
        for number in range(20):
            site.accept(f"{number:032x}", some_request(rng), 0.0)
        site.close()


def main() -> None:
    """Serve jobs until the input ends."""
    keys = Keys.read(Path(sys.argv[1]).read_text("utf-8"))
    bank = Bank(keys)  # each child has a copy of it, in its own memory
    _load(keys)
    for line in sys.stdin:
        job = Job(**json.loads(line))
        child = os.fork()
        if child == 0:
            code = _CRASHED
            try:
                code = work(job, keys, bank)
            except BaseException:  # noqa: BLE001 - the end of a forked child
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    with small_log_room():
        main()
