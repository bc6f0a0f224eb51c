"""What a card costs and what it does not (FEE.*). Amounts are whole fen."""

from __future__ import annotations

from msgspec import Struct

from sscard.rules import Rule

# FEE.REISSUE_20: 20 yuan. Other cities ask other amounts, so a bank may configure its own.
REISSUE_FEN = 2_000


class Fee(Struct, frozen=True):
    """An amount, and the rule it follows."""

    fen: int
    rule: Rule


def first_card() -> Fee:
    """The fee for a person's first card, and for the renewal that the city calls for."""
    return Fee(0, Rule.FEE_FIRST_FREE)


def reissue(reissue_fen: int = REISSUE_FEN) -> Fee:
    """The fee for a card in place of a lost, damaged or outdated one."""
    return Fee(reissue_fen, Rule.FEE_REISSUE_20)


def loss_report() -> Fee:
    """The fee for reporting a loss."""
    return Fee(0, Rule.FEE_LOSS_REPORT_FREE)


def financial_account() -> Fee:
    """The fee for a year of the financial account, however little lies in it."""
    return Fee(0, Rule.FEE_NO_ANNUAL)
