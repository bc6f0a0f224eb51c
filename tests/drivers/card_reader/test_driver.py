"""The reader's slot, orders, and everything that may go wrong around a card."""

from __future__ import annotations

from typing import Any

import pytest

from kiosk.drivers.card_reader.driver import CardReaderConfig
from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardNotRead,
    CardRead,
    CardRemoved,
    CardTrouble,
    Device,
    DeviceChanged,
    DeviceStatus,
)
from kiosk.drivers.links.ops import AwaitChange, Disconnect, Op, Open, Stop, Transmit
from kiosk.drivers.orders import EjectCard, ReadCard, ScanCode
from tests.drivers.card_reader.card import Card
from tests.drivers.card_reader.reading import bench_with

ONLINE = DeviceChanged(Device.CARD_READER, DeviceStatus.ONLINE)
NO_DEVICE = DeviceChanged(Device.CARD_READER, DeviceStatus.NO_DEVICE, raw="noReader")
OFFLINE = DeviceChanged(Device.CARD_READER, DeviceStatus.OFFLINE, raw="no service")


def test_an_empty_slot_is_told_at_start_and_then_no_more() -> None:
    bench, driver = bench_with()
    assert driver.status == "unknown"
    bench.run_until(600.0)
    assert bench.said() == [ONLINE, CardRemoved()]
    assert driver.status is DeviceStatus.ONLINE


def test_a_card_comes_is_read_and_goes() -> None:
    bench, _ = bench_with()
    bench.at(1.0, lambda: bench.link.insert(Card()))
    bench.order(2.0, ReadCard())
    bench.order(5.0, EjectCard())
    bench.at(8.0, bench.link.pull)
    bench.run_until(10.0)
    kinds = [type(event) for event in bench.said()[2:]]
    assert kinds == [CardInserted, CardRead, CardRemoved]
    assert bench.asked_for(Disconnect).count(Disconnect(eject=True)) == 1


def test_a_card_that_was_in_the_slot_at_start_is_told() -> None:
    bench, _ = bench_with(Card())
    bench.run_until(10.0)
    assert bench.said() == [ONLINE, CardInserted()]


def test_a_mute_card_is_told_and_cannot_be_read() -> None:
    bench, _ = bench_with()
    bench.link.insert(Card(), upside_down=True)
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said() == [ONLINE, CardMute(), CardNotRead(CardTrouble.MUTE)]


def test_a_card_that_turns_out_mute_when_powered_is_mute_and_not_pulled() -> None:
    bench, _ = bench_with(Card(dies_when_powered=True))
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said()[2:] == [CardNotRead(CardTrouble.MUTE, raw="mute"), CardMute()]


def test_an_order_to_read_nothing_is_answered() -> None:
    bench, _ = bench_with()
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said()[2:] == [CardNotRead(CardTrouble.PULLED, raw="empty")]


def pulled_before(command: int) -> list[Any]:
    """What is told of a card pulled just before that command of its reading, or its power-down."""
    bench, _ = bench_with(Card())

    def pull(op: Op) -> None:
        seen = len(bench.asked_for(Transmit)) + len(bench.asked_for(Disconnect))
        if isinstance(op, Transmit | Disconnect) and seen == command:
            bench.link.pull()

    bench.watch = pull
    bench.order(1.0, ReadCard())
    bench.run_until(30.0)
    return bench.said()[2:]


def test_a_card_pulled_before_any_command_ends_the_reading_and_is_told_removed() -> None:
    command = 1
    while (told := pulled_before(command))[0] == CardNotRead(CardTrouble.PULLED, raw="removed"):
        assert told[1:] == [CardRemoved()], command
        command += 1
    assert [type(event) for event in told] == [CardRead, CardRemoved]  # pulled after the last one
    assert command > 20


def test_a_card_swapped_while_nobody_looked_is_another_card() -> None:
    bench, _ = bench_with(Card())

    def swap() -> None:
        bench.link.pull()
        bench.link.insert(Card())

    bench.at(1.0, swap)
    bench.run_until(10.0)
    assert bench.said()[2:] == [CardRemoved(), CardInserted()]


def test_a_reading_meant_for_the_card_before_does_not_read_the_next_one() -> None:
    bench, _ = bench_with(Card())
    swapped: list[Op] = []

    def swap_unseen(op: Op) -> None:
        if op == AwaitChange(None, 0) and bench.agenda.now_s() >= 1.0 and not swapped:
            swapped.append(op)
            bench.link.pull()
            bench.link.insert(Card())

    bench.watch = swap_unseen
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said()[2:] == [
        CardNotRead(CardTrouble.PULLED, raw="present"),
        CardRemoved(),
        CardInserted(),
    ]


