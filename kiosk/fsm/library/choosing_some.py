"""A question that one press answers, and that can also be answered with several of its options."""

from __future__ import annotations

from kiosk.fsm.events import Event, Pressed
from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.steps import Next, Outcome, Stay
from kiosk.fsm.visit import Situation, Visit

SEVERAL = "several"  # begin to mark
MARKED = "marked"  # go on with what is marked
ONE = "one"  # mark nothing after all
_HEAD = "marked:"


class ChooseSome(Choose, frozen=True, kw_only=True):
    """`Choose`, with the options' marks while several are chosen.

    The question offers `SEVERAL` where that helps, and while marking (`marks`) it offers `MARKED`,
    once there is a mark, and `ONE`. The answer is one option's id, or is read with `marks`.
    """

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        said = situation.person.said
        marked = marks(situation.person, self.name)
        match event:
            case Pressed(button) if button not in self.answers(situation):
                return None
            case Pressed("several"):
                said[self.name] = _HEAD
                return Stay(again=True)
            case Pressed("one"):
                del said[self.name]
                return Stay(again=True)
            case Pressed("marked"):
                return Next()
            case Pressed(button) if marked is not None:
                now = marked - {button} if button in marked else marked | {button}
                said[self.name] = _HEAD + ",".join(sorted(now))
                return Stay(again=True)
        return Choose.on(self, event, situation)


def marks(visit: Visit, step: str) -> frozenset[str] | None:
    """The options marked at the step; None where one press answers, or answered."""
    answer = visit.said.get(step, "")
    if not answer.startswith(_HEAD):
        return None
    return frozenset(each for each in answer.removeprefix(_HEAD).split(",") if each)
