"""Activation: the new card comes to life with both its passwords, in one act (ACTIVATE.*).

The old card of the same bank is handed in last, when all else is ready: nobody gives up a card
for an activation that is then broken off.
"""

from __future__ import annotations

from kiosk.fsm.library.asking import AskBank
from kiosk.fsm.library.custody import hand_in, handed_in, still_to_hand_in
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import InsertCard, LayIdCard, ReadTheCard
from kiosk.fsm.library.passwords import financial, medical, new_password
from kiosk.fsm.library.presence import LookAtCamera, presence
from kiosk.fsm.library.saying import fact, taken_facts
from kiosk.fsm.library.standing import LookAtCard, old_card
from kiosk.fsm.steps import ALWAYS, Service
from kiosk.fsm.telling import (
    At,
    BankName,
    ByRule,
    Fact,
    Facts,
    OnPaper,
    Path,
    PathStep,
    Remark,
    Say,
    StepState,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.activation import activate
from sscard.requests import Activated, Activation, RefusalCode
from sscard.rules import Rule

_OLD_CARD = still_to_hand_in(
    "an old card of the same bank", lambda now: old_card(now.person) is not None
)


def _activation(visit: Visit) -> Activation:
    assert visit.card is not None
    old = handed_in(visit)
    return Activation(
        evidence(visit),
        presence(visit),
        visit.card.card_number,
        old_card_number=None if old is None else old.card_number,
        claim=None if old is None else old.claim,
    )


def _tell(now: Situation) -> Told:
    answer = now.person.answer
    return _active(now, answer) if isinstance(answer, Activated) else _unknown(now)


def _active(now: Situation, answer: Activated) -> Told:
    at = Say("activate.since", {"at": At(answer.at)})
    steps = [
        PathStep(Say("activate.done"), (at,), StepState.DONE),
        PathStep(Say("activate.both"), (Say("activate.both_note"),), StepState.DONE),
    ]
    if answer.old_tail is not None:
        dead = Say("activate.old_note", {"tail": answer.old_tail})
        steps.append(PathStep(Say("activate.old"), (dead,), StepState.DONE))
    return Told(
        Say("activate.title"),
        (Path(tuple(steps)), *_kept(now), Remark(Say("activate.next"), Tone.JADE)),
        Rule.ACTIVATE_BOTH_OR_NEITHER,
        picture="done",
        paper=(
            *taken_facts(now),
            fact("state", Say("activate.in_use"), bold=True),
            fact("bank", BankName(answer.bank_id)),
            fact("card", answer.card_tail),
            fact("answered", At(answer.at)),
            *_kept_facts(now),
            Say("activate.next"),
            ByRule((Rule.ACTIVATE_BOTH_OR_NEITHER,)),
        ),
    )


def _unknown(now: Situation) -> Told:
    """Taken, and no answer: both or neither has happened, and the bank knows which."""
    paper: tuple[OnPaper, ...] = (
        *taken_facts(now),
        fact("state", Say("activate.not_known"), bold=True),
        *_kept_facts(now),
        Say("activate.come_again"),
        ByRule((Rule.ACTIVATE_BOTH_OR_NEITHER, Rule.OFFLINE_HONEST)),
    )
    return Told(
        Say("activate.unknown"),
        (Remark(Say("activate.unknown_note"), after=Say("activate.come_again")), *_kept(now)),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
        paper=paper,
    )


def _kept(now: Situation) -> tuple[Facts, ...]:
    rows = _kept_facts(now)
    return (Facts(rows),) if rows else ()


def _kept_facts(now: Situation) -> tuple[Fact, ...]:
    """Under which number the terminal keeps the old card."""
    old = handed_in(now.person)
    return () if old is None else (Fact(Say("activate.claim"), old.claim, bold=True),)


SERVICE = Service(
    "activate",
    steps=(
        LayIdCard(),
        InsertCard(),
        ReadTheCard(),
        LookAtCard(allows=activate),
        LookAtCamera(),
        *new_password("new_medical", medical, ALWAYS),
        *new_password("new_financial", financial, ALWAYS),
        *hand_in(when=_OLD_CARD, expects=old_card, rule=Rule.ACTIVATE_OLD_CARD),
        AskBank(
            request=_activation,
            # The passwords went with the request: whatever is amiss, they are typed anew.
            retry_at="new_medical",
            mends={RefusalCode.PASSWORD_UNFIT: "new_medical"},
            retries_at=("new_medical",),
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=False,
    tell=_tell,
    order=40,
    icon="check",
)
