"""What results and receipts of several services say alike."""

from __future__ import annotations

from kiosk.fsm.telling import At, Fact, PathStep, ReceiptCode, Say, StepState, Value
from kiosk.fsm.visit import Situation


def fact(label: str, value: Value, *, bold: bool = False) -> Fact:
    """A fact under one of the labels that all services share (``fact.…``)."""
    return Fact(Say(f"fact.{label}"), value, bold)


def taken_facts(now: Situation) -> tuple[Fact, Fact]:
    """The code of the request, and when the terminal took it."""
    taken = now.person.taken
    assert taken is not None
    return (
        fact("code", ReceiptCode(taken.code), bold=True),
        fact("saved", At(taken.at)),
    )


def saved_step(now: Situation, title: str) -> PathStep:
    """The first step of what waits: the terminal has it."""
    taken = now.person.taken
    assert taken is not None
    note = Say("told.saved_note", {"at": At(taken.at), "code": ReceiptCode(taken.code)})
    return PathStep(Say(title), (note,), StepState.DONE)
