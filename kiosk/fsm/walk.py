"""A walk of a real session through everything that can happen to it, in every order.

It begins at the start and ends at the fixed point: situations that differ in nothing the session
decides by count as one. Each finding comes with a shortest way there. A terminal's services are
walked one at a time, and once more all together up to where each begins (`walks`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from kiosk.drivers.events import Device
from kiosk.fsm import happenings, staff_happenings
from kiosk.fsm import plan as states
from kiosk.fsm.events import DayIs, Event, LineChanged, Pressed, QueueChanged, TimeUp
from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.marks import Mark, Place
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.session import Session
from kiosk.fsm.staff import room
from kiosk.fsm.staff.words import StandingIs
from kiosk.fsm.steps import Service

SHARED = "shared"
"""The walk of the states that all services share, among the names of `walks`."""
STAFF = "staff"
"""The walk of technician mode."""

ENDS = (states.IDLE, states.OUT_OF_SERVICE)
WITHOUT_VISIT = (*states.WITHOUT_PERSON, states.GOODBYE)
BUTTONS = ("back", "leave", "again", "done", "print", "confirm", "staff")
WISHES = ("language", "large_text", "why", "shield")
TIME_UPS_MAX = 6  # so many limits may follow each other until nobody is there any more
BROKEN_MAX = 1  # devices that may be broken at once during a visit
PLACES_MAX = 60_000
FINDINGS_MAX = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What must not be, and the shortest way there."""

    what: str
    way: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what}\n    after: {', '.join(self.way)}"


Offered = Callable[[Session], Iterable[str]]
"""The ids of the buttons that a person can press now."""


def nothing_offered(_: Session) -> Iterable[str]:
    """For a walk without screens: every button is tried, and none is promised to do anything."""
    return ()


