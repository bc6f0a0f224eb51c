"""Until when a card can be collected, and what a unit does with its cards (COLLECT.*).

All days are calendar days in China.
"""

from __future__ import annotations

from datetime import date, timedelta

from sscard.decisions import Decision, allow, refuse
from sscard.forms import KEPT_DAYS, destroyed_on
from sscard.requests import MemberState, RefusalCode
from sscard.rules import Rule
from sscard.working_days import WorkingDay, working_days_after

HAND_OUT_WORKING_DAYS = 5  # COLLECT.FIVE_WORKING_DAYS


def last_day_to_collect(at_bank_on: date, kept_days: int = KEPT_DAYS) -> date:
    """The last day on which a card that came to the bank that day is still there.

    "More than 180 days" leaves day 180 itself, the day of arrival not counted (assumed, as
    other terms are counted). It is no office act and does not move to a working day.
    """
    return last_day_of(destroyed_on(at_bank_on, kept_days))


def last_day_of(destroyed: date) -> date:
    """The last day before the one on which the card is destroyed."""
    return destroyed - timedelta(days=1)


def days_left(destroyed: date, today: date) -> int:
    """On how many days from today on, today counted, the card can still be collected."""
    return max(0, (destroyed - today).days)


def hand_out_by(received_on: date, working_days: int = HAND_OUT_WORKING_DAYS) -> WorkingDay:
    """The last day on which a unit hands out the cards it received that day."""
    return working_days_after(received_on, working_days)


def is_overdue(by: date, today: date) -> bool:
    """Whether the last day to hand out has passed. On the day itself it has not."""
    return today > by


def may_become(state: MemberState, wanted: MemberState) -> Decision:
    """Whether a unit's card in one state can be marked as in another.

    A card that the unit has can be handed out or returned. What is done stays done; to say the
    same again is no harm, for an answer may have been lost on the way.
    """
    rule = (
        Rule.COLLECT_RETURN_UNISSUED
        if wanted is MemberState.RETURNED
        else Rule.COLLECT_FIVE_WORKING_DAYS
    )
    if wanted is MemberState.WITH_UNIT or state not in (MemberState.WITH_UNIT, wanted):
        return refuse(rule, RefusalCode.NOT_IN_BATCH)
    return allow(rule)
