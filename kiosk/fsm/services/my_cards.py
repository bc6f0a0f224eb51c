"""Which cards I have, and how each stands: the ID card asks, the bank tells."""

from __future__ import annotations

from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.steps import Service
from kiosk.fsm.telling import BankName, ByRule, Fact, Facts, Remark, Say, Told, Tone
from kiosk.fsm.visit import Situation
from sscard.requests import CardList, Cards
from sscard.rules import Rule


def _tell(now: Situation) -> Told:
    answer = now.person.told("listing", Cards)
    assert answer is not None
    rows = tuple(
        Fact(
            Say("told.bank_and_tail", {"bank": BankName(card.bank_id), "tail": card.card_tail}),
            Say(f"card_state.{card.state}"),
        )
        for card in answer.cards
    )
    return Told(
        Say("my_cards.title"),
        (Facts(rows),) if rows else (Remark(Say("my_cards.none"), Tone.AMBER),),
        Rule.CARD_STATES,
        paper=(*rows, ByRule((Rule.CARD_STATES,))),
    )


SERVICE = Service(
    "my_cards",
    steps=(
        LayIdCard(),
        LookUp(
            name="listing",
            request=lambda visit: CardList(evidence(visit)),
            required=True,
            retries_at=("listing",),
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=False,
    tell=_tell,
    order=150,
    icon="card",
    group="more",
)
