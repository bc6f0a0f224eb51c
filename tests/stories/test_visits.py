"""The whole visits, in virtual time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.world.stage import Stage
from tests.stories.visits import VISITS


@pytest.mark.parametrize("visit", VISITS)
def test_the_visit_goes_as_told(stage: Stage, visit: Callable[[Stage], None]) -> None:
    visit(stage)