def test_stop_ends_a_reading_quietly_and_the_next_one_works() -> None:
    bench, _ = bench_with(Card(slow_s=0.1))
    bench.order(1.0, ReadCard())
    bench.order(1.5, Stop())
    bench.run_until(9.0)
    assert bench.said() == [ONLINE, CardInserted()]
    assert not bench.link.connected
    bench.order(10.0, ReadCard())
    bench.run_until(30.0)
    assert [type(event) for event in bench.said()[2:]] == [CardRead]


def test_another_order_during_a_reading_takes_its_place() -> None:
    bench, _ = bench_with(Card(slow_s=0.1))
    bench.order(1.0, ReadCard())
    bench.order(1.5, EjectCard())
    bench.at(3.0, bench.link.pull)
    bench.run_until(9.0)
    assert bench.said()[2:] == [CardRemoved()]
    assert bench.asked_for(Disconnect).count(Disconnect(eject=True)) == 1


def test_ejecting_an_empty_slot_is_answered_at_once() -> None:
    bench, _ = bench_with()
    bench.order(1.0, EjectCard())
    bench.run_until(2.0)
    assert bench.said() == [ONLINE, CardRemoved(), CardRemoved()]


def test_a_reader_unplugged_and_plugged_in_again_is_told_with_its_slot() -> None:
    bench, driver = bench_with()
    bench.at(1.0, bench.link.lose_reader)
    bench.order(2.0, ReadCard())
    bench.at(3.0, bench.link.find_reader)
    bench.run_until(10.0)
    assert bench.said()[2:] == [
        NO_DEVICE,
        CardNotRead(CardTrouble.READER_LOST),
        ONLINE,
        CardRemoved(),
    ]
    assert driver.status is DeviceStatus.ONLINE


def test_a_service_that_dies_is_told_once_and_its_return_too() -> None:
    bench, _ = bench_with(Card(), CardReaderConfig(idle_every_s=1.0))
    bench.at(5.0, lambda: bench.link.lose_reader(service=True))
    bench.order(8.0, ReadCard())
    bench.order(8.1, EjectCard())
    bench.at(100.0, bench.link.find_reader)
    bench.run_until(120.0)
    assert bench.said()[2:] == [
        OFFLINE,
        CardNotRead(CardTrouble.READER_LOST, raw="no service"),
        ONLINE,
        CardInserted(),
    ]
    back_s = next(at_s for at_s, event in bench.events[2:] if event == ONLINE)
    assert back_s <= 105.0
    assert len(bench.asked_for(Open)) < 30


def test_a_service_that_dies_in_a_reading_ends_it() -> None:
    card = Card()
    bench, _ = bench_with(card)

    def die() -> bytes:
        bench.link.lose_reader(service=True)
        return b"\x07\x09A12345674\x90\x00"

    card.answers[bytes.fromhex("00B207")] = die
    bench.order(1.0, ReadCard())
    bench.run_until(20.0)
    assert bench.said()[2:] == [
        CardNotRead(CardTrouble.READER_LOST, raw="no service"),
        OFFLINE,
    ]


def test_a_reader_that_is_not_there_at_start_is_waited_for() -> None:
    bench, driver = bench_with()
    bench.link.lose_reader(service=True)
    bench.run_until(60.0)
    assert bench.said() == [OFFLINE]
    assert driver.status is DeviceStatus.OFFLINE


@pytest.mark.parametrize("secret", ["A12345674", "6200001234567890128", "欧阳测试", "990000D156"])
def test_nothing_personal_stands_in_an_event_s_repr(secret: str) -> None:
    bench, driver = bench_with(Card())
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.of(CardRead)
    assert secret not in repr(bench.said()) + repr(driver)


@pytest.mark.parametrize("at_s", [0.5, 2.2, 12.0])
def test_an_order_of_another_device_is_a_programmer_error(at_s: float) -> None:
    """Idle, in a reading, and with the service away."""
    bench, _ = bench_with(Card())
    bench.order(2.0, ReadCard())
    bench.at(10.0, lambda: bench.link.lose_reader(service=True))
    bench.order(at_s, ScanCode())
    with pytest.raises(TypeError, match="card reader cannot ScanCode"):
        bench.run_until(20.0)
