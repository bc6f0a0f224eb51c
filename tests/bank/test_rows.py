"""Rows that their terminal signed, each in its place of the journal, and rows that nobody did."""

from dataclasses import replace

from bank.people import person
from offline_queue.formats.envelope import Outcome
from offline_queue.formats.timeline import ClockQuality, TimeMark
from sscard.cards import Account
from sscard.requests import PasswordUnlock
from tests.bank.terminal import NOW, Rows, Terminal, answer_bytes, evidence, signed_anew


def unlock_of(key: str) -> PasswordUnlock:
    return PasswordUnlock(evidence(key), person(key).cards[0].card_number, Account.FINANCIAL)


OTHER_MARK = TimeMark("boot-9", 5_000, NOW.isoformat(), ClockQuality.SYNCED)


def test_a_row_that_its_terminal_did_not_sign_claims_nothing_and_is_an_alarm(
    terminal: Terminal, rows: Rows
) -> None:
    good = terminal.op(unlock_of("zhang"))
    forged = (
        replace(good, signature="00" * 64),
        replace(good, signature="no hex"),
        replace(good, prev="1" * 64),
        replace(good, header=replace(good.header, lane_seq=99)),
        replace(good, header=replace(good.header, accepted=OTHER_MARK)),
    )
    for bad in forged:
        (verdict,) = terminal.send(bad)
        assert verdict.outcome is Outcome.REJECTED
        assert (verdict.answer or {})["code"] == "malformed"
    assert rows("select count(*) from operations") == [(0,)]
    assert rows("select what, op_id, times from alarms") == [
        ("bad_row", good.header.op_id, len(forged))
    ]
    (verdict,) = terminal.send(good)
    assert verdict.outcome is Outcome.APPLIED


def test_of_a_row_that_was_done_and_then_spoilt_it_is_said_that_it_was_done(
    terminal: Terminal, rows: Rows
) -> None:
    good = terminal.op(unlock_of("zhang"))
    (first,) = terminal.send(good)
    (copy,) = terminal.send(replace(good, signature="00" * 64))
    assert copy.outcome is Outcome.DUPLICATE
    assert answer_bytes(copy) == answer_bytes(first)
    assert rows("select what, times from alarms") == [("bad_row", 1)]


def test_a_row_of_an_earlier_epoch_is_good_in_a_batch_of_a_later_one(terminal: Terminal) -> None:
    old = signed_anew(terminal.op(unlock_of("zhang"), epoch=1), terminal.signing)
    status, reply = terminal.post(terminal.body([old], epoch=2))
    assert status == 200
    assert b'"outcome":"applied"' in reply
