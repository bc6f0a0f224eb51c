"""The electronic card: activated by the ID card, or shown to see that it is in order."""

from __future__ import annotations

from kiosk.fsm.library.asking import AskBank, LookUp
from kiosk.fsm.library.choosing import Choose, Confirm, HoldUpCode
from kiosk.fsm.library.ending import ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.library.presence import LookAtCamera, presence
from kiosk.fsm.library.saying import fact
from kiosk.fsm.steps import Service, said
from kiosk.fsm.telling import At, Facts, Option, Question, Remark, Review, Say, Told, Tone
from kiosk.fsm.visit import Situation, Visit
from sscard.electronic import code_of
from sscard.requests import (
    ElectronicActivate,
    ElectronicActivated,
    ElectronicHolder,
    ElectronicLook,
    RefusalCode,
)
from sscard.rules import Rule

ACTIVATE, SHOW = "activate", "show"
_ACTIVATING = said("what", ACTIVATE)
_SHOWING = said("what", SHOW)


def _what(_: Situation) -> Question:
    return Question(
        Say("electronic.what"),
        (
            Option(
                ACTIVATE, Say("electronic.activate"), Say("electronic.activate_second"), "phone"
            ),
            Option(SHOW, Say("electronic.show"), Say("electronic.show_second"), "search"),
        ),
    )


def _review(_: Situation) -> Review:
    rows = Facts((fact("fee", Say("electronic.free")), fact("state", Say("electronic.follows"))))
    return Review(Say("electronic.check"), (rows,), Say("electronic.confirm"))


def _activate(visit: Visit) -> ElectronicActivate:
    return ElectronicActivate(evidence(visit), presence(visit))


def _tell(now: Situation) -> Told:
    holder = now.person.told("looking", ElectronicHolder)
    if holder is not None:
        rows = (
            fact("name", holder.masked_name),
            fact("card", holder.card_tail),
            fact("state", Say("electronic.in_order")),
            fact("answered", At(holder.at)),
        )
        return Told(Say("electronic.shown"), (Facts(rows),), Rule.CARD_STATES, picture="done")
    answer = now.person.answer
    if isinstance(answer, ElectronicActivated):
        done = (fact("card", answer.card_tail), fact("since", At(answer.at)))
        return Told(
            Say("electronic.activated"),
            (Facts(done), Remark(Say("electronic.next"), Tone.JADE)),
            Rule.CARD_STATES,
            picture="done",
        )
    return Told(
        Say("told.unknown"),
        (Remark(Say("told.unknown_next")),),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
    )


SERVICE = Service(
    "electronic",
    steps=(
        Choose(name="what", asks=_what),
        HoldUpCode(when=_SHOWING, reads=code_of, unknown=RefusalCode.ELECTRONIC_UNKNOWN),
        LookUp(
            name="looking",
            when=_SHOWING,
            part_of_last=True,
            required=True,
            request=lambda visit: ElectronicLook(visit.said["code"]),
            retry_at="code",  # a code serves once, and for a minute
            mends={RefusalCode.ELECTRONIC_EXPIRED: "code", RefusalCode.ELECTRONIC_UNKNOWN: "code"},
            retries_at=("code",),
        ),
        LayIdCard(when=_ACTIVATING),
        LookAtCamera(when=_ACTIVATING),
        Confirm(shows=_review, when=_ACTIVATING),
        AskBank(request=_activate, when=_ACTIVATING),
        ShowResult(leads_to=()),
    ),
    without_line=False,
    tell=_tell,
    order=80,
    icon="phone",
)
