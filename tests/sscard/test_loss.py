"""Every row of LOSS.* that a report decides, and what becomes of it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sscard.cards import CardState, LossKind
from sscard.loss import (
    ORAL_DAYS,
    Form,
    Freeze,
    Standing,
    cancel,
    in_person,
    lapse_time,
    report,
    report_state,
    state_at,
)
from sscard.requests import Presence, RefusalCode, ReportState
from sscard.rules import Rule

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
ACTIVE = Standing(CardState.ACTIVE)

CHINA = timezone(timedelta(hours=8))
instants = st.integers(0, 7_000 * 86_400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=CHINA) + timedelta(seconds=seconds)
)
days = st.integers(1, 30)


@pytest.mark.parametrize(
    ("state", "rule", "code"),
    [
        (CardState.PRODUCED, Rule.CARD_STATES, RefusalCode.NO_CARD_TO_REPORT),
        (CardState.AT_BANK, Rule.CARD_STATES, RefusalCode.NO_CARD_TO_REPORT),
        (CardState.DESTROYED, Rule.CARD_STATES, RefusalCode.NO_CARD_TO_REPORT),
        (CardState.INACTIVE, Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE),
        (CardState.SUSPENDED, Rule.REPLACE_SUSPENDED, RefusalCode.CARD_SUSPENDED),
        (CardState.SUPERSEDED, Rule.REPLACE_OLD_IS_DEAD, RefusalCode.CARD_SUPERSEDED),
    ],
)
@pytest.mark.parametrize("loss", LossKind)
def test_a_card_not_in_use_cannot_be_reported_and_stays_as_it_is(
    state: CardState, rule: Rule, code: RefusalCode, loss: LossKind
) -> None:
    done = report(Standing(state), loss, NOW)
    assert (done.decision.allowed, done.decision.rule, done.decision.refusal) == (
        False,
        rule,
        code,
    )
    assert done.standing == Standing(state)
    assert done.freeze is None


@given(instants, days)
def test_an_oral_report_freezes_now_and_lapses_after_its_days(now: datetime, term: int) -> None:
    done = report(ACTIVE, LossKind.ORAL, now, term)
    assert done.decision.rule is Rule.LOSS_ORAL_LAPSE
    assert done.standing == Standing(CardState.LOST_ORAL, now, now + term * DAY)
    lapses_at = done.standing.lapses_at
    assert lapses_at is not None
    assert state_at(done.standing.state, lapses_at, lapses_at - MOMENT) is CardState.LOST_ORAL
    assert state_at(done.standing.state, lapses_at, lapses_at) is CardState.ACTIVE


def test_the_term_is_five_natural_days_and_asks_for_no_working_day() -> None:
    friday = datetime(2026, 2, 13, 16, 0, tzinfo=UTC)  # before the spring festival holidays
    assert ORAL_DAYS == 5
    assert lapse_time(friday, ORAL_DAYS) == datetime(2026, 2, 18, 16, 0, tzinfo=UTC)


@given(instants, st.integers(0, 10_000))
def test_a_written_report_takes_effect_now_and_never_lapses(now: datetime, later: int) -> None:
    done = report(ACTIVE, LossKind.WRITTEN, now)
    assert done.decision.rule is Rule.LOSS_WRITTEN_NOW
    assert done.standing == Standing(CardState.LOST_WRITTEN, now, None)
    assert state_at(done.standing.state, None, now + later * DAY) is CardState.LOST_WRITTEN


@given(instants, st.floats(0, 4.999))
def test_a_written_report_within_the_days_leaves_no_gap(now: datetime, after_days: float) -> None:
    oral = report(ACTIVE, LossKind.ORAL, now)
    upgraded = report(oral.standing, LossKind.WRITTEN, now + after_days * DAY)
    assert upgraded.decision.rule is Rule.LOSS_WRITTEN_UPGRADES_ORAL
    assert upgraded.standing == Standing(CardState.LOST_WRITTEN, now, None)
    assert upgraded.freeze == Freeze(LossKind.WRITTEN, now, None)


@given(instants, st.floats(0, 4.999))
def test_repeating_an_oral_report_does_not_extend_it(now: datetime, after_days: float) -> None:
    first = report(ACTIVE, LossKind.ORAL, now)
    again = report(first.standing, LossKind.ORAL, now + after_days * DAY)
    assert again.decision.allowed
    assert again.standing == first.standing
    assert again.freeze == first.freeze


def test_after_the_lapse_a_report_begins_anew() -> None:
    first = report(ACTIVE, LossKind.ORAL, NOW)
    later = NOW + 5 * DAY
    assert report(first.standing, LossKind.ORAL, later).standing == Standing(
        CardState.LOST_ORAL, later, later + 5 * DAY
    )
    written = report(first.standing, LossKind.WRITTEN, later)
    assert written.decision.rule is Rule.LOSS_WRITTEN_NOW
    assert written.standing.lost_since == later


@pytest.mark.parametrize("loss", LossKind)
def test_nothing_weakens_a_written_report(loss: LossKind) -> None:
    written = report(ACTIVE, LossKind.WRITTEN, NOW)
    again = report(written.standing, loss, NOW + DAY)
    assert again.decision.rule is Rule.LOSS_WRITTEN_NOW
    assert again.standing == written.standing
    assert again.freeze == Freeze(LossKind.WRITTEN, NOW, None)


@given(st.lists(st.tuples(st.sampled_from(LossKind), st.floats(0, 12)), min_size=1, max_size=12))
def test_after_any_row_of_reports_the_card_is_frozen_and_only_an_oral_one_lapses(
    reports: list[tuple[LossKind, float]],
) -> None:
    standing, now, has_written = ACTIVE, NOW, False
    for loss, pause_days in reports:
        now += pause_days * DAY
        done = report(standing, loss, now)
        standing, has_written = done.standing, has_written or loss is LossKind.WRITTEN
        assert done.freeze is not None
        assert standing.lost_since == done.freeze.since <= now
        assert state_at(standing.state, standing.lapses_at, now) is not CardState.ACTIVE
        assert (standing.lapses_at is None) == has_written
        assert standing.lapses_at is None or now < standing.lapses_at <= now + 5 * DAY


@given(st.sampled_from(CardState), st.none() | instants, instants)
def test_time_moves_nothing_but_a_lapsed_oral_report(
    state: CardState, lapses_at: datetime | None, now: datetime
) -> None:
    after = state_at(state, lapses_at, now)
    if after is not state:
        assert (state, after) == (CardState.LOST_ORAL, CardState.ACTIVE)
        assert lapses_at is not None
        assert now >= lapses_at


# --- what became of a report ----------------------------------------------------------------

ORAL = Freeze(LossKind.ORAL, NOW, NOW + 5 * DAY)
WRITTEN = Freeze(LossKind.WRITTEN, NOW, None)


@pytest.mark.parametrize(
    ("freeze", "card", "after", "expected"),
    [
        (ORAL, Standing(CardState.LOST_ORAL, NOW, NOW + 5 * DAY), DAY, ReportState.IN_FORCE),
        (ORAL, Standing(CardState.LOST_ORAL, NOW, NOW + 5 * DAY), 5 * DAY, ReportState.LAPSED),
        (ORAL, ACTIVE, DAY, ReportState.CANCELLED),
        (ORAL, ACTIVE, 6 * DAY, ReportState.LAPSED),
        (WRITTEN, Standing(CardState.LOST_WRITTEN, NOW), 99 * DAY, ReportState.IN_FORCE),
        (WRITTEN, Standing(CardState.SUSPENDED, NOW), DAY, ReportState.IN_FORCE),
        (WRITTEN, Standing(CardState.SUPERSEDED, NOW), DAY, ReportState.IN_FORCE),
        (WRITTEN, ACTIVE, DAY, ReportState.CANCELLED),
        (WRITTEN, Standing(CardState.LOST_ORAL, NOW + DAY), 2 * DAY, ReportState.CANCELLED),
    ],
)
def test_a_report_is_in_force_lapsed_or_cancelled(
    freeze: Freeze, card: Standing, after: timedelta, expected: ReportState
) -> None:
    assert report_state(freeze, card, NOW + after) is expected


# --- in person, and cancelling ------------------------------------------------------------------

PICTURE = b"\xff\xd8\xff\xe0picture\xff\xd9"
SHOWN = Presence(PICTURE, PICTURE, PICTURE)


@pytest.mark.rule("LOSS.IN_PERSON", "LOSS.WRITTEN_NOW")
def test_a_written_report_needs_the_person_and_the_copy_and_an_oral_one_neither() -> None:
    assert in_person(LossKind.WRITTEN, SHOWN).allowed
    refused = [
        in_person(LossKind.WRITTEN, shown).refusal
        for shown in (None, Presence(b"x", PICTURE, PICTURE), Presence(PICTURE, PICTURE))
    ]
    assert refused == [
        RefusalCode.NOT_IN_PERSON,
        RefusalCode.NOT_IN_PERSON,
        RefusalCode.NO_COPY,
    ]
    assert in_person(LossKind.ORAL, None).allowed


@pytest.mark.rule("LOSS.CANCEL", "LOSS.NO_CANCEL_AFTER_REPLACEMENT")
@pytest.mark.parametrize("state", CardState)
@pytest.mark.parametrize("form", Form)
def test_only_a_lost_card_is_cancelled_and_a_written_report_only_with_its_own_form(
    state: CardState, form: Form
) -> None:
    lost = state in (CardState.LOST_ORAL, CardState.LOST_WRITTEN)
    standing = Standing(state, NOW if lost else None, NOW + DAY if lost else None)
    if state is CardState.LOST_WRITTEN:
        standing = Standing(state, NOW, None)
    done = cancel(standing, form, NOW)
    works = state is CardState.LOST_ORAL or (
        state is CardState.LOST_WRITTEN and form is Form.ITS_OWN
    )
    assert done.decision.allowed is works
    assert done.standing == (Standing(CardState.ACTIVE) if works else standing)
    if state in (CardState.SUSPENDED, CardState.SUPERSEDED):
        assert done.decision.rule is Rule.LOSS_NO_CANCEL_AFTER_REPLACEMENT


@pytest.mark.rule("LOSS.ORAL_LAPSE")
def test_a_report_that_lapsed_at_this_instant_is_not_cancelled_but_over() -> None:
    standing = Standing(CardState.LOST_ORAL, NOW, NOW + DAY)
    just_before = cancel(standing, Form.NONE, NOW + DAY - MOMENT)
    assert just_before.decision.allowed
    over = cancel(standing, Form.NONE, NOW + DAY)
    assert (over.decision.rule, over.decision.refusal) == (
        Rule.LOSS_ORAL_LAPSE,
        RefusalCode.CARD_NOT_LOST,
    )
