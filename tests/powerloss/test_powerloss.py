"""A power cut at any moment loses nothing that was acknowledged; `make powerloss` is the long form."""

from __future__ import annotations

import pytest

from tests.powerloss.campaign import Tally, look, look_at_lies, new_job, recorded
from tests.powerloss.children import Children
from tests.powerloss.site import RESCUE

IMAGES_A_RUN = 50


def _images(children: Children, name: str, runs: int, weak: str = "") -> Tally:
    tally = Tally()
    for seed in range(runs):
        job = new_job(children, f"{name}-{seed}", seed=seed, weak=weak)
        code, calls = recorded(children, job)
        assert code == 0
        look(children, job, calls, IMAGES_A_RUN, tally)
    return tally


def test_crash_images_hold_every_acknowledged_request_whole(children: Children) -> None:
    tally = _images(children, "full", 4)
    assert tally.acknowledged > 800
    assert (tally.with_loss, dict(tally.wrong), tally.salvaged) == (0, {}, 0)


def test_the_same_queue_without_its_flushes_fails_in_more_than_half_of_them(
    children: Children,
) -> None:
    tally = _images(children, "normal", 2, "NORMAL")
    assert tally.with_loss > tally.images / 2


@pytest.mark.parametrize("honest", ["nothing", RESCUE])
def test_a_disk_that_lies_about_flushes_is_found_out_and_salvaged(
    children: Children, honest: str
) -> None:
    tally = Tally()
    for seed in range(2):
        job = new_job(children, f"lies-{honest}-{seed}", seed=seed)
        _, calls = recorded(children, job)
        look_at_lies(children, job, calls, 30, tally, honest)
    assert tally.salvaged > 0
    assert (tally.with_loss, dict(tally.wrong)) == (0, {})
