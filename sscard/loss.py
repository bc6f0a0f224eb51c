"""What a loss report does to a card (LOSS.*), and what becomes of the report.

The bank counts every instant here: the terminal supplies none (LOSS.FREEZE_ON_RECEIPT).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from sscard import presence
from sscard.cards import CardState, LossKind
from sscard.decisions import Decision, allow, refuse
from sscard.requests import Presence, RefusalCode, ReportState
from sscard.rules import Rule

# LOSS.ORAL_LAPSE. Other cities grant other terms, so a bank may configure its own.
ORAL_DAYS = 5


class Standing(Struct, frozen=True):
    """A card's stored state. `lost_since` and `lapses_at` belong to its latest loss report."""

    state: CardState
    lost_since: datetime | None = None
    lapses_at: datetime | None = None  # None: does not lapse


class Freeze(Struct, frozen=True):
    """One card's part of a report: what it reported and since when that froze the card."""

    loss: LossKind
    since: datetime
    lapses_at: datetime | None


class Reported(Struct, frozen=True):
    """What a report did: the decision, the card's standing after it, and the freeze in force."""

    decision: Decision
    standing: Standing
    freeze: Freeze | None


class Form(StrEnum):
    """What a receipt that was shown is to the card whose report is to be cancelled."""

    NONE = "none"
    ITS_OWN = "its_own"  # of the written report on which the present freeze rests
    ANOTHERS = "anothers"  # of another report: an older one, an oral one, somebody else's
    UNKNOWN = "unknown"


class Cancelled(Struct, frozen=True):
    """What a cancelling did: the decision, and the card's standing after it."""

    decision: Decision
    standing: Standing


def lapse_time(accepted_at: datetime, oral_days: int) -> datetime:
    """When an oral report accepted at `accepted_at` lapses.

    A natural day is taken as 24 hours from the bank's acceptance (assumed: the rule does not
    say whether the term runs to midnight).
    """
    return accepted_at + timedelta(days=oral_days)


def state_at(state: CardState, lapses_at: datetime | None, now: datetime) -> CardState:
    """The card's state at `now`: a lapsed oral report makes it active again (LOSS.ORAL_LAPSE)."""
    if state is CardState.LOST_ORAL and lapses_at is not None and now >= lapses_at:
        return CardState.ACTIVE
    return state


def may_report(state: CardState) -> Decision:
    """Whether a card in this state (at the time of asking) can be reported lost."""
    match state:
        case CardState.ACTIVE | CardState.LOST_ORAL | CardState.LOST_WRITTEN:
            return allow(Rule.LOSS_FREEZE_ON_RECEIPT)
        case CardState.INACTIVE:
            return refuse(Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE)
        case CardState.SUSPENDED:
            return refuse(Rule.REPLACE_SUSPENDED, RefusalCode.CARD_SUSPENDED)
        case CardState.SUPERSEDED:
            return refuse(Rule.REPLACE_OLD_IS_DEAD, RefusalCode.CARD_SUPERSEDED)
        case CardState.PRODUCED | CardState.AT_BANK | CardState.DESTROYED:
            # Not in anybody's hands, so nobody can have lost it.
            return refuse(Rule.CARD_STATES, RefusalCode.NO_CARD_TO_REPORT)
    assert_never(state)


def in_person(kind: LossKind, shown: Presence | None) -> Decision:
    """Whether a report was made as it must be: a written one in person, with a copy of the document.

    An oral report without a still is taken, as the bank takes one over the telephone: the bank's own
    choice (assumed), for a card must not stay open because a camera is broken.
    """
    if kind is LossKind.ORAL:
        return allow(Rule.LOSS_IN_PERSON)
    if shown is None:
        return refuse(Rule.LOSS_IN_PERSON, RefusalCode.NOT_IN_PERSON)
    stands_there = presence.in_person(shown, Rule.LOSS_IN_PERSON)
    if not stands_there.allowed:
        return stands_there
    return presence.in_person_with_copy(shown, Rule.LOSS_WRITTEN_NOW)


