"""Sending: who goes first, who holds whom, how long to hold back, and when time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from offline_queue import policy
from offline_queue.core import Outgoing
from offline_queue.formats.envelope import BATCH_BYTES_MAX, BATCH_OPS_MAX, Outcome
from offline_queue.messages import NotTaken, NotTakenReason
from offline_queue.moment import Moment
from offline_queue.storage.store import BATCH_BLOCK
from sscard.cards import LossKind
from sscard.requests import BalanceCheck, Evidence, LossReport
from tests.offline_queue.bankside import (
    PIN_BLOCK,
    BankSide,
    Terminal,
    at,
    balance,
    card_list,
    evidence,
    loss,
    op,
    report_status,
    unlock,
)


def up() -> Terminal:
    terminal = Terminal()
    terminal.line_up(at(0))
    return terminal


def sent(outgoing: Outgoing | None) -> list[str]:
    return [] if outgoing is None else [sealed.header.op_id for sealed in outgoing.batch.ops]


def test_loss_reports_go_first_then_whoever_stands_at_the_screen_then_by_age() -> None:
    terminal = up()
    terminal.queue.accept(op(1), balance(1), None, at(0))
    terminal.queue.accept(op(2), balance(2), None, at(1))
    terminal.queue.accept(op(3), card_list(3), None, at(2))
    terminal.queue.accept(op(4), loss(4), None, at(3))
    terminal.queue.accept(op(5), unlock(5), None, at(3))
    assert sent(terminal.queue.next_batch(at(3))) == [op(4), op(3), op(5), op(1), op(2)]


def test_order_is_by_arrival_even_when_the_wall_clock_steps_back() -> None:
    terminal = up()
    back = Moment(at(1).mono_s, at(1).wall - timedelta(days=400))
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.accept(op(2), loss(2), None, back)
    assert sent(terminal.queue.next_batch(at(2))) == [op(1), op(2)]


def test_one_lane_keeps_its_order_one_at_a_time() -> None:
    terminal = up()
    for number in (1, 2, 3):
        terminal.queue.accept(op(number), balance(7), None, at(0))
    terminal.queue.accept(op(4), balance(8), None, at(0))
    assert sent(terminal.queue.next_batch(at(0))) == [op(1), op(4)]


def test_a_head_that_backs_off_holds_its_lane_and_no_other() -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = Outcome.RETRY
    terminal.queue.accept(op(1), balance(7), None, at(0))
    terminal.queue.accept(op(2), balance(7), None, at(0))
    terminal.queue.accept(op(3), balance(8), None, at(0))
    terminal.drain(at(0))
    terminal.queue.accept(op(4), balance(9), None, at(1))
    terminal.drain(at(1))
    assert terminal.bank.deliveries == [op(1), op(3), op(4)]
    terminal.bank.outcomes.clear()
    terminal.drain(at(40))
    assert terminal.bank.deliveries == [op(1), op(3), op(4), op(1), op(2)]


def test_a_loss_report_overtakes_what_backs_off_in_its_own_lane() -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = Outcome.RETRY
    terminal.bank.retry_after_s = 5.0
    terminal.queue.accept(op(1), card_list(7), None, at(0))
    terminal.drain(at(0))
    terminal.queue.accept(op(2), loss(7), None, at(1))
    assert sent(terminal.queue.next_batch(at(1))) == [op(2)]


def test_a_loss_report_never_overtakes_an_earlier_one_of_its_lane() -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = Outcome.RETRY
    terminal.queue.accept(op(1), loss(7), None, at(0))
    terminal.queue.accept(op(2), loss(7), None, at(0))
    terminal.drain(at(0))
    assert terminal.bank.deliveries == [op(1)]
    assert terminal.queue.next_batch(at(1)) is None


def test_a_batch_is_split_at_its_size_and_nothing_is_left_out() -> None:
    terminal = up()
    long = "Ω" * 200
    for number in range(60):
        request = BalanceCheck(Evidence(long, f"{number}", long), f"62230000{number:011d}")
        terminal.queue.accept(op(number), request, PIN_BLOCK, at(0))
    terminal.drain(at(1))
    assert len(terminal.bank.applied) == 60
    sizes = [len(batch.to_bytes()) for batch in terminal.bank.batches]
    assert all(BATCH_BYTES_MAX * 0.85 < size <= BATCH_BYTES_MAX for size in sizes[:-1])


def test_a_batch_is_split_at_fifty_operations() -> None:
    terminal = up()
    for number in range(BATCH_OPS_MAX + 1):
        terminal.queue.accept(op(number), card_list(number), None, at(0))
    first = terminal.queue.next_batch(at(1))
    assert first is not None
    assert len(first.body) <= BATCH_BYTES_MAX
    assert len(first.batch.ops) <= BATCH_OPS_MAX
    terminal.queue.settle(first, terminal.carried(first), at(1))
    terminal.drain(at(1))
    assert len(terminal.bank.applied) == BATCH_OPS_MAX + 1


def test_batches_are_numbered_on_across_restarts(tmp_path: Path) -> None:
    bank = BankSide()
    for number in (1, 2, 3):
        terminal = Terminal(str(tmp_path / "queue.db"), bank)
        terminal.queue.accept(op(number), loss(number), None, at(number))
        terminal.exchange(at(number))
        terminal.store.close()
    numbers = [batch.batch_no for batch in bank.batches]
    assert numbers == sorted(set(numbers))
    assert len({batch.journal.head for batch in bank.batches}) == 3
    assert {batch.epoch for batch in bank.batches} == {1}


def test_a_block_of_batch_numbers_that_is_used_up_is_followed_by_another() -> None:
    terminal = Terminal()
    numbers = [terminal.store.next_batch_no() for _ in range(2 * BATCH_BLOCK + 5)]
    assert numbers == list(range(1, 2 * BATCH_BLOCK + 6))


def test_while_the_line_is_down_one_operation_probes_it_and_the_oldest_first() -> None:
    terminal = Terminal()
    for number in (1, 2, 3):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    terminal.queue.hello_failed(at(0))
    for second in (0, 400, 800):
        probe = terminal.queue.next_batch(at(second))
        assert probe is not None
        assert sent(probe) == [op(1)]
        terminal.queue.failed(probe, at(second))
    again = terminal.queue.next_batch(at(1_200))
    assert again is not None
    terminal.queue.settle(again, terminal.carried(again), at(1_200))
    assert len(sent(terminal.queue.next_batch(at(1_201)))) == 2


def test_back_off_doubles_to_five_minutes_with_full_jitter() -> None:
    ceilings = [policy.backoff_s(n, lambda: 1.0) for n in range(1, 12)]
    assert ceilings == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert policy.backoff_s(10_000, lambda: 1.0) == policy.BACKOFF_MAX_S
    assert policy.backoff_s(5, lambda: 0.0) == 0.0


def test_a_line_that_stays_down_is_probed_ever_less_often() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    tries = 0
    now_s = 0.0
    while now_s < 3_600.0:
        outgoing = terminal.queue.next_batch(at(now_s))
        if outgoing is not None:
            tries += 1
            terminal.queue.failed(outgoing, at(now_s))
        wait_s = terminal.queue.next_s(at(now_s))
        assert wait_s is not None
        now_s += max(wait_s, 0.001)
    assert 12 <= tries <= 80


def test_a_slot_named_by_the_bank_is_obeyed_up_to_five_minutes() -> None:
    terminal = up()
    terminal.bank.next_slot_ms = 20_000
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.exchange(at(0))
    terminal.queue.accept(op(2), loss(2), None, at(1))
    assert terminal.queue.next_batch(at(19)) is None
    assert terminal.queue.next_s(at(19)) == pytest.approx(1.0)
    terminal.bank.next_slot_ms = 10**12
    terminal.exchange(at(20))
    terminal.queue.accept(op(3), loss(3), None, at(21))
    assert terminal.queue.next_batch(at(319)) is None
    assert sent(terminal.queue.next_batch(at(320))) == [op(3)]


def test_a_row_that_spoils_its_company_travels_alone_and_the_others_arrive() -> None:
    terminal = up()
    for number in range(1, 6):
        terminal.queue.accept(op(number), balance(number), None, at(0))
    now_s = 0.0
    while len(terminal.bank.applied) < 4 and now_s < 10_000:
        now_s += 1.0
        outgoing = terminal.queue.next_batch(at(now_s))
        if outgoing is None:
            terminal.line_up(at(now_s))
        elif op(3) in sent(outgoing):
            terminal.queue.failed(outgoing, at(now_s))
        else:
            terminal.queue.settle(outgoing, terminal.carried(outgoing), at(now_s))
    assert set(terminal.bank.applied) == {op(1), op(2), op(4), op(5)}
    row = terminal.store.find(op(3))
    assert row is not None
    assert row.state == "ready", "never given up by itself"


def test_a_row_travelling_alone_is_not_starved_by_others() -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.accept(op(9), loss(9), None, at(0))
    now_s = 0.0
    while not terminal.entry(op(1)).is_alone:  # it is the one that never gets a word
        now_s += 400.0
        outgoing = terminal.queue.next_batch(at(now_s))
        assert outgoing is not None
        terminal.bank.spoil = lambda verdicts: [v for v in verdicts if v.op_id != op(1)]
        if sent(outgoing) == [op(1)]:
            terminal.queue.accept(op(1_000 + int(now_s)), loss(5), None, at(now_s))
        terminal.queue.settle(outgoing, terminal.carried(outgoing), at(now_s))
        terminal.queue.accept(op(2_000 + int(now_s)), loss(6), None, at(now_s))
        terminal.line_up(at(now_s))
    terminal.exchange(at(now_s))
    terminal.queue.accept(op(3), loss(3), None, at(now_s + 400))
    turns = [sent(terminal.queue.next_batch(at(now_s + 400)))]
    assert [op(1)] in turns or op(3) in turns[0]


def test_a_poison_row_dies_with_an_alert_while_others_go_through_but_a_loss_report_never() -> None:
    terminal = up()
    terminal.queue.accept(op(1), balance(1), None, at(0))
    terminal.queue.accept(op(2), loss(2), None, at(0))
    terminal.queue.accept(op(3), loss(2), None, at(0))
    now_s, poison = 0.0, {op(1), op(2)}
    for turn in range(400):
        now_s += 301.0  # a balance check has a day and a half
        terminal.line_up(at(now_s))
        terminal.queue.accept(op(100 + turn), loss(100 + turn), None, at(now_s))
        while (outgoing := terminal.queue.next_batch(at(now_s))) is not None:
            if poison & set(sent(outgoing)):
                terminal.queue.failed(outgoing, at(now_s))
            else:
                terminal.queue.settle(outgoing, terminal.carried(outgoing), at(now_s))
        if terminal.state(op(1)) != "ready" and op(3) in terminal.bank.applied:
            break
    assert terminal.state(op(1)) == "dead"
    assert terminal.state(op(2)) == "ready"
    assert op(3) in terminal.bank.applied, "the next report of the same person is not held for ever"
    row = terminal.store.find(op(1))
    assert row is not None
    assert row.sealed is not None, "so that a person can revive it"
    status = terminal.queue.status(at(now_s))
    assert "maintenance: operations are dead, a person must look" in status.alerts
    assert terminal.queue.revive(op(1), at(now_s))
    terminal.drain(at(now_s + 301))
    assert op(1) in terminal.bank.applied


def test_a_row_for_which_every_batch_is_turned_away_does_not_block_the_others() -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    for number in (2, 3, 4):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    for turn in range(40):
        outgoing = terminal.queue.next_batch(at(turn * 10.0))
        if outgoing is None:
            continue
        if op(1) in sent(outgoing):
            terminal.queue.failed(outgoing, at(turn * 10.0), hold_s=5.0)
        else:
            terminal.queue.settle(outgoing, terminal.carried(outgoing), at(turn * 10.0))
    assert set(terminal.bank.applied) == {op(2), op(3), op(4)}
    assert terminal.state(op(1)) == "ready"


def test_a_balance_check_waits_until_the_end_of_the_next_working_day() -> None:
    terminal = Terminal()
    terminal.queue.hello_failed(at(0))
    terminal.queue.accept(op(1), balance(), None, at(0))
    tuesday_end_s = (24 + 15) * 3_600.0  # from Monday, 9:00
    terminal.queue.expire(at(tuesday_end_s - 1))
    assert terminal.state(op(1)) == "ready"
    terminal.queue.expire(at(tuesday_end_s))
    assert terminal.state(op(1)) == "expired"
    assert terminal.queue.status(at(tuesday_end_s)).waiting == {}
    row = terminal.store.find(op(1))
    assert row is not None
    assert row.sealed is None


def test_a_loss_report_waits_without_limit() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    year_s = 366 * 86_400.0
    assert terminal.queue.expire(at(year_s)) == []
    assert terminal.queue.status(at(year_s)).oldest_age_s == year_s
    assert sent(terminal.queue.next_batch(at(year_s))) == [op(1)]


def test_what_never_waits_expires_after_ten_seconds_and_the_visit_is_told() -> None:
    terminal = up()
    terminal.queue.accept(op(1), card_list(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    terminal.queue.failed(outgoing, at(8))
    assert terminal.queue.expire(at(9.9)) == []
    assert terminal.queue.expire(at(10)) == [NotTaken(op(1), NotTakenReason.NO_LINE)]
    assert terminal.state(op(1)) == "expired"
    again = terminal.queue.accept(op(1), card_list(), None, at(11))
    assert again == NotTaken(op(1), NotTakenReason.NO_LINE)


def test_a_wall_clock_that_jumps_does_not_end_what_waits() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), balance(), None, at(0))
    jumped = Moment(at(60).mono_s, at(60).wall + timedelta(days=3_650))
    terminal.queue.expire(jumped)
    assert terminal.state(op(1)) == "ready"


def test_an_expired_row_lets_its_lane_go_on() -> None:
    terminal = up()
    terminal.queue.accept(op(1), card_list(7), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    terminal.queue.failed(outgoing, at(9))
    terminal.queue.accept(op(2), loss(7), None, at(9))
    terminal.line_up(at(9))
    terminal.queue.accept(op(3), card_list(7), None, at(9))
    terminal.drain(at(15))
    assert terminal.bank.deliveries == [op(2), op(3)]


def test_an_unlock_waits_a_day_and_then_the_bank_tells_the_holder() -> None:
    terminal = up()
    terminal.queue.hello_failed(at(0))
    terminal.queue.accept(op(1), unlock(), None, at(0))
    terminal.queue.expire(at(86_399))
    assert terminal.state(op(1)) == "ready"
    terminal.queue.expire(at(86_400))
    assert terminal.state(op(1)) == "expiring"
    terminal.line_up(at(86_401))
    terminal.exchange(at(86_402))
    assert terminal.bank.expired == [op(1)]
    assert terminal.state(op(1)) == "expired"


def test_an_unlock_that_was_applied_before_its_reply_was_lost_is_done_and_not_expired() -> None:
    terminal = up()
    terminal.queue.accept(op(1), unlock(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    terminal.carried(outgoing)
    terminal.queue.failed(outgoing, at(5))
    terminal.queue.expire(at(90_000))
    terminal.bank.spoil = lambda verdicts: [
        terminal.bank.signed(replace(v, answer={"kind": "unlocked"})) for v in verdicts
    ]
    terminal.line_up(at(90_000))
    terminal.exchange(at(90_001))
    assert terminal.state(op(1)) == "done"


def test_a_loss_report_for_all_cards_supersedes_the_person_s_waiting_unlocks() -> None:
    terminal = up()
    terminal.queue.accept(op(1), unlock(1), None, at(0))
    terminal.queue.accept(op(2), unlock(2), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    terminal.queue.accept(op(3), unlock(1), None, at(0))
    terminal.queue.accept(op(4), loss(1), None, at(1))
    states = [terminal.state(op(n)) for n in (1, 2, 3, 4)]
    assert states == ["ready", "ready", "superseded", "ready"], "what is in flight is the bank's"
    one_card = LossReport(evidence(2), LossKind.WRITTEN, ("card-1",))
    terminal.queue.accept(op(5), one_card, None, at(1))
    assert terminal.state(op(2)) == "ready", "of one card only the bank knows whether it is his"


def test_a_row_of_an_earlier_boot_ends_by_what_cannot_lie(tmp_path: Path) -> None:
    path, bank = str(tmp_path / "queue.db"), BankSide()
    first = Terminal(path, bank, "boot 1")
    first.queue.accept(op(1), unlock(), None, at(0))
    first.store.close()
    # Another boot, a wall clock three years ahead: it proves nothing.
    jumped = Moment(10.0, at(0).wall + timedelta(days=1_000))
    second = Terminal(path, bank, "boot 2", opened=jumped, greeted=False)
    second.queue.expire(jumped)
    assert second.state(op(1)) == "ready"
    # The bank's time says that a day has gone by while the power was off.
    later = Moment(20.0, at(90_000).wall)
    second.line_up(later)
    second.queue.expire(later)
    assert second.state(op(1)) == "expiring"


def test_the_uptimes_of_several_boots_add_up_where_no_bank_is_heard(tmp_path: Path) -> None:
    path, bank = str(tmp_path / "queue.db"), BankSide()
    hour_s = 3_600.0
    first = Terminal(path, bank, "boot 0", opened=Moment(1.0, at(0).wall), greeted=False)
    first.queue.accept(op(1), unlock(), None, Moment(2.0, at(0).wall))
    first.store.close()
    for number in range(1, 4):
        opened = Moment(1.0, at(0).wall)
        terminal = Terminal(path, bank, f"boot {number}", opened=opened, greeted=False)
        late = Moment(9 * hour_s, at(0).wall)
        terminal.queue.accept(op(10 + number), loss(1 + number), None, late)
        terminal.queue.expire(late)
        assert terminal.state(op(1)) == ("expiring" if number == 3 else "ready")
        terminal.store.close()


def test_next_s_names_the_moment_at_which_something_is_to_be_done() -> None:
    terminal = up()
    assert terminal.queue.next_s(at(0)) is None
    terminal.queue.accept(op(1), card_list(), None, at(0))
    assert terminal.queue.next_s(at(0)) == 0.0
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    assert terminal.queue.next_s(at(0)) is None, "what is in flight is waited for, not timed"
    terminal.queue.failed(outgoing, at(1))
    wait_s = terminal.queue.next_s(at(1))
    assert wait_s is not None
    outgoing = terminal.queue.next_batch(at(1 + wait_s))
    assert outgoing is not None
    terminal.queue.settle(outgoing, terminal.carried(outgoing), at(4))
    assert terminal.queue.next_s(at(4)) is None


def test_an_idle_line_is_looked_at_every_few_seconds() -> None:
    terminal = up()
    assert 0.5 * policy.HELLO_S <= terminal.queue.hello_s(at(0)) <= 1.5 * policy.HELLO_S
    assert terminal.queue.hello_s(at(60)) == 0.0


def test_when_the_line_returns_what_is_most_urgent_goes_first_whatever_it_rested() -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    for second in (0, 400, 800):  # tried in vain, and each time to rest for longer
        outgoing = terminal.queue.next_batch(at(second))
        assert outgoing is not None
        terminal.queue.failed(outgoing, at(second))
    assert terminal.queue.next_batch(at(800)) is None
    terminal.line_up(at(801))
    terminal.queue.accept(op(2), card_list(2), None, at(801))
    assert sent(terminal.queue.next_batch(at(801))) == [op(1), op(2)]


def test_what_worked_before_a_row_came_is_no_proof_against_it() -> None:
    terminal = up()
    terminal.queue.accept(op(1), balance(1), None, at(0))
    terminal.exchange(at(0))
    terminal.queue.accept(op(2), loss(2), None, at(10))
    outgoing = terminal.queue.next_batch(at(10))
    assert outgoing is not None
    terminal.queue.failed(outgoing, at(15))
    terminal.line_up(at(16))
    terminal.queue.accept(op(3), report_status(), None, at(16))
    assert sent(terminal.queue.next_batch(at(16))) == [op(2), op(3)]
