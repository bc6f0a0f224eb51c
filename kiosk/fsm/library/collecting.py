"""What several services say alike of a card that is to be collected (APPLY.*, COLLECT.*)."""

from __future__ import annotations

from kiosk.fsm.telling import BankName, Code, Fact, InLanguage, OnDay, OnPaper, Say
from sscard.forms import KEPT_DAYS, form_qr_text
from sscard.requests import Collection


def collection_rows(collection: Collection) -> tuple[Fact, ...]:
    """From when and where."""
    return (
        Fact(Say("collecting.bank"), BankName(collection.bank_id)),
        Fact(Say("collecting.due"), OnDay(collection.due, collection.provisional), bold=True),
        Fact(Say("collecting.outlet"), InLanguage(collection.outlet_zh, collection.outlet_en)),
    )


def form_paper(form_code: str) -> tuple[OnPaper, ...]:
    """The form's number as its bar code, and what to bring to collect the card."""
    return (
        Say("collecting.bring"),
        Say("collecting.kept", {"days": KEPT_DAYS}),
        Say("collecting.own_form"),
        Code(form_qr_text(form_code), Say("collecting.form", {"code": form_code})),
    )
