"""The checker has teeth: every defect is found soon, and its story shrinks to a few lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.sync.__main__ import shortest, tell
from simulators.sync.checking import run
from simulators.sync.making import make
from simulators.sync.shrinking import shrink
from simulators.sync.steps import Step, Wait
from tests.sync.defects import DEFECTS, missing_is_done

pytestmark = pytest.mark.usefixtures("quiet")

SEEDS_MAX = 40
STEPS = 80
STORY_MAX = 12


def first_found(words: str) -> tuple[int, str] | None:
    for seed in range(SEEDS_MAX):
        found = [v for v in run(make(seed, STEPS), seed).violations if words in v or "crashed" in v]
        if found:
            return seed, found[0]
    return None


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_defect_is_found_within_a_few_seeds(
    defect: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    defect(monkeypatch)
    found = first_found(DEFECTS[defect])
    assert found is not None
    assert DEFECTS[defect] in found[1]


def test_the_story_of_a_defect_shrinks_to_a_few_readable_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing_is_done(monkeypatch)
    found = first_found(DEFECTS[missing_is_done])
    assert found is not None
    seed, violation = found
    short = shortest(make(seed, STEPS), seed, [violation])
    assert len(short) <= STORY_MAX
    result = run(short, seed)
    assert any(DEFECTS[missing_is_done] in words for words in result.violations)
    told = tell(short, seed, result.violations).splitlines()
    assert len(told) == 1 + len(short) + len(result.violations)
    monkeypatch.undo()
    assert run(short, seed).violations == []


def test_shrinking_leaves_the_steps_that_are_needed_and_no_other() -> None:
    steps: list[Step] = [Wait(float(number)) for number in range(60)]
    needed = {steps[7], steps[31], steps[58]}
    short = shrink(steps, lambda some: needed <= set(some))
    assert short == [steps[7], steps[31], steps[58]]
