"""Plays stories of terminals and their bank, and tells the shortest one that goes wrong.

    python -m simulators.sync --seed N            one story
    python -m simulators.sync --count N [--seed N]  many, from a seed on
    python -m simulators.sync --story FILE        one that was kept

The exit code is 1 when a story went wrong.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from simulators.sync.checking import run
from simulators.sync.making import make
from simulators.sync.shrinking import shrink
from simulators.sync.steps import Step, from_json, to_json
from simulators.sync.telling import told


def kind_of(violation: str) -> str:
    """A violation without what differs from story to story: a shrunk one must keep its kind."""
    words = violation.partition(": ")[2] or violation
    return "".join(letter for letter in words if not letter.isdigit())


def shortest(steps: Sequence[Step], seed: int, violations: Sequence[str]) -> list[Step]:
    """The story shrunk to what its first violation needs."""
    kind = kind_of(violations[0])
    return shrink(
        steps, lambda some: any(kind_of(found) == kind for found in run(some, seed).violations)
    )


def tell(steps: Sequence[Step], seed: int, violations: Sequence[str]) -> str:
    """A story as numbered sentences, and what was wrong with it."""
    lines = [f"{number:3}. {told(step)}" for number, step in enumerate(steps, 1)]
    return "\n".join(
        [f"seed {seed}, {len(steps)} steps", *lines, *(f"  !! {v}" for v in violations)]
    )


def main() -> int:
    """Play what is named."""
    parser = argparse.ArgumentParser(prog="python -m simulators.sync")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1, help="how many seeds")
    parser.add_argument("--story", type=Path, help="play this file of steps instead")
    parser.add_argument("--keep", type=Path, help="write the shrunk story to this file")
    parser.add_argument("--log", action="store_true", help="print what happened")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # the bank alarms, as it should
    began_s, syncs, failed = time.monotonic(), 0, 0
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        steps = from_json(chosen.story.read_text("utf-8")) if chosen.story else make(seed)
        result = run(steps, seed)
        syncs += result.faulted_syncs
        if chosen.log:
            print("\n".join(result.log))
        if result.violations:
            failed += 1
            short = shortest(steps, seed, result.violations)
            print(tell(short, seed, run(short, seed).violations), flush=True)
            if chosen.keep:
                chosen.keep.write_text(to_json(short), "utf-8")
    took_s = time.monotonic() - began_s
    print(f"{chosen.count} stories, {syncs} faulted syncs, {failed} went wrong, {took_s:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
