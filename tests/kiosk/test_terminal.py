"""The road: what arrives late, twice or from yesterday does not get through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from kiosk.claims import ClaimBook
from kiosk.drivers.events import (
    CardInserted,
    CardRemoved,
    Device,
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
    IdNotRead,
    IdTrouble,
    StillTaken,
)
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import Order, PrintReceipt, ReadIdDocument
from kiosk.fsm.happenings import ANSWERS, AT, BY_DEVICE, CODE
from kiosk.fsm.limits import Limit
from kiosk.shelf import MemoryShelf
from kiosk.terminal import INBOX_MAX, Terminal
from kiosk.upkeep import StaffFiles, Upkeep
from offline_queue import messages as queue
from offline_queue.presence import QueueChanged
from sscard.requests import Companion, Request
from tests.kiosk.places import PLACE, WALL, HandClock

ID_READ = BY_DEVICE[Device.ID_SCANNER]["ID read"]
SCANNER = Device.ID_SCANNER


class Orders:
    """The far end of a device's door: what came through it, with its numbers."""

    def __init__(self) -> None:
        self.came: list[tuple[int, Order | Stop]] = []

    def order(self, number: int, order: Order | Stop) -> None:
        self.came.append((number, order))


class Requests:
    """The far end of the queue's door."""

    def __init__(self) -> None:
        self.open: dict[str, Request] = {}
        self.companions: list[Companion | None] = []
        self.forgotten: list[str] = []
        self.asked = 0

    def submit(self, op_id: str, request: Request, companion: Companion | None) -> None:
        self.open[op_id] = request
        self.companions.append(companion)

    def forget(self, op_id: str) -> None:
        self.forgotten.append(op_id)

    def ask_status(self) -> None:
        self.asked += 1


class Desk:
    """A terminal with all its doors in the test's hands."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.doors = {device: Orders() for device in Device}
        self.requests = Requests()
        self.records: list[tuple[str, str]] = []
        self.woken = 0
        self.ended: list[int] = []
        ids = (f"op-{n}" for n in range(100))
        self.terminal = Terminal(
            place=PLACE,
            clock=self.clock,
            record=lambda what, detail: self.records.append((what, detail)),
            new_op_id=lambda: next(ids),
            claims=(claims := ClaimBook(MemoryShelf())),
            upkeep=Upkeep(
                terminal_id=PLACE.terminal_id,
                clock=self.clock,
                claims=claims,
                files=StaffFiles(),
                end=self.ended.append,
            ),
            wake=self._wake,
        )
        self.terminal.connect(self.doors, self.requests)
        self.notes(QueueChanged(True))
        for device in Device:
            self.says(device, DeviceChanged(device, DeviceStatus.ONLINE), number=0)
        self.says(Device.CARD_READER, CardRemoved(), number=0)

    def _wake(self) -> None:
        self.woken += 1

    @property
    def state(self) -> str:
        return self.terminal.session.state

    def number(self, device: Device) -> int:
        """The number of the device's latest order."""
        return self.doors[device].came[-1][0]

    def says(self, device: Device, event: DeviceEvent, number: int | None = None) -> None:
        self.terminal.post_device(device, self.number(device) if number is None else number, event)
        self.terminal.pump()

    def notes(self, *notices: queue.Notice | QueueChanged) -> None:
        for notice in notices:
            self.terminal.post(notice)
        self.terminal.pump()

    def press(self, *buttons: str) -> None:
        for button in buttons:
            self.terminal.press(button)
            self.terminal.pump()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    assert made.state == "idle"
    yield made


# --- devices ---------------------------------------------------------------------------


def test_each_order_has_a_number_of_its_own(desk: Desk) -> None:
    desk.press("loss", "leave", "done", "loss")
    numbers = [number for number, _ in desk.doors[SCANNER].came]
    kinds = [type(order) for _, order in desk.doors[SCANNER].came]
    assert numbers == [1, 2, 3]
    assert kinds == [ReadIdDocument, Stop, ReadIdDocument]


def test_an_answer_to_an_earlier_order_is_dropped(desk: Desk) -> None:
    desk.press("loss", "leave", "done", "loss")
    desk.says(SCANNER, ID_READ, number=1)
    assert desk.state == "loss.id_card"
    desk.says(SCANNER, ID_READ)
    assert desk.state == "loss.choose_kind"


def test_an_answer_after_the_stop_is_dropped_even_under_its_number(desk: Desk) -> None:
    desk.press("loss", "leave", "done")
    stopped = desk.number(SCANNER)
    desk.says(SCANNER, ID_READ, number=stopped)
    desk.press("loss")
    assert desk.terminal.session.situation.person.document is None


def test_what_a_device_says_of_itself_always_gets_through(desk: Desk) -> None:
    desk.says(SCANNER, DeviceChanged(SCANNER, DeviceStatus.OFFLINE), number=0)
    assert not desk.terminal.session.situation.usable(SCANNER)
    desk.says(Device.CARD_READER, CardInserted(), number=0)
    assert desk.state == "card_first"


def test_an_event_of_a_device_that_has_no_order_is_dropped(desk: Desk) -> None:
    desk.press("balance")
    desk.says(SCANNER, IdNotRead(IdTrouble.MOVED), number=0)
    assert desk.terminal.session.situation.person.hint is None
    desk.says(SCANNER, IdNotRead(IdTrouble.MOVED))
    assert desk.terminal.session.situation.person.hint is IdTrouble.MOVED


