"""The electronic social security card: what its state follows from, and how its code is told apart.

The text of a code is opaque: every integration that is published sends it to the platform unread.
So a code is recognised by what it is not: payment codes are digits with known beginnings, and a
web address begins as one (WeChat, Alipay and UnionPay publish theirs).
"""

from __future__ import annotations

from enum import StrEnum

from sscard.cards import CardState
from sscard.decisions import Decision, allow, refuse
from sscard.requests import RefusalCode
from sscard.rules import Rule

CODE_MIN = 8
CODE_MAX = 512


def shown(state: CardState) -> Decision:
    """Whether the electronic card of a card in this state says who its holder is.

    It has the state of the physical card: with one that is lost it serves nobody else.
    """
    match state:
        case CardState.ACTIVE:
            return allow(Rule.CARD_STATES)
        case CardState.LOST_ORAL | CardState.LOST_WRITTEN:
            return refuse(Rule.CARD_STATES, RefusalCode.CARD_LOST)
    return refuse(Rule.CARD_STATES, RefusalCode.ELECTRONIC_CLOSED)


def activate(state: CardState, is_active: bool) -> Decision:
    """Whether the electronic card can be activated behind a card in this state."""
    if state is CardState.INACTIVE:
        return refuse(Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE)
    decision = shown(state)
    if decision.allowed and is_active:
        return refuse(Rule.CARD_STATES, RefusalCode.ELECTRONIC_ACTIVE)
    return decision


def masked_name(name: str) -> str:
    """The name as a list on a wall would have it: its first letter, the rest as stars."""
    return name[:1] + "＊" * min(max(len(name) - 1, 1), 2)


class Scanned(StrEnum):
    """What a scanned text seems to be."""

    ELECTRONIC = "electronic"  # or anything else that only the platform can tell
    PAYMENT = "payment"
    ADDRESS = "address"
    OURS = "ours"  # a receipt or a form of this system
    NOTHING = "nothing"


def sort_code(text: str) -> Scanned:
    """Sort a scanned text by exclusion; blanks and line ends around it do not count."""
    code = text.strip()
    if not CODE_MIN <= len(code) <= CODE_MAX or not (code.isascii() and code.isprintable()):
        return Scanned.NOTHING
    upper = code.upper()
    if upper.startswith("SSC-"):
        return Scanned.OURS
    if upper.startswith(("HTTP:", "HTTPS:")):
        return Scanned.ADDRESS
    if code.isdecimal() and _is_payment(code):
        return Scanned.PAYMENT
    return Scanned.ELECTRONIC


def code_of(text: str) -> str | None:
    """The code to ask the platform about, or None for what is surely something else."""
    return text.strip() if sort_code(text) is Scanned.ELECTRONIC else None


def _is_payment(digits: str) -> bool:
    start = int(digits[:2])
    return (
        (len(digits) == 18 and 10 <= start <= 15)  # WeChat
        or (16 <= len(digits) <= 24 and 25 <= start <= 30)  # Alipay
        or (len(digits) == 19 and start == 62)  # UnionPay
    )
