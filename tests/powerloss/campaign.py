"""Many crash images of many runs, and what became of each."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.powerloss.children import Children
from tests.powerloss.images import (
    Call,
    Lie,
    Mode,
    crash_images,
    honest_until,
    lying_image,
    read_log,
)
from tests.powerloss.inspection import Acknowledged, Found, inspect, lay, plaintext
from tests.powerloss.site import RESCUE
from tests.powerloss.workload import Job

_LIES_MAX = 12  # flushes
MODES = (Mode.DROPPED, Mode.DROPPED, Mode.TORN, Mode.TORN, Mode.TORN, Mode.KEPT)


@dataclass(slots=True)
class Tally:
    """What a set of images or cuts showed."""

    images: int = 0
    with_loss: int = 0
    lost_rows: int = 0
    lost_loss_reports: int = 0
    acknowledged: int = 0
    salvaged: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, found: Found, acknowledged: int) -> None:
        """Count one."""
        self.images += 1
        self.with_loss += bool(found.lost)
        self.lost_rows += len(found.lost)
        self.lost_loss_reports += len(found.lost_loss_reports)
        self.acknowledged += acknowledged
        self.salvaged += found.salvaged
        self.wrong.update(set(found.wrong))

    def merge(self, other: Tally) -> None:
        """Count all of another one."""
        for name in ("images", "with_loss", "lost_rows", "lost_loss_reports", "acknowledged"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.salvaged += other.salvaged
        self.wrong.update(other.wrong)


def recorded(children: Children, job_of: Job) -> tuple[int, list[Call]]:
    """Do a job under the recorder: its exit code and the calls it made."""
    code = children.run(job_of)
    return code, read_log(Path(job_of.log))


def new_job(children: Children, name: str, **fields: object) -> Job:
    """A job in a directory of its own; `fields` as of `Job`."""
    directory = children.directory / name
    directory.mkdir()
    marks, log = children.directory / f"{name}.marks", children.directory / f"{name}.log"
    return Job(str(directory), str(marks), str(log), **fields)  # type: ignore[arg-type]


def forget(job: Job) -> None:
    """Remove what a job left: its files, its log and its marks."""
    shutil.rmtree(job.directory)
    Path(job.log).unlink()
    Path(job.marks).unlink()


def cuts(calls: list[Call], count: int, rng: Random) -> list[tuple[int, Mode]]:
    """Random moments after the queue was first open: then it can have acknowledged something."""
    first = next(place for place, call in enumerate(calls) if call.data == b"open\n")
    return [(rng.randint(first, len(calls)), rng.choice(MODES)) for _ in range(count)]


def look(children: Children, job: Job, calls: list[Call], count: int, tally: Tally) -> None:
    """Cut the power of one recorded run `count` times and look at what is left each time."""
    rng = Random(f"cuts {job.seed}")
    place = children.directory / "image"
    if plaintext(calls):
        tally.wrong["a person's data were written"] += 1
    for cut, _, files in crash_images(calls, job.directory, cuts(calls, count, rng), rng):
        lay(files, place)
        said = Acknowledged.before(calls, cut)
        tally.add(inspect(place, said, children.keys), len(said.requests))


def look_at_lies(
    children: Children, job: Job, calls: list[Call], count: int, tally: Tally, honest: str
) -> None:
    """The same on a disk that lied about its last few flushes, but not of the file `honest`.

    Rows may be lost here. What counts as lost is a loss report that the bank has not settled and that was
    acknowledged before the lies began or, with an honest rescue file, at any time.
    """
    rng = Random(f"lies {job.seed} {honest}")
    place = children.directory / "image"
    for cut, mode in cuts(calls, count, rng):
        lie = Lie(rng.randint(1, _LIES_MAX), honest)
        lay(lying_image(calls, job.directory, cut, mode, rng, lie), place)
        until = cut if honest == RESCUE else honest_until(calls, cut, lie)
        said = Acknowledged.before(calls, until)
        # The mark of what the bank settled is written a moment after the rescue file dropped it.
        next_mark = next((n for n in range(cut, len(calls)) if calls[n].kind == "M"), cut)
        settled = Acknowledged.before(calls, next_mark + 1).final
        said.requests = {
            op_id: known
            for op_id, known in said.requests.items()
            if known[0] == "loss_report" and op_id not in settled
        }
        said.wiped.clear()
        tally.add(inspect(place, said, children.keys), len(said.requests))
