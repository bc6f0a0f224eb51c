"""Which bank issues a person's card (BANK.*)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from sscard.decisions import Decision, allow, refuse
from sscard.requests import RefusalCode
from sscard.rules import Rule

# The city's own settlement with two of the six; another city configures its own.
COMPREHENSIVE_BANK = "guangfa"
VILLAGE_BANK = "dongguan"


class Coverage(StrEnum):
    """How a person takes part in medical insurance, as far as it decides the bank."""

    BASIC = "basic"  # through a unit, or as a flexible employee
    COMPREHENSIVE = "comprehensive"  # comprehensive basic medical insurance
    VILLAGE = "village"  # through a village or community that takes part as a unit


class IssuingBanks(Struct, frozen=True):
    """The banks a person may choose from, in the list's order, and the rule that says so."""

    banks: tuple[str, ...]
    rule: Rule


class NoIssuingBank(ValueError):
    """The bank that must issue is not on the configured list."""


def issuing_banks(
    coverage: Coverage,
    listed: Iterable[str],
    comprehensive_bank: str = COMPREHENSIVE_BANK,
    village_bank: str = VILLAGE_BANK,
) -> IssuingBanks:
    """The banks of the list `listed` (ids) that may issue the card of a person so insured.

    Raises `NoIssuingBank` when the list lacks the one bank that must issue: a configuration
    that nobody may serve by.
    """
    every = tuple(listed)
    match coverage:
        case Coverage.BASIC:
            found = IssuingBanks(every, Rule.BANK_FREE_CHOICE)
        case Coverage.COMPREHENSIVE:
            found = _only(comprehensive_bank, every, Rule.BANK_COMPREHENSIVE)
        case Coverage.VILLAGE:
            found = _only(village_bank, every, Rule.BANK_VILLAGE)
        case _:
            assert_never(coverage)
    if not found.banks:
        raise NoIssuingBank("no bank of the list may issue this card")
    return found


def _only(bank_id: str, every: tuple[str, ...], rule: Rule) -> IssuingBanks:
    return IssuingBanks(tuple(each for each in every if each == bank_id), rule)


def may_issue(bank_id: str, open_banks: IssuingBanks) -> Decision:
    """Whether the bank that was chosen may issue the card."""
    if bank_id in open_banks.banks:
        return allow(open_banks.rule)
    return refuse(open_banks.rule, RefusalCode.BANK_NOT_OPEN)
