"""The chart made from the services: their steps in a row, and the few states all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kiosk.drivers.events import Device
from kiosk.fsm.chart import Chart, Edge
from kiosk.fsm.limits import Limit
from kiosk.fsm.staff import pages
from kiosk.fsm.steps import ALWAYS, Service, Step, When
from kiosk.fsm.visit import Situation

IDLE = "idle"
MENU = "menu"  # the services behind one tile of the idle screen
CARD_FIRST = "card_first"  # a card was put in before a service was chosen
TROUBLE = "trouble"
TAKE_CARD = "take_card"
LAST_CALL = "last_call"  # nobody takes it, and the terminal is about to
KEEPING = "keeping"  # it takes the card in
CARD_KEPT = "card_kept"  # it has it, and says under which number
CARD_LEFT = "card_left"  # nobody takes it: nothing personal is known or shown any more
GOODBYE = "goodbye"
OUT_OF_SERVICE = "out_of_service"

SHARED: dict[str, Limit | None] = {
    IDLE: None,
    MENU: Limit.MENU,
    CARD_FIRST: Limit.CARD_FIRST,
    TROUBLE: Limit.TROUBLE,
    TAKE_CARD: Limit.TAKE_CARD,
    LAST_CALL: Limit.LAST_CALL,
    KEEPING: Limit.KEEPING,
    CARD_KEPT: Limit.CARD_KEPT,
    CARD_LEFT: None,
    GOODBYE: Limit.GOODBYE,
    OUT_OF_SERVICE: None,
}
STAFF = pages.STAFF  # technician mode: no visit is on there
WITHOUT_PERSON = (
    IDLE,
    MENU,
    CARD_FIRST,
    LAST_CALL,
    KEEPING,
    CARD_KEPT,
    CARD_LEFT,
    OUT_OF_SERVICE,
)
WITH_LEFTOVER = (KEEPING, CARD_KEPT)

_CARD_IN = When("card in the slot", lambda situation: situation.slot_used)
_CARD_MAY_BE_IN = When("card in the slot, or not seen out", lambda now: now.card_may_be_in)
_CAN_KEEP = When(
    "card in the slot, reader can keep it",
    lambda now: now.slot_used and now.reader_retains and now.usable(Device.CARD_READER),
)
_CLAIMED = When("card kept", lambda now: now.leftover is not None and now.leftover.claim != "")
_NOT_THERE = When(
    "slot empty, card not kept",
    lambda now: not now.slot_used and not (now.leftover is not None and now.leftover.claim),
)
_CARD_OUT = When("slot empty", lambda situation: not situation.slot_used)


@dataclass(frozen=True)
class Plan:
    """The services of a terminal, by name."""

    services: tuple[Service, ...]

    def service(self, name: str) -> Service:
        """The service of that name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Service]:
        return {service.name: service for service in self.services}

    def groups(self) -> tuple[str, ...]:
        """The groups that services stand behind."""
        return tuple(dict.fromkeys(each.group for each in self.services if each.group))

    def tiles(self, group: str = "") -> tuple[Service | str, ...]:
        """The services behind a group's tile; of the idle screen also the groups, by name."""
        found: dict[str, Service | str] = {}
        for service in self.services:
            if service.group == group:
                found[service.name] = service
            elif not group:
                found.setdefault(service.group, service.group)
        return tuple(found.values())

    def step_of(self, state: str) -> tuple[Service, Step] | None:
        """The service and step a state belongs to; None for a shared state."""
        return self._by_state.get(state)

    @cached_property
    def _by_state(self) -> Mapping[str, tuple[Service, Step]]:
        return {f"{s.name}.{step.name}": (s, step) for s in self.services for step in s.steps}

    def limit_of(self, state: str) -> Limit | None:
        """How long a state may last; None: it has no limit."""
        here = self.step_of(state)
        if here is not None:
            return here[1].limit
        return STAFF[state] if state in STAFF else SHARED[state]

    def chart(self) -> Chart:
        """A machine that nobody else moves. Its states and moves are made once for each plan."""
        return self._first_chart.twin()

    @cached_property
    def _first_chart(self) -> Chart:
        return Chart((*SHARED, *STAFF, *self._by_state), self._edges(), OUT_OF_SERVICE)

    def missing(self, service: Service, situation: Situation) -> tuple[Device, ...]:
        """The devices that keep a service from being offered now."""
        needs = service.needs(situation.line_up)
        return tuple(
            device for device in Device if device in needs and not situation.usable(device)
        )

    def refused_without_line(self, service: Service, situation: Situation) -> bool:
        """Whether the service cannot go on because there is no line (OFFLINE.THREE)."""
        needed = not (service.without_line or service.always)
        return needed and not situation.line_up

    def offers_anything(self, situation: Situation) -> bool:
        """Whether any service could be done now, or once the line is back. One that is never
        refused (guidance) does not count: with it alone nothing is served here."""
        serving = (service for service in self.services if not service.always)
        return situation.may_serve and any(
            not self.missing(service, situation) for service in serving
        )

    def _edges(self) -> Iterator[Edge]:
        nothing = When("no service possible", lambda now: not self.offers_anything(now))
        something = When("a service possible", self.offers_anything)
        free = When(
            "slot empty, a service possible",
            lambda now: not now.slot_used and self.offers_anything(now),
        )
        yield Edge(IDLE, "settle", CARD_FIRST, _CARD_IN)
        yield Edge(IDLE, "settle", OUT_OF_SERVICE, nothing)
        yield Edge(OUT_OF_SERVICE, "settle", CARD_LEFT, _CARD_IN)
        yield Edge(OUT_OF_SERVICE, "settle", IDLE, free)
        for source in (IDLE, CARD_FIRST):
            yield Edge(source, "open", MENU)
        for trigger in ("leave", "time"):
            yield Edge(MENU, trigger, IDLE, something)
            yield Edge(MENU, trigger, OUT_OF_SERVICE)
        yield Edge(CARD_FIRST, "settle", IDLE, _CARD_OUT)
        for trigger in ("time", "leave"):
            yield Edge(CARD_FIRST, trigger, LAST_CALL, _CAN_KEEP)
            yield Edge(CARD_FIRST, trigger, CARD_LEFT)
        yield Edge(LAST_CALL, "settle", GOODBYE, _CARD_OUT)
        yield Edge(LAST_CALL, "time", KEEPING, _CAN_KEEP)
        yield Edge(LAST_CALL, "time", CARD_LEFT)
        yield Edge(KEEPING, "settle", GOODBYE, _NOT_THERE)
        yield Edge(KEEPING, "kept", CARD_KEPT)
        yield Edge(KEEPING, "fail", CARD_LEFT)
        yield Edge(KEEPING, "time", CARD_KEPT, _CLAIMED)
        yield Edge(KEEPING, "time", CARD_LEFT)
        yield Edge(CARD_KEPT, "settle", CARD_FIRST, _CARD_IN)
        yield Edge(CARD_KEPT, "end", IDLE, something)
        yield Edge(CARD_KEPT, "end", OUT_OF_SERVICE)
        yield Edge(CARD_LEFT, "settle", IDLE, free)
        yield Edge(CARD_LEFT, "settle", OUT_OF_SERVICE, _CARD_OUT)
        yield from pages.edges(IDLE, OUT_OF_SERVICE, something)
        yield Edge(GOODBYE, "end", IDLE, something)
        yield Edge(GOODBYE, "end", OUT_OF_SERVICE)
        yield Edge(TAKE_CARD, "card_out", GOODBYE)
        yield Edge(TAKE_CARD, "time", LAST_CALL, _CAN_KEEP)
        yield Edge(TAKE_CARD, "time", CARD_LEFT, _CARD_IN)
        yield Edge(TAKE_CARD, "time", GOODBYE)
        for source in (TROUBLE, *self._by_state):
            yield Edge(source, "leave", TAKE_CARD, _CARD_MAY_BE_IN)
            yield Edge(source, "leave", GOODBYE)
        for service in self.services:
            yield from self._edges_of(service)

    def _edges_of(self, service: Service) -> Iterator[Edge]:
        steps = service.steps

        def state(step: Step) -> str:
            return f"{service.name}.{step.name}"

        def onward(source: str, trigger: str, later: Sequence[Step]) -> Iterator[Edge]:
            """To the first of the later steps whose condition holds."""
            for step in later:
                yield Edge(source, trigger, state(step), step.when)
                if step.when is ALWAYS:
                    return

        for source in (IDLE, CARD_FIRST, MENU):
            yield from onward(source, f"choose_{service.name}", steps)
            yield Edge(source, f"refuse_{service.name}", TROUBLE)
        retried = {name for step in steps for name in step.retries_at}
        for index, step in enumerate(steps):
            here = state(step)
            later = [each for each in steps[index + 1 :] if not each.aside]
            yield from onward(here, "next", later)
            if not later:
                yield Edge(here, "next", TAKE_CARD, _CARD_MAY_BE_IN)
                yield Edge(here, "next", GOODBYE)
            yield Edge(here, "fail", TROUBLE)
            for target in step.leads_to:
                yield Edge(here, f"to_{target}", f"{service.name}.{target}")
            for earlier in reversed(steps[:index] if step.can_go_back else ()):
                if earlier.can_go_back:
                    yield Edge(here, "back", state(earlier), earlier.when)
                    if earlier.when is ALWAYS:
                        break
            if step.name in retried:
                yield from onward(TROUBLE, f"again_{service.name}_{step.name}", steps[index:])
