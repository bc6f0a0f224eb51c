"""The steps of a story as sentences."""

from __future__ import annotations

from enum import StrEnum

from simulators.sync import steps
from simulators.sync.steps import Death, Step


def told(step: Step) -> str:
    """The step as a sentence."""
    match step:
        case steps.Wait(seconds):
            return f"{seconds:g} s pass"
        case steps.RotateKeys(forget):
            return "the bank takes a new key" + (" and loses its oldest" if forget else "")
        case steps.Poison(op, meets):
            return f"any batch with op {op} meets {_words(meets)} from now on"
        case steps.RestartBank():
            return "the bank starts again"
    return f"T{step.terminal}: {_at_the_terminal(step)}"


def _at_the_terminal(step: steps.AtTerminal) -> str:
    match step:
        case steps.Submit(_, op, ask, person, death):
            dies = "" if death is Death.NO else f"; the process dies {_words(death)}"
            return f"person {person} asks {_words(ask)} (op {op}){dies}"
        case steps.Again(_, op):
            return f"the screen shows op {op} again"
        case steps.Sync(_, fault):
            return f"sends its next batch; {_words(fault)}"
        case steps.Depart():
            return "a batch leaves"
        case steps.Land(_, fault):
            return f"its exchange ends; {_words(fault)}"
        case steps.Hello(_, fault):
            return f"says hello; {_words(fault)}"
        case steps.Late(_, back):
            return f"its batch sent {back} before the last arrives late"
        case steps.Kill():
            return "its process is killed and starts again"
        case steps.PowerOff(_, hours, torn, clock_lost):
            writes = ", unflushed writes lost" if torn else ""
            clock = ", wall clock lost" if clock_lost else ""
            return f"no power for {hours:g} h{writes}{clock}; starts again"
        case steps.SetClock(_, by_s):
            return f"its wall clock jumps by {by_s / 3600:g} h"
        case steps.KeepImage():
            return "a copy of its database is put aside"
        case steps.RestoreImage():
            return "the old copy of its database is put back; starts again"


def _words(word: StrEnum) -> str:
    return word.value.replace("_", " ")
