"""Change of a card that is damaged, or whose photo or details are out of date.

The old card is handed in, and its chip need not answer: the bank's list says which card it is. It
is the last thing before the confirmation is sent, when everything else is settled.
"""

from __future__ import annotations

from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.choosing import Choose, HoldUpCode
from kiosk.fsm.library.custody import can_keep, hand_in, still_to_hand_in
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.library.presence import CopyIdCard
from kiosk.fsm.library.reissuing import (
    GOING_ON,
    chosen,
    due,
    tell,
    ways_to_end,
    ways_to_pay,
    which,
)
from kiosk.fsm.steps import Service, said
from kiosk.fsm.telling import Option, Question, Remark, Say
from kiosk.fsm.visit import Situation, Visit
from sscard.applying import photo_receipt_from_text
from sscard.requests import CardList, IdCopy, Reason, RefusalCode, ReissueBegin
from sscard.rules import Rule

_ICONS = {Reason.DAMAGED: "card", Reason.PHOTO: "person", Reason.DETAILS: "page"}


def _reason(visit: Visit) -> Reason:
    return Reason(visit.said["reason"])


def _why(now: Situation) -> Question:
    """The reasons; none can be given where the terminal could not take the old card in."""
    keeps = can_keep(now)
    options = tuple(
        Option(reason, Say(f"reissue.reason_{reason}"), Say(f"change.{reason}"), icon, keeps)
        for reason, icon in _ICONS.items()
    )
    note = () if keeps else (Remark(Say("change.cannot_keep")),)
    return Question(Say("change.why"), options, note)


def _begin(visit: Visit) -> ReissueBegin:
    front, back = visit.pictures["copy"]
    return ReissueBegin(
        evidence(visit),
        chosen(visit).card_id,
        _reason(visit),
        visit.said.get("photo_receipt"),
        IdCopy(front, back),
    )


def _to_hand_in(now: Situation) -> bool:
    return GOING_ON.holds(now) and due(now.person).old_claim is None


SERVICE = Service(
    "change",
    steps=(
        LayIdCard(),
        LookUp(
            name="listing",
            part_of_last=True,
            required=True,
            request=lambda visit: CardList(evidence(visit)),
            retries_at=("listing",),
        ),
        which(Reason.DAMAGED, "change"),
        Choose(name="reason", asks=_why),
        HoldUpCode(
            name="photo_receipt",
            when=said("reason", Reason.PHOTO),
            picture="hold_bars",
            reads=photo_receipt_from_text,
            unknown=RefusalCode.PHOTO_UNKNOWN,
            part_of_last=True,
            retries_at=("photo_receipt",),
        ),
        CopyIdCard(),
        *ways_to_pay(_begin),
        *hand_in(
            when=still_to_hand_in("going on, the old card not handed in yet", _to_hand_in),
            expects=chosen,
            rule=Rule.CHANGE_OLD_RETURNED,
            mute_is_fine=True,
        ),
        *ways_to_end(),
    ),
    without_line=False,
    tell=tell(_reason),
    order=51,
    group="reissue",
    icon="swap",
)
