"""The road: event → session → effects → devices and queue → event. Nothing goes beside it.

Events may be posted from any thread; `pump` takes them in order on one thread, and that thread
alone touches the session. The same class runs in the terminal and in the simulated world.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

from kiosk.clock import Clock
from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    Device,
    DeviceChanged,
    DeviceEvent,
)
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import Order
from kiosk.fsm.effects import (
    Effect,
    Forget,
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
from kiosk.place import Place
from kiosk.receipts import receipt_of
from kiosk.screens.presenter import Presenter
from kiosk.screens.view import TimeLeft, View
from offline_queue import messages as queue
from offline_queue import presence
from sscard.requests import Companion, Request

INBOX_MAX = 1_000
_STATUS = (DeviceChanged, CardInserted, CardMute, CardRemoved)
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


class Terminal:
    """Carries events to the session and its effects to the world."""

    def __init__(
        self,
        *,
        place: Place,
        clock: Clock,
        record: Callable[[str, str], None],
        new_op_id: Callable[[], str],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.session = Session()
        self.clock = clock
        self.place = place
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
        self._day: date | None = None
        self._ends_s: float | None = None
        self._total_s = 0.0

    def connect(self, devices: Mapping[Device, DeviceDoor], door: QueueDoor) -> None:
        """Give the terminal its devices and its queue, once, before the first `pump`."""
        self._devices = devices
        self._queue = door

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
        return self._ends_s

    def _look_at_the_clock(self) -> None:
        today = self.clock.wall().date()
        if today != self._day:
            self._day = today
            self._feed(DayIs(today))
        if self._ends_s is not None and self.clock.now_s() >= self._ends_s:
            self._ends_s = None
            self._feed(TimeUp(self.session.clock_number))

    def _understand(self, item: _Item) -> Event | None:
        """The session's event in an item of the inbox; None when it is void or not for it."""
        match item:
            case (device, number, event):
                stale = number != self._numbers[device] or device not in self._busy
                return None if stale and not isinstance(event, _STATUS) else event
            case Pressed(button):
                # A late finger may land on what the screen no longer offers.
                offered = any(b.id == button for b in self.view().buttons())
                return item if offered else None
            case queue.Taken(op_id, code, at):
                ticket = self._ticket(op_id)
                return None if ticket is None else RequestTaken(ticket, code, at)
            case queue.NotTaken(op_id, reason):
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
                return None
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
            case StopDevice(device):
                if device in self._busy:
                    self._order(device, Stop())
                    self._busy.discard(device)
            case Submit(ticket, request, companion):
                assert self._queue is not None
                op_id = self._tickets[ticket] = self._new_op_id()
                self._queue.submit(op_id, request, companion)
            case Forget(ticket):
                assert self._queue is not None
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

    def _order(self, device: Device, order: Order | Stop) -> None:
        self._numbers[device] += 1
        self._busy.add(device)
        self._devices[device].order(self._numbers[device], order)
