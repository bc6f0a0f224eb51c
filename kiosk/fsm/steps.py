"""The step: one thing a service asks of a person, a device or the bank.

A step says what it needs, what it orders on entering, what each event means to it, and what
to tidy up on leaving. It answers every event with an `Outcome`, or with None when the event
is not its business. Steps hold no state of their own: what they learn goes into the visit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct, field

from kiosk.drivers.events import Device
from kiosk.fsm.effects import Effect
from kiosk.fsm.events import Event
from kiosk.fsm.limits import Limit
from kiosk.fsm.telling import Told
from kiosk.fsm.visit import Situation, Trouble


class Stay(Struct, frozen=True):
    """The event was for this step, which goes on; the limit starts anew if `again`."""

    effects: tuple[Effect, ...] = ()
    again: bool = False


class Next(Struct, frozen=True):
    """This step is done."""


class Goto(Struct, frozen=True):
    """Go to another step of the same service, by its name."""

    step: str


class Fail(Struct, frozen=True):
    """The visit cannot go on like this."""

    trouble: Trouble


class Leave(Struct, frozen=True):
    """The person wants to stop here."""


Outcome = Stay | Next | Goto | Fail | Leave


class When(Struct, frozen=True):
    """A condition with a name, so that the chart can show it.

    One that hangs on what the person answered at a step names the step and the answers.
    """

    name: str
    holds: Callable[[Situation], bool]
    step: str = ""
    answers: tuple[str, ...] = ()
    line: bool | None = None  # it holds only with a line, or only without one


ALWAYS = When("", lambda _: True)
LINE_UP = When("line up", lambda situation: situation.line_up, line=True)


def said(step: str, *answers: str) -> When:
    """That the person gave one of these answers at the step."""
    return When(
        f"{step}: {', '.join(answers)}",
        lambda situation: situation.person.said.get(step) in answers,
        step,
        answers,
    )


class Face(StrEnum):
    """What a step looks like."""

    INSTRUCT = "instruct"  # one picture of what to do where
    PIN = "pin"
    WAIT = "wait"  # nothing to do but wait
    ASK = "ask"  # one question, large answers
    TYPE = "type"  # a number, typed on the screen
    REVIEW = "review"  # to be checked, then confirmed
    RESULT = "result"


class Step(Struct, frozen=True, kw_only=True):
    """Base of all steps; the defaults are those of a step that only shows something.

    Its words are those of ``step.<service>.<name>``, or else of ``step.<words>`` (``step.<name>``).
    """

    name: str
    limit: Limit
    face: Face = Face.INSTRUCT
    picture: str = ""
    words: str = ""
    needs: tuple[Device, ...] = ()
    uses: tuple[Device, ...] = ()  # where they are there; it can do without
    when: When = ALWAYS
    asks_bank: bool = False  # hands a request to the queue
    part_of_last: bool = False  # counts as one with the step before, in "step n of m"
    leads_to: tuple[str, ...] = field(default=())  # every step `on` may `Goto`
    retries_at: tuple[str, ...] = field(default=())  # every step a trouble of `on` names to retry
    can_go_back: bool = True  # whether a person can come back to it, and go back from it
    aside: bool = False  # not on the way from first to last; only `Goto` leads here
    spare: bool = False  # there is another way: its devices do not keep the service from beginning

    def hindered(self, situation: Situation) -> Trouble | None:
        """What keeps the step from beginning now, beside a device that is gone."""
        return None

    def looks(self, situation: Situation) -> tuple[str, str]:
        """Its words and its picture now: (key, name)."""
        return self.words or self.name, self.picture

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        """What to order when the step begins."""
        return ()

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        """What an event means here."""
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        """What the end of the limit means: the person went away, unless a step knows better."""
        return Leave()

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        """What to tidy up, whichever way the step ends."""
        return ()


class Service(Struct, frozen=True):
    """A service of the terminal: what it needs, and its steps in their order."""

    name: str
    steps: tuple[Step, ...]
    without_line: bool  # whether it goes on, queued, with no line (OFFLINE.THREE)
    tell: Callable[[Situation], Told]  # what came of it; asked in the step ``result``
    order: int  # of the tiles; the services of a group stand where its first one does
    icon: str
    urgent: bool = False
    group: str = ""  # the tile of the idle screen that it stands behind; "": it has its own
    always: bool = False  # needs no line and no bank: never refused

    def needs(self, line_up: bool) -> frozenset[Device]:
        """The devices this service cannot do without, with or without a line."""
        return frozenset(
            device
            for step in self.steps
            if not step.spare and step.when.line in (None, line_up)
            for device in step.needs
        )

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)

    def asks_bank_from(self, step: Step) -> bool:
        """Whether this step, or one on the way after it, hands a request to the queue."""
        onward = self.steps[self.steps.index(step) :]
        return any(each.asks_bank for each in onward)

    def retry_before(self, step: Step) -> str | None:
        """The nearest step, this one or an earlier, that a visit can be taken up at again."""
        retried = {name for each in self.steps for name in each.retries_at}
        way = self.steps[: self.steps.index(step) + 1]
        return next((each.name for each in reversed(way) if each.name in retried), None)

    def part(self, step: Step, said: Mapping[str, str]) -> tuple[int, int]:
        """Where the step stands, as people count: (n, of m), on the way that the answers lead.

        Of ways that are still open the longest counts: a visit gets shorter, never longer.
        """
        open_ways: Counter[str] = Counter()
        n = m = 0
        for each in self.steps:
            way = each.when
            if each.part_of_last:
                pass
            elif way.step and way.step not in said:
                open_ways.update(way.answers)
            elif not way.step or said[way.step] in way.answers:
                m += 1
            if each is step:
                n = m
        return max(n, 1), m + max(open_ways.values(), default=0)
