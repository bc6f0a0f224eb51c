"""The road: event → session → effects → devices and queue → event. Nothing goes beside it.

Events may be posted from any thread; `pump` takes them in order on one thread, and that thread
alone touches the session. The same class runs in the terminal and in the simulated world.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Protocol

from kiosk.claims import BookSpoilt, ClaimBook
from kiosk.clock import Clock
from kiosk.custody import GONE, Custody
from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    CardRetained,
    Device,
    DeviceChanged,
    DeviceEvent,
    NotRetained,
    RetainTrouble,
)
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import Order, RetainCard
from kiosk.fsm.effects import (
    Effect,
    Forget,
    KeepCard,
    OrderDevice,
    Print,
    Record,
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
from kiosk.fsm.session import Session
from kiosk.fsm.staff.words import LookAround, PrintTest, QueueSeen
from kiosk.place import Place
from kiosk.receipts import receipt_of, trial_page
from kiosk.screens.presenter import Presenter
from kiosk.screens.view import TimeLeft, View
from kiosk.upkeep import Upkeep
from offline_queue import messages as queue
from offline_queue import presence
from sscard.requests import CardKept, Companion, Request

INBOX_MAX = 1_000
_STATUS = (DeviceChanged, CardInserted, CardMute, CardRemoved, CardRetained, NotRetained)
_Notice = queue.Notice | presence.QueueChanged
_Item = Event | tuple[Device, int, DeviceEvent] | _Notice


class DeviceDoor(Protocol):
    """Where orders for one device go."""

    def order(self, number: int, order: Order | Stop) -> None:
        """Hand over an order; events it causes come back under its number."""


class QueueDoor(Protocol):
    """Where requests to the bank go."""

    def submit(self, op_id: str, request: Request, companion: Companion | None) -> None:
        """Hand over a request; `Taken` or `NotTaken` comes back as a notice."""

    def forget(self, op_id: str) -> None:
        """Nobody waits for this answer any more."""

    def ask_status(self) -> None:
        """A `QueueStatus` is wanted; none comes while the queue is gone."""


class Terminal:
    """Carries events to the session and its effects to the world."""

    def __init__(
        self,
        *,
        place: Place,
        clock: Clock,
        record: Callable[[str, str], None],
        new_op_id: Callable[[], str],
        claims: ClaimBook,
        upkeep: Upkeep,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.session = Session()
        self.clock = clock
        self.place = place
        self.custody = Custody()
        self._claims = claims
        self._upkeep = upkeep
        self._told: dict[str, str] = {}  # requests that tell the bank of a claim, by their ids
        self._presenter = Presenter(place)
        self._record = record
        self._new_op_id = new_op_id
        self._wake = wake
        self._inbox: deque[_Item] = deque()
        self._devices: Mapping[Device, DeviceDoor] = {}
        self._queue: QueueDoor | None = None
        self._numbers = dict.fromkeys(Device, 0)
        self._busy: set[Device] = set()
        self._tickets: dict[int, str] = {}
        self._later: dict[int, tuple[float, Submit]] = {}  # by ticket: when to hand it over
        self._day: date | None = None
        self._ends_s: float | None = None
        self._total_s = 0.0

    def connect(self, devices: Mapping[Device, DeviceDoor], door: QueueDoor) -> None:
        """Give the terminal its devices and its queue, once, before the first `pump`."""
        self._devices = devices
        self._queue = door
        self.post(self._upkeep.standing())

    # --- in, from any thread -----------------------------------------------------------

    def post(self, event: Event | _Notice) -> None:
        """An event for the session, or a notice of the queue."""
        self._put(event)

    def post_device(self, device: Device, number: int, event: DeviceEvent) -> None:
        """An event of a device under the number of its order."""
        self._put((device, number, event))

    def _put(self, item: _Item) -> None:
        assert len(self._inbox) < INBOX_MAX, "a thousand events wait: nobody pumps"
        self._inbox.append(item)
        self._wake()

    # --- on the one thread -------------------------------------------------------------

    def pump(self) -> bool:
        """Take every event that waits, and time. Answers whether there was anything."""
        self._look_at_the_clock()
        any_event = False
        while self._inbox:
            item = self._inbox.popleft()
            event = self._understand(item)
            if event is not None:
                any_event = True
                self._feed(event)
        return any_event

    def press(self, button: str) -> None:
        """A finger on a button of the view."""
        self.post(Pressed(button))

    def view(self) -> View:
        """What the screen shows now."""
        left = None if self._ends_s is None else TimeLeft(self._total_s, self._ends_s)
        return self._presenter.view(self.session, self.clock.wall(), left)

    @property
    def busy(self) -> frozenset[Device]:
        """The devices that were given an order and not yet told to stop."""
        return frozenset(self._busy)

    @property
    def awaited(self) -> frozenset[str]:
        """The requests, by their ids in the queue, whose answer somebody here still waits for."""
        return frozenset(self._tickets.values())

    @property
    def next_s(self) -> float | None:
        """When `pump` has to look at the clock again, monotonic; None: not before an event."""
        later = (when_s for when_s, _ in self._later.values())
        return min((each for each in (self._ends_s, *later) if each is not None), default=None)

    def _look_at_the_clock(self) -> None:
        today = self.clock.wall().date()
        if today != self._day:
            self._day = today
            self._feed(DayIs(today))
        if self._ends_s is not None and self.clock.now_s() >= self._ends_s:
            self._ends_s = None
            self._feed(TimeUp(self.session.clock_number))
        for ticket, (when_s, submit) in tuple(self._later.items()):
            if self.clock.now_s() >= when_s and self._later.pop(ticket, None) is not None:
                self._carry_out(submit)

    def _understand(self, item: _Item) -> Event | None:
        """The session's event in an item of the inbox; None when it is void or not for it."""
        match item:
            case (device, number, event):
                self._keep_books(event)
                stale = number != self._numbers[device] or device not in self._busy
                return None if stale and not isinstance(event, _STATUS) else event
            case Pressed(button):
                # A late finger may land on what the screen no longer offers.
                offered = any(b.id == button for b in self.view().buttons())
                return item if offered else None
            case queue.Taken(op_id, code, at):
                self._note_told(op_id)
                ticket = self._ticket(op_id)
                return None if ticket is None else RequestTaken(ticket, code, at)
            case queue.NotTaken(op_id, reason):
                self._told.pop(op_id, None)
                ticket = self._ticket(op_id)
                return None if ticket is None else RequestNotTaken(ticket, reason)
            case queue.Answered(op_id, answer):
                ticket = self._ticket(op_id)
                return None if ticket is None else BankAnswered(ticket, answer)
            case queue.LineChanged(up):
                return LineChanged(up)
            case presence.QueueChanged(there):
                return QueueChanged(there)
            case queue.QueueStatus():
                return QueueSeen(
                    item.waiting,
                    item.oldest_age_s,
                    item.last_contact_at,
                    item.dead,
                    item.space_left_bytes,
                )
        return item

    def _ticket(self, op_id: str) -> int | None:
        return next((t for t, known in self._tickets.items() if known == op_id), None)

    def _feed(self, event: Event) -> None:
        for effect in self.session.handle(event):
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case OrderDevice(device, order):
                self._order(device, order)
            case Print():
                wall = self.clock.wall()
                receipt = receipt_of(self.session, self.place, wall)
                self._order(Device.RECEIPT_PRINTER, receipt)
            case KeepCard():
                self._keep(effect)
            case StopDevice(device):
                if device in self._busy:
                    self._order(device, Stop())
                    self._busy.discard(device)
            case Submit(ticket, after_s=after_s) if after_s > 0.0:
                self._later[ticket] = (self.clock.now_s() + after_s, replace(effect, after_s=0.0))
            case Submit(ticket, request, companion):
                assert self._queue is not None
                op_id = self._tickets[ticket] = self._new_op_id()
                if isinstance(request, CardKept):
                    self._told[op_id] = request.claim
                self._queue.submit(op_id, request, companion)
            case Forget(ticket):
                assert self._queue is not None
                self._later.pop(ticket, None)
                op_id_known = self._tickets.pop(ticket, None)
                if op_id_known is not None:
                    self._queue.forget(op_id_known)
            case StartClock(_, limit):
                self._total_s = limit.seconds
                self._ends_s = self.clock.now_s() + limit.seconds
            case StopClock():
                self._ends_s = None
            case Record(what, detail):
                self._record(what, detail)
                if what in ("visit.end", "staff.end"):
                    self._close_tally()
            case PrintTest():
                language = self.session.situation.wishes.language
                page = trial_page(self.place, language, self.clock.wall())
                self._order(Device.RECEIPT_PRINTER, page)
            case _:
                if isinstance(effect, LookAround):
                    assert self._queue is not None
                    self._queue.ask_status()
                self._upkeep.do(effect, self.post)

    # --- who holds the card --------------------------------------------------------------

    def _keep_books(self, event: DeviceEvent) -> None:
        """Write down what a device tells of a card, before anybody acts on it."""
        word = self.custody.heard(event)
        if word is not None:
            self._record(word, "")
        if word in GONE and self.session.situation.visit is None:
            self._close_tally()
        if isinstance(event, DeviceChanged):
            self._upkeep.hear(event)
        match event:
            case CardRetained(claim):
                self._book(lambda: self._claims.kept(claim, self.clock.wall()))
            case NotRetained(claim, trouble) if trouble is not RetainTrouble.READER_LOST:
                self._book(lambda: self._claims.not_kept(claim, self.clock.wall()))
            case DeviceChanged(in_bin=int(in_bin)):
                self._book(lambda: self._settle(in_bin))

    def _close_tally(self) -> None:
        self._record("custody", str(self.custody.visit_over()))

    def _settle(self, in_bin: int) -> None:
        before = {each.number for each in self._claims.claims()}
        if not self._claims.settle(in_bin, self.clock.wall()):
            self._record("claims.differ", f"the bin has {in_bin}, the book {len(before)}")
            return
        after = {each.number for each in self._claims.claims()}
        self.custody.settled(kept=before == after)

    def _keep(self, effect: KeepCard) -> None:
        """Order the card to be kept, once its claim is on the disk; without a claim it is not."""
        try:
            claim = self._claims.begin(effect.why, effect.tail, self.clock.wall())
        except (BookSpoilt, OSError) as error:
            self._record("claims.failed", type(error).__name__)
            self._numbers[Device.CARD_READER] += 1
            self._busy.add(Device.CARD_READER)
            refused = NotRetained("", RetainTrouble.NOT_BOOKED)
            self.post_device(Device.CARD_READER, self._numbers[Device.CARD_READER], refused)
            return
        self.custody.ordered_to_keep()
        self._order(Device.CARD_READER, RetainCard(claim))

    def _note_told(self, op_id: str) -> None:
        claim = self._told.pop(op_id, None)
        if claim is not None:
            self._book(lambda: self._claims.told(claim, self.clock.wall()))

    def _book(self, write: Callable[[], None]) -> None:
        """Write into the book; one that cannot be written to is said, and stops nobody."""
        try:
            write()
        except (BookSpoilt, OSError) as error:
            self._record("claims.failed", type(error).__name__)

    def _order(self, device: Device, order: Order | Stop) -> None:
        self._numbers[device] += 1
        self._busy.add(device)
        self._devices[device].order(self._numbers[device], order)
