"""The cards of a unit: its administrator marks which are handed out and which go back.

One card after the other is marked, each against its holder's receipt; at the end stands what is
left, and on paper which cards go back to the outlet.
"""

from __future__ import annotations

from kiosk.fsm.library.again import AskAndGoBack
from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.choosing import Choose, Confirm
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.library.saying import fact
from kiosk.fsm.steps import Service, When
from kiosk.fsm.telling import (
    BankName,
    ByRule,
    Fact,
    Facts,
    InLanguage,
    OnDay,
    OnPaper,
    OnScreen,
    Option,
    Question,
    Remark,
    Review,
    Say,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.collecting import is_overdue
from sscard.requests import Member, MemberState, RefusalCode, UnitBatch, UnitLook, UnitUpdate
from sscard.rules import Rule

FINISH = "finish"
PAGE_ROWS = 4
_GOES_ON = When("a card chosen", lambda now: now.person.said.get("member") != FINISH)


def _batch(visit: Visit) -> UnitBatch:
    batch = visit.told("batch", UnitBatch)
    assert batch is not None
    return batch


def _in_state(batch: UnitBatch, state: MemberState) -> tuple[Member, ...]:
    return tuple(member for member in batch.members if member.state is state)


def _by(now: Situation, batch: UnitBatch) -> Remark:
    """Until when the cards are to be handed out, or that the time is over."""
    by = OnDay(batch.hand_out_by, batch.provisional)
    left = len(_in_state(batch, MemberState.WITH_UNIT))
    if not left:
        return Remark(Say("unit.none_left"), Tone.JADE)
    if now.today is not None and is_overdue(batch.hand_out_by, now.today):
        return Remark(Say("unit.overdue", {"day": by, "n": left}), Tone.RED)
    return Remark(Say("unit.by", {"day": by, "n": left}), Tone.CALM)


# --- which card, and what of it ------------------------------------------------------------


def _which(now: Situation) -> Question:
    batch = _batch(now.person)
    # What is still to be done stands first.
    members = sorted(batch.members, key=lambda each: each.state is not MemberState.WITH_UNIT)
    return Question(
        Say("unit.which"),
        tuple(map(_option, members)),
        (_by(now, batch),),
        (Option(FINISH, Say("unit.finish"), Say("unit.finish_second"), "tick"),),
    )


def _option(member: Member) -> Option:
    state = Say(f"unit.{member.state}")
    return Option(
        member.member_id,
        member.masked_name,
        Say("unit.card", {"tail": member.card_tail, "state": state}),
        "card",
        member.state is MemberState.WITH_UNIT,
    )


def _member(visit: Visit) -> Member:
    chosen = visit.said["member"]
    return next(each for each in _batch(visit).members if each.member_id == chosen)


def _what(now: Situation) -> Question:
    member = _member(now.person)
    return Question(
        Say("unit.what", _named(member)),
        (
            Option(
                MemberState.HANDED_OUT, Say("unit.hand_out"), Say("unit.hand_out_second"), "check"
            ),
            Option(
                MemberState.RETURNED, Say("unit.give_back"), Say("unit.give_back_second"), "back"
            ),
        ),
    )


def _named(member: Member) -> dict[str, str]:
    return {"name": member.masked_name, "tail": member.card_tail}


def _state(visit: Visit) -> MemberState:
    return MemberState(visit.said["what"])


def _review(now: Situation) -> Review:
    member, state = _member(now.person), _state(now.person)
    rows = (
        fact("card", member.card_tail),
        Fact(Say("unit.holder"), member.masked_name),
        fact("state", Say(f"unit.{state}")),
    )
    return Review(
        Say(f"unit.confirm_{state}"),
        (Facts(rows), Remark(Say("unit.stays"), Tone.AMBER)),
        Say("unit.confirm"),
    )


def _update(visit: Visit) -> UnitUpdate:
    return UnitUpdate(evidence(visit), (_member(visit).member_id,), _state(visit))


# --- what came of it -----------------------------------------------------------------------


def _tell(now: Situation) -> Told:
    visit = now.person
    if visit.said["member"] == FINISH:
        return _sum(now, _batch(visit))
    batch = visit.answer
    if isinstance(batch, UnitBatch):  # the answer came late, and the person still stands here
        return _sum(now, batch)
    return _unknown(visit)  # nobody knows yet whether the card is marked


def _sum(now: Situation, batch: UnitBatch) -> Told:
    back = _in_state(batch, MemberState.RETURNED)
    rows = (
        Fact(Say("unit.handed_out"), _count(batch, MemberState.HANDED_OUT)),
        Fact(Say("unit.returned"), _count(batch, MemberState.RETURNED)),
        Fact(Say("unit.with_unit"), _count(batch, MemberState.WITH_UNIT)),
    )
    outlet = InLanguage(batch.outlet_zh, batch.outlet_en)
    screen: list[OnScreen] = [Facts(rows), _by(now, batch)]
    if back:
        screen.append(Remark(Say("unit.bring_back", {"outlet": outlet}), Tone.AMBER))
    paper: list[OnPaper] = [
        Fact(Say("unit.unit"), batch.unit),
        Fact(Say("unit.received_on"), OnDay(batch.received_on)),
        Fact(Say("unit.hand_out_by"), OnDay(batch.hand_out_by, batch.provisional), bold=True),
        *rows,
    ]
    rules = [Rule.COLLECT_FIVE_WORKING_DAYS]
    if back:
        paper += [
            Say("unit.back_list"),
            fact("bank", BankName(batch.bank_id)),
            Fact(Say("collecting.outlet"), outlet),
            *(Fact(_name(each), each.card_tail) for each in back),
        ]
        rules.append(Rule.COLLECT_RETURN_UNISSUED)
    return Told(
        Say("unit.title"),
        tuple(screen),
        Rule.COLLECT_RETURN_UNISSUED if back else Rule.COLLECT_FIVE_WORKING_DAYS,
        paper=(*paper, ByRule(tuple(rules))),
    )


def _name(member: Member) -> Say:
    return Say("unit.name", {"name": member.masked_name})


def _count(batch: UnitBatch, state: MemberState) -> Say:
    return Say("unit.cards", {"n": len(_in_state(batch, state))})


def _unknown(visit: Visit) -> Told:
    return Told(
        Say("told.unknown"),
        (Remark(Say("unit.unknown", _named(_member(visit))), after=Say("unit.unknown_next")),),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
    )


SERVICE = Service(
    "unit",
    steps=(
        LayIdCard(),
        LookUp(
            name="batch",
            part_of_last=True,
            request=lambda visit: UnitLook(evidence(visit)),
            required=True,
            retries_at=("batch",),
        ),
        Choose(name="member", asks=_which, page_rows=PAGE_ROWS),
        Choose(name="what", when=_GOES_ON, part_of_last=True, asks=_what),
        Confirm(when=_GOES_ON, part_of_last=True, shows=_review),
        AskAndGoBack(
            when=_GOES_ON,
            part_of_last=True,
            request=_update,
            learns="batch",
            back_to="member",
            leads_to=("member",),
            mends={RefusalCode.NOT_IN_BATCH: "batch"},
            retries_at=("asking", "batch"),
        ),
        ShowResult(part_of_last=False),
        PrintIt(),
    ),
    without_line=False,
    tell=_tell,
    order=130,
    group="more",
    icon="people",
)
