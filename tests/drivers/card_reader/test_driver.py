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
from kiosk.drivers.links.ops import AwaitChange, Op, Slot, Stop
from kiosk.drivers.orders import EjectCard, ReadCard
from tests.drivers.card_reader.slot import Card, ReaderSlot, bench_with

ONLINE = DeviceChanged(Device.CARD_READER, DeviceStatus.ONLINE)
NO_DEVICE = DeviceChanged(Device.CARD_READER, DeviceStatus.NO_DEVICE, raw="noReader")
OFFLINE = DeviceChanged(Device.CARD_READER, DeviceStatus.OFFLINE, raw="no service")


def test_an_empty_slot_is_told_at_start_and_then_no_more() -> None:
    bench, driver = bench_with(ReaderSlot())
    assert driver.status == "unknown"
    bench.run_until(600.0)
    assert bench.said() == [ONLINE, CardRemoved()]
    assert driver.status is DeviceStatus.ONLINE


def test_a_card_comes_is_read_and_goes() -> None:
    reader = ReaderSlot()
    bench, _ = bench_with(reader)
    bench.at(1.0, lambda: reader.insert(Card()))
    bench.order(2.0, ReadCard())
    bench.order(5.0, EjectCard())
    bench.at(8.0, reader.remove)
    bench.run_until(10.0)
    kinds = [type(event) for event in bench.said()[2:]]
    assert kinds == [CardInserted, CardRead, CardRemoved]
    assert reader.ejects == 1


def test_a_card_that_was_in_the_slot_at_start_is_told() -> None:
    reader = ReaderSlot()
    reader.insert(Card())
    bench, _ = bench_with(reader)
    bench.run_until(10.0)
    assert bench.said() == [ONLINE, CardInserted()]


def test_a_mute_card_is_told_and_cannot_be_read() -> None:
    reader = ReaderSlot(slot=Slot.MUTE)
    bench, _ = bench_with(reader)
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said() == [ONLINE, CardMute(), CardNotRead(CardTrouble.MUTE)]


def test_a_card_that_turns_out_mute_when_powered_is_mute_and_not_pulled() -> None:
    reader = ReaderSlot(mute_at_connect=True)
    reader.insert(Card())
    bench, _ = bench_with(reader)
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said()[2:] == [CardNotRead(CardTrouble.MUTE, raw="mute"), CardMute()]


def test_an_order_to_read_nothing_is_answered() -> None:
    bench, _ = bench_with(ReaderSlot())
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said()[2:] == [CardNotRead(CardTrouble.PULLED, raw="empty")]


def commands_in_a_reading() -> int:
    card = Card()
    reader = ReaderSlot()
    reader.insert(card)
    bench, _ = bench_with(reader)
    bench.order(1.0, ReadCard())
    bench.run_until(30.0)
    return len(card.heard)


def test_a_card_pulled_at_any_command_ends_the_reading_and_is_told_removed() -> None:
    count = commands_in_a_reading()
    for at_command in range(count):
        reader = ReaderSlot()

        class Pulled(Card):
            def transmit(self, apdu: bytes) -> bytes:
                answer = super().transmit(apdu)
                if len(self.heard) > at_command:  # noqa: B023
                    reader.remove()  # noqa: B023
                return answer

        reader.insert(Pulled())
        bench, _ = bench_with(reader)
        bench.order(1.0, ReadCard())
        bench.run_until(30.0)
        pulled = [CardNotRead(CardTrouble.PULLED, raw="removed"), CardRemoved()]
        if at_command == count - 1:  # pulled after the last answer
            assert [type(event) for event in bench.said()[2:]] == [CardRead, CardRemoved]
        else:
            assert bench.said()[2:] == pulled, at_command


def test_a_card_swapped_while_nobody_looked_is_another_card() -> None:
    reader = ReaderSlot()
    reader.insert(Card())
    bench, _ = bench_with(reader)

    def swap() -> None:
        reader.remove()
        reader.insert(Card())

    bench.at(1.0, swap)
    bench.run_until(10.0)
    assert bench.said()[2:] == [CardRemoved(), CardInserted()]


def test_a_reading_meant_for_the_card_before_does_not_read_the_next_one() -> None:
    reader = ReaderSlot()
    reader.insert(Card())
    bench, _ = bench_with(reader)
    link = bench.other
    assert link is not None

    def swap_unseen(op: Op, over: bool, ordered: bool) -> Any:
        if op == AwaitChange(None, 0) and bench.now_s >= 1.0 and reader.counter == 1:
            reader.remove()
            reader.insert(Card())
        return link(op, over, ordered)

    bench.other = swap_unseen
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.said()[2:] == [
        CardNotRead(CardTrouble.PULLED, raw="present"),
        CardRemoved(),
        CardInserted(),
    ]


