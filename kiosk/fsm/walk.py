"""A walk of a real session through everything that can happen to it, in every order.

It begins at the start and ends at the fixed point: situations that differ in nothing the session
decides by count as one. Each finding comes with a shortest way there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    Device,
    PrintTrouble,
)
from kiosk.drivers.orders import EjectCard
from kiosk.fsm import happenings
from kiosk.fsm import plan as states
from kiosk.fsm.effects import (
    Effect,
    Forget,
    OrderDevice,
    Print,
    StartClock,
    StopClock,
    StopDevice,
    Submit,
)
from kiosk.fsm.events import (
    BankAnswered,
    DayIs,
    Event,
    LineChanged,
    Pressed,
    QueueChanged,
    RequestNotTaken,
    RequestTaken,
    TimeUp,
)
from kiosk.fsm.library.choosing import Choose, Confirm
from kiosk.fsm.services import SERVICES
from kiosk.fsm.session import CARD_IS_THEIRS, Session
from kiosk.fsm.steps import ALWAYS, LINE_UP, Service, Step
from kiosk.fsm.visit import Visit
from sscard.requests import Answer, Cards

ENDS = (states.IDLE, states.OUT_OF_SERVICE)
WITHOUT_VISIT = (*states.WITHOUT_PERSON, states.GOODBYE)
BUTTONS = ("back", "leave", "again", "done", "print", "confirm")
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


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that was handed over and of which the session may still hear."""

    kind: str
    taken: bool = False


@dataclass
class _Place:
    """A session and the world about it, as far as its effects have made it."""

    session: Session
    ordered: frozenset[Device] = frozenset()
    waiting: dict[int, _Waiting] = field(default_factory=dict)
    card_inside: bool = False
    clock: int | None = None

    def after(self, event: Event) -> tuple[_Place, tuple[Effect, ...]]:
        """Where the event leads. The place itself stays as it is."""
        then = replace(self, session=self.session.twin(), waiting=dict(self.waiting))
        match event:
            case CardInserted() | CardMute():
                then.card_inside = True
            case CardRemoved():
                then.card_inside = False
            case RequestTaken(ticket):
                then.waiting[ticket] = replace(then.waiting[ticket], taken=True)
            case BankAnswered(ticket) | RequestNotTaken(ticket):
                del then.waiting[ticket]
        effects = then.session.handle(event)
        for effect in effects:
            then._feel(effect)
        return then, effects

    def _feel(self, effect: Effect) -> None:
        match effect:
            case OrderDevice(device, order):
                # A card that is given out ends the order by itself, and holds nothing personal.
                alone = isinstance(order, EjectCard)
                self.ordered = self.ordered - {device} if alone else self.ordered | {device}
            case Print():
                self.ordered |= {Device.RECEIPT_PRINTER}
            case StopDevice(device):
                self.ordered -= {device}
            case Submit(ticket, request):
                self.waiting[ticket] = _Waiting(request.kind)
            case Forget(ticket):
                self.waiting.pop(ticket, None)
            case StartClock(number):
                self.clock = number
            case StopClock():
                self.clock = None

    @cached_property
    def broken(self) -> tuple[Device, ...]:
        now = self.session.situation
        return tuple(device for device in Device if not now.usable(device))

    @cached_property
    def mark(self) -> tuple[object, ...]:
        """Everything that the session and its views decide by."""
        now = self.session.situation
        visit = now.visit
        return (
            self.session.state,
            now.slot,
            (now.line_up, now.queue_there),
            self.broken,
            self.ordered,
            self.card_inside,
            tuple((w.kind, w.taken, visit and t == visit.ticket) for t, w in self.waiting.items()),
            None if visit is None else _visit_mark(visit),
        )

    @cached_property
    def coarse_mark(self) -> tuple[object, ...]:
        """One mark for all places that lead the same ways: without what only words depend on,
        what a state no longer needs, and devices that the service does not use.
        """
        mark, visit = self.mark, self.session.situation.visit
        if visit is None:
            hope = len(self.broken) > 1 and self.session.plan.offers_anything(
                self.session.situation
            )
            broken = (len(self.broken), hope) if len(self.broken) > 1 else self.broken
            return (*mark[:3], broken, *mark[4:])
        service = self.session.plan.service(visit.service)
        used = service.needs(line_up=True) | {Device.RECEIPT_PRINTER}
        theirs = tuple(device for device in self.broken if device in used)
        return (*mark[:3], theirs, *mark[4:-1], _ways(service, self.session.state, visit))