def test_a_device_is_busy_from_its_order_to_its_stop_and_is_stopped_once(desk: Desk) -> None:
    desk.press("loss")
    assert desk.terminal.busy == {SCANNER}
    desk.press("leave")
    assert not desk.terminal.busy
    assert [type(order) for _, order in desk.doors[SCANNER].came].count(Stop) == 1
    assert not desk.doors[Device.CAMERA].came


# --- the queue -------------------------------------------------------------------------


def report_loss(desk: Desk) -> str:
    """A loss report without a line; answers its operation's id."""
    desk.press("loss")
    desk.says(SCANNER, ID_READ)
    desk.press("oral")
    desk.says(Device.CAMERA, StillTaken(b"still"))
    desk.press("confirm")
    (op_id,) = desk.requests.open
    return op_id


def test_a_report_is_shown_as_taken_when_the_queue_says_so_and_not_before(desk: Desk) -> None:
    op_id = report_loss(desk)
    assert desk.state == "loss.asking"
    desk.notes(queue.Taken(op_id, CODE, AT))
    assert desk.state == "loss.result"


def test_a_notice_of_an_operation_nobody_knows_is_dropped(desk: Desk) -> None:
    report_loss(desk)
    desk.notes(queue.Taken("op-99", CODE, AT))
    assert desk.state == "loss.asking"


def test_a_notice_of_a_forgotten_operation_reaches_nobody(desk: Desk) -> None:
    op_id = report_loss(desk)
    desk.notes(queue.Taken(op_id, CODE, AT))
    desk.press("done", "done")
    assert (desk.state, desk.requests.forgotten) == ("idle", [op_id])
    desk.press("loss")
    desk.notes(queue.Answered(op_id, ANSWERS["loss_report"]["in force, oral"]))
    assert desk.state == "loss.id_card"
    assert desk.terminal.session.situation.person.answer is None


def test_a_request_that_was_not_taken_is_said_so(desk: Desk) -> None:
    op_id = report_loss(desk)
    desk.notes(queue.NotTaken(op_id, queue.NotTakenReason.FULL))
    assert desk.state == "trouble"
    assert "没有" in desk.terminal.view().title + desk.terminal.view().caption


def test_the_receipt_goes_to_the_printer_in_words(desk: Desk) -> None:
    desk.notes(queue.Taken(report_loss(desk), CODE, AT))
    desk.press("print")
    _, order = desk.doors[Device.RECEIPT_PRINTER].came[-1]
    assert isinstance(order, PrintReceipt)
    assert desk.state == "loss.printing"


# --- time ------------------------------------------------------------------------------


def test_a_limit_runs_from_the_step_that_started_it(desk: Desk) -> None:
    desk.press("loss")
    left = desk.terminal.view().time_left
    assert left is not None
    assert (left.total_s, left.ends_s) == (Limit.LAY_ID.seconds, Limit.LAY_ID.seconds)
    desk.clock.passes(Limit.LAY_ID.seconds - 1)
    desk.terminal.pump()
    assert desk.state == "loss.id_card"
    desk.clock.passes(1)
    desk.terminal.pump()
    assert desk.state == "goodbye"
    assert desk.terminal.next_s == Limit.LAY_ID.seconds + Limit.GOODBYE.seconds


def test_on_the_idle_screen_nothing_has_to_be_looked_at(desk: Desk) -> None:
    assert desk.terminal.next_s is None
    assert desk.terminal.view().time_left is None
    assert not desk.terminal.pump()


def test_a_wall_clock_that_is_set_ends_nobodys_visit(desk: Desk) -> None:
    desk.press("loss")
    desk.clock.is_set(WALL + timedelta(days=400))
    desk.terminal.pump()
    assert desk.state == "loss.id_card"


def test_the_session_learns_the_day_at_once_and_again_after_midnight(desk: Desk) -> None:
    assert desk.terminal.session.situation.today == date(2030, 6, 14)
    desk.clock.passes(24 * 3600)
    desk.terminal.pump()
    assert desk.terminal.session.situation.today == date(2030, 6, 15)


def test_an_id_card_valid_to_the_end_of_today_is_expired_tomorrow(desk: Desk) -> None:
    expired = BY_DEVICE[SCANNER]["expired ID read"]  # valid until 13 June 2030
    desk.clock.is_set(WALL - timedelta(days=1))
    desk.terminal.pump()
    desk.press("loss")
    desk.says(SCANNER, expired)
    assert desk.state == "loss.choose_kind"
    desk.press("leave", "done")
    desk.clock.is_set(WALL)
    desk.terminal.pump()
    desk.press("loss")
    desk.says(SCANNER, expired)
    assert desk.state == "trouble"


# --- the road itself -------------------------------------------------------------------


def test_whoever_posts_wakes_the_one_who_pumps(desk: Desk) -> None:
    woken = desk.woken
    desk.terminal.post(queue.LineChanged(up=True))
    assert desk.woken == woken + 1
    assert not desk.terminal.session.situation.line_up
    desk.terminal.pump()
    assert desk.terminal.session.situation.line_up


def test_a_road_that_nobody_pumps_breaks_loudly(desk: Desk) -> None:
    for _ in range(INBOX_MAX):
        desk.terminal.press("language")
    with pytest.raises(AssertionError, match="nobody pumps"):
        desk.terminal.press("language")


def test_the_journal_hears_of_steps_and_never_of_people(desk: Desk) -> None:
    desk.notes(queue.Taken(report_loss(desk), CODE, AT))
    desk.press("done")
    assert ("visit.begin", "loss") in desk.records
    assert ("visit.end", "loss") in desk.records
    said = " ".join(f"{what} {detail}" for what, detail in desk.records)
    assert "99000" not in said
    assert "测试" not in said
