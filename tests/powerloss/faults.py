"""One fault at one call of a run: the disk fails, is full, or the process is killed."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass, replace
from random import Random

from tests.powerloss.campaign import Tally, forget, new_job, recorded
from tests.powerloss.children import Children
from tests.powerloss.images import Call, Mode, crash_images
from tests.powerloss.inspection import Acknowledged, inspect, lay
from tests.powerloss.workload import STORE_FAILED, Job

STEPS = 5
SEED = 11
# Which call, which fault, how many power cuts after it (those after a failed flush are the worst: the
# kernel takes its pages for clean), and every how many calls the short form of the test does it.
FAULTS = (
    ("sync", "EIO", 1, 1),
    ("sync", "LOST", 2, 3),
    ("write", "ENOSPC", 0, 1),
    ("write", "EIO", 1, 5),
    ("sync", "KILL", 0, 2),
    ("write", "KILL", 0, 5),
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A run with its fault: how it ended, and what the next start found in each case."""

    code: int
    next_code: int  # of the next start, which works on and has no fault; 0 if there was none
    acknowledged: int
    after: Tally  # the next start, with everything the kernel still held
    cut: Tally  # the power went before or after the next start

    @property
    def ended_as_defined(self) -> bool:
        """It went on to its end, or ended because the store failed, or was killed."""
        return self.code in (0, STORE_FAILED, -signal.SIGKILL) and self.next_code == 0


def fault_calls(children: Children, kind: str) -> int:
    """How many calls of a kind the run makes that the faults are put into."""
    job = new_job(children, "whole", seed=SEED, steps=STEPS)
    code, calls = recorded(children, job)
    assert code == 0
    forget(job)
    return sum(call.kind in {"sync": "S", "write": "WA"}[kind] for call in calls)


def broken(children: Children, name: str, fault: str, power_cuts: int = 0) -> Broken:
    """Run once with a fault and look at it; then start again, and cut the power at the end of both.

    LOST is EIO for a process that is gone at once: it closes nothing.
    """
    fault, is_lost = fault.replace("LOST", "EIO"), "LOST" in fault
    job = new_job(children, name, seed=SEED, steps=STEPS, fault=fault, closes=not is_lost)
    code, calls = recorded(children, job)
    after, cut = Tally(), Tally()
    _look(children, job, {}, calls, after)
    _cut(children, job, calls, power_cuts, cut)
    next_code = 0
    if power_cuts:
        again = replace(job, start=2, fault="", steps=3)
        next_code, calls = recorded(children, again)
        _cut(children, again, calls, power_cuts, cut)
    said = len(Acknowledged.before(calls, len(calls)).requests)
    forget(job)
    return Broken(code, next_code, said, after, cut)


def _look(
    children: Children, job: Job, files: dict[str, bytes], calls: list[Call], tally: Tally
) -> None:
    place = children.directory / "image"
    if files:
        lay(files, place)
    else:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(job.directory, place)
    said = Acknowledged.before(calls, len(calls))
    tally.add(inspect(place, said, children.keys), len(said.requests))


def _cut(children: Children, job: Job, calls: list[Call], count: int, tally: Tally) -> None:
    """The power goes when the process has ended: the moment at which it said the most."""
    rng = Random(job.fault)
    modes = [(len(calls), mode) for mode in (Mode.DROPPED, Mode.TORN, Mode.TORN)[:count]]
    for _, _, files in crash_images(calls, job.directory, modes, rng):
        _look(children, job, files, calls, tally)
