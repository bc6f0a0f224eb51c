"""What became of a loss report: its receipt's code says which one, and nothing about whose."""

from __future__ import annotations

from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.choosing import HoldUpCode
from kiosk.fsm.library.ending import ShowResult
from kiosk.fsm.library.saying import fact
from kiosk.fsm.steps import Service
from kiosk.fsm.telling import At, Facts, Remark, Say, Told, Tone
from kiosk.fsm.visit import Situation, Visit
from sscard.cards import LossKind
from sscard.requests import ReportFound, ReportState, ReportStatus
from sscard.rules import Rule


def _status(visit: Visit) -> ReportStatus:
    return ReportStatus(visit.said["code"])


def _tell(now: Situation) -> Told:
    answer = now.person.told("asking", ReportFound)
    assert answer is not None
    until = Say("told.no_end") if answer.lapses_at is None else At(answer.lapses_at)
    rows = Facts(
        (
            fact("kind", Say(f"loss_kind.{answer.loss}")),
            fact("since", At(answer.since)),
            fact("until", until),
        )
    )
    in_force = answer.state is ReportState.IN_FORCE
    note = () if in_force else (Remark(Say(f"receipt_check.{answer.state}_note")),)
    return Told(
        Say(f"receipt_check.{answer.state}"),
        (rows, *note),
        Rule.LOSS_ORAL_LAPSE if answer.loss is LossKind.ORAL else Rule.LOSS_WRITTEN_NOW,
        tone=Tone.JADE if in_force else Tone.AMBER,
        picture="done" if in_force else "",
    )


SERVICE = Service(
    "receipt_check",
    steps=(HoldUpCode(), LookUp(request=_status, required=True), ShowResult(leads_to=())),
    without_line=False,
    tell=_tell,
    order=110,
    group="more",
    icon="search",
)
