"""Measure of the glass: how many frames a touch takes to bring the next screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from math import ceil

from benchmarks.figures import Figure, Spread, spread
from benchmarks.surroundings import ROOT, surroundings
from kiosk.screens.settings import FRAMES_PER_S

TARGET_FRAMES = 2
_A_TOUCH_S = 2.0  # far more than one takes


def touch(touches: int = 300) -> list[Figure]:
    """Touches through visits on the real kiosk, in its window, with its devices on wires."""
    with surroundings() as around:
        done = subprocess.run(
            [
                sys.executable, "-m", "benchmarks.touch_program",
                "--settings", str(around.settings), "--touches", str(touches),
            ],
            cwd=ROOT,
            env={**os.environ, **around.screen.env},
            stdout=subprocess.PIPE,
            text=True,
            timeout=60.0 + touches * _A_TOUCH_S,
            check=True,
        )  # fmt: skip
    taken: list[tuple[int, float]] = [(row[0], row[1]) for row in json.loads(done.stdout)]
    frames = [float(count) for count, _ in taken]
    ms = [1000 * seconds for _, seconds in taken]
    notes = (
        f"{touches} touches; median {spread(frames).text(0)} frames",
        f"in time: {spread(ms).text(0)} ms, 99th percentile {percentile(ms, 99):.0f} ms; a frame "
        f"is {1000 / FRAMES_PER_S:.0f} ms, and without a graphics processor drawing takes most",
    )
    return [
        Figure(
            "touch to the next screen, 99th percentile",
            "frames on the glass from the touch to the first that shows the next view",
            "frames",
            Spread(percentile(frames, 99), min(frames), max(frames)),
            TARGET_FRAMES,
            digits=0,
            notes=notes,
        )
    ]


def percentile(values: list[float], percent: float) -> float:
    """The least value that `percent` of all do not exceed (nearest rank)."""
    return sorted(values)[ceil(percent / 100 * len(values)) - 1]
