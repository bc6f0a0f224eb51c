"""Loss report: without the card, for it is lost. The ID card says who; the bank says which cards.

A written report is made in person, with a copy of the ID card. An oral one has a still of the person
where there is a camera, and is taken without one as over the telephone: it must not wait.

With no line the report covers every card of the person and waits first in the queue; the
bank freezes when it receives it, and not before (LOSS.FREEZE_ON_RECEIPT).
"""

from __future__ import annotations

from kiosk.drivers.events import Device
from kiosk.fsm.library.asking import AskBank, LookUp
from kiosk.fsm.library.choosing import Choose, Confirm
from kiosk.fsm.library.choosing_some import MARKED, ONE, SEVERAL, ChooseSome, marks
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.library.presence import CopyIdCard, LookAtCamera, presence
from kiosk.fsm.library.saying import fact, saved_step, taken_facts
from kiosk.fsm.steps import LINE_UP, Service, When, said
from kiosk.fsm.telling import (
    At,
    BankName,
    ByRule,
    Call,
    Code,
    Fact,
    Facts,
    OfPlace,
    OnPaper,
    Option,
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
from sscard.cards import CardState, LossKind
from sscard.codes import qr_text
from sscard.loss import may_report
from sscard.requests import CardList, Cards, ListedCard, LossInForce, LossReport, Presence
from sscard.rules import Rule

ALL = "all"
GLANCE = "glance"  # the still of an oral report
_SEVERAL_FROM = 3  # of two cards it is one or both
_WHY_NOT = {
    CardState.INACTIVE: "inactive",
    CardState.SUSPENDED: "suspended",
    CardState.LOST_WRITTEN: "written",
}


# --- which cards, and how ------------------------------------------------------------------


def _listed(visit: Visit) -> tuple[ListedCard, ...]:
    cards = visit.told("listing", Cards)
    return () if cards is None else cards.cards


def _reportable(visit: Visit) -> tuple[ListedCard, ...]:
    """The listed cards a loss can be reported for (an oral report may be made a written one)."""
    return tuple(card for card in _listed(visit) if _why_not(card.state) is None)


def _why_not(state: CardState) -> Rule | None:
    """The rule by which a loss of a card in this state is not taken; None when it is."""
    if state is CardState.LOST_WRITTEN:
        return Rule.LOSS_WRITTEN_NOW  # it holds already and does not lapse: nothing is left to do
    decision = may_report(state)
    return None if decision.allowed else decision.rule


def _chosen(visit: Visit) -> tuple[ListedCard, ...]:
    """The cards that were chosen; none: all, or nobody knows which there are."""
    answer = visit.said.get("choose_card", ALL)
    if answer == ALL:
        return ()
    chosen = marks(visit, "choose_card") or {answer}
    return tuple(card for n, card in enumerate(_listed(visit), 1) if f"card:{n}" in chosen)


def _kind(visit: Visit) -> LossKind:
    return LossKind(visit.said["choose_kind"])


def _choice(situation: Situation) -> bool:
    listed = _listed(situation.person)
    return bool(listed) and (len(listed) > 1 or len(_reportable(situation.person)) < len(listed))


def _which_card(now: Situation) -> Question:
    visit = now.person
    marked = marks(visit, "choose_card")
    can = len(_reportable(visit))
    if marked is not None:
        return _which_cards(visit, marked)
    options = [_option(n, card) for n, card in enumerate(_listed(visit), 1)]
    if can >= _SEVERAL_FROM:
        options.append(Option(SEVERAL, Say("loss.several"), Say("loss.several_second"), "check"))
    if can > 1:
        second = Say("loss.all_second", {"n": can})
        options.append(Option(ALL, Say("loss.all"), second, "list"))
    # A question that no answer fits is none: then the page says how things stand.
    return Question(Say("loss.which" if can else "loss.none"), tuple(options))


def _which_cards(visit: Visit, marked: frozenset[str]) -> Question:
    """The same cards, each marked or not."""
    options = [
        _option(n, card, is_marked=f"card:{n}" in marked)
        for n, card in enumerate(_listed(visit), 1)
    ]
    count = Say("loss.marked", {"n": len(marked)})
    options.append(Option(MARKED, count, Say("loss.marked_second"), "next", bool(marked)))
    options.append(Option(ONE, Say("loss.one"), None, "back"))
    return Question(Say("loss.mark"), tuple(options))


def _option(number: int, card: ListedCard, *, is_marked: bool = False) -> Option:
    """A listed card; one that cannot be reported says why, and by which rule."""
    icon = "tick" if is_marked else "card"
    rule = _why_not(card.state)
    second = Say("loss.is_marked" if is_marked else "told.tail", {"tail": card.card_tail})
    if rule is not None:
        reason = Say(f"loss.not_{_WHY_NOT.get(card.state, 'void')}")
        second = Say("loss.not", {"tail": card.card_tail, "reason": reason, "rule": rule})
    return Option(f"card:{number}", BankName(card.bank_id), second, icon, rule is None)


def _how(now: Situation) -> Question:
    """Oral or written. Without a camera nobody can be shown to stand here: then it is oral."""
    oral = Say("loss.oral_second", {"days": OfPlace("oral_days")})
    sees = now.usable(Device.CAMERA)
    written = Say("loss.written_second" if sees else "loss.written_no_camera")
    return Question(
        Say("loss.how"),
        (
            Option(LossKind.ORAL, Say("loss.oral"), oral, "phone"),
            Option(LossKind.WRITTEN, Say("loss.written"), written, "page", sees),
        ),
    )


def _review(now: Situation) -> Review:
    visit = now.person
    only = _reportable(visit)
    cards = _chosen(visit) or (only if len(only) == 1 else ())
    rows = Facts(
        (
            *(Fact(Say("loss.card"), _one(card)) for card in cards),
            *(() if cards else (Fact(Say("loss.card"), Say("loss.every_card")),)),
            fact("kind", Say(f"loss_kind.{_kind(visit)}")),
            fact("fee", Say("loss.free")),
        )
    )
    warning = () if now.line_up else (Remark(Say("loss.check_no_line")),)
    return Review(
        Say("loss.check"),
        (rows, *warning),
        Say("loss.confirm"),
        lead=Say("loss.check_lead") if now.line_up else None,
        picture="lost",
    )


def _one(card: ListedCard) -> Say:
    return Say("told.bank_and_tail", {"bank": BankName(card.bank_id), "tail": card.card_tail})


def _report(visit: Visit) -> LossReport:
    cards = tuple(card.card_id for card in _chosen(visit))
    return LossReport(evidence(visit), _kind(visit), cards, _shown(visit))


def _shown(visit: Visit) -> Presence | None:
    """What shows that the person stands here: none of an oral report where no still was taken."""
    if _kind(visit) is LossKind.WRITTEN:
        return presence(visit)
    still = visit.pictures.get(GLANCE)
    return None if still is None else Presence(still[0])


# --- what came of it -----------------------------------------------------------------------


def _tell(now: Situation) -> Told:
    answer = now.person.answer
    return _in_force(now, answer) if isinstance(answer, LossInForce) else _waits(now)


def _in_force(now: Situation, answer: LossInForce) -> Told:
    cards = tuple(
        Say(
            "loss.frozen_note",
            {
                "bank": BankName(card.bank_id),
                "tail": card.card_tail,
                "kind": Say(f"loss_kind.{card.loss}"),
            },
        )
        for card in answer.frozen
    )
    path = Path(
        (
            saved_step(now, "told.registered"),
            PathStep(
                Say("told.sent"), (Say("loss.sent_note", {"at": At(answer.at)}),), StepState.DONE
            ),
            PathStep(Say("loss.frozen"), cards, StepState.DONE),
        )
    )
    lapses = min((card.lapses_at for card in answer.frozen if card.lapses_at), default=None)
    if lapses is None:
        note = Remark(Say("loss.written_note"), Tone.JADE, after=Say("loss.written_after"))
    else:
        note = Remark(Say("loss.oral_until"), big=At(lapses), after=Say("loss.oral_after"))
    rule = answer.frozen[0].rule if answer.frozen else Rule.LOSS_FREEZE_ON_RECEIPT
    paper: list[OnPaper] = [fact("state", Say("loss.in_force"), bold=True)]
    for card in answer.frozen:
        until = Say("told.no_end") if card.lapses_at is None else At(card.lapses_at)
        paper += [
            fact("bank", BankName(card.bank_id)),
            fact("card", card.card_tail),
            fact("since", At(card.since)),
            fact("until", until, bold=True),
            ByRule((card.rule,)),
        ]
    paper.append(Say("loss.written_next" if lapses is None else "loss.oral_next"))
    return Told(
        Say("loss.in_force_title"),
        (path, note),
        rule,
        picture="done",
        paper=_paper(now, *paper),
    )


def _waits(now: Situation) -> Told:
    written = _kind(now.person) is LossKind.WRITTEN
    days = {"days": OfPlace("oral_days")}
    waiting = Say("loss.silent_note" if now.line_up else "loss.sending_note")
    path = Path(
        (
            saved_step(now, "told.kept"),
            PathStep(Say("told.sending"), (waiting,), StepState.NOW),
            PathStep(Say("loss.freezes"), (Say("loss.freezes_note"),), StepState.LATER),
        )
    )
    cards = _chosen(now.person)
    which: list[OnPaper] = [each for card in cards for each in _named(card)]
    rules = (Rule.LOSS_FREEZE_ON_RECEIPT, *(() if written else (Rule.LOSS_ORAL_LAPSE,)))
    return Told(
        Say("loss.waits_title"),
        (path, _call(cards or _reportable(now.person))),
        Rule.LOSS_FREEZE_ON_RECEIPT,
        lead=Say("loss.waits_written") if written else Say("loss.waits_oral", days),
        tone=Tone.AMBER,
        paper=_paper(
            now,
            fact("state", Say("loss.not_in_force"), bold=True),
            *(which or [Say("loss.all_cards")]),
            Say("loss.freeze"),
            _call(cards),
            Say("loss.written_next") if written else Say("loss.oral_next_waits", days),
            ByRule(rules),
        ),
    )


def _named(card: ListedCard) -> tuple[Fact, Fact]:
    return fact("bank", BankName(card.bank_id)), fact("card", card.card_tail)


def _call(cards: tuple[ListedCard, ...]) -> Call:
    """The hotlines of the banks whose cards were reported, or of all when that is not known."""
    return Call(
        Say("loss.call"),
        Say("loss.call_banks"),
        Say("loss.call_after"),
        tuple(card.bank_id for card in cards),
    )


def _paper(now: Situation, *body: OnPaper) -> tuple[OnPaper, ...]:
    taken = now.person.taken
    assert taken is not None
    return (
        *taken_facts(now),
        fact("kind", Say(f"loss_kind.{_kind(now.person)}"), bold=True),
        *body,
        Say("loss.free_of_charge"),
        Code(qr_text(taken.code), Say("loss.follow")),
    )


_ORAL = said("choose_kind", LossKind.ORAL)
_WRITTEN = said("choose_kind", LossKind.WRITTEN)

SERVICE = Service(
    "loss",
    steps=(
        LayIdCard(),
        LookUp(
            name="listing",
            when=LINE_UP,
            part_of_last=True,
            request=lambda visit: CardList(evidence(visit)),
        ),
        ChooseSome(
            name="choose_card",
            when=When("several cards, or one that cannot be reported", _choice),
            part_of_last=True,
            asks=_which_card,
        ),
        Choose(name="choose_kind", asks=_how),
        LookAtCamera(name=GLANCE, words="still", optional=True, when=_ORAL, part_of_last=True),
        LookAtCamera(when=_WRITTEN, spare=True, part_of_last=True),
        CopyIdCard(when=_WRITTEN, spare=True, part_of_last=True),
        Confirm(shows=_review),
        AskBank(request=_report),
        ShowResult(),
        PrintIt(),
    ),
    without_line=True,
    tell=_tell,
    order=10,
    icon="alert",
    urgent=True,
)
