"""Who stands here, for the bank."""

from __future__ import annotations

from kiosk.fsm.visit import Visit
from sscard.requests import Evidence


def evidence(visit: Visit) -> Evidence:
    """Who stands here, as the identity document says."""
    assert visit.document is not None
    return Evidence(visit.document.kind, visit.document.number, visit.document.name)
