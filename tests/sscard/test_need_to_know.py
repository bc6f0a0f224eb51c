"""What goes over the line, field by field (CARD.NEED_TO_KNOW): one too many fails here.

Whoever adds a field says by it what the service needs it for; the table is the review's.
"""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec.structs import fields

from sscard.requests import Answer, Request

ASKED = {
    "activation": "evidence presence card_number old_card_number claim",
    "application_look": "evidence agent",
    "application_submit": "evidence bank_id details is_signed photo_receipt is_address_wrong agent copy",
    "balance_check": "evidence card_number",
    "card_kept": "card_number claim why",
    "card_list": "evidence",
    "card_look": "evidence card_number",
    "chip_unlock": "evidence presence card_number identification_code challenge cipher",
    "chip_unlock_done": "step evidence card_number status read_back",
    "electronic_activate": "evidence presence",
    "electronic_look": "code",
    "loss_cancel": "evidence presence card_number form_code",
    "loss_report": "evidence loss card_ids presence",
    "password_change": "evidence card_number account",
    "password_reset": "evidence presence card_number account",
    "password_unlock": "evidence card_number account presence",
    "payment_look": "evidence application",
    "payment_records": "evidence year",
    "reissue_abandon": "evidence application",
    "reissue_begin": "evidence card_id reason photo_receipt copy",
    "reissue_confirm": "evidence application old_card_number claim",
    "report_status": "code",
    "rights_record": "evidence",
    "unit_look": "evidence",
    "unit_update": "evidence member_ids state",
    "where_is_my_card": "evidence form_code",
}
"""What a terminal sends, by the kind of request."""

TOLD = {
    "abandoned": "refunded_fen at",
    "activated": "bank_id card_tail at old_tail",
    "application_taken": "form_code is_renewal collection at",
    "application_terms": "is_renewal banks rule details has_photo",
    "balance_by_own_channel": "at",
    "balances": "medical_fen financial_fen bank_id card_tail at",
    "card_found": "card locked old_card",
    "cards": "cards",
    "chip_command": "step apdu",
    "contributions": "year years rows at",
    "electronic_activated": "card_tail at",
    "electronic_holder": "masked_name card_tail state at",
    "fee_due": "application fee_fen pay_code pay_before collection is_paid old_claim",
    "loss_cancelled": "bank_id card_tail at",
    "loss_in_force": "frozen at",
    "noted": "at",
    "password_set": "account card_tail at",
    "payment": "state fee_fen voucher",
    "refusal": "code rule tries_left",
    "reissued": "form_code voucher fee_fen card_tail collection at",
    "report_found": "state loss since lapses_at",
    "rights": "insurances at",
    "unit_batch": "unit bank_id outlet_zh outlet_en received_on hand_out_by provisional members",
    "unlocked": "account card_tail at",
    "whereabouts": "cards",
}
"""What it hears, by the kind of answer."""

AGENCY = ("contributions", "rights", "electronic_holder", "electronic_activated")
"""Answers of the social insurance agency."""


@pytest.mark.rule("CARD.NEED_TO_KNOW")
@pytest.mark.parametrize("kind", get_args(Request), ids=lambda kind: kind.kind)
def test_a_terminal_sends_the_fields_that_the_service_needs(kind: type[Request]) -> None:
    assert " ".join(field.name for field in fields(kind)) == ASKED[kind.kind]


@pytest.mark.rule("CARD.NEED_TO_KNOW")
@pytest.mark.parametrize("kind", get_args(Answer), ids=lambda kind: kind.kind)
def test_it_hears_what_the_service_shows(kind: type[Answer]) -> None:
    assert " ".join(field.name for field in fields(kind)) == TOLD[kind.kind]


def test_nothing_is_told_of_a_card_beyond_its_last_four_characters() -> None:
    told = {name for names in TOLD.values() for name in names.split()}
    assert not told & {"card_number", "pan", "id_number", "name", "password", "pin_block"}


@pytest.mark.rule("CARD.NEED_TO_KNOW")
def test_the_agency_tells_no_balance_and_the_bank_no_contribution() -> None:
    for kind in AGENCY:
        assert not set(TOLD[kind].split()) & {"medical_fen", "financial_fen", "bank_id"}
    for kind in set(TOLD) - set(AGENCY):
        assert not set(TOLD[kind].split()) & {"insurances", "rows", "years"}
