"""A forgotten or locked password is unlocked and set anew, without the old one (PIN.UNLOCK).

The medical password is on the chip, and set there; the financial one is the bank's alone.

It takes a line to set a password, for none may wait (OFFLINE.NO_PIN), and pictures to show that
the holder stands here. Without the one or the other the password is unlocked as it is: that may
wait, and is never shown as done before the bank has said so (OFFLINE.HONEST).
"""

from __future__ import annotations

from kiosk.fsm.effects import Effect
from kiosk.fsm.events import Event
from kiosk.fsm.library.accounts import account_name, option
from kiosk.fsm.library.asking import AskBank
from kiosk.fsm.library.chip import set_on_chip, was_tried, what_came
from kiosk.fsm.library.choosing import Choose, Confirm
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import InsertCard, LayIdCard, ReadTheCard
from kiosk.fsm.library.passwords import chosen, new_password
from kiosk.fsm.library.presence import CopyIdCard, LookAtCamera, presence
from kiosk.fsm.library.saying import fact, saved_step, taken_facts
from kiosk.fsm.library.standing import LookAtCard, locked
from kiosk.fsm.steps import LINE_UP, Next, Outcome, Service, Step, When
from kiosk.fsm.telling import (
    At,
    ByRule,
    Fact,
    Facts,
    Path,
    PathStep,
    Question,
    Remark,
    Review,
    Say,
    StepState,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.cards import Account
from sscard.passwords import unlock
from sscard.requests import (
    Noted,
    PasswordReset,
    PasswordSet,
    PasswordUnlock,
    ReadBack,
    RefusalCode,
    Unlocked,
)
from sscard.rules import Rule

# --- who is here, and which password --------------------------------------------------------


def _is_shown(visit: Visit) -> bool:
    """Whether the still and both sides of the ID card are taken."""
    return "still" in visit.pictures and "copy" in visit.pictures


_STILL = When("still taken", lambda now: "still" in now.person.pictures)
_SETS = When(
    "line up, pictures taken", lambda now: now.line_up and _is_shown(now.person), line=True
)
_UNLOCKS_ONLY = When("no line, or no pictures", lambda now: not _SETS.holds(now))
# A line that falls later does not change the way: what was begun on the chip is brought to its end.
_ON_CHIP = When(
    "medical password to be set",
    lambda now: (
        chosen(now.person) is Account.MEDICAL
        and _is_shown(now.person)
        and "confirm" not in now.person.said
    ),
)
_AT_BANK = When("not on the chip", lambda now: not _ON_CHIP.holds(now))


def _which(now: Situation) -> Question:
    """Which password. A forgotten one is unlocked as a locked one is."""
    shut = locked(now.person)
    options = tuple(
        option(each, Say("password_unlock.locked" if each in shut else f"account.{each}_use"))
        for each in Account
    )
    return Question(Say("password_unlock.which"), options)


_WHO: tuple[Step, ...] = (
    LayIdCard(),
    InsertCard(),
    ReadTheCard(),
    LookAtCard(when=LINE_UP, required=False, allows=unlock),
    Choose(name="account", asks=_which),
    LookAtCamera(optional=True),
    CopyIdCard(when=_STILL, spare=True),
)

# --- what is asked of the bank ----------------------------------------------------------------


class ConfirmUnlock(Confirm, frozen=True, kw_only=True):
    """Say that no password will be set. One that was typed before the line fell is dropped."""

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.companion = None
        return ()

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        outcome = Confirm.on(self, event, situation)
        if isinstance(outcome, Next):
            situation.person.said[self.name] = "unlock"
        return outcome


def _review(now: Situation) -> Review:
    rows = Facts((fact("account", account_name(chosen(now.person))),))
    why = "password_unlock.no_line" if not now.line_up else "password_unlock.no_pictures"
    return Review(
        Say("password_unlock.check"),
        (rows, Remark(Say(why), after=Say("password_unlock.old_one")), *_chip_stays(now)),
        Say("password_unlock.confirm"),
        picture="pin_pad",
    )


def _chip_stays(now: Situation) -> tuple[Remark, ...]:
    """That an unlock at the bank does not reach the chip, where the medical password is."""
    is_medical = chosen(now.person) is Account.MEDICAL
    return (Remark(Say("password_unlock.chip_stays")),) if is_medical else ()


def _request(visit: Visit) -> PasswordReset | PasswordUnlock:
    assert visit.card is not None
    who, card, account = evidence(visit), visit.card.card_number, chosen(visit)
    shown = presence(visit) if _is_shown(visit) else None
    if shown is None or "confirm" in visit.said:
        return PasswordUnlock(who, card, account, shown)
    return PasswordReset(who, shown, card, account)


_ASKING: tuple[Step, ...] = (
    *new_password("new", chosen, _SETS),
    ConfirmUnlock(when=_UNLOCKS_ONLY, shows=_review),
    AskBank(
        when=_AT_BANK,
        request=_request,
        # The password went with the request: whatever is amiss, it is typed anew.
        retry_at="new",
        mends={RefusalCode.PASSWORD_UNFIT: "new"},
        retries_at=("new",),
    ),
    *set_on_chip(when=_ON_CHIP, again_at="new"),
)

# --- what came of it ----------------------------------------------------------------------------


def _tell(now: Situation) -> Told:
    match now.person.answer:
        case PasswordSet() as answer:
            return _set(now, answer)
        case Unlocked() as answer:
            return _unlocked(now, answer)
        case Noted():
            return _chip_unknown(now)
    if was_tried(now.person):
        return _on_card(now)
    return _waits(now) if "confirm" in now.person.said else _unknown(now)


def _set(now: Situation, answer: PasswordSet) -> Told:
    rows = (
        fact("account", account_name(answer.account), bold=True),
        fact("card", answer.card_tail),
        fact("since", At(answer.at)),
    )
    return Told(
        Say("password_unlock.set"),
        (Facts(rows), Remark(Say("password_unlock.set_next"), Tone.JADE)),
        Rule.PIN_UNLOCK,
        picture="done",
        paper=(
            *_taken(now),
            fact("state", Say("password_unlock.set_state"), bold=True),
            *rows,
            ByRule((Rule.PIN_UNLOCK,)),
        ),
    )


def _unlocked(now: Situation, answer: Unlocked) -> Told:
    """The bank has done it: the password is the one it was."""
    rows = (
        fact("account", account_name(answer.account), bold=True),
        fact("card", answer.card_tail),
        fact("since", At(answer.at)),
    )
    return Told(
        Say("password_unlock.unlocked"),
        (
            Facts(rows),
            Remark(Say("password_unlock.old_one"), Tone.JADE, after=Say("password_unlock.forgot")),
            *_chip_stays(now),
        ),
        Rule.PIN_UNLOCK,
        picture="done",
        paper=(
            *taken_facts(now),
            fact("state", Say("password_unlock.unlocked_state"), bold=True),
            *rows,
            Say("password_unlock.old_one"),
            Say("password_unlock.forgot"),
            ByRule((Rule.PIN_UNLOCK,)),
        ),
    )


def _waits(now: Situation) -> Told:
    """Kept here, and the bank has not heard of it, or not answered yet."""
    waiting = Say("password_unlock.silent" if now.line_up else "password_unlock.sending")
    path = Path(
        (
            saved_step(now, "told.kept"),
            PathStep(Say("told.sending"), (waiting,), StepState.NOW),
            PathStep(
                Say("password_unlock.unlocks"),
                (Say("password_unlock.unlocks_note"),),
                StepState.LATER,
            ),
        )
    )
    return Told(
        Say("password_unlock.waits"),
        (path, Remark(Say("password_unlock.no_pin"), after=Say("password_unlock.set_later"))),
        Rule.OFFLINE_NO_PIN,
        tone=Tone.AMBER,
        paper=(
            *taken_facts(now),
            fact("account", account_name(chosen(now.person)), bold=True),
            fact("state", Say("password_unlock.not_yet"), bold=True),
            Say("password_unlock.unlocks_note"),
            Say("password_unlock.no_pin"),
            Say("password_unlock.set_later"),
            ByRule((Rule.OFFLINE_HONEST, Rule.OFFLINE_NO_PIN, Rule.OFFLINE_ANSWER)),
        ),
    )


def _unknown(now: Situation) -> Told:
    """A new password was sent, and no answer came. Doing it again harms nothing."""
    return Told(
        Say("password_unlock.unknown"),
        (Remark(Say("password_unlock.unknown_note"), after=Say("password_unlock.unknown_next")),),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
        paper=(
            *taken_facts(now),
            fact("account", account_name(chosen(now.person)), bold=True),
            fact("state", Say("password_unlock.not_known"), bold=True),
            Say("password_unlock.unknown_next"),
            ByRule((Rule.OFFLINE_HONEST,)),
        ),
    )


def _on_card(now: Situation) -> Told:
    """What the chip holds, when the bank has not heard of it, or has not answered."""
    match what_came(now.person):
        case ReadBack.DONE:
            key, tone, picture = "chip_done", Tone.JADE, "done"
        case ReadBack.NOT_DONE:
            key, tone, picture = "chip_not_done", Tone.AMBER, ""
        case ReadBack.UNKNOWN:
            return _chip_unknown(now)
    heard = "chip_kept" if now.person.taken is not None else "chip_unheard"
    return _of_chip(now, key, heard, tone, picture)


def _chip_unknown(now: Situation) -> Told:
    """The card left before it answered, and does not show what it holds."""
    return _of_chip(now, "chip_unknown", "chip_again", Tone.AMBER, "")


def _taken(now: Situation) -> tuple[Fact, ...]:
    """What the queue said of the request; nothing, where the chip's word was all there was."""
    return () if now.person.taken is None else taken_facts(now)


def _of_chip(now: Situation, key: str, after: str, tone: Tone, picture: str) -> Told:
    follow = Say(f"password_unlock.{after}")
    return Told(
        Say(f"password_unlock.{key}"),
        (Remark(Say(f"password_unlock.{key}_note"), tone, after=follow),),
        Rule.OFFLINE_HONEST,
        tone=tone,
        picture=picture,
        paper=(
            *_taken(now),
            fact("account", account_name(Account.MEDICAL), bold=True),
            fact("state", Say(f"password_unlock.{key}"), bold=True),
            Say(f"password_unlock.{key}_note"),
            follow,
            ByRule((Rule.PIN_UNLOCK, Rule.OFFLINE_HONEST)),
        ),
    )


SERVICE = Service(
    "password_unlock",
    steps=(*_WHO, *_ASKING, ShowResult(), PrintIt()),
    without_line=True,
    tell=_tell,
    order=30,
    icon="lock",
    group="password",
)
