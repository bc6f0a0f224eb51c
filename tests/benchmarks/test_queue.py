"""The queue's measures in their smallest form: what is counted is counted right; no timing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.figures import Figure
from benchmarks.queue.accepting import Laps, accepting
from benchmarks.queue.contestant import REQUEST_BYTES
from benchmarks.queue.contestants import (
    ENTRIES,
    EVERYBODY,
    FLOOR,
    OUR_LOSS_REPORTS,
    OURS,
    OWN,
    PLAIN,
    RAW,
    ROOT,
)
from benchmarks.queue.disk_counter import BLOCK_BYTES, DiskUse
from benchmarks.queue.process_start import queue_process
from benchmarks.queue.race import ContestantFailed, runners
from benchmarks.queue.sending import lives, taking


def named(figures: list[Figure], beginning: str) -> list[Figure]:
    return [figure for figure in figures if figure.name.startswith(beginning)]


def test_an_appended_request_is_one_flush_of_one_or_two_blocks() -> None:
    with runners([FLOOR]) as (floor,):
        before = floor.disk_use()
        assert len(floor.order("accept", 20)) == 20
        used = floor.disk_use() - before
    assert used.flushes == 20
    assert 20 * BLOCK_BYTES <= used.written_bytes <= 40 * BLOCK_BYTES


def test_raw_sqlite_flushes_once_for_an_insert_and_once_for_a_delete() -> None:
    with runners([RAW]) as (raw,):
        raw.order("accept", 5)
        before = raw.disk_use()
        raw.order("accept", 10)
        accepted = raw.disk_use()
        raw.order("life", 10)
        lived = raw.disk_use()
    assert (accepted - before).flushes == 10
    assert (lived - accepted).flushes == 20


def test_the_same_contestant_may_take_part_twice_in_places_of_its_own() -> None:
    with runners([RAW, RAW]) as (one, other):
        one.order("accept", 3)
        other.order("life", 1)
        with pytest.raises(ContestantFailed):
            other.order("no such order")
        assert len(one.order("accept", 3)) == 3, "the other's end is not felt"


def test_our_queue_is_measured_with_everything_it_does() -> None:
    figures = accepting((*PLAIN, *OWN), laps=2, count=4)
    rates = named(figures, "durable accepts")
    assert [figure.at_least for figure in rates] == [True]
    assert len(rates[0].notes) == len(PLAIN) + len(OWN), "each one has its line"
    (flushes,) = named(figures, "flushes of an accept")
    assert flushes.ours.least >= 1.0, "an accept without a flush is not durable"
    (rescued,) = named(figures, "accept of a loss report")
    assert rescued.ratio is not None
    (written,) = named(figures, "bytes written")
    assert written.ours.median > REQUEST_BYTES


def test_a_whole_life_is_counted_with_its_idle_checkpoint() -> None:
    (life,) = lives(laps=1, count=4)
    assert life.ours.median >= 1.0


def test_a_take_can_be_measured_among_waiting_and_beside_finished_rows() -> None:
    among, beside = taking(waiting=120, few=60, takes=2)
    assert among.name == "take, 120 waiting"
    assert beside.name == "take, 120 finished"
    for figure in (among, beside):
        assert figure.result > 0


def test_the_queue_process_starts_and_is_weighed_against_a_bare_python() -> None:
    started, weighed = queue_process(pairs=1)
    assert started.result > 0
    assert weighed.ours.median > 10, "an interpreter with its libraries has some MiB"


def test_a_laps_tail_is_one_of_its_accepts() -> None:
    laps = Laps(us=[[float(us) for us in range(1, 101)], [5.0]])
    assert laps.slowest_us() == [99.0, 5.0]


def test_bytes_of_an_accept_count_what_resting_writes() -> None:
    laps = Laps([[1.0, 1.0]], [DiskUse(2, 8_192)], [DiskUse(3, 4_096)])
    assert laps.bytes_each() == 6_144
    assert laps.flushes_each() == [1.0]


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_contestant_stands_where_it_is_said_to(name: str) -> None:
    entry = ENTRIES[name]
    source = ROOT / f"{entry.module.replace('.', '/')}.py"
    assert f"class {entry.kind}(" in source.read_text(encoding="utf-8")
    assert name == OUR_LOSS_REPORTS or entry.kind != "OurLossReports"


def test_the_peers_lock_is_hashed_and_names_no_index() -> None:
    lock = Path(ROOT / "benchmarks" / "peers.lock").read_text(encoding="utf-8")
    pinned = [line for line in lock.splitlines() if line[:1].isalnum()]
    assert pinned
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert "--index" not in lock
    assert "://" not in lock
    wanted = Path(ROOT / "benchmarks" / "peers.in").read_text(encoding="utf-8").splitlines()
    names = {line.partition("==")[0] for line in pinned}
    assert {line for line in wanted if line[:1].isalnum()} <= names


def test_ours_is_measured_in_the_terminals_own_python() -> None:
    assert not ENTRIES[OURS].is_peer
    assert not ENTRIES[OUR_LOSS_REPORTS].is_peer
