"""What costs and what does not (FEE.*)."""

import pytest

from sscard import fees
from sscard.fees import Fee
from sscard.rules import Rule


@pytest.mark.rule("FEE.FIRST_FREE")
def test_the_first_card_is_free() -> None:
    assert fees.first_card() == Fee(0, Rule.FEE_FIRST_FREE)


@pytest.mark.rule("FEE.REISSUE_20")
def test_a_card_in_place_of_another_costs_20_yuan_or_what_the_bank_says() -> None:
    assert fees.reissue() == Fee(2_000, Rule.FEE_REISSUE_20)
    assert fees.reissue(2_800).fen == 2_800


@pytest.mark.rule("FEE.LOSS_REPORT_FREE")
def test_a_loss_report_costs_nothing() -> None:
    assert fees.loss_report() == Fee(0, Rule.FEE_LOSS_REPORT_FREE)


@pytest.mark.rule("FEE.NO_ANNUAL")
def test_an_account_costs_nothing_however_small_it_is() -> None:
    assert fees.financial_account() == Fee(0, Rule.FEE_NO_ANNUAL)
