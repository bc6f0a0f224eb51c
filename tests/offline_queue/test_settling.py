"""Settling: only a signed verdict settles a row; everything else leaves it as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from offline_queue.formats.envelope import Outcome, Verdict
from offline_queue.messages import Answered, LineChanged
from sscard.requests import BalanceByOwnChannel, Refusal, RefusalCode
from sscard.rules import Rule
from tests.offline_queue.bankside import PIN_BLOCK, BankSide, Terminal, at, balance, loss, op

ANSWER = BalanceByOwnChannel("2026-03-02")


def up() -> Terminal:
    terminal = Terminal()
    terminal.line_up(at(0))
    return terminal


def test_an_applied_verdict_is_done_and_its_answer_goes_to_the_visit() -> None:
    terminal = up()
    terminal.queue.accept(op(1), balance(), None, at(0))
    assert terminal.exchange(at(0)) == [Answered(op(1), ANSWER)]
    assert terminal.state(op(1)) == "done"
    assert terminal.queue.status(at(0)).waiting == {}


def test_a_lost_reply_is_sent_again_under_the_same_id_and_a_duplicate_is_success() -> None:
    terminal = up()
    terminal.queue.accept(op(1), balance(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    terminal.carried(outgoing)
    assert terminal.queue.failed(outgoing, at(5)) == [LineChanged(False)]
    assert terminal.state(op(1)) == "ready"
    assert terminal.exchange(at(400)) == [LineChanged(True), Answered(op(1), ANSWER)]
    assert terminal.bank.deliveries == [op(1), op(1)]
    assert len(terminal.bank.applied) == 1
    assert terminal.state(op(1)) == "done"


def test_a_rejection_is_final_and_its_refusal_goes_to_the_visit() -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = Outcome.REJECTED
    terminal.queue.accept(op(1), balance(), None, at(0))
    refusal = Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    assert terminal.exchange(at(0)) == [Answered(op(1), refusal)]
    assert terminal.state(op(1)) == "rejected"
    assert terminal.queue.next_batch(at(400)) is None


def test_retry_waits_at_least_as_long_as_the_bank_asks() -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = Outcome.RETRY
    terminal.queue.accept(op(1), balance(), None, at(0))
    assert terminal.exchange(at(0)) == []
    assert terminal.queue.status(at(0)).line_up
    assert terminal.queue.next_batch(at(29)) is None
    terminal.bank.outcomes.clear()
    assert terminal.exchange(at(31)) == [Answered(op(1), ANSWER)]


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN_KEY, Outcome.CONFLICT])
def test_what_the_bank_cannot_settle_is_dead_and_a_person_must_look(outcome: Outcome) -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = outcome
    terminal.queue.accept(op(1), balance(), PIN_BLOCK, at(0))
    assert terminal.exchange(at(0)) == []
    row = terminal.store.find(op(1))
    assert row is not None
    assert (row.state, row.outcome) == ("dead", outcome)
    assert row.sealed is not None, "so that a person can revive it"
    assert terminal.queue.status(at(0)).dead == 1
    assert terminal.queue.next_batch(at(400)) is None


@pytest.mark.parametrize("outcome", [Outcome.APPLIED, Outcome.REJECTED, Outcome.SUPERSEDED])
def test_a_final_state_drops_the_sealed_text(outcome: Outcome) -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = outcome
    terminal.queue.accept(op(1), loss(), None, at(0))
    terminal.exchange(at(0))
    row = terminal.store.find(op(1))
    assert row is not None
    assert row.sealed is None


def _other_outcome(verdict: Verdict) -> Verdict:
    return replace(verdict, outcome=Outcome.REJECTED)


def _other_answer(verdict: Verdict) -> Verdict:
    return replace(verdict, answer={"kind": "balance_by_own_channel", "at": "later"})


def _unsigned(verdict: Verdict) -> Verdict:
    return replace(verdict, signature="")


def _signed_by_a_stranger(verdict: Verdict) -> Verdict:
    return BankSide().signed(verdict)


SPOILS = [_other_outcome, _other_answer, _unsigned, _signed_by_a_stranger]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_verdict_without_the_bank_s_signature_says_nothing(
    spoil: Callable[[Verdict], Verdict],
) -> None:
    terminal = up()
    terminal.bank.spoil = lambda verdicts: [spoil(v) if v.op_id == op(1) else v for v in verdicts]
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.accept(op(2), loss(2), None, at(0))
    assert terminal.exchange(at(0)) == [Answered(op(2), ANSWER)]
    assert (terminal.state(op(1)), terminal.state(op(2))) == ("ready", "done")


def test_a_verdict_over_another_request_says_nothing_though_the_bank_signed_it() -> None:
    terminal = up()

    def swap(verdicts: list[Verdict]) -> list[Verdict]:
        return [terminal.bank.signed(replace(v, request_hash="0" * 64)) for v in verdicts]

    terminal.bank.spoil = swap
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert terminal.exchange(at(0)) == [LineChanged(False)]
    assert terminal.state(op(1)) == "ready"


def test_an_operation_missing_from_the_reply_is_unknown_not_done() -> None:
    terminal = up()
    terminal.bank.spoil = lambda verdicts: verdicts[:1]
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.accept(op(2), loss(2), None, at(0))
    terminal.exchange(at(0))
    assert (terminal.state(op(1)), terminal.state(op(2))) == ("done", "ready")


def test_a_verdict_on_an_operation_that_was_not_sent_is_not_believed() -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    terminal.queue.accept(op(2), loss(2), None, at(0))
    row = terminal.store.find(op(2))
    assert row is not None
    foreign = Verdict(op(2), row.request_hash, Outcome.REJECTED, "2026-03-02")
    terminal.bank.spoil = lambda verdicts: [*verdicts, terminal.bank.signed(foreign)]
    terminal.queue.settle(outgoing, terminal.carried(outgoing), at(0))
    assert (terminal.state(op(1)), terminal.state(op(2))) == ("done", "ready")


def _reply(**changes: object) -> bytes:
    verdict = {
        "op_id": op(1),
        "request_hash": "",
        "outcome": "applied",
        "at": "",
        "answer": None,
        "retry_after_s": None,
        "signature": "",
    }
    return json.dumps({"verdicts": [{**verdict, **changes}], "next_slot_ms": 0}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in to the wireless network</html>",
        b"[]",
        b'{"verdicts":[],"next_slot_ms":0}',
        b'{"verdicts":{},"next_slot_ms":0}',
        b'{"verdicts":[{}],"next_slot_ms":0}',
        b"\xff\xfe",
        _reply(),
        _reply(retry_after_s=10**400),
        _reply(retry_after_s=float("nan")),
        _reply(answer={"text": "\ud800"}),
        _reply(signature="zz"),
    ],
)
def test_a_reply_that_is_none_leaves_the_row_and_takes_the_line_down(body: bytes) -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(), None, at(0))
    row = terminal.store.find(op(1))
    assert row is not None
    body = body.replace(b'"request_hash": ""', f'"request_hash": "{row.request_hash}"'.encode())
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    assert terminal.queue.settle(outgoing, body, at(0)) == [LineChanged(False)]
    assert terminal.state(op(1)) == "ready"


def test_an_answer_that_cannot_be_read_still_settles_the_row() -> None:
    terminal = up()

    def garble(verdicts: list[Verdict]) -> list[Verdict]:
        return [terminal.bank.signed(replace(v, answer={"kind": "poem"})) for v in verdicts]

    terminal.bank.spoil = garble
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert terminal.exchange(at(0)) == []
    assert terminal.state(op(1)) == "done"


def test_a_batch_is_settled_once() -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    terminal.queue.failed(outgoing, at(1))
    with pytest.raises(AssertionError, match="not in flight"):
        terminal.queue.settle(outgoing, terminal.carried(outgoing), at(2))


def test_a_reply_to_an_earlier_batch_of_the_same_rows_is_not_for_this_one() -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(), None, at(0))
    earlier = terminal.queue.next_batch(at(0))
    assert earlier is not None
    terminal.queue.failed(earlier, at(1))
    terminal.line_up(at(2))
    again = terminal.queue.next_batch(at(2))
    assert again is not None
    with pytest.raises(AssertionError, match="not in flight"):
        terminal.queue.settle(earlier, terminal.carried(earlier), at(3))
    terminal.queue.settle(again, terminal.carried(again), at(3))
    assert terminal.state(op(1)) == "done"


def test_the_line_is_told_once_a_change() -> None:
    terminal = Terminal(greeted=False)
    assert terminal.queue.hello_failed(at(0)) == []
    assert terminal.line_up(at(5)) == [LineChanged(True)]
    assert terminal.line_up(at(10)) == []
    assert terminal.queue.hello_failed(at(15)) == [LineChanged(False)]
    assert terminal.queue.hello_failed(at(20)) == []
    assert terminal.queue.status(at(20)).last_contact_at == at(10).wall.isoformat()


def test_a_503_to_everything_completes_nothing() -> None:
    terminal = up()
    terminal.queue.accept(op(1), loss(), None, at(0))
    for second in range(0, 3_000, 300):
        outgoing = terminal.queue.next_batch(at(second))
        if outgoing is not None:
            terminal.queue.failed(outgoing, at(second), hold_s=10.0 * (second % 600 == 0))
    assert terminal.state(op(1)) == "ready"
    alerts = terminal.queue.status(at(3_000)).alerts
    assert alerts == ["maintenance: a loss report has not reached the bank for 30 minutes"]


def test_an_operation_the_bank_refuses_does_not_poison_its_batch() -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = Outcome.REJECTED
    for number in (1, 2, 3):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    terminal.exchange(at(0))
    assert [terminal.state(op(n)) for n in (1, 2, 3)] == ["rejected", "done", "done"]


def test_a_duplicate_of_a_refusal_is_a_refusal() -> None:
    terminal = up()
    refusal = {"kind": "refusal", "code": "card_unknown", "rule": "CARD.STATES"}
    terminal.bank.outcomes[op(1)] = Outcome.DUPLICATE
    terminal.bank.spoil = lambda verdicts: [
        terminal.bank.signed(replace(v, answer=refusal)) for v in verdicts
    ]
    terminal.queue.accept(op(1), balance(), None, at(0))
    terminal.exchange(at(0))
    assert terminal.state(op(1)) == "rejected"


def test_a_person_ends_or_revives_what_is_dead_and_nothing_that_flies() -> None:
    terminal = up()
    terminal.bank.outcomes[op(1)] = Outcome.UNKNOWN_KEY
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert not terminal.queue.revive(op(1), at(0))
    terminal.exchange(at(0))
    assert terminal.queue.revive(op(1), at(1))
    assert terminal.queue.status(at(1)).waiting == {"loss_report": 1}
    outgoing = terminal.queue.next_batch(at(1))
    assert outgoing is not None
    assert not terminal.queue.bury(op(1), "duplicate", at(1))
    terminal.queue.settle(outgoing, terminal.carried(outgoing), at(1))
    assert terminal.queue.bury(op(1), "duplicate", at(2))
    row = terminal.store.find(op(1))
    assert row is not None
    assert (row.state, row.sealed) == ("buried", None)
    assert not terminal.queue.bury(op(1), "duplicate", at(3))
    assert terminal.store.journal.first_broken() is None
