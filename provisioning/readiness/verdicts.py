"""Findings in the words of the checks that make them, and the limits that grade a figure."""

from __future__ import annotations

from msgspec import Struct

from provisioning.wire import Finding, Outcome


class Limits(Struct, frozen=True):
    """A figure is a concern from one value on, and fails from another on.

    `low_is_bad`: from these values down, as with free space.
    """

    concern: float
    failed: float
    low_is_bad: bool = False

    def grade(self, value: float) -> Outcome:
        """The outcome of a figure."""
        sign = -1 if self.low_is_bad else 1
        if sign * value >= sign * self.failed:
            return Outcome.FAILED
        return Outcome.CONCERN if sign * value >= sign * self.concern else Outcome.PASSED


def measured(
    check: str, value: float, unit: str, limits: Limits, said: str, remedy: str
) -> Finding:
    """A figure held against its limits; the remedy stands there only if it is needed."""
    outcome = limits.grade(value)
    needed = "" if outcome is Outcome.PASSED else remedy
    return Finding(check, outcome, said, needed, round(value, 3), unit)


def passed(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check, Outcome.PASSED, said)


def concern(check: str, said: str, remedy: str) -> Finding:
    """It works; somebody is to look at it."""
    return Finding(check, Outcome.CONCERN, said, remedy)


def failed(check: str, said: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, Outcome.FAILED, said, remedy)


def unknown(check: str, said: str, remedy: str = "") -> Finding:
    """This machine cannot tell, and says so."""
    return Finding(check, Outcome.NOT_DONE, said, remedy)
