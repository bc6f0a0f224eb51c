"""The card reader's driver at work on a real pcscd, as the terminal runs it."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from kiosk.drivers.card_reader.driver import CardReader
from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardNotRead,
    CardRead,
    CardRemoved,
    CardTrouble,
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
)
from kiosk.drivers.links.pcsc import PcscLink
from kiosk.drivers.links.runner import DeviceRunner
from kiosk.drivers.orders import EjectCard, ReadCard
from simulators.models.social_security_card import SocialSecurityCard
from simulators.wires.vpcd import VpcdSlot
from tests.drivers.links.conftest import READY_WITHIN_S, start
from tests.drivers.links.own_pcscd import OwnPcscd

pytestmark = pytest.mark.timeout(400)


class Terminal:
    """A runner with the driver, and what it has told."""

    def __init__(self) -> None:
        self._told: queue.Queue[DeviceEvent] = queue.Queue()
        driver = CardReader()
        self.runner = DeviceRunner(
            driver.device, driver.serve(), PcscLink(), lambda _, event: self._told.put(event)
        )

    def next(self) -> DeviceEvent:
        return self._told.get(timeout=READY_WITHIN_S)


@pytest.fixture
def terminal(slot: VpcdSlot) -> Iterator[Terminal]:
    terminal = Terminal()
    terminal.runner.start()
    started = terminal.next()
    assert isinstance(started, DeviceChanged)
    assert started.status is DeviceStatus.ONLINE
    assert terminal.next() == CardRemoved()
    yield terminal
    slot.pull()
    terminal.runner.close()


def test_a_card_is_read_given_out_and_gone(terminal: Terminal, slot: VpcdSlot) -> None:
    slot.insert(SocialSecurityCard())
    assert terminal.next() == CardInserted()
    terminal.runner.order(1, ReadCard())
    answer = terminal.next()
    assert isinstance(answer, CardRead)
    assert answer.card.card_number == "A12345674"
    assert answer.card.pan == "6200001234567890128"
    terminal.runner.order(2, EjectCard())
    slot.pull()
    assert terminal.next() == CardRemoved()


def test_a_card_pulled_while_it_is_read_is_told_and_the_next_one_read(
    terminal: Terminal, slot: VpcdSlot
) -> None:
    card = SocialSecurityCard()
    card.faults.pulled_at_apdu = 7
    slot.insert(card)
    assert terminal.next() == CardInserted()
    terminal.runner.order(1, ReadCard())
    answer = terminal.next()
    assert isinstance(answer, CardNotRead)
    assert answer.trouble is CardTrouble.PULLED
    assert terminal.next() == CardRemoved()
    slot.insert(SocialSecurityCard())
    assert terminal.next() == CardInserted()
    terminal.runner.order(2, ReadCard())
    assert isinstance(terminal.next(), CardRead)
    slot.pull()
    assert terminal.next() == CardRemoved()


def test_a_card_put_in_the_wrong_way_is_mute(terminal: Terminal, slot: VpcdSlot) -> None:
    card = SocialSecurityCard()
    card.faults.mute = True
    slot.insert(card)
    assert terminal.next() == CardMute()
    slot.pull()
    assert terminal.next() == CardRemoved()


def test_a_restart_of_the_service_is_lost_and_found(
    terminal: Terminal, slot: VpcdSlot, pcscd: OwnPcscd
) -> None:
    pcscd.stop()
    lost = terminal.next()
    assert isinstance(lost, DeviceChanged)
    assert lost.status is DeviceStatus.OFFLINE
    start(pcscd)
    back = terminal.next()
    while back == DeviceChanged(lost.device, DeviceStatus.NO_DEVICE, raw="noReader"):
        back = terminal.next()  # pcscd answers before it has its readers
    assert isinstance(back, DeviceChanged)
    assert back.status is DeviceStatus.ONLINE
    assert terminal.next() == CardRemoved()
