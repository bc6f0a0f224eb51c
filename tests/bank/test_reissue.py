"""A card in place of another (REPLACE.*, CHANGE.*), asked of the bank past any terminal."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from bank.people import person
from sscard.cards import Account, CardState
from sscard.forms import form_of, is_voucher_number
from sscard.requests import (
    BalanceCheck,
    CardKept,
    FeeDue,
    Kept,
    PasswordUnlock,
    PaymentLook,
    PaymentState,
    Reason,
    RefusalCode,
    ReissueAbandon,
    ReissueConfirm,
)
from sscard.rules import Rule
from tests.bank.reissuing import Counter, refusal
from tests.bank.terminal import NOW, Rows, Terminal, evidence

NUMBER = person("chen").cards[0].card_number
CLAIM = "K7M4QX"


@pytest.fixture
def counter(terminal: Terminal, engine: Engine) -> Counter:
    return Counter(terminal, engine)


def state(rows: Rows, key: str) -> str:
    number = person(key).cards[0].card_number
    ((found,),) = rows("SELECT state FROM cards WHERE card_number = :n", n=number)
    return str(found)


# --- replacement ---------------------------------------------------------------------------------


@pytest.mark.rule("REPLACE.PAY_THEN_CONFIRM", "FEE.REISSUE_20", "REPLACE.SUSPENDED")
def test_a_card_that_was_lost_in_writing_is_replaced_against_20_yuan(
    counter: Counter, rows: Rows
) -> None:
    due = counter.begins()
    assert (due.fee_fen, due.is_paid) == (2_000, False)
    assert state(rows, "huang") == CardState.LOST_WRITTEN, "nothing is suspended before"
    counter.pays(due)
    paid = counter.looks(due)
    assert paid.state is PaymentState.PAID
    assert state(rows, "huang") == CardState.LOST_WRITTEN, "nothing is suspended before"
    reissued = counter.confirms(due)
    assert state(rows, "huang") == CardState.SUSPENDED
    assert reissued.voucher == paid.voucher
    assert is_voucher_number(reissued.voucher)
    assert reissued.card_tail == "9593"
    form = form_of(reissued.form_code)
    assert form is not None
    assert (form.bank_id, form.submitted_on) == ("guangfa", date(2026, 3, 2))
    assert "南城" in reissued.collection.outlet_zh


@pytest.mark.rule("REPLACE.PAY_THEN_CONFIRM")
def test_nothing_is_confirmed_before_it_is_paid(counter: Counter, rows: Rows) -> None:
    due = counter.begins()
    assert refusal(counter.tries_to_confirm(due)) == (
        RefusalCode.NOT_PAID,
        Rule.REPLACE_PAY_THEN_CONFIRM,
    )
    assert state(rows, "huang") == CardState.LOST_WRITTEN


@pytest.mark.rule("REPLACE.PAY_THEN_CONFIRM")
def test_an_application_that_was_never_begun_cannot_be_confirmed(counter: Counter) -> None:
    asked = ReissueConfirm(evidence("huang"), "0" * 32)
    assert refusal(counter.terminal.ask(asked))[0] is RefusalCode.PAYMENT_UNKNOWN


@pytest.mark.rule("REPLACE.NEEDS_WRITTEN_LOSS")
@pytest.mark.parametrize("key", ["chen", "liu"], ids=["in use", "reported by word of mouth"])
def test_without_a_written_report_nothing_is_replaced(counter: Counter, key: str) -> None:
    counter.key = key
    assert refusal(counter.tries_to_begin()) == (
        RefusalCode.NEEDS_WRITTEN_LOSS,
        Rule.REPLACE_NEEDS_WRITTEN_LOSS,
    )


@pytest.mark.parametrize(
    ("key", "code", "rule"),
    [
        ("wang", RefusalCode.CARD_INACTIVE, Rule.ACTIVATE_BEFORE_USE),
        ("zhou", RefusalCode.CARD_SUSPENDED, Rule.REPLACE_SUSPENDED),
    ],
)
@pytest.mark.parametrize("reason", Reason)
def test_a_card_that_is_not_in_use_is_not_issued_again(
    counter: Counter, key: str, code: RefusalCode, rule: Rule, reason: Reason
) -> None:
    counter.key = key
    assert refusal(counter.tries_to_begin(reason)) == (code, rule)


@pytest.mark.rule("REPLACE.SUSPENDED")
def test_while_the_new_card_is_made_both_accounts_are_frozen(
    counter: Counter, terminal: Terminal
) -> None:
    counter.replaces()
    number = person("huang").cards[0].card_number
    asked = BalanceCheck(evidence("huang"), number)
    assert refusal(terminal.ask(asked, terminal.companion("huang"))) == (
        RefusalCode.CARD_SUSPENDED,
        Rule.REPLACE_SUSPENDED,
    )
    for account in Account:
        unlock = PasswordUnlock(evidence("huang"), number, account)
        assert refusal(terminal.ask(unlock)) == (
            RefusalCode.CARD_SUSPENDED,
            Rule.REPLACE_SUSPENDED,
        )


@pytest.mark.rule("REPLACE.OLD_IS_DEAD")
def test_after_the_confirmation_nothing_is_given_back(counter: Counter, rows: Rows) -> None:
    due = counter.begins()
    counter.pays(due)
    counter.confirms(due)
    assert refusal(counter.tries_to_abandon(due)) == (
        RefusalCode.CARD_REPLACED,
        Rule.REPLACE_OLD_IS_DEAD,
    )
    assert counter.looks(due).state is PaymentState.PAID
    assert state(rows, "huang") == CardState.SUSPENDED


@pytest.mark.rule("REPLACE.OLD_IS_DEAD", "COLLECT.DESTROY_180", "REPLACE.THIRTY_WORKING_DAYS")
def test_the_new_card_is_collected_inactive_and_the_old_one_is_dead(
    counter: Counter, rows: Rows, terminal: Terminal
) -> None:
    reissued = counter.replaces()
    due = reissued.collection.due
    assert due == date(2026, 4, 14)  # 30 working days; 5 and 6 April are Qingming
    assert not counter.collects(reissued.form_code).allowed, "it is not there yet"
    counter.now = NOW + (due - NOW.date())
    counter.day_passes_at_the_bank()
    ((number, at_bank),) = rows("SELECT card_number, state FROM cards WHERE card_number LIKE 'N%'")
    assert at_bank == CardState.AT_BANK
    assert counter.collects(reissued.form_code).allowed
    assert state(rows, "huang") == CardState.SUPERSEDED
    ((collected,),) = rows("SELECT state FROM cards WHERE card_number = :n", n=number)
    assert collected == CardState.INACTIVE
    old = BalanceCheck(evidence("huang"), person("huang").cards[0].card_number)
    assert refusal(terminal.ask(old, terminal.companion("huang"), now=counter.now)) == (
        RefusalCode.CARD_SUPERSEDED,
        Rule.REPLACE_OLD_IS_DEAD,
    )
    balances = rows(
        "SELECT a.balance_fen FROM accounts a JOIN cards USING (card_id)"
        " WHERE card_number = :n ORDER BY a.account",
        n=number,
    )
    assert balances == [(250_000,), (86_420,)], "what was on the accounts is on the new ones"


@pytest.mark.rule("REPLACE.THIRTY_WORKING_DAYS")
def test_somebody_else_does_not_collect_it(counter: Counter) -> None:
    reissued = counter.replaces()
    counter.now = NOW + (reissued.collection.due - NOW.date())
    counter.day_passes_at_the_bank()
    counter.key = "chen"
    assert counter.collects(reissued.form_code).refusal is RefusalCode.FORM_NOT_YOURS


@pytest.mark.rule("COLLECT.DESTROY_180")
@pytest.mark.parametrize("run_daily", [True, False], ids=["the bank ran", "the bank did not"])
@pytest.mark.parametrize(("days", "there"), [(180, True), (181, False)])
def test_a_card_that_nobody_collects_for_more_than_180_days_is_destroyed(
    counter: Counter, days: int, there: bool, run_daily: bool
) -> None:
    reissued = counter.replaces()
    counter.now = NOW + (reissued.collection.due - NOW.date())
    counter.day_passes_at_the_bank()
    counter.now += timedelta(days=days)
    if run_daily:
        counter.day_passes_at_the_bank()
    decision = counter.collects(reissued.form_code)
    assert decision.allowed is there
    if not there:
        assert decision.rule is Rule.COLLECT_DESTROY_180


# --- asked again -----------------------------------------------------------------------------------


def test_two_terminals_begin_one_application(counter: Counter) -> None:
    first, second = counter.begins(), counter.begins()
    assert (first.application, first.pay_code) == (second.application, second.pay_code)


def test_who_comes_again_finds_the_application_paid(counter: Counter) -> None:
    due = counter.begins()
    counter.pays(due)
    counter.now += timedelta(days=3)
    again = counter.begins()
    assert (again.application, again.is_paid) == (due.application, True)
    assert counter.confirms(again).voucher == counter.looks(due).voucher


def test_a_confirmation_that_is_asked_twice_is_answered_alike(counter: Counter, rows: Rows) -> None:
    due = counter.begins()
    counter.pays(due)
    first = counter.confirms(due)
    counter.now += timedelta(hours=2)
    assert counter.confirms(due) == first
    assert rows("SELECT count(*) FROM applications WHERE stage IS NOT NULL") == [(1,)]


@pytest.mark.rule("CARD.NEED_TO_KNOW")
def test_a_stranger_learns_and_does_nothing(counter: Counter) -> None:
    due = counter.begins()
    counter.pays(due)
    for request in (
        PaymentLook(evidence("chen"), due.application),
        ReissueConfirm(evidence("chen"), due.application),
        ReissueAbandon(evidence("chen"), due.application),
    ):
        assert refusal(counter.terminal.ask(request))[0] is RefusalCode.PAYMENT_UNKNOWN
    assert counter.looks(due).state is PaymentState.PAID


def test_a_strangers_card_cannot_be_replaced(counter: Counter) -> None:
    card_id = counter.card_id()
    counter.key = "chen"
    counter.card_id = lambda card=1: card_id  # type: ignore[method-assign]
    assert refusal(counter.tries_to_begin())[0] is RefusalCode.CARD_UNKNOWN


# --- change ----------------------------------------------------------------------------------------


@pytest.fixture
def chen(counter: Counter) -> Counter:
    counter.key = "chen"
    return counter


@pytest.mark.rule("CHANGE.DAMAGED", "CHANGE.OLD_RETURNED", "FEE.REISSUE_20")
@pytest.mark.parametrize("number", [NUMBER, None], ids=["read", "its chip did not answer"])
def test_a_damaged_card_is_changed_when_it_was_handed_in(
    chen: Counter, rows: Rows, number: str | None
) -> None:
    due = chen.begins(Reason.DAMAGED)
    assert due.fee_fen == 2_000
    chen.pays(due)
    assert state(rows, "chen") == CardState.ACTIVE
    chen.confirms(due, number, CLAIM)
    assert state(rows, "chen") == CardState.SUSPENDED
    assert rows("SELECT claim FROM applications") == [(CLAIM,)]


@pytest.mark.rule("CHANGE.OLD_RETURNED")
@pytest.mark.parametrize(("number", "claim"), [(None, None), (NUMBER, None), ("H99002746", CLAIM)])
@pytest.mark.parametrize(
    ("reason", "receipt"), [(Reason.DAMAGED, None), (Reason.PHOTO, "GD990000000000000101")]
)
def test_without_the_old_card_nothing_is_changed(
    chen: Counter,
    rows: Rows,
    number: str | None,
    claim: str | None,
    reason: Reason,
    receipt: str | None,
) -> None:
    due = chen.begins(reason, receipt=receipt)
    chen.pays(due)
    assert refusal(chen.tries_to_confirm(due, number, claim)) == (
        RefusalCode.OLD_CARD_MISSING,
        Rule.CHANGE_OLD_RETURNED,
    )
    assert state(rows, "chen") == CardState.ACTIVE


@pytest.mark.rule("CHANGE.DAMAGED", "CHANGE.PHOTO", "CHANGE.DETAILS")
@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        (Reason.DAMAGED, Rule.CHANGE_DAMAGED),
        (Reason.PHOTO, Rule.CHANGE_PHOTO),
        (Reason.DETAILS, Rule.CHANGE_DETAILS),
    ],
)
def test_a_change_needs_a_copy_of_the_id_card(chen: Counter, reason: Reason, rule: Rule) -> None:
    assert refusal(chen.tries_to_begin(reason, copy=None)) == (RefusalCode.NO_COPY, rule)


@pytest.mark.rule("CHANGE.DAMAGED")
def test_the_copy_is_kept_with_the_application(chen: Counter, rows: Rows) -> None:
    due = chen.begins(Reason.DAMAGED)
    chen.begins(Reason.DAMAGED)
    assert rows("SELECT application_id FROM document_copies") == [(due.application,)]


@pytest.mark.rule("CHANGE.PHOTO")
def test_a_new_photo_needs_its_receipt_which_serves_once(chen: Counter, rows: Rows) -> None:
    due = chen.begins(Reason.PHOTO, receipt="GD990000000000000101")
    chen.pays(due)
    chen.confirms(due, NUMBER, CLAIM)
    used = rows("SELECT used_for FROM photo_receipts WHERE receipt_no = 'GD990000000000000101'")
    assert used == [(due.application,)]


@pytest.mark.rule("CHANGE.PHOTO")
@pytest.mark.parametrize(
    ("receipt", "code"),
    [
        (None, RefusalCode.NEEDS_PHOTO),
        ("GD990000000000000999", RefusalCode.PHOTO_UNKNOWN),
        ("GD990000000000000102", RefusalCode.PHOTO_UNKNOWN),  # 91 days old
        ("GD990000000000000201", RefusalCode.PHOTO_UNKNOWN),  # somebody else's
    ],
)
def test_a_photo_receipt_that_is_none_is_refused(
    chen: Counter, receipt: str | None, code: RefusalCode
) -> None:
    assert refusal(chen.tries_to_begin(Reason.PHOTO, receipt=receipt)) == (code, Rule.CHANGE_PHOTO)


@pytest.mark.rule("CHANGE.PHOTO")
def test_one_photo_receipt_does_not_make_two_cards(counter: Counter) -> None:
    counter.key = "li"
    receipt = "GD990000000000000201"
    first = counter.begins(Reason.PHOTO, card=1, receipt=receipt)
    second = counter.begins(Reason.PHOTO, card=2, receipt=receipt)
    counter.pays(first)
    counter.pays(second)
    counter.confirms(first, person("li").cards[0].card_number, CLAIM)
    answer = counter.tries_to_confirm(second, person("li").cards[1].card_number, "CLAIM2")
    assert refusal(answer) == (RefusalCode.PHOTO_UNKNOWN, Rule.CHANGE_PHOTO)
    assert counter.abandons(second).refunded_fen == 2_000


@pytest.mark.rule("CHANGE.DETAILS")
def test_new_details_are_changed_at_the_agency_first(counter: Counter) -> None:
    counter.key = "chen"
    assert refusal(counter.tries_to_begin(Reason.DETAILS)) == (
        RefusalCode.NEEDS_AGENCY,
        Rule.CHANGE_DETAILS,
    )
    counter.key = "xu"
    assert isinstance(counter.tries_to_begin(Reason.DETAILS), FeeDue)


@pytest.mark.parametrize("reason", [Reason.DAMAGED, Reason.PHOTO, Reason.DETAILS])
@pytest.mark.parametrize(
    ("key", "rule"), [("liu", Rule.LOSS_ORAL_LAPSE), ("huang", Rule.LOSS_WRITTEN_NOW)]
)
def test_a_lost_card_is_not_changed_but_replaced(
    counter: Counter, key: str, rule: Rule, reason: Reason
) -> None:
    counter.key = key
    assert refusal(counter.tries_to_begin(reason)) == (RefusalCode.CARD_LOST, rule)


@pytest.mark.rule("CHANGE.OLD_RETURNED")
def test_who_handed_the_old_card_in_and_heard_no_more_need_not_have_it_again(
    chen: Counter, terminal: Terminal
) -> None:
    due = chen.begins(Reason.DAMAGED)
    assert due.old_claim is None
    chen.pays(due)
    terminal.ask(CardKept(NUMBER, CLAIM, Kept.OLD_CARD))
    again = chen.begins(Reason.DAMAGED)
    assert (again.is_paid, again.old_claim) == (True, CLAIM)
    chen.confirms(again, None, again.old_claim)


def test_a_card_that_was_forgotten_in_the_slot_was_not_handed_in(
    chen: Counter, terminal: Terminal
) -> None:
    chen.begins(Reason.DAMAGED)
    terminal.ask(CardKept(NUMBER, CLAIM, Kept.FORGOTTEN))
    assert chen.begins(Reason.DAMAGED).old_claim is None
