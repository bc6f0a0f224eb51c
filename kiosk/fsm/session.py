"""The session: the one thing on the terminal that decides. Pure: events in, effects out.

No I/O, no clock, no thread. `handle` is the whole surface; what a screen may show is read from
`state` and `situation`.
"""

from __future__ import annotations

from copy import copy

from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    CardRetained,
    CardTrouble,
    Device,
    DeviceChanged,
    DeviceStatus,
    IdTrouble,
    PinStop,
)
from kiosk.drivers.orders import EjectCard
from kiosk.fsm import leftover
from kiosk.fsm import plan as states
from kiosk.fsm.effects import Effect, Forget, OrderDevice, Record, StartClock, StopClock, StopDevice
from kiosk.fsm.events import DayIs, Event, LineChanged, Pressed, QueueChanged, TimeUp
from kiosk.fsm.leftover import Leftover
from kiosk.fsm.limits import Limit
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.staff import room
from kiosk.fsm.staff.words import StandingIs
from kiosk.fsm.steps import Fail, Goto, Leave, Next, Outcome, Service, Stay, Step
from kiosk.fsm.visit import (
    SessionTrouble,
    Situation,
    SlotUse,
    Trouble,
    TroubleCode,
    Visit,
    Wishes,
)
from sscard.rules import Rule

PLAN = Plan(SERVICES)  # of a terminal with every service there is
LANGUAGES = ("zh", "en")
_FAULTS: dict[tuple[Device, DeviceStatus], TroubleCode] = {
    # A device that says what is wrong with it is not one that does not answer.
    (Device.PIN_PAD, DeviceStatus.FRAUD_ATTEMPT): PinStop.TAMPERED,
    (Device.PIN_PAD, DeviceStatus.HARDWARE_ERROR): PinStop.PAD_FAULT,
    (Device.ID_SCANNER, DeviceStatus.HARDWARE_ERROR): IdTrouble.READER_FAULT,
}


# Troubles after which a card that is taken out is not to be changed for another.
CARD_IS_THEIRS = (CardTrouble.PULLED, SessionTrouble.NOT_TAKEN, SessionTrouble.NO_QUEUE)