def test_stop_ends_a_reading_quietly_and_the_next_one_works() -> None:
    reader = ReaderSlot(apdu_s=0.1)
    reader.insert(Card())
    bench, _ = bench_with(reader)
    bench.order(1.0, ReadCard())
    bench.order(1.5, Stop())
    bench.run_until(9.0)
    assert bench.said() == [ONLINE, CardInserted()]
    assert not reader.connected
    bench.order(10.0, ReadCard())
    bench.run_until(30.0)
    assert [type(event) for event in bench.said()[2:]] == [CardRead]


def test_another_order_during_a_reading_takes_its_place() -> None:
    reader = ReaderSlot(apdu_s=0.1)
    reader.insert(Card())
    bench, _ = bench_with(reader)
    bench.order(1.0, ReadCard())
    bench.order(1.5, EjectCard())
    bench.at(3.0, reader.remove)
    bench.run_until(9.0)
    assert bench.said()[2:] == [CardRemoved()]
    assert reader.ejects == 1


def test_ejecting_an_empty_slot_is_answered_at_once() -> None:
    bench, _ = bench_with(ReaderSlot())
    bench.order(1.0, EjectCard())
    bench.run_until(2.0)
    assert bench.said() == [ONLINE, CardRemoved(), CardRemoved()]


def test_a_reader_unplugged_and_plugged_in_again_is_told_with_its_slot() -> None:
    reader = ReaderSlot()
    bench, driver = bench_with(reader)

    def slot(slot: Slot) -> None:
        reader.slot = slot

    bench.at(1.0, lambda: slot(Slot.NO_READER))
    bench.order(2.0, ReadCard())
    bench.at(3.0, lambda: slot(Slot.EMPTY))
    bench.run_until(10.0)
    assert bench.said()[2:] == [
        NO_DEVICE,
        CardNotRead(CardTrouble.READER_LOST),
        ONLINE,
        CardRemoved(),
    ]
    assert driver.status is DeviceStatus.ONLINE


def test_a_service_that_dies_is_told_once_and_its_return_too() -> None:
    reader = ReaderSlot()
    reader.insert(Card())
    bench, _ = bench_with(reader, CardReaderConfig(idle_every_s=1.0))

    def dead(dead: bool) -> None:
        reader.dead = dead

    bench.at(5.0, lambda: dead(True))
    bench.order(8.0, ReadCard())
    bench.order(8.1, EjectCard())
    bench.at(100.0, lambda: dead(False))
    bench.run_until(120.0)
    assert bench.said()[2:] == [
        OFFLINE,
        CardNotRead(CardTrouble.READER_LOST, raw="no service"),
        ONLINE,
        CardInserted(),
    ]
    back_s = next(at_s for at_s, event in bench.events[2:] if event == ONLINE)
    assert back_s <= 105.0
    assert bench.opened < 30


def test_a_service_that_dies_in_a_reading_ends_it() -> None:
    reader = ReaderSlot()
    card = Card()

    def die() -> bytes:
        reader.dead = True
        return b"\x07\x09A12345674\x90\x00"

    card.answers[bytes.fromhex("00B207")] = die
    reader.insert(card)
    bench, _ = bench_with(reader)
    bench.order(1.0, ReadCard())
    bench.run_until(20.0)
    assert bench.said()[2:] == [
        CardNotRead(CardTrouble.READER_LOST, raw="no service"),
        OFFLINE,
    ]


def test_a_reader_that_is_not_there_at_start_is_waited_for() -> None:
    bench, driver = bench_with(ReaderSlot(dead=True))
    bench.run_until(60.0)
    assert bench.said() == [OFFLINE]
    assert driver.status is DeviceStatus.OFFLINE


@pytest.mark.parametrize("secret", ["A12345674", "6200001234567890128", "欧阳测试", "990000D156"])
def test_nothing_personal_stands_in_an_event_s_repr(secret: str) -> None:
    reader = ReaderSlot()
    reader.insert(Card())
    bench, driver = bench_with(reader)
    bench.order(1.0, ReadCard())
    bench.run_until(10.0)
    assert bench.of(CardRead)
    assert secret not in repr(bench.said()) + repr(driver)
