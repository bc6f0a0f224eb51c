"""Replacement: a card that was reported lost in writing is issued again, against a fee.

The ID card says who, the bank which cards; the fee is paid by a code on the screen, and the card is
ordered when the person has confirmed. From then on the old one never works again.
"""

from __future__ import annotations

from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.library.reissuing import chosen, tell, ways_to_end, ways_to_pay, which
from kiosk.fsm.steps import Service
from kiosk.fsm.visit import Visit
from sscard.requests import CardList, Reason, ReissueBegin


def _begin(visit: Visit) -> ReissueBegin:
    return ReissueBegin(evidence(visit), chosen(visit).card_id, Reason.LOST)


SERVICE = Service(
    "replace",
    steps=(
        LayIdCard(),
        LookUp(
            name="listing",
            part_of_last=True,
            required=True,
            request=lambda visit: CardList(evidence(visit)),
            retries_at=("listing",),
        ),
        which(Reason.LOST, "replace"),
        *ways_to_pay(_begin),
        *ways_to_end(),
    ),
    without_line=False,
    tell=tell(lambda _: Reason.LOST),
    order=50,
    group="reissue",
    icon="card",
)