def may_cancel(state: CardState) -> Decision:
    """Whether the report of a card in this state (at the time of asking) can be cancelled at all."""
    match state:
        case CardState.LOST_ORAL | CardState.LOST_WRITTEN:
            return allow(Rule.LOSS_CANCEL)
        case CardState.ACTIVE:
            return refuse(Rule.LOSS_CANCEL, RefusalCode.CARD_NOT_LOST)
        case CardState.SUSPENDED | CardState.SUPERSEDED:
            return refuse(Rule.LOSS_NO_CANCEL_AFTER_REPLACEMENT, RefusalCode.CARD_REPLACED)
        case CardState.INACTIVE:
            return refuse(Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE)
        case CardState.PRODUCED | CardState.AT_BANK | CardState.DESTROYED:
            return refuse(Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN)
    assert_never(state)


def cancel(standing: Standing, form: Form, now: datetime) -> Cancelled:
    """Cancel the report of a card that was found again, at `now` (LOSS.CANCEL).

    A written report asks for its own form, even one that carried an oral report on. An oral one that
    lapsed on the way needs no cancelling: the card works already.
    """
    state = state_at(standing.state, standing.lapses_at, now)
    if state is CardState.ACTIVE and standing.state is CardState.LOST_ORAL:
        lapsed = refuse(Rule.LOSS_ORAL_LAPSE, RefusalCode.CARD_NOT_LOST)
        return Cancelled(lapsed, standing)
    decision = may_cancel(state)
    if state is CardState.LOST_WRITTEN:
        decision = _with_form(form)
    if not decision.allowed:
        return Cancelled(decision, standing)
    return Cancelled(decision, Standing(CardState.ACTIVE))


def _with_form(form: Form) -> Decision:
    match form:
        case Form.ITS_OWN:
            return allow(Rule.LOSS_CANCEL)
        case Form.NONE:
            return refuse(Rule.LOSS_CANCEL, RefusalCode.NEEDS_FORM)
        case Form.ANOTHERS:
            return refuse(Rule.LOSS_CANCEL, RefusalCode.FORM_NOT_YOURS)
        case Form.UNKNOWN:
            return refuse(Rule.LOSS_CANCEL, RefusalCode.CODE_UNKNOWN)
    assert_never(form)


def report(
    standing: Standing, loss: LossKind, now: datetime, oral_days: int = ORAL_DAYS
) -> Reported:
    """Report one card lost at `now`, the bank's acceptance.

    A written report on an oral one in force carries it on without a gap
    (LOSS.WRITTEN_UPGRADES_ORAL). Repeating an oral report does not extend it, and an oral one
    does not weaken a written one.
    """
    state = state_at(standing.state, standing.lapses_at, now)
    allowed = may_report(state)
    if not allowed.allowed:
        return Reported(allowed, standing, None)
    if state is CardState.ACTIVE:
        if loss is LossKind.WRITTEN:
            return _frozen(Rule.LOSS_WRITTEN_NOW, Freeze(loss, now, None))
        return _frozen(Rule.LOSS_ORAL_LAPSE, Freeze(loss, now, lapse_time(now, oral_days)))
    since = standing.lost_since
    assert since is not None, "a lost card knows since when"
    if state is CardState.LOST_WRITTEN:
        return _frozen(Rule.LOSS_WRITTEN_NOW, Freeze(LossKind.WRITTEN, since, None))
    if loss is LossKind.WRITTEN:
        return _frozen(Rule.LOSS_WRITTEN_UPGRADES_ORAL, Freeze(loss, since, None))
    return _frozen(Rule.LOSS_ORAL_LAPSE, Freeze(LossKind.ORAL, since, standing.lapses_at))


def report_state(freeze: Freeze, card: Standing, now: datetime) -> ReportState:
    """What has become of a freeze, given the card's standing now.

    A card under replacement, or replaced, stays frozen (REPLACE.SUSPENDED,
    REPLACE.OLD_IS_DEAD). A freeze that neither holds nor lapsed was cancelled at the counter.
    """
    if freeze.lapses_at is not None and now >= freeze.lapses_at:
        return ReportState.LAPSED
    if card.state in (CardState.SUSPENDED, CardState.SUPERSEDED):
        return ReportState.IN_FORCE
    if card.state in (CardState.LOST_ORAL, CardState.LOST_WRITTEN):
        # A later freeze of the same card is another report's.
        return ReportState.IN_FORCE if card.lost_since == freeze.since else ReportState.CANCELLED
    return ReportState.CANCELLED


def _frozen(rule: Rule, freeze: Freeze) -> Reported:
    state = CardState.LOST_ORAL if freeze.loss is LossKind.ORAL else CardState.LOST_WRITTEN
    return Reported(allow(rule), Standing(state, freeze.since, freeze.lapses_at), freeze)
