"""A lost card is found again: its report is cancelled, and the card works again (LOSS.CANCEL).

The holder stands here with the ID card and its copy, and the card lies in the reader. A written
report also asks for its own receipt.
"""

from __future__ import annotations

from kiosk.fsm.library.asking import AskBank
from kiosk.fsm.library.choosing import Confirm, HoldUpCode
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import InsertCard, LayIdCard, ReadTheCard
from kiosk.fsm.library.presence import CopyIdCard, LookAtCamera, presence
from kiosk.fsm.library.saying import fact, taken_facts
from kiosk.fsm.library.standing import NAME, LookAtCard
from kiosk.fsm.steps import Service, When
from kiosk.fsm.telling import (
    At,
    BankName,
    ByRule,
    Fact,
    Facts,
    Remark,
    Review,
    Say,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.cards import CardState, LossKind
from sscard.loss import may_cancel
from sscard.requests import CardFound, ListedCard, LossCancel, LossCancelled, RefusalCode
from sscard.rules import Rule


def _found(visit: Visit) -> ListedCard:
    found = visit.told(NAME, CardFound)
    assert found is not None
    return found.card


def _is_written(now: Situation) -> bool:
    found = now.person.told(NAME, CardFound)
    return found is not None and found.card.state is CardState.LOST_WRITTEN


def _cancel(visit: Visit) -> LossCancel:
    assert visit.card is not None
    who, card = evidence(visit), visit.card.card_number
    return LossCancel(who, presence(visit), card, visit.said.get("form"))


def _review(now: Situation) -> Review:
    card = _found(now.person)
    kind = LossKind.WRITTEN if card.state is CardState.LOST_WRITTEN else LossKind.ORAL
    rows = Facts(
        (
            Fact(Say("loss_cancel.card"), _card(card.bank_id, card.card_tail)),
            fact("kind", Say(f"loss_kind.{kind}")),
            fact("fee", Say("loss_cancel.free")),
        )
    )
    return Review(Say("loss_cancel.check"), (rows,), Say("loss_cancel.confirm"))


def _card(bank_id: str, tail: str) -> Say:
    return Say("told.bank_and_tail", {"bank": BankName(bank_id), "tail": tail})


def _tell(now: Situation) -> Told:
    answer = now.person.answer
    return _works(now, answer) if isinstance(answer, LossCancelled) else _unknown(now)


def _works(now: Situation, answer: LossCancelled) -> Told:
    rows = (
        Fact(Say("loss_cancel.card"), _card(answer.bank_id, answer.card_tail)),
        fact("answered", At(answer.at)),
    )
    return Told(
        Say("loss_cancel.title"),
        (Facts(rows), Remark(Say("loss_cancel.next"), Tone.JADE)),
        Rule.LOSS_CANCEL,
        picture="done",
        paper=(
            *taken_facts(now),
            fact("state", Say("loss_cancel.works"), bold=True),
            fact("bank", BankName(answer.bank_id)),
            fact("card", answer.card_tail),
            fact("answered", At(answer.at)),
            Say("loss_cancel.next"),
            Say("loss_cancel.free_of_charge"),
            ByRule((Rule.LOSS_CANCEL,)),
        ),
    )


def _unknown(now: Situation) -> Told:
    """Taken, and no answer: until the bank says otherwise the card counts as frozen."""
    return Told(
        Say("told.unknown"),
        (Remark(Say("loss_cancel.maybe"), after=Say("told.unknown_next")),),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
        paper=(
            *taken_facts(now),
            fact("state", Say("told.unknown"), bold=True),
            Say("loss_cancel.maybe"),
            Say("told.unknown_next"),
            ByRule((Rule.LOSS_CANCEL, Rule.OFFLINE_HONEST)),
        ),
    )


SERVICE = Service(
    "loss_cancel",
    steps=(
        LayIdCard(),
        InsertCard(),
        ReadTheCard(),
        LookAtCard(allows=may_cancel),
        LookAtCamera(),
        CopyIdCard(),
        HoldUpCode(
            name="form",
            when=When("reported in writing", _is_written),
            retries_at=("form",),
        ),
        Confirm(shows=_review),
        AskBank(
            request=_cancel,
            mends={RefusalCode.FORM_NOT_YOURS: "form", RefusalCode.CODE_UNKNOWN: "form"},
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=False,
    tell=_tell,
    order=100,
    icon="check",
    group="more",
)
