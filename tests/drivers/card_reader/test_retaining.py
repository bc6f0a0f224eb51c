"""A motor reader keeps a card: into the bin, back to the hand, stuck, or cut off in the middle."""

from __future__ import annotations

from functools import partial

import pytest

from kiosk.drivers.card_reader.driver import CardReader
from kiosk.drivers.events import (
    CardInserted,
    CardRemoved,
    CardRetained,
    Device,
    DeviceChanged,
    DeviceStatus,
    NotRetained,
    RetainTrouble,
)
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import EjectCard, ReadCard, RetainCard
from simulators.models.retain_bin import RETAIN_S, RetainBin
from simulators.world.links import WorldSlot
from tests.drivers.card_reader.card import Card
from tests.drivers.talking import Bench

CLAIM = "K7M4QX"
KEEP = RetainCard(CLAIM)


def bench_with_bin(bin_: RetainBin | None = None) -> Bench[WorldSlot]:
    """The driver on a motor reader; a card goes in after one second."""
    bench = Bench(CardReader().serve(), partial(WorldSlot, bin_=bin_ or RetainBin()))
    bench.at(1.0, lambda: bench.link.insert(Card()))
    return bench


def online(*, retains: bool, in_bin: int) -> DeviceChanged:
    return DeviceChanged(Device.CARD_READER, DeviceStatus.ONLINE, retains=retains, in_bin=in_bin)


def not_kept(bench: Bench[WorldSlot]) -> RetainTrouble:
    (event,) = [each for each in bench.said() if isinstance(each, NotRetained)]
    assert event.claim == CLAIM
    return event.trouble


def test_a_reader_with_a_bin_says_so_and_how_many_it_holds() -> None:
    bench = bench_with_bin()
    bench.run_until(0.5)
    assert bench.said() == [online(retains=True, in_bin=0), CardRemoved()]


def test_a_card_is_kept_and_is_not_said_to_be_removed() -> None:
    bench = bench_with_bin()
    bench.order(2.0, KEEP)
    bench.run_until(20.0)
    assert bench.said()[2:] == [CardInserted(), CardRetained(CLAIM), online(retains=True, in_bin=1)]
    assert bench.link.bin is not None
    assert len(bench.link.bin.cards) == 1


def test_a_mute_card_is_kept_like_any_other() -> None:
    bench = Bench(CardReader().serve(), partial(WorldSlot, bin_=RetainBin()))
    bench.at(1.0, lambda: bench.link.insert(Card(), upside_down=True))
    bench.order(2.0, KEEP)
    bench.run_until(20.0)
    assert CardRetained(CLAIM) in bench.said()


def test_a_card_pulled_before_the_motor_has_it_is_not_kept() -> None:
    bench = bench_with_bin()
    bench.order(2.0, KEEP)
    bench.at(2.0 + RETAIN_S / 4, lambda: bench.link.pull())
    bench.run_until(20.0)
    assert not_kept(bench) is RetainTrouble.NO_MEDIA
    assert bench.said()[-1] == CardRemoved()


def test_what_the_motor_holds_no_hand_pulls_out() -> None:
    bench = bench_with_bin()
    bench.order(2.0, KEEP)
    bench.at(2.0 + RETAIN_S * 3 / 4, lambda: bench.link.pull())
    bench.run_until(20.0)
    assert CardRetained(CLAIM) in bench.said()


def test_an_empty_slot_has_nothing_to_keep() -> None:
    bench = bench_with_bin()
    bench.order(0.5, KEEP)
    bench.run_until(0.9)
    assert not_kept(bench) is RetainTrouble.NO_MEDIA


def test_a_jam_is_said_the_card_stays_and_the_reader_keeps_no_more() -> None:
    bench = bench_with_bin(RetainBin(jams=True))
    bench.order(2.0, KEEP)
    bench.run_until(20.0)
    assert not_kept(bench) is RetainTrouble.MEDIA_JAM
    assert bench.said()[-1] == online(retains=False, in_bin=0)
    assert bench.link.occupied


def test_a_full_bin_keeps_no_more_and_says_so_beforehand() -> None:
    bench = bench_with_bin(RetainBin(capacity=1))
    bench.order(2.0, KEEP)
    bench.at(6.0, lambda: bench.link.insert(Card()))
    bench.order(8.0, KEEP)
    bench.run_until(20.0)
    assert online(retains=False, in_bin=1) in bench.said()
    assert not_kept(bench) is RetainTrouble.FULL
    assert bench.link.occupied


def test_a_reader_without_a_bin_says_that_it_cannot() -> None:
    bench = Bench(CardReader().serve(), WorldSlot)
    bench.at(1.0, lambda: bench.link.insert(Card()))
    bench.order(2.0, KEEP)
    bench.run_until(10.0)
    assert not_kept(bench) is RetainTrouble.UNSUPPORTED
    assert bench.link.occupied


@pytest.mark.parametrize("order", [Stop(), EjectCard(), ReadCard()])
def test_no_order_ends_the_motor_half_way(order: Stop | EjectCard | ReadCard) -> None:
    bench = bench_with_bin()
    bench.order(2.0, KEEP)
    bench.order(2.0 + RETAIN_S / 2, order)
    bench.run_until(20.0)
    assert CardRetained(CLAIM) in bench.said()


@pytest.mark.parametrize("part", [0.2, 0.8], ids=["before the middle", "after it"])
@pytest.mark.parametrize("service", [False, True], ids=["reader", "pcscd"])
def test_a_reader_lost_in_the_middle_says_afterwards_where_the_card_is(
    part: float, service: bool
) -> None:
    bench = bench_with_bin()
    bench.order(2.0, KEEP)
    bench.at(2.0 + RETAIN_S * part, lambda: bench.link.lose_reader(service=service))
    bench.at(6.0, lambda: bench.link.find_reader())
    bench.run_until(30.0)
    assert not_kept(bench) is RetainTrouble.READER_LOST
    in_the_bin = part > 0.5
    assert online(retains=True, in_bin=int(in_the_bin)) in bench.said()
    assert bench.said()[-1] == (CardRemoved() if in_the_bin else CardInserted())


def test_an_order_while_the_reader_is_away_is_answered() -> None:
    bench = bench_with_bin()
    bench.at(2.0, lambda: bench.link.lose_reader(service=True))
    bench.order(3.0, KEEP)
    bench.run_until(10.0)
    assert not_kept(bench) is RetainTrouble.READER_LOST
