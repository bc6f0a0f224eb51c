"""Thousands of faulted exchanges between real queues and the real gateway, in virtual time."""

from __future__ import annotations

import pytest

from simulators.sync.__main__ import kind_of
from simulators.sync.checking import run
from simulators.sync.making import make
from simulators.sync.steps import (
    Ask,
    Death,
    Fault,
    Late,
    Poison,
    Poisoning,
    PowerOff,
    Submit,
    Sync,
    from_json,
    to_json,
)

pytestmark = pytest.mark.usefixtures("quiet")

FAULTED_SYNCS = 10_000
SHARES = 8  # so that both cores can work
SEEDS_MAX = 60  # of one share


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", range(SHARES))
def test_no_request_is_lost_doubled_or_left_waiting_in_thousands_of_faulted_syncs(
    share: int, capsys: pytest.CaptureFixture[str]
) -> None:
    faulted, seed = 0, share * 1_000
    while faulted < FAULTED_SYNCS / SHARES:
        assert seed < share * 1_000 + SEEDS_MAX, "stories have become too tame"
        result = run(make(seed), seed)
        assert not result.violations, f"replay: python -m simulators.sync --seed {seed}"
        faulted += result.faulted_syncs
        seed += 1
    with capsys.disabled():
        print(f" {faulted} faulted syncs in {seed - share * 1_000} stories", end="")


def test_the_same_seed_gives_the_same_story_and_the_same_end() -> None:
    assert make(5) == make(5)
    assert make(5) != make(6)
    first, second = run(make(5), 5), run(make(5), 5)
    assert first.log == second.log
    assert first.faulted_syncs > 20


def test_a_story_survives_being_written_down() -> None:
    steps = make(3)
    assert from_json(to_json(steps)) == steps


def test_any_step_can_be_left_out_of_a_story() -> None:
    steps = make(11)
    for start in range(0, len(steps), 20):
        result = run(steps[start : start + 20], 11)
        assert not result.violations


def test_a_violation_keeps_its_kind_whatever_the_numbers_are() -> None:
    assert kind_of("op 3 (loss_all): was left waiting for 8 s") == kind_of(
        "op 41 (unlock): was left waiting for 9000 s"
    )


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_alone_ends_well(fault: Fault) -> None:
    result = run(
        [
            Submit(0, 1, Ask.BALANCE_WRONG, 1),
            Submit(0, 2, Ask.UNLOCK, 1),
            Submit(0, 3, Ask.LOSS_ALL, 2),
            Submit(1, 4, Ask.BALANCE, 1),
            Sync(1, Fault.NONE),
            Sync(0, fault),
            Sync(0, fault),
            Late(0, 1),
        ]
    )
    assert result.violations == []
    assert result.asked[3].settled_s is not None


@pytest.mark.parametrize("meets", Poisoning)
def test_a_poisonous_row_holds_up_nobody_in_another_lane(meets: Poisoning) -> None:
    result = run(
        [
            Submit(0, 1, Ask.BALANCE, 0),
            Poison(1, meets),
            Submit(0, 2, Ask.LOSS_ALL, 1),
            Submit(0, 3, Ask.BALANCE, 2),
        ]
    )
    others = [words for words in result.violations if "op 1 " not in words]
    assert others == []
    settled = [result.asked[op].settled_s for op in (2, 3)]
    assert all(at_s is not None and at_s < 1_800 for at_s in settled)


@pytest.mark.parametrize("death", [Death.BEFORE_COMMIT, Death.AFTER_COMMIT])
def test_a_process_that_dies_while_it_takes_a_request_has_taken_it_or_not(death: Death) -> None:
    result = run([Submit(0, 1, Ask.LOSS_ALL, 0, death), Sync(0, Fault.NONE)])
    assert result.violations == []
    assert result.asked[1].said is None
    assert result.asked[1].stored is (death is Death.AFTER_COMMIT)


def test_a_torn_power_cut_asks_the_bank_again_and_does_nothing_twice() -> None:
    result = run(
        [
            Submit(0, 1, Ask.BALANCE_WRONG, 0),
            Sync(0, Fault.NONE),
            PowerOff(0, 0.01, torn=True, clock_lost=True),
        ]
    )
    assert result.violations == []
    assert result.syncs == 2
