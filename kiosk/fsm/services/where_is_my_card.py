"""Where a card is that was applied for: the ID card asks, or the form and the ID card.

With no line nobody knows where the card is; the form alone still says when it was handed in,
which bank makes the card and when it is due, and that is shown as what it is.
"""

from __future__ import annotations

from msgspec.structs import replace

from kiosk.drivers.events import Device
from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.choosing import Choose, HoldUpCode
from kiosk.fsm.library.collecting import collection_rows, form_paper
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.steps import LINE_UP, Service, When, said
from kiosk.fsm.telling import (
    BankName,
    ByRule,
    Fact,
    Facts,
    OnDay,
    OnPaper,
    OnScreen,
    Option,
    Path,
    PathStep,
    Question,
    Remark,
    Say,
    StepState,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.collecting import days_left, last_day_of
from sscard.forms import KEPT_DAYS, form_from_text, form_of, ready_on
from sscard.requests import Collection, OnItsWay, RefusalCode, Stage, Whereabouts, WhereIsMyCard
from sscard.rules import Rule

ID_CARD, FORM = "id_card", "form"
_SHOWN_FORM = said("by", FORM)


def _has_form(now: Situation) -> bool:
    return _form(now.person) is not None


def _form(visit: Visit) -> str | None:
    """The number of the form that was held up, asked of the bank or not."""
    return visit.said.get("form") or visit.said.get("form_alone")


_ASKS_BY_ID = When(
    "ID card laid, no form",
    lambda now: now.person.document is not None and not _has_form(now),
    line=True,
)
_ASKS_BY_FORM = When(
    "ID card laid, and a form",
    lambda now: now.person.document is not None and _has_form(now),
    line=True,
)
_FORM_ALONE = When(
    "no ID card, no form",  # there was no line when one of them would have been asked for
    lambda now: now.person.document is None and not _has_form(now),
    line=False,
)


def _by(now: Situation) -> Question:
    camera = now.usable(Device.CAMERA)
    return Question(
        Say("where.by"),
        (
            Option(ID_CARD, Say("where.by_id_card"), Say("where.by_id_card_second"), "id"),
            Option(
                FORM,
                Say("where.by_form"),
                Say("where.by_form_second" if camera else "where.no_camera"),
                "page",
                enabled=camera,
            ),
        ),
    )


def _ask(visit: Visit) -> WhereIsMyCard:
    return WhereIsMyCard(evidence(visit), visit.said.get("form"))


# --- what came of it -----------------------------------------------------------------------


def _tell(now: Situation) -> Told:
    visit = now.person
    answer = visit.told("asking", Whereabouts) or visit.told("asking_form", Whereabouts)
    if answer is None:
        code = _form(visit)
        assert code is not None, "without a form the bank must have answered"
        return _by_form_alone(code)
    return _on_the_way(now, answer.cards) if answer.cards else _none()


def _none() -> Told:
    return Told(
        Say("where.none"),
        (Remark(Say("where.none_note"), Tone.CALM),),
        Rule.APPLY_THIRTY_WORKING_DAYS,
    )


def _on_the_way(now: Situation, cards: tuple[OnItsWay, ...]) -> Told:
    first, *others = cards
    screen: list[OnScreen] = [_path(first)]
    if first.stage in (Stage.SUBMITTED, Stage.IN_PRODUCTION, Stage.AT_BANK):
        screen.append(Facts(collection_rows(_collection(first))))
        screen += _until(now, first)
    if others:
        screen.append(Facts(tuple(_earlier(each) for each in others)))
    is_there = first.stage is Stage.AT_BANK
    return Told(
        Say(f"where.{first.stage}"),
        tuple(screen),
        Rule.COLLECT_DESTROY_180 if is_there else Rule.APPLY_THIRTY_WORKING_DAYS,
        tone=Tone.AMBER if first.stage is Stage.DESTROYED else Tone.JADE,
        picture="done" if is_there else "",
        paper=_paper(first),
    )


def _earlier(card: OnItsWay) -> Fact:
    return Fact(Say("where.earlier", {"day": OnDay(card.submitted_on)}), _stage(card))


def _stage(card: OnItsWay) -> Say:
    return Say(f"where.stage_{card.stage}")


_ORDER = (Stage.SUBMITTED, Stage.IN_PRODUCTION, Stage.AT_BANK, Stage.COLLECTED)


def _path(card: OnItsWay) -> Path:
    """Handed in, being made, at the bank, collected; or destroyed in place of the last."""
    stages = _ORDER if card.stage is not Stage.DESTROYED else (*_ORDER[:3], Stage.DESTROYED)
    at = stages.index(card.stage)
    notes = {
        Stage.SUBMITTED: (Say("where.submitted_note", {"day": OnDay(card.submitted_on)}),),
        Stage.AT_BANK: (Say("where.due_note", {"day": _due(card)}),),
    }
    over = card.stage in (Stage.COLLECTED, Stage.DESTROYED)
    return Path(
        tuple(
            PathStep(
                Say(f"where.stage_{stage}"),
                notes.get(stage, ()),
                StepState.DONE
                if n < at or (n == at and over)
                else StepState.NOW
                if n == at
                else StepState.LATER,
            )
            for n, stage in enumerate(stages)
        )
    )


def _due(card: OnItsWay) -> OnDay:
    collection = _collection(card)
    return OnDay(collection.due, collection.provisional)


def _collection(card: OnItsWay) -> Collection:
    """When and where; for a card that has come no day is provisional any more."""
    coming = card.stage in (Stage.SUBMITTED, Stage.IN_PRODUCTION)
    return replace(card.collection, provisional=card.collection.provisional and coming)


def _until(now: Situation, card: OnItsWay) -> tuple[Remark, ...]:
    """How long a card that is there stays there (COLLECT.DESTROY_180)."""
    if card.stage is not Stage.AT_BANK or card.destroyed_on is None or now.today is None:
        return ()
    last = OnDay(last_day_of(card.destroyed_on))
    left = days_left(card.destroyed_on, now.today)
    return (Remark(Say("where.until"), big=last, after=Say("where.until_after", {"days": left})),)


def _paper(card: OnItsWay) -> tuple[OnPaper, ...]:
    paper: list[OnPaper] = [
        Fact(Say("collecting.form_number"), card.form_code, bold=True),
        Fact(Say("where.state"), _stage(card), bold=True),
        Fact(Say("where.submitted_on"), OnDay(card.submitted_on)),
    ]
    rules = [Rule.APPLY_THIRTY_WORKING_DAYS]
    if card.stage in (Stage.SUBMITTED, Stage.IN_PRODUCTION, Stage.AT_BANK):
        paper += collection_rows(_collection(card))
    if card.stage is Stage.AT_BANK and card.destroyed_on is not None:
        last = OnDay(last_day_of(card.destroyed_on))
        paper.append(Fact(Say("where.until"), last, bold=True))
        rules.append(Rule.COLLECT_DESTROY_180)
    if card.stage in (Stage.SUBMITTED, Stage.IN_PRODUCTION, Stage.AT_BANK):
        paper += form_paper(card.form_code)
    return (*paper, ByRule(tuple(rules)))


def _by_form_alone(code: str) -> Told:
    """What the form says, and that nobody was asked."""
    form = form_of(code)
    assert form is not None, "nothing else was taken for a form"
    due = ready_on(form.submitted_on)
    rows = (
        Fact(Say("where.submitted_on"), OnDay(form.submitted_on)),
        Fact(Say("collecting.bank"), BankName(form.bank_id)),
        Fact(Say("collecting.due"), OnDay(due.day, due.provisional), bold=True),
    )
    return Told(
        Say("where.form_says"),
        (
            Facts(rows),
            Remark(Say("where.not_asked"), after=Say("where.not_asked_after")),
        ),
        Rule.APPLY_THIRTY_WORKING_DAYS,
        tone=Tone.AMBER,
        paper=(
            Fact(Say("collecting.form_number"), code, bold=True),
            Fact(Say("where.state"), Say("where.only_form"), bold=True),
            *rows,
            Say("where.not_asked"),
            Say("where.bring"),
            Say("collecting.kept", {"days": KEPT_DAYS}),
            ByRule((Rule.APPLY_THIRTY_WORKING_DAYS, Rule.OFFLINE_HONEST)),
        ),
    )


SERVICE = Service(
    "where_is_my_card",
    steps=(
        Choose(name="by", when=LINE_UP, asks=_by),
        HoldUpCode(
            name="form",
            when=_SHOWN_FORM,
            part_of_last=True,
            spare=True,
            picture="hold_form",
            reads=form_from_text,
            unknown=RefusalCode.FORM_UNKNOWN,
            retries_at=("form",),
        ),
        LayIdCard(when=LINE_UP),
        HoldUpCode(
            name="form_alone",
            words="form",
            when=_FORM_ALONE,
            part_of_last=True,
            picture="hold_form",
            reads=form_from_text,
            unknown=RefusalCode.FORM_UNKNOWN,
            retries_at=("form_alone",),
        ),
        LookUp(request=_ask, when=_ASKS_BY_ID, required=True),
        LookUp(
            name="asking_form",
            words="asking",
            when=_ASKS_BY_FORM,
            part_of_last=True,
            request=_ask,
            retries_at=("form",),
            mends={
                RefusalCode.FORM_NOT_YOURS: "form",
                RefusalCode.FORM_UNKNOWN: "form",
                RefusalCode.FORM_USED: "form",
            },
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=True,
    tell=_tell,
    order=60,
    icon="pin",
)
