"""What became of a loss report: its receipt's code says which one, and nothing about whose."""

from __future__ import annotations

from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.choosing import HoldUpCode
from kiosk.fsm.library.ending import ShowResult
from kiosk.fsm.steps import Service
from kiosk.fsm.visit import Visit
from sscard.requests import ReportStatus


def _status(visit: Visit) -> ReportStatus:
    assert visit.code is not None
    return ReportStatus(visit.code)


RECEIPT_CHECK = Service(
    "receipt_check",
    steps=(HoldUpCode(), LookUp(request=_status, required=True), ShowResult(leads_to=())),
    without_line=False,
)
