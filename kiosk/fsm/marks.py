"""Where a walk is: a session and the world about it, and what makes two such places one.

A **mark** is everything that the session and its screens decide by. A **coarse mark** is one for
all places that are walked on from once: what a person said and was told is told apart as long as
all else is in order; where something is amiss (a device, the queue, the slot) one of the places
that differ in nothing else stands for all. Each step away from order is looked at and judged from
every place in order; only the steps after it are shared.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    CardRetained,
    Device,
    NotRetained,
    PrintTrouble,
)
from kiosk.drivers.health import health
from kiosk.drivers.orders import EjectCard
from kiosk.fsm import plan as states
from kiosk.fsm.effects import (
    Effect,
    Forget,
    KeepCard,
    OrderDevice,
    Print,
    StartClock,
    StopClock,
    StopDevice,
    Submit,
)
from kiosk.fsm.events import BankAnswered, Event, RequestNotTaken, RequestTaken
from kiosk.fsm.library import custody, standing
from kiosk.fsm.library.choosing import Choose, Confirm
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.session import CARD_IS_THEIRS, Session
from kiosk.fsm.staff import pages
from kiosk.fsm.staff.words import PrintTest, StaffEffect
from kiosk.fsm.steps import ALWAYS, LINE_UP, Fail, Service, Step
from kiosk.fsm.visit import Situation, SlotUse, Visit
from sscard.requests import Answer, Cards, Companion

Mark = tuple[object, ...]
# The steps that look whether a card can be kept; a change of card asks it with its reason.
_ASKS_FOR_BIN = (custody.NAME, standing.NAME, "reason")
_BEFORE_KEEPING = (states.CARD_FIRST, states.TAKE_CARD, states.LAST_CALL)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that was handed over and of which the session may still hear."""

    kind: str
    taken: bool = False