class Session:
    """One terminal's session, for ever: visits come and go in it."""

    def __init__(self, plan: Plan = PLAN) -> None:
        self.plan = plan
        self.situation = Situation()
        self._chart = self.plan.chart()
        self._clock_number = 0
        self._limit: Limit | None = None
        self._effects: list[Effect] = []

    @property
    def state(self) -> str:
        """The state's name: a shared one, or ``service.step``."""
        return self._chart.state

    @property
    def limit(self) -> Limit | None:
        """The limit that runs now, if any."""
        return self._limit

    @property
    def clock_number(self) -> int:
        """The number of the clock that runs now: what is left of it shows on the ring."""
        return self._clock_number

    @property
    def service(self) -> Service:
        """The service of the visit, in a state that has one."""
        return self.plan.service(self.situation.person.service)

    def twin(self) -> Session:
        """A session in the same situation, which goes its own way from here."""
        twin = copy(self)
        twin.situation = self.situation.twin()
        twin._chart = self._chart.twin()
        return twin

    def is_like(self, other: Session) -> bool:
        """Whether the other is in the same state and knows the same."""
        return (
            self.state == other.state
            and self._clock_number == other._clock_number
            and self.situation == other.situation
        )

    def can_go_back(self) -> bool:
        """Whether `back` leads to an earlier step."""
        return self._chart.would("back", self.situation)

    def handle(self, event: Event) -> tuple[Effect, ...]:
        """Take one event; answer what is to be done, in order.

        An event that means nothing in the present state is no error and does nothing.
        """
        self._effects = []
        self._learn(event)
        match event:
            case TimeUp(number):
                if number == self._clock_number and self._limit is not None:
                    self._time_up()
            case Pressed(button):
                self._pressed(button)
            case _:
                self._happened(event)
        self._settle()
        return tuple(self._effects)

    # --- what every event teaches ------------------------------------------------------

    def _learn(self, event: Event) -> None:
        now = self.situation
        match event:
            case DayIs(day):
                now.today = day
            case StandingIs():
                now.standing = event
            case LineChanged(up):
                now.line_up = up
            case QueueChanged(there):
                now.queue_there = there
            case CardInserted():
                now.slot = SlotUse.CARD
            case CardMute():
                now.slot = SlotUse.MUTE
            case CardRemoved() | CardRetained():
                now.slot = SlotUse.EMPTY
            case DeviceChanged(device, status):
                now.devices[device] = status
                if event.retains is not None:
                    now.reader_retains = event.retains
                if device is Device.CARD_READER and status in (
                    DeviceStatus.OFFLINE,
                    DeviceStatus.NO_DEVICE,
                ):
                    theirs = now.visit is not None and now.card_may_be_in
                    now.slot = SlotUse.UNSEEN if theirs else SlotUse.UNKNOWN

    # --- the person --------------------------------------------------------------------

    def _pressed(self, button: str) -> None:
        if self._wished(button):
            return
        if self.state in states.STAFF:
            self._staff(room.pressed(button, self.state, self.situation), touched=True)
            return
        if button == "staff" and self.state in (states.IDLE, states.OUT_OF_SERVICE):
            room.begin(self.situation)
            self._go("staff")
            return
        here = self.plan.step_of(self.state)
        if here is not None:
            _, step = here
            if button == "back" and self.can_go_back():
                self._go("back")
            elif button == "leave":
                self._go("leave")
            else:
                self._outcome(step.on(Pressed(button), self.situation))
        elif self.state in (states.IDLE, states.CARD_FIRST, states.MENU):
            if button == "leave" and self.state != states.IDLE:
                self._go("leave")
            elif any(button == service.name for service in self.plan.services):
                self._choose(self.plan.service(button))
            elif button in self.plan.groups() and self.state != states.MENU:
                self.situation.menu = button
                self._go("open")
        elif self.state == states.TROUBLE:
            if button == "leave":
                self._go("leave")
            elif button == "again":
                self._again()
        elif self.state == states.GOODBYE and button == "done":
            self._go("end")
        elif self.state == states.CARD_KEPT:
            self._left_over(Pressed(button))

    def _wished(self, button: str) -> bool:
        wishes = self.situation.wishes
        match button:
            case "language":
                following = (LANGUAGES.index(wishes.language) + 1) % len(LANGUAGES)
                wishes.language = LANGUAGES[following]
            case "large_text":
                wishes.large_text = not wishes.large_text
            case "shield":
                wishes.shielded = not wishes.shielded
            case "why":
                wishes.why_open = not wishes.why_open
            case _:
                return False
        if self.state in (states.IDLE, states.OUT_OF_SERVICE):
            self._start_clock(Limit.WISHES)
        elif self.state in states.STAFF:
            self._restart_clock()
        return True

    def _choose(self, service: Service) -> None:
        now = self.situation
        missing = self.plan.missing(service, now)
        now.visit = Visit(service.name)
        self._effects.append(Record("visit.begin", service.name))
        if not now.queue_there and not service.always:
            now.visit.trouble = Trouble(SessionTrouble.NO_QUEUE)
            self._go(f"refuse_{service.name}")
        elif missing:
            now.visit.trouble = Trouble(SessionTrouble.DEVICE_GONE, device=missing[0])
            self._go(f"refuse_{service.name}")
        elif self.plan.refused_without_line(service, now):
            now.visit.trouble = Trouble(SessionTrouble.NO_LINE, Rule.OFFLINE_THREE)
            self._go(f"refuse_{service.name}")
        else:
            self._go(f"choose_{service.name}")

    def _again(self) -> None:
        visit = self.situation.person
        if visit.trouble is not None and visit.trouble.retry is not None:
            self._go(f"again_{visit.service}_{visit.trouble.retry}")

    # --- devices, bank, time -----------------------------------------------------------

    def _happened(self, event: Event) -> None:
        here = self.plan.step_of(self.state)
        if here is not None:
            service, step = here
            outcome = step.on(event, self.situation)
            if outcome is None and isinstance(event, DeviceChanged):
                outcome = self._device_gone(step)
            if outcome is None and isinstance(event, QueueChanged) and not step.asks_bank:
                outcome = self._queue_gone(service, step)
            self._outcome(outcome)
        elif self.state == states.TROUBLE:
            trouble = self.situation.person.trouble
            # Taking the wrong card out, or putting the right one in, is an answer too; a card
            # that was pulled is out already, and one that nothing was kept of is taken to leave.
            if trouble is not None and trouble.retry == "card":
                pulled = trouble.code in CARD_IS_THEIRS
                if isinstance(event, CardInserted) or (
                    isinstance(event, CardRemoved) and not pulled
                ):
                    self._again()
        elif self.state in states.WITH_LEFTOVER:
            self._left_over(event)
        elif self.state in states.STAFF:
            self._staff(room.heard(event, self.state, self.situation))

    def _staff(self, moved: room.Moved, *, touched: bool = False) -> None:
        """What a press or an event came to in technician mode."""
        effects, trigger = moved
        self._effects += effects
        if trigger is not None:
            self._go(trigger)
        elif touched:
            self._restart_clock()

    def _left_over(self, event: Event) -> None:
        """An event while a card that nobody took is being kept, or is kept."""
        now = self.situation
        assert now.leftover is not None
        if self.state == states.KEEPING:
            effects, trigger = leftover.keeping(event, now.leftover, now.next_ticket)
            if now.leftover.ticket == now.next_ticket:
                now.next_ticket += 1
        else:
            can_print = now.usable(Device.RECEIPT_PRINTER)
            effects, trigger = leftover.kept(event, now.leftover, can_print=can_print)
        self._effects += effects
        if trigger is not None:
            self._go(trigger)

    def _device_gone(self, step: Step) -> Outcome | None:
        """The trouble when a device that the step cannot do without is not there."""
        for device in step.needs:
            if not self.situation.usable(device):
                fault = _FAULTS.get((device, self.situation.devices[device]))
                if fault is not None:
                    return Fail(Trouble(fault))
                retry = step.name if step.name in step.retries_at else None
                return Fail(Trouble(SessionTrouble.DEVICE_GONE, retry=retry, device=device))
        return None

    def _queue_gone(self, service: Service, step: Step) -> Outcome | None:
        """The trouble when the bank must still be asked and nobody is there to take it: said at
        once, not after the last question. A step that waits for the queue hears it from the door.
        """
        if self.situation.queue_there or not service.asks_bank_from(step):
            return None
        return Fail(Trouble(SessionTrouble.NO_QUEUE, retry=service.retry_before(step)))

    def _time_up(self) -> None:
        here = self.plan.step_of(self.state)
        if here is not None:
            self._effects.append(Record("time.up", self.state))
            self._outcome(here[1].on_time_up(self.situation))
        elif self.state in (states.IDLE, states.OUT_OF_SERVICE):
            self.situation.wishes = Wishes()
            self._start_clock(None)
        elif self.state in (states.GOODBYE, states.CARD_KEPT):
            self._go("end")
        elif self.state == states.TROUBLE:
            self._go("leave")
        else:
            if self.state in states.STAFF:
                room.time_up(self.state, self.situation)
            self._go("time")

    def _outcome(self, outcome: Outcome | None) -> None:
        match outcome:
            case Stay(effects, again):
                self._effects += effects
                if again:
                    self._restart_clock()
            case Next():
                self._go("next")
            case Goto(step):
                self._go(f"to_{step}")
            case Fail(trouble):
                self.situation.person.trouble = trouble
                self._effects.append(Record("trouble", f"{self.state} {trouble.code}"))
                self._go("fail")
            case Leave():
                self._go("leave")

    def _settle(self) -> None:
        """Follow what the slot and the devices say, until nothing moves any more."""
        for _ in range(len(states.SHARED)):
            if self.state == states.TAKE_CARD and not self.situation.card_may_be_in:
                self._go("card_out")
            elif not (self._chart.has("settle") and self._chart.would("settle", self.situation)):
                return
            else:
                self._go("settle")

    # --- moving ------------------------------------------------------------------------

    def _go(self, trigger: str) -> None:
        """Move, tidy up the state that is left, and begin the one that is entered."""
        before = self.state
        leaving = self.plan.step_of(before)
        after = self._chart.fire(trigger, self.situation)
        if leaving is not None:
            self._effects += leaving[1].leave(self.situation)
        self.situation.wishes.why_open = False
        entering = self.plan.step_of(after)
        if before in (states.CARD_LEFT, states.LAST_CALL):
            self._effects.append(StopDevice(Device.CARD_READER))
        if before in states.WITH_LEFTOVER:
            self._tidy_up(after)
        if before in states.STAFF:
            ends = after not in states.STAFF
            self._effects += room.leave(before, self.situation, ends=ends)
        if after in states.WITHOUT_PERSON or after == states.GOODBYE:
            self._drop_visit()
        stays = before == states.MENU and trigger == "leave"  # the same person looks around
        if after in (states.IDLE, states.OUT_OF_SERVICE) and not stays:
            self.situation.wishes = Wishes()
        if entering is not None:
            self.situation.person.trouble = None
            self._enter(*entering)
        else:
            wished = stays and self.situation.wishes != Wishes()
            self._start_clock(Limit.WISHES if wished else self.plan.limit_of(after))
        if after in states.STAFF:
            self._effects += room.enter(after, self.situation)
        if after == states.KEEPING:
            self.situation.leftover = Leftover()
            self._effects += leftover.begin()
        if after in (states.TAKE_CARD, states.LAST_CALL, states.CARD_LEFT):
            self._effects.append(OrderDevice(Device.CARD_READER, EjectCard()))

    def _enter(self, service: Service, step: Step) -> None:
        self._start_clock(step.limit)
        self._effects.append(Record("step", f"{service.name}.{step.name}"))
        order = service.steps
        self.situation.person.void(each.name for each in order[order.index(step) :])
        hindered = step.hindered(self.situation)
        outcome = self._device_gone(step) if hindered is None else Fail(hindered)
        outcome = outcome or self._queue_gone(service, step)
        if outcome is None:
            self._effects += step.enter(self.situation)
        self._outcome(outcome)

    def _drop_visit(self) -> None:
        """Nothing of the person stays: not here, not in a device, not in the queue's memory."""
        visit = self.situation.visit
        if visit is None:
            return
        if visit.ticket:
            self._effects.append(Forget(visit.ticket))
        self._effects += [StopDevice(device) for device in Device]
        self._effects.append(Record("visit.end", visit.service))
        self.situation.visit = None
        if self.situation.slot is SlotUse.UNSEEN:
            self.situation.slot = SlotUse.UNKNOWN

    def _tidy_up(self, after: str) -> None:
        left = self.situation.leftover
        assert left is not None
        self._effects += leftover.tidy_up(left)
        if after == states.CARD_KEPT:
            left.ticket = 0
        else:
            self.situation.leftover = None

    def _restart_clock(self) -> None:
        self._start_clock(self._limit)

    def _start_clock(self, limit: Limit | None) -> None:
        self._clock_number += 1
        self._limit = limit
        self._effects.append(
            StopClock() if limit is None else StartClock(self._clock_number, limit)
        )
