"""The runner: a real thread, orders from another one, links of memory."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

import pytest

from kiosk.drivers.events import Device, DeviceChanged, DeviceEvent, DeviceStatus, PinProgress
from kiosk.drivers.links.ops import (
    AwaitChange,
    Discard,
    Emit,
    LinkLost,
    Now,
    Op,
    Open,
    Read,
    Slot,
    SlotState,
    Stop,
    Take,
    Talk,
    Wait,
    Write,
)
from kiosk.drivers.links.runner import MAILBOX_LIMIT, DeviceRunner, MailboxFull
from kiosk.drivers.orders import EjectCard, ReadCard

LONG_S = 30.0
"""Longer than any test may take: what should end early must not end by itself."""

Start = Callable[[Talk[None]], DeviceRunner]


@dataclass
class Pool:
    """A link whose reads wait for `data`, or for a wake."""

    data: bytes = b""
    performed: list[Op] = field(default_factory=list)
    waiting: threading.Event = field(default_factory=threading.Event)
    woken: threading.Event = field(default_factory=threading.Event)
    closed: int = 0
    lost: bool = False

    def perform(self, op: Op) -> Any:
        self.performed.append(op)
        if self.lost:
            raise LinkLost("gone")
        match op:
            case Read(size, timeout_s):
                if not self.data and timeout_s > 0:
                    self.waiting.set()
                    self.woken.wait(timeout_s)
                    self.woken.clear()
                taken, self.data = self.data[:size], self.data[size:]
                return taken
            case AwaitChange(known, timeout_s):
                self.waiting.set()
                self.woken.wait(timeout_s)
                self.woken.clear()
                return known
        return None

    def wake(self) -> None:
        self.woken.set()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def link() -> Pool:
    return Pool()


@pytest.fixture
def heard() -> "Queue[tuple[int, DeviceEvent]]":
    return Queue()


@pytest.fixture
def start(link: Pool, heard: "Queue[tuple[int, DeviceEvent]]") -> Iterator[Start]:
    runners = []

    def begin(talk: Talk[None]) -> DeviceRunner:
        runner = DeviceRunner(
            Device.PIN_PAD, talk, link, lambda number, event: heard.put((number, event))
        )
        runners.append(runner)
        runner.start()
        return runner

    yield begin
    for runner in runners:
        runner.close()


def next_of(heard: "Queue[tuple[int, DeviceEvent]]") -> tuple[int, DeviceEvent]:
    return heard.get(timeout=LONG_S / 2)


def say(count: int) -> Emit:
    return Emit(PinProgress(count))


def test_operations_go_to_the_link_and_events_to_the_terminal(
    start: Start, link: Pool, heard: "Queue[tuple[int, DeviceEvent]]"
) -> None:
    def talk() -> Talk[None]:
        yield Open()
        yield Write(b"ask")
        yield Discard()
        before = yield Now()
        after = yield Now()
        yield say(int(after >= before))

    start(talk())
    assert next_of(heard) == (0, PinProgress(1))
    assert link.performed == [Open(), Write(b"ask"), Discard()]


def test_events_carry_the_number_of_the_order_last_taken(
    start: Start, heard: "Queue[tuple[int, DeviceEvent]]"
) -> None:
    def talk() -> Talk[None]:
        yield say(0)
        for count in (1, 2):
            assert (yield Take(LONG_S)) is not None
            yield say(count)

    runner = start(talk())
    runner.order(7, ReadCard())
    runner.order(9, EjectCard())
    assert [next_of(heard)[0] for _ in range(3)] == [0, 7, 9]


@pytest.mark.parametrize(
    "op", [Wait(LONG_S), Read(10, LONG_S), AwaitChange(SlotState(Slot.EMPTY), LONG_S)]
)
def test_an_order_ends_an_operation_that_waits(
    op: Op, start: Start, link: Pool, heard: "Queue[tuple[int, DeviceEvent]]"
) -> None:
    def talk() -> Talk[None]:
        yield op
        order = yield Take(0)
        yield say(int(isinstance(order, Stop)))

    runner = start(talk())
    if not isinstance(op, Wait):
        assert link.waiting.wait(LONG_S / 2)
    runner.order(1, Stop())
    assert next_of(heard) == (1, PinProgress(1))


def test_an_order_that_waits_already_ends_the_next_read_at_once(
    start: Start, link: Pool, heard: "Queue[tuple[int, DeviceEvent]]"
) -> None:
    taken = threading.Event()

    def talk() -> Talk[None]:
        yield say(0)
        taken.wait(LONG_S)
        data = yield Read(10, LONG_S)
        yield say(len(data))

    runner = start(talk())
    next_of(heard)
    runner.order(1, Stop())
    taken.set()
    assert next_of(heard) == (0, PinProgress(0))
    assert link.performed == [Read(10, 0.0)]


def test_a_wake_left_over_from_an_order_taken_does_not_end_a_read(
    start: Start, link: Pool, heard: "Queue[tuple[int, DeviceEvent]]"
) -> None:
    def talk() -> Talk[None]:
        yield Take(LONG_S)
        data = yield Read(10, LONG_S)
        yield say(len(data))

    runner = start(talk())
    runner.order(1, ReadCard())
    assert link.waiting.wait(LONG_S / 2)
    link.data = b"four"
    link.wake()
    assert next_of(heard) == (1, PinProgress(4))


def test_a_lost_link_is_thrown_into_the_talk(
    start: Start, link: Pool, heard: "Queue[tuple[int, DeviceEvent]]"
) -> None:
    def talk() -> Talk[None]:
        try:
            yield Open()
        except LinkLost:
            yield say(1)

    link.lost = True
    start(talk())
    assert next_of(heard) == (0, PinProgress(1))


def test_a_crash_is_told_as_a_software_fault_and_goes_on(
    start: Start,
    heard: "Queue[tuple[int, DeviceEvent]]",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crashed: Queue[Any] = Queue()
    monkeypatch.setattr(threading, "excepthook", crashed.put)

    def talk() -> Talk[None]:
        yield say(0)
        raise ZeroDivisionError

    start(talk())
    next_of(heard)
    assert next_of(heard) == (
        0,
        DeviceChanged(Device.PIN_PAD, DeviceStatus.HARDWARE_ERROR, raw="software"),
    )
    assert crashed.get(timeout=LONG_S / 2).exc_type is ZeroDivisionError


def test_the_mailbox_is_bounded(start: Start, heard: "Queue[tuple[int, DeviceEvent]]") -> None:
    held = threading.Event()

    def talk() -> Talk[None]:
        yield say(0)
        held.wait(LONG_S)
        yield Take(0)

    runner = start(talk())
    next_of(heard)
    for number in range(MAILBOX_LIMIT):
        runner.order(number, Stop())
    with pytest.raises(MailboxFull):
        runner.order(99, Stop())
    held.set()


@pytest.mark.parametrize("op", [Take(LONG_S), Wait(LONG_S), Read(10, LONG_S)])
def test_close_ends_a_talk_that_waits_and_may_be_called_twice(
    op: Op, start: Start, link: Pool, heard: "Queue[tuple[int, DeviceEvent]]"
) -> None:
    ended = threading.Event()

    def talk() -> Talk[None]:
        try:
            yield say(0)
            while True:
                yield op
        finally:
            ended.set()

    runner = start(talk())
    next_of(heard)
    runner.close()
    assert ended.is_set()
    runner.close()
    assert link.closed >= 1
    runner.order(1, Stop())
    assert repr(runner) == "DeviceRunner(pin_pad, closed)"


def test_a_runner_that_never_started_closes_its_link(link: Pool) -> None:
    def talk() -> Talk[None]:
        yield Take(0)

    DeviceRunner(Device.PIN_PAD, talk(), link, lambda number, event: None).close()
    assert link.closed == 1
