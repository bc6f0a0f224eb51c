"""Loss report: without the card, for it is lost. The ID card says who; the bank says which cards.

With no line the report covers every card of the person and waits first in the queue; the
bank freezes when it receives it, and not before (LOSS.FREEZE_ON_RECEIPT).
"""

from __future__ import annotations

from kiosk.fsm.library.asking import AskBank, LookUp
from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.services.balance import evidence
from kiosk.fsm.steps import LINE_UP, Service, When
from kiosk.fsm.visit import Situation, Visit
from sscard.cards import CardState, LossKind
from sscard.loss import may_report
from sscard.requests import CardList, ListedCard, LossReport
from sscard.rules import Rule


def reportable(visit: Visit) -> tuple[ListedCard, ...]:
    """The listed cards a loss can be reported for (an oral report may be made a written one)."""
    if visit.cards is None:
        return ()
    return tuple(card for card in visit.cards.cards if why_not(card.state) is None)


def why_not(state: CardState) -> Rule | None:
    """The rule by which a loss of a card in this state is not taken; None when it is."""
    if state is CardState.LOST_WRITTEN:
        return Rule.LOSS_WRITTEN_NOW  # it holds already and does not lapse: nothing is left to do
    decision = may_report(state)
    return None if decision.allowed else decision.rule


def _choice(situation: Situation) -> bool:
    listed = situation.person.cards
    return listed is not None and (
        len(listed.cards) > 1 or len(reportable(situation.person)) < len(listed.cards)
    )


def _card_buttons(visit: Visit) -> tuple[str, ...]:
    assert visit.cards is not None
    listed = enumerate(visit.cards.cards, 1)
    buttons = [f"card:{n}" for n, card in listed if why_not(card.state) is None]
    return (*buttons, "card:all") if len(buttons) > 1 else tuple(buttons)


def _take_card(visit: Visit, button: str) -> None:
    assert visit.cards is not None
    which = button.removeprefix("card:")
    visit.chosen = None if which == "all" else visit.cards.cards[int(which) - 1]


def _take_kind(visit: Visit, button: str) -> None:
    visit.loss = LossKind(button)


def _report(visit: Visit) -> LossReport:
    assert visit.loss is not None
    card = visit.chosen
    return LossReport(evidence(visit), visit.loss, None if card is None else card.card_id)


LOSS = Service(
    "loss",
    steps=(
        LayIdCard(),
        LookUp(
            name="listing",
            when=LINE_UP,
            part_of_last=True,
            request=lambda visit: CardList(evidence(visit)),
        ),
        Choose(
            name="choose_card",
            when=When("several cards, or one that cannot be reported", _choice),
            part_of_last=True,
            answers=_card_buttons,
            take=_take_card,
        ),
        Choose(
            name="choose_kind",
            answers=lambda _: (LossKind.ORAL, LossKind.WRITTEN),
            take=_take_kind,
        ),
        Choose(name="confirm", answers=lambda _: ("confirm",), take=lambda visit, button: None),
        AskBank(request=_report),
        ShowResult(),
        PrintIt(),
    ),
    without_line=True,
    urgent=True,
)
