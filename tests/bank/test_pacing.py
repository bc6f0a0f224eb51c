"""The bank's slots: a herd drains near the ideal, and loss reports do not wait in it."""

import heapq
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.pacing import Decision, Pacer

CAPACITY_PER_S = 20.0
HOLD_MAX_S = 300.0  # a terminal holds back no longer than this at a time


@dataclass
class Drained:
    ended_s: float = 0.0
    batches: int = 0
    asks: int = 0
    loss_waits_s: list[float] = field(default_factory=list)
    served_in_second: dict[int, int] = field(default_factory=dict)

    @property
    def against_ideal(self) -> float:
        return self.ended_s / (self.batches / CAPACITY_PER_S)

    @property
    def loss_p99_s(self) -> float:
        return sorted(self.loss_waits_s)[int(len(self.loss_waits_s) * 0.99)]


def drain(
    terminals: int,
    *,
    within_s: float = 1.0,
    sizes: tuple[int, ...] = (1,),
    processes: int = 1,
    sticky: bool = True,
    whole_seconds: bool = False,
    loss_share: float = 0.05,
) -> Drained:
    """Terminals that all reconnect `within_s` and come exactly when they are told to, or a bit later."""
    rng = random.Random(7)
    pacers = [Pacer(CAPACITY_PER_S, 1 / processes) for _ in range(processes)]
    left = [rng.choice(sizes) for _ in range(terminals)]
    lossy = {number for number in range(terminals) if rng.random() < loss_share}
    began = [rng.random() * within_s for _ in range(terminals)]
    coming = [(at_s, number) for number, at_s in enumerate(began)]
    heapq.heapify(coming)
    drained = Drained(batches=sum(left))
    while coming:
        now_s, number = heapq.heappop(coming)
        pacer = pacers[number % processes if sticky else rng.randrange(processes)]
        decision = pacer.ask(f"T{number}", number in lossy, now_s, left[number] > 1)
        drained.asks += 1
        if decision.serve:
            second = int(now_s)
            drained.served_in_second[second] = drained.served_in_second.get(second, 0) + 1
            drained.ended_s = max(drained.ended_s, now_s)
            if number in lossy:
                lossy.discard(number)
                drained.loss_waits_s.append(now_s - began[number])
            left[number] -= 1
            if not left[number]:
                continue
        hold_s = decision.next_slot_ms / 1000
        if whole_seconds:  # as `Retry-After` has it
            hold_s = float(-(-decision.next_slot_ms // 1000))
        come_s = now_s + min(hold_s, HOLD_MAX_S) + 0.05 + rng.random() * 0.2
        heapq.heappush(coming, (come_s, number))
    return drained


@pytest.mark.parametrize("whole_seconds", [False, True])
@pytest.mark.parametrize("sizes", [(1,), (1, 1, 2, 5)], ids=["one batch", "several"])
def test_five_thousand_terminals_drain_near_the_ideal_and_loss_reports_do_not_wait(
    sizes: tuple[int, ...], whole_seconds: bool
) -> None:
    drained = drain(5_000, sizes=sizes, whole_seconds=whole_seconds)
    assert drained.against_ideal <= 1.05
    assert drained.loss_p99_s <= 30.0
    assert drained.asks <= 2.1 * drained.batches


@pytest.mark.parametrize("sticky", [True, False], ids=["sticky", "any process"])
def test_three_processes_with_a_third_each_do_as_well(sticky: bool) -> None:
    drained = drain(5_000, sizes=(1, 1, 2, 5), processes=3, sticky=sticky, within_s=10.0)
    assert drained.against_ideal <= 1.2
    assert drained.loss_p99_s <= 30.0


def test_the_bank_is_never_asked_for_much_more_than_its_capacity() -> None:
    drained = drain(2_000, sizes=(1, 3))
    ran = [drained.served_in_second.get(second, 0) for second in range(int(drained.ended_s))]
    for start in range(len(ran) - 10):
        served = sum(ran[start : start + 10])
        assert served <= CAPACITY_PER_S * (10 + 2.5) + 1


def test_loss_reports_are_served_before_all_others_when_both_come_at_once() -> None:
    pacer = Pacer(10.0)
    for number in range(200):
        pacer.ask(f"T{number}", False, 0.0)
    assert pacer.ask("L1", True, 0.0).serve
    assert not pacer.ask("N1", False, 0.0).serve


def test_a_terminal_that_holds_a_far_slot_reports_a_loss_at_once_and_keeps_its_slot() -> None:
    pacer = Pacer(10.0)
    for number in range(500):
        held = pacer.ask(f"T{number}", False, 0.0)
    assert held.next_slot_ms > 40_000
    for number in range(20):
        assert pacer.ask(f"L{number}", True, 2.0).serve
    reported = pacer.ask("T499", True, 3.0)
    assert reported.serve
    assert reported.next_slot_ms == pytest.approx(held.next_slot_ms - 3_000, abs=1)
    assert pacer.slot_ms("T499", 4.0) == pytest.approx(held.next_slot_ms - 4_000, abs=1)


def test_whoever_comes_before_its_slot_is_told_the_same_slot_again() -> None:
    pacer = Pacer(10.0)
    for number in range(100):
        pacer.ask(f"T{number}", False, 0.0)
    first = pacer.ask("early", False, 0.0)
    for number in range(20):  # the capacity of these seconds is used up by loss reports
        pacer.ask(f"L{number}", True, 1.0)
    again = pacer.ask("early", False, 1.0)
    assert not again.serve
    assert again.next_slot_ms == pytest.approx(first.next_slot_ms - 1_000, abs=1)


def test_a_terminal_that_comes_to_its_slot_goes_before_strangers() -> None:
    pacer = Pacer(10.0)
    while (held := pacer.ask("holder", False, 0.0)).serve:
        pass
    now_s = held.next_slot_ms / 1000
    strangers = 0
    while pacer.ask(f"S{strangers}", False, now_s).serve:
        strangers += 1
    assert pacer.ask("holder", False, now_s).serve
    assert not pacer.ask("S-last", False, now_s).serve


def test_a_quiet_bank_serves_at_once_and_names_no_slot() -> None:
    pacer = Pacer(1.0)
    for number in range(10):
        assert pacer.ask("T1", False, 10.0 * number, is_full=True) == Decision(True, 0)


def test_after_a_long_quiet_the_next_herd_is_paced_as_the_first() -> None:
    pacer = Pacer(10.0)
    served = [
        sum(pacer.ask(f"T{number}", False, at_s).serve for number in range(100))
        for at_s in (0.0, 1_000.0)
    ]
    assert served[0] == served[1] == 10


def test_a_served_terminal_with_more_behind_gets_its_next_slot_with_the_answer() -> None:
    pacer = Pacer(10.0)
    assert pacer.ask("many", False, 0.0, is_full=True).serve
    for number in range(100):
        pacer.ask(f"T{number}", False, 0.0)
    at_s = pacer.ask("many", False, 0.0).next_slot_ms / 1000
    with_more = pacer.ask("many", False, at_s, is_full=True)
    assert with_more.serve
    assert with_more.next_slot_ms > 0


def test_a_terminal_that_nags_does_not_push_the_loss_reports_of_others_back() -> None:
    pacer = Pacer(10.0)
    while pacer.ask("nag", True, 0.0).serve:
        pass
    told = {pacer.ask("nag", True, 0.0).next_slot_ms for _ in range(500)}
    assert told == {100}
    assert pacer.ask("other", True, 0.0).next_slot_ms == 200


def test_of_a_hundred_thousand_and_more_terminals_no_more_are_remembered() -> None:
    pacer = Pacer(1_000.0)
    for number in range(100_010 + 1_000):
        pacer.ask(f"T{number}", False, 0.0)
    assert pacer.slot_ms("T1000", 0.0) == 0
    assert pacer.slot_ms("T101009", 0.0) == 100_010


@pytest.mark.parametrize(("capacity", "share"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (1.0, 1.1)])
def test_a_capacity_that_cannot_be_is_refused(capacity: float, share: float) -> None:
    with pytest.raises(ValueError, match="capacity above 0"):
        Pacer(capacity, share)


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.booleans(), st.booleans(), st.floats(0.0, 2.0)),
        max_size=200,
    )
)
def test_whoever_is_turned_away_is_told_when_to_come(
    asks: list[tuple[int, bool, bool, float]],
) -> None:
    pacer, now_s, ahead = Pacer(5.0), 0.0, 0.0
    for number, has_loss, is_full, step_s in asks:
        now_s += step_s
        ahead = max(0.0, ahead - step_s * 5.0)
        decision = pacer.ask(f"T{number}", has_loss, now_s, is_full)
        if decision.serve:
            ahead += 1.0
        else:
            assert 0 < decision.next_slot_ms <= 200 * 1000 / 5.0 + 5_000
        assert ahead <= 2.5 * 5.0 + 1.0
