"""Balance check: ID card, social security card, one password; both accounts are shown.

With no line the check waits in the queue without a password, and the bank answers the holder
by its own channel.
"""

from __future__ import annotations

from kiosk.fsm.library.asking import AskBank
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import InsertCard, LayIdCard, ReadTheCard
from kiosk.fsm.library.passwords import EnterPassword
from kiosk.fsm.library.saying import fact, saved_step, taken_facts
from kiosk.fsm.steps import Service
from kiosk.fsm.telling import (
    At,
    BankName,
    Between,
    ByRule,
    Clock,
    Money,
    Path,
    PathStep,
    Say,
    StepState,
    Sum,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.requests import BalanceByOwnChannel, BalanceCheck, Balances
from sscard.rules import Rule


def _check(visit: Visit) -> BalanceCheck:
    assert visit.card is not None
    return BalanceCheck(evidence(visit), visit.card.card_number)


def _tell(now: Situation) -> Told:
    answer = now.person.answer
    if isinstance(answer, Balances):
        return _balances(answer)
    return _waits(now, arrived=isinstance(answer, BalanceByOwnChannel))


def _balances(answer: Balances) -> Told:
    medical, financial = Money(answer.medical_fen, True), Money(answer.financial_fen, True)
    bank = BankName(answer.bank_id)
    return Told(
        Say("balance.title"),
        (
            Sum(Say("balance.medical"), medical, Say("balance.medical_note"), main=True),
            Sum(
                Say("balance.financial_at", {"bank": bank}),
                financial,
                Say("balance.financial_note"),
            ),
            Between(
                Say("balance.owner", {"tail": answer.card_tail}),
                Say("balance.at", {"time": Clock(answer.at)}),
            ),
        ),
        Rule.CARD_TWO_ACCOUNTS,
        paper=(
            fact("bank", bank),
            fact("card", answer.card_tail),
            fact("medical", medical, bold=True),
            fact("financial", financial, bold=True),
            fact("answered", At(answer.at)),
            ByRule((Rule.CARD_TWO_ACCOUNTS,)),
        ),
    )


def _waits(now: Situation, *, arrived: bool) -> Told:
    sent = Say("told.sent") if arrived else Say("told.sending")
    path = Path(
        (
            saved_step(now, "told.kept"),
            PathStep(
                sent,
                () if arrived else (Say("balance.sending_note"),),
                StepState.DONE if arrived else StepState.NOW,
            ),
            PathStep(
                Say("balance.answer"),
                (Say("balance.answer_note"),),
                StepState.NOW if arrived else StepState.LATER,
            ),
        )
    )
    state = Say("balance.received" if arrived else "told.waits")
    return Told(
        Say("balance.own_channel" if arrived else "balance.waits"),
        (path,),
        Rule.OFFLINE_ANSWER,
        lead=Say("balance.waits_lead"),
        tone=Tone.AMBER,
        paper=(
            *taken_facts(now),
            fact("state", state, bold=True),
            Say("balance.next"),
            ByRule((Rule.OFFLINE_ANSWER,)),
        ),
    )


SERVICE = Service(
    "balance",
    steps=(
        LayIdCard(),
        InsertCard(),
        ReadTheCard(),
        EnterPassword(),
        AskBank(
            request=_check,
            again_at="password",
            retry_at="card",
            leads_to=("password",),
            retries_at=("card",),
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=True,
    tell=_tell,
    order=20,
    icon="card",
)
