"""Change of a password by who knows the old one; the bank checks that, and counts (PIN.LOCK)."""

from __future__ import annotations

from kiosk.fsm.library.accounts import account_name, option
from kiosk.fsm.library.asking import AskBank
from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import InsertCard, LayIdCard, ReadTheCard
from kiosk.fsm.library.passwords import EnterPassword, chosen, new_password
from kiosk.fsm.library.saying import fact, taken_facts
from kiosk.fsm.library.standing import LookAtCard, locked
from kiosk.fsm.steps import ALWAYS, Service
from kiosk.fsm.telling import At, ByRule, Facts, Question, Remark, Say, Told, Tone
from kiosk.fsm.visit import Situation, Visit
from sscard.cards import Account
from sscard.passwords import change
from sscard.requests import PasswordChange, PasswordSet, RefusalCode
from sscard.rules import Rule


def _which(now: Situation) -> Question:
    """Which password; a locked one can only be unlocked, and says so."""
    shut = locked(now.person)
    options = tuple(
        option(
            each,
            Say("password_change.locked" if each in shut else f"account.{each}_use"),
            enabled=each not in shut,
        )
        for each in Account
    )
    all_shut = len(shut) == len(options)
    return Question(Say("password_change.none" if all_shut else "password_change.which"), options)


def _change(visit: Visit) -> PasswordChange:
    assert visit.card is not None
    return PasswordChange(evidence(visit), visit.card.card_number, chosen(visit))


def _tell(now: Situation) -> Told:
    answer = now.person.answer
    return _changed(now, answer) if isinstance(answer, PasswordSet) else _unknown(now)


def _changed(now: Situation, answer: PasswordSet) -> Told:
    rows = (
        fact("account", account_name(answer.account), bold=True),
        fact("card", answer.card_tail),
        fact("since", At(answer.at)),
    )
    return Told(
        Say("password_change.done"),
        (Facts(rows), Remark(Say("password_change.next"), Tone.JADE)),
        Rule.CARD_TWO_ACCOUNTS,
        picture="done",
        paper=(
            *taken_facts(now),
            fact("state", Say("password_change.in_force"), bold=True),
            *rows,
            ByRule((Rule.CARD_TWO_ACCOUNTS,)),
        ),
    )


def _unknown(now: Situation) -> Told:
    """Taken, and no answer: the old password or the new one holds, and the bank knows which."""
    return Told(
        Say("password_change.unknown"),
        (
            Remark(
                Say("password_change.unknown_note"),
                after=Say("password_change.unknown_next"),
            ),
        ),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
        paper=(
            *taken_facts(now),
            fact("account", account_name(chosen(now.person))),
            fact("state", Say("password_change.not_known"), bold=True),
            Say("password_change.unknown_next"),
            ByRule((Rule.OFFLINE_HONEST,)),
        ),
    )


SERVICE = Service(
    "password_change",
    steps=(
        LayIdCard(),
        InsertCard(),
        ReadTheCard(),
        LookAtCard(allows=change),
        Choose(name="account", asks=_which),
        EnterPassword(account=chosen, when=ALWAYS),
        *new_password("new", chosen, ALWAYS),
        AskBank(
            request=_change,
            again_at="password",
            # All three entries went with the request: whatever is amiss, they are typed anew.
            retry_at="password",
            leads_to=("password",),
            mends={RefusalCode.PASSWORD_UNFIT: "password"},
            retries_at=("password", "card"),
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=False,
    tell=_tell,
    order=31,
    icon="keypad",
    group="password",
)