@dataclass
class Place:
    """A session and the world about it, as far as its effects have made it."""

    session: Session
    needed: frozenset[Device]  # by any service of the terminal
    ordered: frozenset[Device] = frozenset()
    waiting: dict[int, Waiting] = field(default_factory=dict)
    card_inside: bool = False
    motor: bool = False  # the reader was told to keep the card, and has not answered
    clock: int | None = None
    asked: StaffEffect | None = None  # by a technician, last

    def after(self, event: Event) -> tuple[Place, tuple[Effect, ...]]:
        """Where the event leads. The place itself stays as it is."""
        then = Place(
            self.session.twin(),
            self.needed,
            self.ordered,
            dict(self.waiting),
            self.card_inside,
            self.motor,
            self.clock,
            self.asked,
        )
        match event:
            case CardInserted() | CardMute():
                then.card_inside = True
            case CardRemoved():
                then.card_inside = False
            case CardRetained():
                then.card_inside = then.motor = False
            case NotRetained():
                then.motor = False
            case RequestTaken(ticket):
                then.waiting[ticket] = replace(then.waiting[ticket], taken=True)
            case BankAnswered(ticket) | RequestNotTaken(ticket):
                del then.waiting[ticket]
        effects = then.session.handle(event)
        for effect in effects:
            then._feel(effect)
        return then, effects

    def is_like(self, other: Place) -> bool:
        """Whether nothing at all tells the two apart, in the session or about it."""
        return (
            self.session.is_like(other.session)
            and self.waiting == other.waiting
            and (self.ordered, self.card_inside) == (other.ordered, other.card_inside)
            and (self.motor, self.clock, self.asked) == (other.motor, other.clock, other.asked)
        )

    def _feel(self, effect: Effect) -> None:
        match effect:
            case OrderDevice(device, order):
                # A card that is given out ends the order by itself, and holds nothing personal.
                alone = isinstance(order, EjectCard)
                self.ordered = self.ordered - {device} if alone else self.ordered | {device}
            case KeepCard():
                self.ordered |= {Device.CARD_READER}
                self.motor = True
            case Print() | PrintTest():
                self.ordered |= {Device.RECEIPT_PRINTER}
            case StopDevice(device):
                self.ordered -= {device}
                self.motor = self.motor and device is not Device.CARD_READER
            case Submit(ticket, request):
                self.waiting[ticket] = Waiting(request.kind)
            case Forget(ticket):
                self.waiting.pop(ticket, None)
            case StartClock(number):
                self.clock = number
            case StopClock():
                self.clock = None
            case _ if isinstance(effect, StaffEffect):
                self.asked = effect

    @cached_property
    def broken(self) -> tuple[Device, ...]:
        """The devices that cannot be used."""
        now = self.session.situation
        return tuple(device for device in Device if not now.usable(device))

    @cached_property
    def mark(self) -> Mark:
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
            self._waiting,
            (now.menu if self.session.state == states.MENU else None, self._custody),
            (now.standing, self._staff),
            None if visit is None else _visit_mark(visit),
        )

    @property
    def _custody(self) -> Mark:
        """What the terminal keeps, and whether it can."""
        left = self.session.situation.leftover
        printed = left and ("failed" if isinstance(left.printed, PrintTrouble) else left.printed)
        kept = left and (left.card_number is None, left.claim, printed, left.is_printing)
        return (self.minds_bin and self.session.situation.reader_retains, self.motor, kept)

    @property
    def _staff(self) -> Mark:
        """What a technician is at, with all that their pages show."""
        duty = self.session.situation.duty
        if duty is None:
            return ()
        seen = duty.seen
        shown = seen and (seen.claims, tuple(health(each.told) for each in seen.devices.values()))
        queue = duty.queue and (duty.queue.last_contact_at, len(duty.queue.waiting))
        return (*self._staff_ways, shown, queue, duty.refused, duty.result, duty.digits)

    @property
    def _staff_ways(self) -> Mark:
        """What of a technician's work its further way depends on."""
        now, state = self.session.situation, self.session.state
        duty = now.worker
        ways: Mark = (state, duty.technician != "", duty.card_came)
        match state:
            case pages.NUMBER | pages.CODE | pages.REFUSED | pages.COUNT:
                same = duty.typed == duty.technician
                reason = duty.refused and duty.refused.reason
                return (*ways, len(duty.typed), same, duty.is_checking, reason, duty.act)
            case pages.DEVICE | pages.TEST if duty.device is not None:
                return (*ways, duty.device, duty.test, now.usable(duty.device))
            case pages.PAPER:
                return (*ways, duty.paper, now.usable(Device.RECEIPT_PRINTER))
            case pages.CONFIRM | pages.DOING | pages.DONE:
                return (*ways, duty.act, duty.second != "")
            case pages.CARDS:
                return (*ways, duty.seen is not None and duty.seen.claims is not None)
        return ways

    @property
    def _serving(self) -> Mark:
        """Whether the terminal may serve, and what of it a technician may change."""
        now = self.session.situation
        return (now.may_serve, now.standing.closed, now.standing.suspect, now.standing.has_codes)

    @property
    def minds_bin(self) -> bool:
        """Whether it matters here that the reader can keep a card."""
        if self.session.state in _BEFORE_KEEPING:
            return True
        step, visit = self._ahead, self.session.situation.visit
        if step is None or visit is None or visit.handed_in is not None:
            return False
        service = self.session.plan.service(visit.service)
        return any(each.name in _ASKS_FOR_BIN for each in _to_come(service, step))

    @property
    def _waiting(self) -> Mark:
        visit = self.session.situation.visit
        return tuple(
            (each.kind, each.taken, visit and ticket == visit.ticket)
            for ticket, each in self.waiting.items()
        )

    @cached_property
    def wanted(self) -> frozenset[Device]:
        """The devices that matter from here on."""
        now, plan = self.session.situation, self.session.plan
        if now.duty is not None:
            return frozenset(Device)
        if now.visit is None:
            return self.needed | {Device.CARD_READER}
        service = plan.service(now.visit.service)
        step = self._ahead
        if step is None:
            return frozenset()
        if now.visit.trouble is not None:
            return frozenset(step.needs)
        if isinstance(step, ShowResult | PrintIt):
            return frozenset({Device.RECEIPT_PRINTER})
        to_come = _to_come(service, step)
        return frozenset(device for each in to_come for device in (*each.needs, *each.uses))

    @cached_property
    def gone(self) -> tuple[Device, ...]:
        """The devices that matter and cannot be used."""
        return tuple(device for device in self.broken if device in self.wanted)

    @property
    def _ahead(self) -> Step | None:
        """The step of the visit: the one it is at, or the one that its trouble leads back to."""
        visit, plan = self.session.situation.visit, self.session.plan
        here = plan.step_of(self.session.state)
        if here is not None:
            return here[1]
        if visit is None or visit.trouble is None or visit.trouble.retry is None:
            return None
        return plan.service(visit.service).step(visit.trouble.retry)

    @cached_property
    def coarse_mark(self) -> Mark:
        """One mark for all places that lead the same ways: without what only words depend on,
        what a state no longer needs, and devices that do not matter any more.
        """
        now, gone = self.session.situation, self.gone
        state, slot, line, _, ordered, inside, _, menu, _, _ = self.mark
        inside = inside and now.card_may_be_in
        if now.duty is not None:
            return (*self._staff_ways, now.slot_used, ordered, inside, self._serving)
        if now.visit is None:
            hope = len(gone) > 1 and self.session.plan.offers_anything(now)
            some = (len(gone), hope) if len(gone) > 1 else gone
            return (state, slot, line, some, ordered, inside, self._waiting, menu, self._serving)
        slot, queue = self._slot(), now.queue_there or not self._bank_ahead()
        reads = Device.CARD_READER in self.session.service.needs(line_up=True)
        card_in = now.visit.card is not None or (inside and reads)
        order = SlotUse.CARD if card_in else SlotUse.EMPTY
        no_bin = self.minds_bin and not now.reader_retains
        amiss = bool(gone) or not queue or slot is not order or no_bin
        line = (now.line_up, queue, self._custody)
        waits = self._waits(amiss=amiss)
        return (state, slot, line, gone, ordered, inside, waits, self._ways(now.visit, amiss=amiss))

    def _bank_ahead(self) -> bool:
        """Whether the visit may still need the queue."""
        service = self.session.plan.service(self.session.situation.person.service)
        step = self._ahead
        return step is not None and any(each.asks_bank for each in _to_come(service, step))

    @property
    def _listens(self) -> bool:
        """Whether the bank's answer means something here."""
        here = self.session.plan.step_of(self.session.state)
        return here is not None and (here[1].asks_bank or isinstance(here[1], ShowResult | PrintIt))

    def _waits(self, *, amiss: bool) -> Mark:
        """The requests that wait; of those that a given-up try left behind, that there are any."""
        if self._listens:
            return self._waiting
        return () if amiss else (bool(self.waiting),)

    def _slot(self) -> SlotUse:
        """What is in the slot, as far as it matters to a visit."""
        slot = self.session.situation.slot
        if slot is SlotUse.UNKNOWN:
            return SlotUse.EMPTY
        if slot is SlotUse.MUTE and Device.CARD_READER not in self.wanted:
            return SlotUse.CARD
        return slot

    def _ways(self, visit: Visit, *, amiss: bool) -> Mark:
        """What of a visit its further way depends on."""
        step, now = self._ahead, self.session.situation
        if self.session.state == states.TAKE_CARD:
            return ()
        heard = (visit.taken is not None, type(visit.answer)) if self._listens else ()
        printed = "failed" if isinstance(visit.printed, PrintTrouble) else visit.printed
        retry = visit.trouble and visit.trouble.retry
        theirs = retry == "card" and visit.trouble and visit.trouble.code in CARD_IS_THEIRS
        come_to = step and visit.said.get(step.name)  # how far the step itself has come
        ways = (visit.service, retry, theirs, heard[:1], printed, come_to)
        if amiss or (visit.trouble is not None and retry is None):
            return ways
        known = (
            visit.document is not None,
            visit.agent is not None,
            visit.card and visit.card.pan is not None,
            visit.handed_in is not None,
            visit.chip and visit.chip.pin_state,
        )
        learned = _learned(self.session.plan.service(visit.service), step, visit)
        if visit.trouble is not None:
            return (*ways, known, learned)
        return (
            *ways,
            None if step is None else _by_time(step, now),
            heard,
            known,
            learned,
            step.answers(now) if isinstance(step, Choose) else len(visit.typed),
            (_passwords_mark(visit), tuple(visit.pictures)),
        )


