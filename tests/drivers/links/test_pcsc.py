"""The card reader's link against a real pcscd, with a simulated card in vpcd's reader."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kiosk.drivers.links.ops import (
    AwaitChange,
    CardGone,
    Connect,
    Disconnect,
    LinkLost,
    Now,
    Open,
    Slot,
    SlotState,
    Transmit,
)
from kiosk.drivers.links.pcsc import PcscLink
from simulators.models.social_security_card import SocialSecurityCard
from simulators.wires.vpcd import VpcdSlot
from tests.drivers.links.conftest import start, until
from tests.drivers.links.own_pcscd import OwnPcscd

pytestmark = pytest.mark.timeout(400)

LONG_S = 10.0
SELECT_MASTER_FILE = bytes.fromhex("00A40000023F00")
SELECT_SSSE = bytes.fromhex("00A404000F7378312E73682EC9E7BBE1B1A3D5CF")


@pytest.fixture
def link(slot: VpcdSlot) -> Iterator[PcscLink]:
    link = PcscLink()
    link.perform(Open())
    yield link
    link.close()


def look(link: PcscLink) -> SlotState:
    state = link.perform(AwaitChange(None, 0))
    assert isinstance(state, SlotState)
    return state


def becomes(link: PcscLink, wanted: Slot) -> SlotState:
    """Wait until the slot is `wanted`."""
    state = look(link)
    for _ in range(5):
        if state.slot is wanted:
            return state
        state = link.perform(AwaitChange(state, LONG_S))
    pytest.fail(f"slot stays {state.slot}")


def test_a_card_is_seen_talked_to_and_missed(link: PcscLink, slot: VpcdSlot) -> None:
    empty = becomes(link, Slot.EMPTY)
    card = SocialSecurityCard()
    slot.insert(card)
    present = becomes(link, Slot.PRESENT)
    assert present.atr == card.atr()
    assert present.counter == empty.counter + 1
    assert link.perform(Connect()) == card.atr()
    assert link.perform(Transmit(SELECT_MASTER_FILE)) == b"\x90\x00"
    slot.pull()
    assert becomes(link, Slot.EMPTY).counter == empty.counter + 2


def test_the_t0_manner_comes_through_unchanged(link: PcscLink, slot: VpcdSlot) -> None:
    slot.insert(SocialSecurityCard())
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    assert link.perform(Transmit(SELECT_SSSE))[0] == 0x61
    assert link.perform(Transmit(bytes.fromhex("00B2072C00")))[0] == 0x6C


def test_the_card_is_held_alone_and_given_free_again(link: PcscLink, slot: VpcdSlot) -> None:
    slot.insert(SocialSecurityCard())
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    other = PcscLink()
    other.perform(Open())
    with pytest.raises(LinkLost, match="8010000B"):
        other.perform(Connect())
    assert link.perform(Disconnect()) is False
    other.perform(Open())
    other.perform(Connect())
    other.close()


def test_a_card_is_powered_down_between_connections(link: PcscLink, slot: VpcdSlot) -> None:
    slot.insert(SocialSecurityCard())
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    link.perform(Transmit(SELECT_SSSE))
    link.perform(Disconnect())
    link.perform(Connect())
    assert link.perform(Transmit(bytes.fromhex("00B2070009"))) == bytes.fromhex("6986")


def test_a_card_pulled_in_the_middle_of_a_command_is_gone(link: PcscLink, slot: VpcdSlot) -> None:
    card = SocialSecurityCard()
    card.faults.pulled_at_apdu = 2
    slot.insert(card)
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    link.perform(Transmit(SELECT_MASTER_FILE))
    with pytest.raises(CardGone):
        link.perform(Transmit(SELECT_MASTER_FILE))
    with pytest.raises(CardGone):
        link.perform(Transmit(SELECT_MASTER_FILE))
    becomes(link, Slot.EMPTY)
    with pytest.raises(CardGone):
        link.perform(Connect())


def test_a_card_pulled_between_commands_is_gone(link: PcscLink, slot: VpcdSlot) -> None:
    slot.insert(SocialSecurityCard())
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    slot.pull()
    becomes(link, Slot.EMPTY)
    with pytest.raises(CardGone):
        link.perform(Transmit(SELECT_MASTER_FILE))


def test_a_mute_card_is_mute_until_it_is_taken_out(link: PcscLink, slot: VpcdSlot) -> None:
    card = SocialSecurityCard()
    card.faults.mute = True
    slot.insert(card)
    becomes(link, Slot.MUTE)
    with pytest.raises(CardGone):
        link.perform(Connect())
    assert look(link).slot is Slot.MUTE
    slot.pull()
    becomes(link, Slot.EMPTY)
    slot.insert(SocialSecurityCard())
    becomes(link, Slot.PRESENT)


def test_a_card_that_falls_mute_after_it_was_seen_is_mute_from_then_on(
    link: PcscLink, slot: VpcdSlot
) -> None:
    card = SocialSecurityCard()
    slot.insert(card)
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    link.perform(Disconnect())
    card.faults.mute = True
    until(lambda: not card.powered, "the card is powered down")
    with pytest.raises(CardGone):
        link.perform(Connect())
    assert look(link).slot is Slot.MUTE


def test_waiting_ends_without_a_change_when_the_time_is_over(link: PcscLink) -> None:
    state = becomes(link, Slot.EMPTY)
    assert link.perform(AwaitChange(state, 0.05)) == state


def test_a_wake_ends_waiting_and_is_not_lost_when_nothing_waits(link: PcscLink) -> None:
    state = becomes(link, Slot.EMPTY)
    link.wake()
    assert link.perform(AwaitChange(state, 3600.0)) == state
    waker = threading.Timer(0.2, link.wake)
    waker.start()
    assert link.perform(AwaitChange(state, 3600.0)) == state
    waker.join()


def test_ejecting_by_hand_leaves_the_card_in_and_says_so(link: PcscLink, slot: VpcdSlot) -> None:
    slot.insert(SocialSecurityCard())
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    assert link.perform(Disconnect(eject=True)) is False
    assert link.perform(Disconnect(eject=True)) is False
    assert look(link).slot is Slot.PRESENT
    link.perform(Connect())


def test_another_reader_s_name_is_no_reader(slot: VpcdSlot) -> None:
    link = PcscLink("No Such Reader")
    link.perform(Open())
    state = look(link)
    assert state == SlotState(Slot.NO_READER)
    assert link.perform(AwaitChange(state, 0.05)) == state
    with pytest.raises(CardGone, match="noReader"):
        link.perform(Connect())
    assert link.perform(Disconnect(eject=True)) is False
    link.close()


def test_a_reader_is_found_by_the_beginning_of_its_name(slot: VpcdSlot) -> None:
    link = PcscLink("Virtual PCD 00 01")
    link.perform(Open())
    slot.insert(SocialSecurityCard())
    first = PcscLink("Virtual PCD")
    first.perform(Open())
    becomes(first, Slot.PRESENT)
    assert look(link).slot is Slot.EMPTY
    first.close()
    link.close()


def test_a_service_that_restarts_is_lost_once_and_found_again(
    pcscd: OwnPcscd, link: PcscLink, slot: VpcdSlot
) -> None:
    slot.insert(SocialSecurityCard())
    state = becomes(link, Slot.PRESENT)
    link.perform(Connect())
    pcscd.stop()
    with pytest.raises(LinkLost):
        link.perform(Transmit(SELECT_MASTER_FILE))
    for op in (AwaitChange(state, 1.0), Connect(), Transmit(SELECT_MASTER_FILE), Open()):
        with pytest.raises(LinkLost):
            link.perform(op)
    assert link.perform(Disconnect(eject=True)) is False
    link.wake()
    start(pcscd)
    link.perform(Open())
    becomes(link, Slot.PRESENT)
    link.perform(Connect())
    assert link.perform(Transmit(SELECT_MASTER_FILE)) == b"\x90\x00"


def test_a_service_that_dies_ends_a_wait_with_a_lost_link(pcscd: OwnPcscd, link: PcscLink) -> None:
    state = becomes(link, Slot.EMPTY)
    killer = threading.Timer(0.2, pcscd.stop)
    killer.start()
    with pytest.raises(LinkLost):
        link.perform(AwaitChange(state, 3600.0))
    killer.join()
    start(pcscd)


def test_a_link_may_be_closed_twice_and_opened_again(link: PcscLink) -> None:
    link.close()
    link.close()
    link.wake()
    with pytest.raises(LinkLost):
        link.perform(AwaitChange(None, 0))
    link.perform(Open())
    assert look(link).slot is not Slot.NO_READER


def test_an_operation_of_another_device_is_a_programmer_s_error(link: PcscLink) -> None:
    with pytest.raises(TypeError):
        link.perform(Now())
