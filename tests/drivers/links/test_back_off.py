"""The rests between attempts to open a line."""

import pytest

from kiosk.drivers.links.back_off import BackOff


def test_each_rest_is_twice_the_last_up_to_the_longest() -> None:
    back_off = BackOff(0.5, 5.0)
    assert [back_off.next_s() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_device_that_answered_makes_the_next_rest_the_first_again() -> None:
    back_off = BackOff(0.5, 5.0)
    back_off.next_s()
    back_off.next_s()
    back_off.reset()
    assert [back_off.next_s(), back_off.next_s()] == [0.5, 1.0]


@pytest.mark.parametrize(("first_s", "longest_s"), [(0.0, 5.0), (-1.0, 5.0), (6.0, 5.0)])
def test_rests_that_would_be_a_busy_loop_or_shrink_are_refused(
    first_s: float, longest_s: float
) -> None:
    with pytest.raises(ValueError, match="first rest"):
        BackOff(first_s, longest_s)
