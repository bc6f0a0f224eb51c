"""What a unit's administrator does with the cards of the unit (COLLECT.*)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sscard.requests.base import LIST_MAX, Ask, Day, Evidence, Part, Reply, Text


class MemberState(StrEnum):
    """What has become of one card of the batch."""

    WITH_UNIT = "with_unit"
    HANDED_OUT = "handed_out"
    RETURNED = "returned"


class Member(Part, frozen=True):
    """One card of the batch; the name as a list on a wall would have it, masked."""

    member_id: Text
    masked_name: Text
    card_tail: Text
    state: MemberState


class UnitLook(Ask, frozen=True):
    """The batch of the unit whose administrator stands here. Read only; never waits."""

    evidence: Evidence


class UnitBatch(Reply, frozen=True):
    """The unit's batch. `hand_out_by` is the last of its five working days; the cards of people
    who have left go back to the bank's outlet.
    """

    unit: Text
    bank_id: Text
    outlet_zh: Text
    outlet_en: Text
    received_on: Day
    hand_out_by: Day
    provisional: bool
    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=LIST_MAX)]


class UnitUpdate(Ask, frozen=True):
    """Cards handed out against receipt, or to be returned because their holders have left."""

    evidence: Evidence
    member_ids: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=LIST_MAX)]
    state: MemberState
