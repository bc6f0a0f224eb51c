"""How the two accounts of a card are named and offered."""

from __future__ import annotations

from kiosk.fsm.telling import Option, Say
from sscard.cards import Account

_ICONS = {Account.MEDICAL: "person", Account.FINANCIAL: "bank"}


def account_name(account: Account) -> Say:
    """The account's name."""
    return Say(f"account.{account}")


def option(account: Account, second: Say, *, enabled: bool = True) -> Option:
    """The account's password as an answer."""
    text = Say(f"account.{account}_password")
    return Option(account, text, second, _ICONS[account], enabled)
