"""Balance check: ID card, social security card, one password; both accounts are shown.

With no line the check waits in the queue without a password, and the bank answers the holder
by its own channel.
"""

from __future__ import annotations

from kiosk.fsm.library.asking import AskBank
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.identity import EnterPassword, InsertCard, LayIdCard, ReadTheCard
from kiosk.fsm.steps import Service
from kiosk.fsm.visit import Visit
from sscard.requests import BalanceCheck, Evidence


def evidence(visit: Visit) -> Evidence:
    """Who stands here, as the identity document says."""
    assert visit.document is not None
    return Evidence(visit.document.kind, visit.document.number, visit.document.name)


def _check(visit: Visit) -> BalanceCheck:
    assert visit.card is not None
    return BalanceCheck(evidence(visit), visit.card.card_number)


BALANCE = Service(
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
)