def _ways(service: Service, state: str, visit: Visit) -> tuple[object, ...]:
    """What of a visit its further way depends on."""
    if state == states.TAKE_CARD:
        return (visit.service,)
    known = (visit.document is not None, visit.card and visit.card.pan is not None)
    learned: object = tuple(visit.said.items())
    trouble = visit.trouble
    at = state.partition(".")[2] if trouble is None else trouble.retry
    if at and _depends_on_answers(service, service.step(at)):
        learned = (learned, tuple(map(_heard_mark, visit.heard.items())))
    if trouble is not None:
        retry = trouble.retry and (known, learned)
        return (visit.service, trouble.retry, trouble.code in CARD_IS_THEIRS, retry)
    return (
        visit.service,
        known,
        learned,
        visit.companion is not None,
        (visit.taken is not None, type(visit.answer), visit.hint is not None),
        "failed" if isinstance(visit.printed, PrintTrouble) else visit.printed,
    )


def _depends_on_answers(service: Service, step: Step) -> bool:
    """Whether a step that may still come asks for, or goes by, what was said and heard."""
    index = service.steps.index(step)
    to_come = service.steps if step.can_go_back else service.steps[index:]
    return any(
        isinstance(each, Choose | Confirm) or each.when not in (ALWAYS, LINE_UP)
        for each in to_come
    )


def _heard_mark(heard: tuple[str, Answer]) -> tuple[object, ...]:
    """An answer, as far as it differs in what may be done."""
    step, answer = heard
    if isinstance(answer, Cards):
        return (step, tuple(card.state for card in answer.cards))
    return (step, answer)


def _visit_mark(visit: Visit) -> tuple[object, ...]:
    return (
        visit.service,
        visit.document is not None,
        None if visit.card is None else visit.card.pan is not None,
        visit.companion is not None,
        visit.pin_ready,
        visit.pin_digits,
        tuple(visit.said.items()),
        tuple(map(_heard_mark, visit.heard.items())),
        visit.taken is not None,
        visit.answer,
        visit.hint,
        visit.trouble,
        visit.printed,
    )


Offered = Callable[[Session], Iterable[str]]
"""The ids of the buttons that a person can press now."""


def nothing_offered(_: Session) -> Iterable[str]:
    """For a walk without screens: every button is tried, and none is promised to do anything."""
    return ()


