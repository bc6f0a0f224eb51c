"""Lives of terminals: the same from the same seed, busy by day, and never past what a word allows."""

from __future__ import annotations

from monitoring.wire.messages import (
    DETAILS,
    HEALTH_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    Devices,
    Event,
    Happening,
    to_bytes,
)
from simulators.fleet.lives import DAY_S, NEEDS, Life, Place, cut, load, places

BORN = 1_800_000_000
PLACE = Place("T-000001", "S-00000", "C-0000")


def live(seed: int, days: int = 20) -> tuple[list[Event], list[Devices]]:
    life = Life(PLACE, seed, BORN, pace=20.0)
    events, states = [], []
    for now in range(BORN, BORN + days * DAY_S, 900):
        events += life.turn(now)
        states.append(life.devices("s"))
    return events, states


def test_the_same_seed_lives_the_same_life() -> None:
    assert live(3) == live(3)
    assert live(3) != live(4)


def test_paper_runs_out_and_is_filled_again() -> None:
    _, states = live(1)
    paper = [device.paper for state in states for device in state.devices if device.paper]
    assert {"full", "low", "out"} <= set(paper)
    assert "full" in paper[paper.index("out") :]


def test_what_a_device_lacks_its_services_lack_and_no_others() -> None:
    _, states = live(1)
    for state in states:
        down = {one.device for one in state.devices if one.health not in ("good", "limited")}
        assert state.services == {
            service: tuple(name for name in needs if name in down)
            for service, needs in NEEDS.items()
        }
    assert any(any(state.services.values()) for state in states)


def test_events_are_numbered_without_a_gap_and_say_what_the_catalogue_allows() -> None:
    events, _ = live(2)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert {event.what for event in events} >= {Happening.DEVICE}
    assert all(event.detail.keys() <= DETAILS[event.what] for event in events)


def test_no_message_is_longer_than_the_wire_allows() -> None:
    life = Life(PLACE, 1, BORN)
    life.turn(BORN + 60)
    assert len(to_bytes(life.health("0123456789abcdef"))) <= HEALTH_BYTES_MAX
    assert len(to_bytes(life.devices("0123456789abcdef"))) <= MESSAGE_BYTES_MAX


def test_time_that_goes_back_moves_no_life_back() -> None:
    life = Life(PLACE, 1, BORN)
    life.turn(BORN + 600)
    life.turn(BORN)
    assert life.health("s").at == BORN + 600


def test_mornings_are_busier_than_nights() -> None:
    midnight_in_china = BORN - (BORN + 8 * 3_600) % DAY_S
    assert load(midnight_in_china + 10 * 3_600) > load(midnight_in_china + 15 * 3_600)
    assert load(midnight_in_china + 15 * 3_600) > load(midnight_in_china + 2 * 3_600)


def test_a_line_that_is_cut_is_cut_for_the_whole_site() -> None:
    four = places(4)
    assert len({place.site for place in four}) == 1
    stretches = range(BORN, BORN + 60 * DAY_S, 600)
    together = [{cut(7, place, now) for place in four} for now in stretches]
    assert all(len(one) == 1 for one in together)
    assert {True} in together
