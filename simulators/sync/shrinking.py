"""A failing story made short: delta debugging (Zeller and Hildebrandt, "ddmin")."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulators.sync.steps import Step

_TRIES_MAX = 1_500


def shrink(steps: Sequence[Step], fails: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """The shortest story found that still fails: no single step of it can be left out.

    `fails` plays a story; it is called at most 1,500 times. `steps` must fail.
    """
    left = list(steps)
    pieces, tries = 2, 0
    while len(left) > 1 and tries < _TRIES_MAX:
        size = max(1, len(left) // pieces)
        for start in range(0, len(left), size):
            without = left[:start] + left[start + size :]
            tries += 1
            if without and fails(without):
                left, pieces = without, max(pieces - 1, 2)
                break
            if tries >= _TRIES_MAX:
                break
        else:
            if size == 1:
                break
            pieces = min(len(left), pieces * 2)
    return left
