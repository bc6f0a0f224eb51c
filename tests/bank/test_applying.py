"""Applications at the bank, asked directly: every rule is kept whatever a terminal says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from bank import applications, production
from bank.people import PEOPLE, person
from sscard.forms import form_of
from sscard.requests import (
    Answer,
    ApplicationLook,
    ApplicationSubmit,
    ApplicationTaken,
    ApplicationTerms,
    Details,
    Evidence,
    IdCopy,
    Refusal,
    RefusalCode,
    Stage,
    Whereabouts,
    WhereIsMyCard,
)
from sscard.rules import Rule
from tests.bank.terminal import NOW, Rows, Terminal, evidence

TODAY = date(2026, 3, 2)  # of NOW, in China
COPY = IdCopy(b"front", b"back")
KNOWN = Details("13900001111", person("tan").address)


def submit(key: str = "tan", **changes: Any) -> ApplicationSubmit:
    """A form in order; `changes` spoil it."""
    usual = ApplicationSubmit(evidence(key), "ccb", KNOWN, is_signed=True)
    return replace(usual, **changes)


def refused(answer: Answer) -> tuple[RefusalCode, Rule]:
    assert isinstance(answer, Refusal), answer
    return answer.code, answer.rule


def taken(answer: Answer) -> ApplicationTaken:
    assert isinstance(answer, ApplicationTaken), answer
    return answer


def cards(answer: Answer) -> Whereabouts:
    assert isinstance(answer, Whereabouts), answer
    return answer


Forms = Callable[[], int]


@pytest.fixture
def forms(rows: Rows) -> Forms:
    """How many forms the bank has."""
    return lambda: int(rows("select count(*) from applications")[0][0])


def moved_on(engine: Engine, days: int) -> date:
    """The bank moves its cards, so many days later; the day it is then."""
    today = TODAY + timedelta(days=days)
    with engine.begin() as connection:
        production.advance(connection, today)
    return today


# --- who may apply -------------------------------------------------------------------------


@pytest.mark.rule("APPLY.IN_STAGES", "BANK.FREE_CHOICE", "BANK.SIX")
def test_who_has_had_the_notice_is_told_the_terms(terminal: Terminal) -> None:
    terms = terminal.ask(ApplicationLook(evidence("tan")))
    assert isinstance(terms, ApplicationTerms)
    assert terms.is_renewal
    assert terms.rule is Rule.BANK_FREE_CHOICE
    assert len(terms.banks) == 6
    assert terms.details == KNOWN
    assert terms.has_photo


@pytest.mark.rule("APPLY.IN_STAGES")
@pytest.mark.parametrize("key", ["qiu", "chen"])
def test_without_a_notice_nothing_is_open_not_even_to_a_form(
    terminal: Terminal, forms: Forms, key: str
) -> None:
    no_notice = (RefusalCode.NO_NOTICE, Rule.APPLY_IN_STAGES)
    assert refused(terminal.ask(ApplicationLook(evidence(key)))) == no_notice
    assert refused(terminal.ask(submit(key))) == no_notice
    assert forms() == 0


def test_who_asks_comes_first(terminal: Terminal, forms: Forms) -> None:
    stranger = Evidence("resident", "990000198001010018", "测试")
    other_name = replace(evidence("tan"), name="谭永")
    for who in (stranger, other_name):
        for request in (ApplicationLook(who), submit(evidence=who), WhereIsMyCard(who)):
            code, _ = refused(terminal.ask(request))
            assert code in (RefusalCode.PERSON_UNKNOWN, RefusalCode.NOT_SAME_PERSON)
    assert forms() == 0


@pytest.mark.parametrize(
    ("key", "bank", "rule"),
    [
        pytest.param(
            "feng",
            "guangfa",
            Rule.BANK_COMPREHENSIVE,
            marks=pytest.mark.rule("BANK.COMPREHENSIVE"),
        ),
        pytest.param("deng", "dongguan", Rule.BANK_VILLAGE, marks=pytest.mark.rule("BANK.VILLAGE")),
    ],
)
def test_the_bank_that_must_issue_does(
    terminal: Terminal, forms: Forms, key: str, bank: str, rule: Rule
) -> None:
    terms = terminal.ask(ApplicationLook(evidence(key)))
    assert isinstance(terms, ApplicationTerms)
    assert (terms.banks, terms.rule, terms.is_renewal) == ((bank,), rule, False)
    wrong = submit(key, details=terms.details)
    assert refused(terminal.ask(wrong)) == (RefusalCode.BANK_NOT_OPEN, rule)
    assert forms() == 0
    assert taken(terminal.ask(replace(wrong, bank_id=bank))).collection.bank_id == bank


@pytest.mark.rule("BANK.SIX")
def test_a_bank_that_is_none_of_the_six_issues_nothing(terminal: Terminal, forms: Forms) -> None:
    answer = terminal.ask(submit(bank_id="elsewhere"))
    assert refused(answer) == (RefusalCode.BANK_NOT_OPEN, Rule.BANK_FREE_CHOICE)
    assert forms() == 0


# --- the form ------------------------------------------------------------------------------


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS", "APPLY.BOTH_SIGN", "APPLY.CONFIRM_BANK")
def test_a_form_in_order_is_confirmed_by_the_service_point(terminal: Terminal, rows: Rows) -> None:
    answer = taken(terminal.ask(submit()))
    form = form_of(answer.form_code)
    assert form is not None
    assert (form.bank_id, form.submitted_on) == ("ccb", TODAY)
    assert answer.is_renewal
    assert answer.collection.due == date(2026, 4, 14)
    assert not answer.collection.provisional
    assert "万江" in answer.collection.outlet_zh
    ((signed, confirmed),) = rows("select signed_at, confirmed_at from forms")
    assert signed
    assert confirmed


@pytest.mark.rule("APPLY.BOTH_SIGN")
def test_a_form_that_is_not_signed_is_refused(terminal: Terminal, forms: Forms) -> None:
    answer = terminal.ask(submit(is_signed=False))
    assert refused(answer) == (RefusalCode.NOT_SIGNED, Rule.APPLY_BOTH_SIGN)
    assert forms() == 0


@pytest.mark.rule("APPLY.CHECK_DETAILS")
def test_a_correction_is_kept_beside_what_was_known(terminal: Terminal, rows: Rows) -> None:
    corrected = replace(KNOWN, telephone="13800006666")
    taken(terminal.ask(submit(details=corrected, is_address_wrong=True)))
    ((telephone, was, address_was, wrong),) = rows(
        "select telephone, telephone_was, address_was, is_address_wrong from forms"
    )
    assert (telephone, was) == ("13800006666", KNOWN.telephone)
    assert (address_was, wrong) == (None, 1)
    ((kept,),) = rows("select telephone from applicants where person_id = 1 + :n", n=_place("tan"))
    assert kept == KNOWN.telephone  # the service point's own record waits for the service point


def _place(key: str) -> int:
    return [each.key for each in PEOPLE].index(key)


@pytest.mark.rule("APPLY.CHECK_DETAILS")
def test_what_is_confirmed_is_no_correction(terminal: Terminal, rows: Rows) -> None:
    taken(terminal.ask(submit()))
    assert rows("select telephone_was, address_was, is_address_wrong from forms") == [
        (None, None, 0)
    ]


@pytest.mark.rule("APPLY.CHECK_DETAILS")
def test_a_number_that_is_none_is_not_kept(terminal: Terminal, forms: Forms) -> None:
    answer = terminal.ask(submit(details=replace(KNOWN, telephone="12345")))
    assert refused(answer) == (RefusalCode.MALFORMED, Rule.APPLY_CHECK_DETAILS)
    assert forms() == 0


# --- the photo -----------------------------------------------------------------------------

GOOD, OLD = "GD990000000000000501", "GD990000000000000502"


def of_ma(**changes: Any) -> ApplicationSubmit:
    return submit("ma", details=Details("13900005555", person("ma").address), **changes)


@pytest.mark.rule("APPLY.PHOTO")
def test_without_any_photo_there_is_no_application(terminal: Terminal, forms: Forms) -> None:
    terms = terminal.ask(ApplicationLook(evidence("ma")))
    assert isinstance(terms, ApplicationTerms)
    assert not terms.has_photo
    assert refused(terminal.ask(of_ma())) == (RefusalCode.NEEDS_PHOTO, Rule.APPLY_PHOTO)
    assert forms() == 0


@pytest.mark.rule("APPLY.PHOTO")
@pytest.mark.parametrize("receipt", [OLD, "GD000000000000000000"])
def test_a_receipt_that_is_too_old_or_unknown_is_no_photo(
    terminal: Terminal, forms: Forms, receipt: str
) -> None:
    answer = terminal.ask(of_ma(photo_receipt=receipt))
    assert refused(answer) == (RefusalCode.PHOTO_UNKNOWN, Rule.APPLY_PHOTO)
    assert forms() == 0


@pytest.mark.rule("APPLY.PHOTO")
def test_somebody_elses_receipt_is_no_photo(terminal: Terminal, forms: Forms) -> None:
    answer = terminal.ask(submit(photo_receipt=GOOD))
    assert refused(answer) == (RefusalCode.PHOTO_UNKNOWN, Rule.APPLY_PHOTO)
    assert forms() == 0


@pytest.mark.rule("APPLY.PHOTO")
def test_a_receipt_serves_one_form(terminal: Terminal, rows: Rows) -> None:
    taken(terminal.ask(of_ma(photo_receipt=GOOD)))
    ((used,),) = rows("select used_for from photo_receipts where receipt_no = :no", no=GOOD)
    assert used is not None


# --- the agent -----------------------------------------------------------------------------


@pytest.mark.rule("APPLY.AGENT")
def test_an_agent_hands_in_with_both_id_cards_and_a_copy(terminal: Terminal, rows: Rows) -> None:
    taken(terminal.ask(submit(agent=evidence("lu"), copy=COPY)))
    lu = person("lu")
    assert rows("select agent_id_number, agent_name from forms") == [(lu.id_number, lu.name)]
    ((front, back),) = rows("select front, back from document_copies")
    assert (bytes(front), bytes(back)) == (b"front", b"back")


@pytest.mark.rule("APPLY.AGENT")
def test_an_agent_without_the_copy_is_refused(terminal: Terminal, forms: Forms) -> None:
    answer = terminal.ask(submit(agent=evidence("lu")))
    assert refused(answer) == (RefusalCode.NO_COPY, Rule.APPLY_AGENT)
    assert forms() == 0


@pytest.mark.rule("APPLY.AGENT")
def test_nobody_is_their_own_agent(terminal: Terminal, forms: Forms) -> None:
    own = evidence("tan")
    for request in (ApplicationLook(own, own), submit(agent=own, copy=COPY)):
        answer = terminal.ask(request)
        assert refused(answer) == (RefusalCode.NOT_SAME_PERSON, Rule.APPLY_AGENT)
    assert forms() == 0


# --- once ----------------------------------------------------------------------------------


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_the_same_form_again_is_the_same_application(terminal: Terminal, forms: Forms) -> None:
    first = taken(terminal.ask(submit()))
    again = taken(terminal.ask(submit(), now=NOW + timedelta(minutes=3)))
    assert again == first
    assert forms() == 1


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_another_form_of_the_same_person_is_refused(terminal: Terminal, forms: Forms) -> None:
    taken(terminal.ask(submit()))
    has_card = (RefusalCode.HAS_CARD, Rule.APPLY_UNIQUE_FORM)
    for other in (
        submit(bank_id="boc"),
        submit(details=replace(KNOWN, telephone="13800006666")),
        submit(is_address_wrong=True),
    ):
        assert refused(terminal.ask(other)) == has_card
    assert refused(terminal.ask(ApplicationLook(evidence("tan")))) == has_card
    assert forms() == 1


@pytest.mark.rule("COLLECT.DESTROY_180")
def test_whose_card_was_destroyed_may_apply_again(
    terminal: Terminal, engine: Engine, forms: Forms
) -> None:
    taken(terminal.ask(submit()))
    moved_on(engine, 400)
    later = NOW + timedelta(days=400)
    taken(terminal.ask(submit(), now=later))
    assert forms() == 2
    first, second = cards(terminal.ask(WhereIsMyCard(evidence("tan")), now=later)).cards
    assert (first.stage, second.stage) == (Stage.SUBMITTED, Stage.DESTROYED)


# --- where it is ---------------------------------------------------------------------------


def test_nobody_has_a_card_on_its_way_who_never_applied(terminal: Terminal) -> None:
    assert cards(terminal.ask(WhereIsMyCard(evidence("tan")))).cards == ()


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS", "COLLECT.DESTROY_180")
@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (0, Stage.SUBMITTED),
        (1, Stage.IN_PRODUCTION),
        (42, Stage.IN_PRODUCTION),
        (43, Stage.AT_BANK),  # the thirtieth working day
        (43 + 180, Stage.AT_BANK),
        (43 + 181, Stage.DESTROYED),
    ],
)
def test_a_card_is_where_its_days_have_brought_it(
    terminal: Terminal, engine: Engine, days: int, stage: Stage
) -> None:
    form = taken(terminal.ask(submit()))
    moved_on(engine, days)
    now = NOW + timedelta(days=days)
    (card,) = cards(terminal.ask(WhereIsMyCard(evidence("tan")), now=now)).cards
    assert card.stage is stage
    assert (card.form_code, card.submitted_on) == (form.form_code, TODAY)
    assert card.collection == form.collection
    if stage in (Stage.AT_BANK, Stage.DESTROYED):
        assert card.destroyed_on == TODAY + timedelta(days=43 + 181)
    else:
        assert card.destroyed_on is None


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_a_form_tells_its_own_person_alone(terminal: Terminal) -> None:
    form = taken(terminal.ask(submit())).form_code
    (card,) = cards(terminal.ask(WhereIsMyCard(evidence("tan"), form))).cards
    assert card.form_code == form
    for other in ("chen", "feng", "lu"):
        answer = terminal.ask(WhereIsMyCard(evidence(other), form))
        assert refused(answer) == (RefusalCode.FORM_NOT_YOURS, Rule.APPLY_UNIQUE_FORM)
    unknown = terminal.ask(WhereIsMyCard(evidence("tan"), "260302-CCB-000000000-0"))
    assert refused(unknown) == (RefusalCode.FORM_UNKNOWN, Rule.APPLY_UNIQUE_FORM)


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_a_form_has_served_once_its_card_is_collected(terminal: Terminal, engine: Engine) -> None:
    form = taken(terminal.ask(submit())).form_code
    today = moved_on(engine, 50)
    with engine.begin() as connection:
        (latest,) = applications.of_person(connection, person("tan").id_number)
        own = person("tan").id_number
        assert production.collect(connection, latest.application_id, own, today).allowed
    now = NOW + timedelta(days=50)
    answer = terminal.ask(WhereIsMyCard(evidence("tan"), form), now=now)
    assert refused(answer) == (RefusalCode.FORM_USED, Rule.APPLY_UNIQUE_FORM)
    (card,) = cards(terminal.ask(WhereIsMyCard(evidence("tan")), now=now)).cards
    assert card.stage is Stage.COLLECTED
    again = terminal.ask(submit(), now=now)
    assert refused(again) == (RefusalCode.HAS_CARD, Rule.APPLY_UNIQUE_FORM)


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS", "CARD.TWO_ENVIRONMENTS")
def test_a_card_that_was_made_here_has_a_chip_of_its_own(
    terminal: Terminal, engine: Engine, rows: Rows
) -> None:
    taken(terminal.ask(submit()))
    moved_on(engine, 50)
    made = rows(
        "select c.identification_code from chips c join applications a on a.new_card_id = c.card_id"
    )
    assert made == [(production.identification_code(1),)]
    known = {card.identification_code for each in PEOPLE for card in each.cards}
    later = {production.identification_code(serial) for serial in range(1, 300)}
    assert len(later) == len(later - known) == 299
    assert {len(code) for code in known} == {len(code) for code in later}