class Walk:
    """One walk through everything. `offered` are the buttons of the screen, where there is one.

    Where `into` names services, only these are walked into: others are looked at where they begin.
    """

    def __init__(
        self,
        offered: Offered = nothing_offered,
        services: tuple[Service, ...] = SERVICES,
        *,
        into: Collection[str] | None = None,
    ) -> None:
        self._services = services
        self._into = [each.name for each in services] if into is None else into
        self.findings: list[Finding] = []
        self.states: set[str] = set()
        self.places = 0
        self.events = 0
        self._offered = offered
        self._came: dict[Mark, tuple[Mark | None, str]] = {}
        self._by_time: dict[Mark, Mark] = {}
        self._screens: dict[Mark, frozenset[str]] = {}
        self._todo: deque[Place] = deque()

    def run(self) -> list[Finding]:
        """Go everywhere; answer what must not be."""
        needs = (service.needs(line_up=True) for service in self._services)
        start = Place(Session(Plan(self._services)), frozenset[Device]().union(*needs))
        for event in (DayIs(happenings.TODAY), QueueChanged(True), StandingIs(has_codes=True)):
            start, _ = start.after(event)
        self._arrive(start, None, "start")
        self._screen(start, lambda what: self._find(what, start.coarse_mark, "at once"))
        while self._todo and len(self.findings) < FINDINGS_MAX:
            assert len(self._came) < PLACES_MAX, "the marks do not tell enough apart, or too much"
            self._expand(self._todo.popleft())
        if not self._todo:
            self._follow_time()
        self.places = len(self._came)
        return self.findings

    def _arrive(self, place: Place, source: Mark | None, label: str) -> None:
        here = place.session.plan.step_of(place.session.state)
        within = STAFF if place.session.state in states.STAFF else here and here[0].name
        if within is not None and within not in self._into:
            return
        coarse = place.coarse_mark
        if coarse not in self._came:
            self._came[coarse] = (source, label)
            self._todo.append(place)

    def _expand(self, place: Place) -> None:
        mark, state = place.coarse_mark, place.session.state
        offered = self._screens.get(place.mark, frozenset())
        for label, event in self._happenings(place, offered):
            self.events += 1
            try:
                then, effects = place.after(event)
            except Exception as error:  # noqa: BLE001  # every crash is a finding
                self._find(f"{state}: {type(error).__name__}: {error}", mark, label)
                continue
            if isinstance(event, TimeUp):
                self._by_time[mark] = then.coarse_mark
            if isinstance(event, Pressed) and event.button in offered:
                wishes = then.session.situation.wishes == place.session.situation.wishes
                if not effects and wishes and then.mark == place.mark:
                    self._find(f"{state}: the button {event.button} does nothing", mark, label)
            if then.is_like(place):
                continue  # it meant nothing; the place was judged when it was come to
            self._judge(place, then, mark, label)
            self._arrive(then, mark, label)
        self._stale_time(place, mark)

    def _happenings(self, place: Place, offered: frozenset[str]) -> Iterator[tuple[str, Event]]:
        session, now = place.session, place.session.situation
        here = session.plan.step_of(session.state)
        first = session.state not in self.states
        self.states.add(session.state)
        gone = place.gone
        buttons = {*BUTTONS}
        if here is not None and isinstance(here[1], Choose):
            buttons.update(here[1].answers(now))
        if now.duty is not None:
            buttons.update(room.buttons(session.state, now))
        services = {service.name for service in session.plan.services} | {*session.plan.groups()}
        if first or (now.visit is None and len(gone) <= BROKEN_MAX):
            buttons |= services
        buttons |= {*WISHES} if first else offered - services - {*WISHES}
        for button in sorted(buttons):
            yield f"press {button}", Pressed(button)
        yield "line " + ("down" if now.line_up else "up"), LineChanged(not now.line_up)
        yield "queue " + ("gone" if now.queue_there else "there"), QueueChanged(not now.queue_there)
        if session.limit is not None:
            yield "time up", TimeUp(session.clock_number)
        for device in Device:
            usable = device not in place.broken
            matters = first or device in place.wanted
            if matters and (not usable or now.visit is None or len(gone) < BROKEN_MAX):
                yield from happenings.to_device(device, usable)
            if device in place.ordered:
                yield from happenings.BY_DEVICE[device].items()
        if Device.CARD_READER not in place.broken:
            yield from happenings.SLOT.items()
            if place.minds_bin:
                yield from happenings.to_bin(now.reader_retains)
            if place.motor:
                yield from happenings.KEEPING.items()
        if STAFF in self._into:
            at_rest = session.state in ENDS and first
            yield from staff_happenings.to_staff(place.asked, now.duty, at_rest=at_rest)
        for ticket, waits in place.waiting.items():
            yield from happenings.to_ticket(ticket, waits.kind, waits.taken, every_refusal=first)

    # --- what must hold ----------------------------------------------------------------

    def _judge(self, before: Place, then: Place, source: Mark, label: str) -> None:
        session = then.session
        state, now = session.state, session.situation
        came = state != before.session.state

        def wrong(what: str) -> None:
            self._find(f"{state}: {what}", source, label)

        if (then.clock is None) != (session.limit is None):
            wrong("the clock outside is not the session's")
        if now.visit is not None and session.limit is None:
            wrong("somebody is here and no clock runs")
        if len(then.waiting) > 1:
            wrong("two requests wait for one person")
        if (now.duty is not None) is not (state in states.STAFF):
            wrong("technician mode is on beside its pages, or off in them")
        if state in (*WITHOUT_VISIT, *states.STAFF):
            if now.visit is not None:
                wrong("a person's data is alive")
            if then.ordered and state not in (*states.WITH_LEFTOVER, *states.STAFF):
                wrong(f"{', '.join(then.ordered)} still works for somebody who left")
            if then.waiting and state != states.KEEPING:
                wrong("an answer is still awaited for somebody who left")
        if came and now.slot_used and state in (states.GOODBYE, *ENDS):
            wrong("a card is known to be inside")
        left = before.session.situation.visit is not None and now.visit is None
        asked = before.session.state == states.TAKE_CARD
        known = before.session.situation.card_may_be_in
        if left and known and then.card_inside and not asked and state != states.CARD_LEFT:
            wrong("a card may be inside, and nobody was asked to take it")
        if now.visit is not None and before.session.situation.visit is not None:
            same = now.visit.service == before.session.situation.visit.service
            if not same:
                wrong("one visit became another")
        self._screen(then, wrong)

    def _screen(self, place: Place, wrong: Callable[[str], None]) -> None:
        """There is a screen for it. Looked at once for each mark, words and all."""
        mark = place.mark
        if mark in self._screens:
            return
        self._screens[mark] = frozenset()
        try:
            self._screens[mark] = frozenset(self._offered(place.session))
        except Exception as error:  # noqa: BLE001  # every crash is a finding
            wrong(f"its screen: {type(error).__name__}: {error}")

    def _stale_time(self, place: Place, mark: Mark) -> None:
        then, effects = place.after(TimeUp(place.session.clock_number - 1))
        if effects or not then.is_like(place):
            self._find(f"{place.session.state}: a clock that was void moved it", mark, "old clock")

    def _follow_time(self) -> None:
        """Nobody does anything any more: every place must come to an end, or wait for the card."""
        for mark in self._came:
            at, hops = mark, 0
            while at in self._by_time and hops <= TIME_UPS_MAX:
                at, hops = self._by_time[at], hops + 1
            if at in self._by_time or at[0] not in (*ENDS, states.CARD_LEFT):
                self._find(f"{mark[0]}: time alone leads to {at[0]} and no further", mark, "time")

    def _find(self, what: str, source: Mark, label: str) -> None:
        if all(finding.what != what for finding in self.findings):
            self.findings.append(Finding(what, (*self._way(source), label)))

    def _way(self, mark: Mark) -> tuple[str, ...]:
        labels: list[str] = []
        at: Mark | None = mark
        while at is not None:
            at, label = self._came[at]
            labels.append(label)
        return tuple(reversed(labels))


def walks(
    offered: Offered = nothing_offered, services: tuple[Service, ...] = SERVICES
) -> dict[str, Walk]:
    """The walks that together go everywhere, by name: one for each service, and `SHARED`.

    A visit leaves nothing behind that another could meet, or the walk of its service finds it; so
    no walk through two services is needed.
    """
    # With a service that is never refused alone a terminal is out of service: one more is there.
    other = [each for each in services if not each.always][:1]
    alone = {
        service.name: Walk(
            offered, (*(other if service.always else ()), service), into=(service.name,)
        )
        for service in services
    }
    few = other or list(services[:1])
    return {
        SHARED: Walk(offered, services, into=()),
        STAFF: Walk(offered, tuple(few), into=(STAFF,)),
        **alone,
    }
