"""A decision of the card's rules: yes or no, and the rule that says so."""

from __future__ import annotations

from msgspec import Struct

from sscard.requests import RefusalCode
from sscard.rules import Rule


class Decision(Struct, frozen=True):
    """What a rule says. `refusal` is set exactly when it says no."""

    allowed: bool
    rule: Rule
    refusal: RefusalCode | None = None

    def __post_init__(self) -> None:
        assert self.allowed == (self.refusal is None)


def allow(rule: Rule) -> Decision:
    """Yes, by this rule."""
    return Decision(True, rule)


def refuse(rule: Rule, refusal: RefusalCode) -> Decision:
    """No, by this rule."""
    return Decision(False, rule, refusal)