class Walk:
    """One walk through everything. `offered` are the buttons of the screen, where there is one."""

    def __init__(
        self, offered: Offered = nothing_offered, services: tuple[Service, ...] = SERVICES
    ) -> None:
        self._services = services
        self.findings: list[Finding] = []
        self.states: set[str] = set()
        self.places = 0
        self.events = 0
        self._offered = offered
        self._came: dict[tuple[object, ...], tuple[tuple[object, ...] | None, str]] = {}
        self._by_time: dict[tuple[object, ...], tuple[object, ...]] = {}
        self._screens: dict[tuple[object, ...], frozenset[str]] = {}
        self._todo: deque[_Place] = deque()

    def run(self) -> list[Finding]:
        """Go everywhere; answer what must not be."""
        start = _Place(Session(self._services))
        for event in (DayIs(happenings.TODAY), QueueChanged(True)):
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

    def _arrive(self, place: _Place, source: tuple[object, ...] | None, label: str) -> None:
        coarse = place.coarse_mark
        if coarse not in self._came:
            self._came[coarse] = (source, label)
            self._todo.append(place)

    def _expand(self, place: _Place) -> None:
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
            self._judge(place, then, mark, label)
            self._arrive(then, mark, label)
        self._stale_time(place, mark)

    def _happenings(self, place: _Place, offered: frozenset[str]) -> Iterator[tuple[str, Event]]:
        session, now = place.session, place.session.situation
        here = session.plan.step_of(session.state)
        first = session.state not in self.states
        self.states.add(session.state)
        broken = place.broken
        buttons = {*BUTTONS}
        if here is not None and isinstance(here[1], Choose):
            buttons.update(here[1].answers(now))
        services = {service.name for service in session.plan.services} | {*session.plan.groups()}
        if first or (now.visit is None and len(broken) <= BROKEN_MAX):
            buttons |= services
        buttons |= {*WISHES} if first else offered - services - {*WISHES}
        for button in sorted(buttons):
            yield f"press {button}", Pressed(button)
        yield "line " + ("down" if now.line_up else "up"), LineChanged(not now.line_up)
        yield "queue " + ("gone" if now.queue_there else "there"), QueueChanged(not now.queue_there)
        if session.limit is not None:
            yield "time up", TimeUp(session.clock_number)
        for device in Device:
            usable = device not in broken
            if not usable or now.visit is None or len(broken) < BROKEN_MAX:
                yield from happenings.to_device(device, usable)
            if device in place.ordered:
                yield from happenings.BY_DEVICE[device].items()
        if Device.CARD_READER not in broken:
            yield from happenings.SLOT.items()
        for ticket, waits in place.waiting.items():
            yield from happenings.to_ticket(ticket, waits.kind, waits.taken, every_refusal=first)

    # --- what must hold ----------------------------------------------------------------

    def _judge(self, before: _Place, then: _Place, source: tuple[object, ...], label: str) -> None:
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
        if state in WITHOUT_VISIT:
            if now.visit is not None:
                wrong("a person's data is alive")
            if then.ordered:
                wrong(f"{', '.join(then.ordered)} still works for somebody who left")
            if then.waiting:
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

    def _screen(self, place: _Place, wrong: Callable[[str], None]) -> None:
        """There is a screen for it. Looked at once for each mark, words and all."""
        mark = place.mark
        if mark in self._screens:
            return
        self._screens[mark] = frozenset()
        try:
            self._screens[mark] = frozenset(self._offered(place.session))
        except Exception as error:  # noqa: BLE001  # every crash is a finding
            wrong(f"its screen: {type(error).__name__}: {error}")

    def _stale_time(self, place: _Place, mark: tuple[object, ...]) -> None:
        then, effects = place.after(TimeUp(place.session.clock_number - 1))
        if effects or then.mark != place.mark:
            self._find(f"{place.session.state}: a clock that was void moved it", mark, "old clock")

    def _follow_time(self) -> None:
        """Nobody does anything any more: every place must come to an end, or wait for the card."""
        for mark in self._came:
            at, hops = mark, 0
            while at in self._by_time and hops <= TIME_UPS_MAX:
                at, hops = self._by_time[at], hops + 1
            if at in self._by_time or at[0] not in (*ENDS, states.CARD_LEFT):
                self._find(f"{mark[0]}: time alone leads to {at[0]} and no further", mark, "time")

    def _find(self, what: str, source: tuple[object, ...], label: str) -> None:
        if all(finding.what != what for finding in self.findings):
            self.findings.append(Finding(what, (*self._way(source), label)))

    def _way(self, mark: tuple[object, ...]) -> tuple[str, ...]:
        labels: list[str] = []
        at: tuple[object, ...] | None = mark
        while at is not None:
            at, label = self._came[at]
            labels.append(label)
        return tuple(reversed(labels))