def _by_time(step: Step, now: Situation) -> Mark:
    """What the end of the limit would mean: a step may go by what it hinted at."""
    outcome = step.on_time_up(now.twin())
    return (type(outcome), outcome.trouble.code if isinstance(outcome, Fail) else None)


def _to_come(service: Service, step: Step) -> tuple[Step, ...]:
    """The steps that a visit may still come to from this one, but for another try."""
    if step.can_go_back:
        return service.steps
    first = service.steps.index(step)
    while True:
        to_come = service.steps[first:]
        back = [service.step(name) for each in to_come for name in each.leads_to]
        earliest = min((first, *map(service.steps.index, back)))
        if earliest == first:
            return to_come
        first = earliest


def _learned(service: Service, step: Step | None, visit: Visit) -> Mark:
    """What was said, and what was heard where a step that may still come goes by it."""
    said, heard = tuple(visit.said.items()), _kinds_heard(visit)
    if step is not None and _depends_on_answers(service, step):
        heard = tuple(map(_heard_mark, visit.heard.items()))
    return (said, heard)


def _kinds_heard(visit: Visit) -> Mark:
    return tuple((step, type(answer)) for step, answer in visit.heard.items())


def _depends_on_answers(service: Service, step: Step) -> bool:
    """Whether a step that may still come asks for, or goes by, what was said and heard."""
    return any(
        isinstance(each, Choose | Confirm) or each.when not in (ALWAYS, LINE_UP)
        for each in _to_come(service, step)
    )


def _heard_mark(heard: tuple[str, Answer]) -> Mark:
    """An answer, as far as it differs in what may be done."""
    step, answer = heard
    if isinstance(answer, Cards):
        return (step, tuple(card.state for card in answer.cards))
    return (step, answer)


def _passwords_mark(visit: Visit) -> Mark:
    """Which passwords were entered; which of two that differ came first decides nothing."""
    blocks = visit.companion or Companion()
    entered = (blocks.pin_block, blocks.new_medical, blocks.new_financial)
    return (bool(visit.first_entry), tuple(each is not None for each in entered))


def _pictures_mark(visit: Visit) -> Mark:
    return tuple((step, len(taken)) for step, taken in visit.pictures.items())


def _visit_mark(visit: Visit) -> Mark:
    return (
        visit.service,
        visit.document is not None,
        visit.agent is not None,
        None if visit.card is None else visit.card.pan is not None,
        (visit.old_card is not None, visit.handed_in is not None),
        visit.chip and visit.chip.pin_state,
        _passwords_mark(visit),
        visit.pin_ready,
        visit.pin_digits,
        visit.typed,
        tuple(visit.said.items()),
        tuple(map(_heard_mark, visit.heard.items())),
        _pictures_mark(visit),
        visit.taken is not None,
        visit.answer,
        visit.hint,
        visit.trouble,
        visit.printed,
    )
