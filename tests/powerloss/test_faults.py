"""The disk fails or is full at any one call, or the process is killed there: nothing is lost."""

from __future__ import annotations

import pytest

from tests.powerloss.campaign import Tally
from tests.powerloss.children import Children
from tests.powerloss.faults import FAULTS, broken, fault_calls


@pytest.mark.parametrize(("kind", "error", "power_cuts", "every"), FAULTS)
def test_nothing_acknowledged_is_lost_by_a_fault_at_any_call(
    children: Children, kind: str, error: str, power_cuts: int, every: int
) -> None:
    tally = Tally()
    for number in range(1, fault_calls(children, kind) + 1, every):
        name = f"{kind}-{error}-{number}"
        found = broken(children, name, f"{kind}:{number}:{error}:*", power_cuts)
        assert found.ended_as_defined, (name, found.code, found.next_code)
        assert (found.after.with_loss, dict(found.after.wrong)) == (0, {}), name
        assert (found.cut.with_loss, dict(found.cut.wrong)) == (0, {}), name
        tally.merge(found.after)
    assert tally.acknowledged > 0
