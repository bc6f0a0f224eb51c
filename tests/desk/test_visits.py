"""The same whole visits on the desk: real pcscd, pseudo-terminals, TLS and window."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from simulators.world.stage import Stage
from tests.desk.desks import RunningDesk, running_desk
from tests.stories.acts import sees_tile
from tests.stories.visits import VISITS

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("visits")) as running:
        yield running


@pytest.mark.parametrize("visit", VISITS)
def test_the_visit_goes_as_told(desk: RunningDesk, visit: Callable[[Stage], None]) -> None:
    desk.visitor.repairs_line()
    sees_tile(desk.visitor, "receipt_check")
    visit(desk.visitor)
