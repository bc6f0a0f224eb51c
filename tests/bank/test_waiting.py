"""What waited in a terminal: unlocks, their fence, their time, and what reached nobody."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from bank.people import person
from bank.settling import accepted_between
from offline_queue.formats.batch import SealedOp
from offline_queue.formats.envelope import Outcome
from offline_queue.formats.timeline import EARLIEST, Anchor, ClockQuality, TimeMark
from sscard.cards import Account, LossKind
from sscard.requests import (
    BalanceCheck,
    Balances,
    CardList,
    Cards,
    Evidence,
    LossInForce,
    LossReport,
    PasswordUnlock,
    Refusal,
    RefusalCode,
    ReportStatus,
    Unlocked,
    answer_from_wire,
)
from sscard.rules import Rule
from tests.bank.terminal import (
    NOW,
    Rows,
    Terminal,
    answer_bytes,
    balance_of,
    evidence,
    just_now,
    lost,
)

AT = "2026-03-02T17:30:00.000+08:00"
WRONG = "select account, wrong_in_a_row from accounts join cards c using (card_id) where c.card_number = :number order by account"


def unlock_of(key: str, account: Account = Account.FINANCIAL) -> PasswordUnlock:
    return PasswordUnlock(evidence(key), person(key).cards[0].card_number, account)


def wrong_entries(rows: Rows, key: str) -> dict[str, int]:
    found = rows(WRONG, number=person(key).cards[0].card_number)
    return {str(account): int(wrong) for account, wrong in found}


def told(rows: Rows) -> list[tuple[str, str]]:
    found = rows("select op_id, what from own_channel order by what")
    return [(str(op_id), str(what)) for op_id, what in found]


def mark(accepted: datetime, quality: ClockQuality = ClockQuality.SYNCED) -> TimeMark:
    return TimeMark("boot-9", 5_000, accepted.isoformat(), quality)


# --- the unlock ------------------------------------------------------------------------------


def test_the_holder_unlocks_one_account_and_the_old_password_works_again(
    terminal: Terminal, rows: Rows
) -> None:
    assert wrong_entries(rows, "zhang") == {"financial": 6, "medical": 0}
    tail = person("zhang").cards[0].card_number[-4:]
    assert terminal.ask(unlock_of("zhang")) == Unlocked(Account.FINANCIAL, tail, AT)
    assert wrong_entries(rows, "zhang") == {"financial": 0, "medical": 0}
    answer = terminal.ask(balance_of("zhang"), terminal.companion("zhang"))
    assert isinstance(answer, Balances)


def test_the_other_account_stays_locked(terminal: Terminal, rows: Rows, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("update accounts set wrong_in_a_row = 6"))
    terminal.ask(unlock_of("zhang", Account.MEDICAL))
    assert wrong_entries(rows, "zhang") == {"financial": 6, "medical": 0}


def test_a_password_that_is_forgotten_but_not_locked_is_unlocked_too(terminal: Terminal) -> None:
    assert isinstance(terminal.ask(unlock_of("chen")), Unlocked)


def test_another_persons_document_unlocks_nothing(terminal: Terminal, rows: Rows) -> None:
    zhang = person("zhang")
    for stranger in (evidence("li"), Evidence("resident", zhang.id_number, "张三")):
        request = PasswordUnlock(stranger, zhang.cards[0].card_number, Account.FINANCIAL)
        answer = terminal.ask(request)
        assert isinstance(answer, Refusal)
        assert answer.code is RefusalCode.NOT_SAME_PERSON
    assert wrong_entries(rows, "zhang")["financial"] == 6


@pytest.mark.parametrize(
    ("key", "code", "rule"),
    [
        ("huang", RefusalCode.CARD_LOST, Rule.LOSS_WRITTEN_NOW),
        ("wu", RefusalCode.CARD_SUPERSEDED, Rule.REPLACE_OLD_IS_DEAD),
    ],
)
def test_a_card_that_is_not_in_use_is_not_unlocked(
    terminal: Terminal, key: str, code: RefusalCode, rule: Rule
) -> None:
    answer = terminal.ask(unlock_of(key))
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.rule) == (code, rule)


def test_a_card_nobody_issued_is_not_unlocked(terminal: Terminal) -> None:
    answer = terminal.ask(PasswordUnlock(evidence("chen"), "H99999994", Account.FINANCIAL))
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.CARD_UNKNOWN


def test_an_unlock_takes_effect_once_however_often_it_comes(terminal: Terminal, rows: Rows) -> None:
    op = terminal.op(unlock_of("zhang"))
    (first,) = terminal.send(op)
    for _ in range(2):
        terminal.ask(balance_of("zhang"), terminal.companion("zhang", "111111"))
    (copy,) = terminal.send(op)
    assert (first.outcome, copy.outcome) == (Outcome.APPLIED, Outcome.DUPLICATE)
    assert answer_bytes(copy) == answer_bytes(first)
    assert wrong_entries(rows, "zhang")["financial"] == 2


# --- the fence -------------------------------------------------------------------------------


def lifted(engine: Engine) -> None:
    """The loss was a mistake: the counter has cancelled it, the card works again."""
    with engine.begin() as connection:
        connection.execute(text("update cards set state = 'active', lost_since = null"))


@pytest.mark.parametrize("all_cards", [True, False], ids=["every card", "this card"])
def test_an_unlock_that_a_loss_report_overtook_is_superseded_even_after_the_freeze(
    terminal: Terminal, rows: Rows, engine: Engine, all_cards: bool
) -> None:
    unlock = terminal.op(unlock_of("zhang"))
    listed = terminal.ask(CardList(evidence("zhang")))
    assert isinstance(listed, Cards)
    named = () if all_cards else (listed.cards[0].card_id,)
    report = terminal.op(lost("zhang", LossKind.WRITTEN, named))
    (frozen, superseded) = terminal.send(report, unlock)
    assert frozen.outcome is Outcome.APPLIED
    assert (superseded.outcome, superseded.answer) == (Outcome.SUPERSEDED, None)
    lifted(engine)
    (copy,) = terminal.send(unlock)
    assert (copy.outcome, copy.answer) == (Outcome.SUPERSEDED, None)
    assert wrong_entries(rows, "zhang")["financial"] == 6
    assert rows("select outcome from operations where kind = 'password_unlock'") == [
        ("superseded",)
    ]


def after_a_report(
    terminal: Terminal, engine: Engine, unlock: SealedOp, report: SealedOp
) -> Outcome:
    terminal.send(report)
    lifted(engine)
    (verdict,) = terminal.send(unlock)
    return verdict.outcome


def test_an_unlock_that_was_asked_for_after_the_report_is_not_superseded(
    terminal: Terminal, engine: Engine
) -> None:
    report = terminal.op(lost("zhang", LossKind.WRITTEN))
    unlock = terminal.op(unlock_of("zhang"))
    assert after_a_report(terminal, engine, unlock, report) is Outcome.APPLIED


@pytest.mark.parametrize("place", [{"lane": "another"}, {"epoch": 2}])
def test_a_report_of_another_lane_or_epoch_supersedes_nothing(
    terminal: Terminal, engine: Engine, place: dict[str, str | int]
) -> None:
    unlock = terminal.op(unlock_of("zhang"))
    report = terminal.op(lost("zhang", LossKind.WRITTEN), **place)  # type: ignore[arg-type]
    assert after_a_report(terminal, engine, unlock, report) is Outcome.APPLIED


def test_a_report_that_was_refused_or_covers_another_card_supersedes_nothing(
    terminal: Terminal, engine: Engine
) -> None:
    refused = terminal.op(unlock_of("zhang"))
    wrong = terminal.op(LossReport(evidence("zhang"), LossKind.ORAL, ("no card of theirs",)))
    assert after_a_report(terminal, engine, refused, wrong) is Outcome.APPLIED
    other = terminal.op(unlock_of("zhang"))
    lis = terminal.op(LossReport(evidence("li"), LossKind.ORAL))
    assert after_a_report(terminal, engine, other, lis) is Outcome.APPLIED


# --- time that is over ---------------------------------------------------------------------------


def test_an_expired_row_does_nothing_and_the_holder_is_told_by_the_own_channel(
    terminal: Terminal, rows: Rows
) -> None:
    unlock = terminal.op(unlock_of("zhang"), expired=True)
    balance = terminal.op(balance_of("chen"), terminal.companion("chen", "111111"), expired=True)
    verdicts = terminal.send(unlock, balance)
    assert [(each.outcome, each.answer) for each in verdicts] == [(Outcome.APPLIED, None)] * 2
    assert wrong_entries(rows, "zhang")["financial"] == 6
    assert wrong_entries(rows, "chen")["financial"] == 0
    assert told(rows) == [
        (balance.header.op_id, "balance_check_expired"),
        (unlock.header.op_id, "password_unlock_expired"),
    ]
    assert {outcome for (outcome,) in rows("select outcome from operations")} == {"expired"}


def test_an_expired_row_that_comes_again_as_a_fresh_one_still_does_nothing(
    terminal: Terminal, rows: Rows
) -> None:
    op = terminal.op(unlock_of("zhang"), expired=True)
    terminal.send(op)
    (copy,) = terminal.send(replace(op, expired=False))
    assert (copy.outcome, copy.answer) == (Outcome.DUPLICATE, None)
    assert wrong_entries(rows, "zhang")["financial"] == 6
    assert len(told(rows)) == 1


def test_a_row_that_was_done_and_then_comes_as_expired_has_been_done(
    terminal: Terminal, rows: Rows
) -> None:
    op = terminal.op(unlock_of("zhang"))
    terminal.send(op)
    (copy,) = terminal.send(replace(op, expired=True))
    assert copy.outcome is Outcome.DUPLICATE
    assert isinstance(answer_from_wire(copy.answer), Unlocked)
    assert told(rows) == []


def test_of_an_expired_request_for_anothers_card_nobody_is_told(
    terminal: Terminal, rows: Rows
) -> None:
    zhang = person("zhang").cards[0].card_number
    foreign = PasswordUnlock(evidence("li"), zhang, Account.FINANCIAL)
    unknown = PasswordUnlock(evidence("li"), "H99999994", Account.FINANCIAL)
    ops = [terminal.op(request, expired=True) for request in (foreign, unknown)]
    assert {verdict.outcome for verdict in terminal.send(*ops)} == {Outcome.APPLIED}
    assert told(rows) == []


def test_a_loss_report_never_expires_whatever_the_row_says(terminal: Terminal) -> None:
    old = mark(NOW - timedelta(days=150))
    report = LossReport(evidence("chen"), LossKind.ORAL)
    (verdict,) = terminal.send(terminal.op(report, expired=True, accepted=old))
    answer = answer_from_wire(verdict.answer)
    assert isinstance(answer, LossInForce)
    # Freezing and its five days count from the bank's receipt.
    assert (answer.frozen[0].since, answer.frozen[0].lapses_at) == (
        AT,
        "2026-03-07T17:30:00.000+08:00",
    )


@pytest.mark.parametrize(
    ("request_", "in_time", "over"),
    [
        (unlock_of("zhang"), timedelta(hours=23, minutes=59), timedelta(hours=24, minutes=1)),
        # NOW is a Monday, and the Saturday before it a make-up working day: a check taken then is
        # good until the Monday's end, one of the Friday only until the Saturday's.
        (balance_of("chen"), timedelta(days=2), timedelta(days=3)),
    ],
    ids=["unlock", "balance"],
)
def test_the_bank_refuses_what_surely_waited_too_long_and_tells_the_holder(
    terminal: Terminal,
    rows: Rows,
    request_: PasswordUnlock | BalanceCheck,
    in_time: timedelta,
    over: timedelta,
) -> None:
    good = terminal.op(request_, accepted=mark(NOW - in_time))
    late = terminal.op(request_, accepted=mark(NOW - over))
    done, refused = terminal.send(good, late)
    assert done.outcome is Outcome.APPLIED
    assert refused.outcome is Outcome.REJECTED
    assert refused.answer == {
        "kind": "refusal",
        "code": "too_late",
        "rule": "OFFLINE.THREE",
    }
    assert (late.header.op_id, f"{request_.kind}_expired") in told(rows)


def test_a_clock_that_nobody_vouches_for_proves_nothing(terminal: Terminal) -> None:
    for quality in (ClockQuality.SET, ClockQuality.UNSET):
        accepted = mark(NOW - timedelta(days=30), quality)
        (verdict,) = terminal.send(terminal.op(unlock_of("zhang"), accepted=accepted))
        assert verdict.outcome is Outcome.APPLIED


def test_what_is_only_read_is_never_too_late(terminal: Terminal) -> None:
    accepted = mark(NOW - timedelta(days=30))
    requests = (CardList(evidence("li")), ReportStatus("2345-6789"))
    verdicts = terminal.send(*(terminal.op(each, accepted=accepted) for each in requests))
    assert "too_late" not in [(each.answer or {}).get("code") for each in verdicts]


# --- when it was accepted -------------------------------------------------------------------------


def test_the_interval_of_acceptance_stands_with_the_operation(
    terminal: Terminal, rows: Rows
) -> None:
    terminal.send(
        terminal.op(CardList(evidence("li")), accepted=just_now()),
        terminal.op(CardList(evidence("li")), accepted=mark(NOW, ClockQuality.SET)),
    )
    assert rows("select at, earliest, latest from operations order by lane_seq") == [
        (AT, "2026-03-02T17:29:47.988+08:00", "2026-03-02T17:29:52.012+08:00"),
        (AT, "1970-01-01T08:00:00.000+08:00", AT),
    ]


@pytest.mark.parametrize(
    "odd",
    [
        TimeMark("b", 2**53 - 1, "0001-01-01T00:00:00+00:00", ClockQuality.SYNCED),
        TimeMark("b", 0, "9999-12-31T23:59:59+00:00", ClockQuality.SYNCED),
        TimeMark(
            "b",
            2**53 - 1,
            "2026-03-02T00:00:00+00:00",
            ClockQuality.SYNCED,
            Anchor("0001-01-01T00:00:00+14:00", "b", 0),
        ),
        TimeMark(
            "b",
            5,
            "2026-03-02T00:00:00+00:00",
            ClockQuality.SET,
            Anchor("9999-12-31T23:59:59-14:00", "b", 3),
        ),
    ],
)
def test_a_mark_that_no_calendar_holds_is_answered_all_the_same(
    terminal: Terminal, odd: TimeMark
) -> None:
    earliest, latest = accepted_between(odd, NOW)
    assert EARLIEST <= earliest <= latest <= NOW
    (verdict,) = terminal.send(terminal.op(CardList(evidence("li")), accepted=odd))
    assert verdict.outcome is Outcome.APPLIED


# --- answers that nobody heard ---------------------------------------------------------------------


def test_balances_that_nobody_heard_are_told_by_the_own_channel_once(
    terminal: Terminal, rows: Rows
) -> None:
    op = terminal.op(balance_of("chen"), terminal.companion("chen"))
    (first,) = terminal.send(op)
    terminal.send(op)  # the visit still waits
    assert told(rows) == []
    for _ in range(3):
        (copy,) = terminal.send(replace(op, companion=None))
        assert copy.outcome is Outcome.DUPLICATE
        assert answer_bytes(copy) == answer_bytes(first)
    assert told(rows) == [(op.header.op_id, "balances")]


def test_a_refusal_that_nobody_heard_is_not_told_as_balances(
    terminal: Terminal, rows: Rows
) -> None:
    op = terminal.op(balance_of("chen"), terminal.companion("chen", "111111"))
    terminal.send(op)
    terminal.send(replace(op, companion=None))
    assert told(rows) == []
