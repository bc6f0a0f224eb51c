"""The PIN pad's driver against the simulated pad, in virtual time."""

from collections.abc import Iterable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.drivers.events import (
    DeviceChanged,
    DeviceStatus,
    PinEntered,
    PinProgress,
    PinStop,
    PinStopped,
)
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import EnterPin, PinKey, ReadCard
from kiosk.drivers.pin_pad.driver import PinPad, PinPadConfig
from simulators.models import pin_pad as simulated
from simulators.models.pin_pad import Mode
from tests.drivers.talking import Bench, Scripted, line_to

PAN = "6200001234567890128"
BLOCK = "63762CD053403B4B"  # PIN 246810 under the pad's test key, ISO 9564-1 format 0
SOCIAL_SECURITY_BLOCK = "B72A84A60385036E"  # the same under its other test key


class Desk:
    """A pad, its driver and a bench."""

    def __init__(
        self, config: PinPadConfig | None = None, pad: simulated.PinPad | None = None
    ) -> None:
        self.pad = pad or simulated.PinPad()
        self.driver = PinPad(config)
        self.bench = Bench(self.driver.serve(), line_to(self.pad))

    def type(self, at_s: float, keys: Iterable[str]) -> None:
        for place, key in enumerate(keys):
            self.bench.at(at_s + place * 0.3, partial(self.pad.press, key))

    def statuses(self) -> list[DeviceStatus]:
        return [event.status for event in self.bench.of(DeviceChanged)]

    def stops(self) -> list[PinStop]:
        return [event.reason for event in self.bench.of(PinStopped)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_pad_is_online_and_closed_before_any_order(desk: Desk) -> None:
    desk.type(10, "123")
    desk.bench.run_until(60)
    assert desk.statuses() == [DeviceStatus.ONLINE]
    assert desk.pad.mode is Mode.CLOSED
    assert desk.bench.of(PinProgress) == []


def test_six_digits_and_enter_give_the_block_of_the_standards_vector(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, [*"246810", "enter"])
    desk.bench.run_until(10)
    assert desk.bench.of(PinProgress) == [PinProgress(count) for count in range(7)]
    assert desk.bench.of(PinEntered) == [PinEntered(BLOCK, 6)]
    assert desk.bench.of(PinEntered)[0].block == BLOCK
    assert desk.pad.mode is Mode.CLOSED
    assert not desk.pad.holds_digits


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_the_order_says_under_which_of_the_two_keys_the_block_is_made(desk: Desk) -> None:
    for start_s, key in ((2, PinKey.BANK), (12, PinKey.SOCIAL_SECURITY)):
        desk.bench.order(start_s, EnterPin(PAN, key))
        desk.type(start_s + 2, [*"246810", "enter"])
    desk.bench.run_until(22)
    banks, social_securitys = (event.block for event in desk.bench.of(PinEntered))
    assert banks == BLOCK
    assert social_securitys == SOCIAL_SECURITY_BLOCK


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_without_the_key_of_its_world_no_other_key_is_used() -> None:
    desk = Desk(pad=simulated.PinPad(social_security_key=None))
    desk.bench.order(2, EnterPin(PAN, PinKey.SOCIAL_SECURITY))
    desk.type(4, [*"246810", "enter"])
    desk.bench.run_until(10)
    assert desk.bench.of(PinEntered) == []
    assert desk.stops() == [PinStop.PAD_FAULT]


@pytest.mark.rule("ACTIVATE.BOTH_OR_NEITHER")
def test_the_same_digits_make_the_same_block_and_others_another(desk: Desk) -> None:
    """What the terminal compares the two entries of a new password by."""
    for start_s, digits in ((2, "246810"), (12, "246810"), (22, "246811")):
        desk.bench.order(start_s, EnterPin(PAN))
        desk.type(start_s + 2, [*digits, "enter"])
    desk.bench.run_until(32)
    first, second, other = (event.block for event in desk.bench.of(PinEntered))
    assert first == second != other


def test_clear_takes_one_digit_off(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, [*"247", "clear", *"6810", "enter"])
    desk.bench.run_until(12)
    counts = [event.digits for event in desk.bench.of(PinProgress)]
    assert counts == [0, 1, 2, 3, 2, 3, 4, 5, 6]
    assert desk.bench.of(PinEntered)[0].block == BLOCK


def test_a_short_pin_is_told_and_entered_anew(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, [*"2468", "enter"])
    desk.type(8, [*"246810", "enter"])
    desk.bench.run_until(14)
    assert desk.stops() == [PinStop.TOO_SHORT]
    assert desk.bench.of(PinEntered)[0].block == BLOCK


def test_cancel_ends_the_entry_and_closes_the_pad(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, [*"24", "cancel"])
    desk.type(8, "6810")
    desk.bench.run_until(14)
    assert desk.stops() == [PinStop.CANCELLED]
    assert desk.bench.said()[-1] == PinStopped(PinStop.CANCELLED)
    assert desk.pad.mode is Mode.CLOSED


@pytest.mark.parametrize("mute", [False, True])
def test_a_pause_too_long_ends_the_entry_even_if_the_pad_does_not_say_so(
    desk: Desk, mute: bool
) -> None:
    desk.pad.faults.mute_timeout = mute
    desk.bench.order(2, EnterPin(PAN, timeout_s=20))
    desk.type(4, "246")
    desk.bench.run_until(24)
    assert desk.stops() == []
    desk.bench.run_until(27)
    assert desk.stops() == [PinStop.TIMED_OUT]
    assert desk.pad.mode is Mode.CLOSED
    assert not desk.pad.holds_digits


def test_an_entry_without_end_is_ended() -> None:
    desk = Desk(PinPadConfig(entry_limit_s=60))
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, ["2", "clear"] * 300)
    desk.bench.run_until(100)
    assert desk.stops() == [PinStop.TIMED_OUT]


def test_stop_ends_the_entry_quietly_and_closes_the_pad(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, "246")
    desk.bench.order(6, Stop())
    desk.bench.run_until(7)
    assert desk.pad.mode is Mode.CLOSED
    assert not desk.pad.holds_digits
    assert desk.stops() == []
    assert desk.bench.of(PinEntered) == []


def test_an_order_during_an_order_begins_anew(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, "99")
    desk.bench.order(6, EnterPin(PAN))
    desk.type(8, [*"246810", "enter"])
    desk.bench.run_until(14)
    assert desk.bench.of(PinEntered)[0].block == BLOCK


def test_stop_during_the_set_up_opens_nothing(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.bench.order(2.1, Stop())
    desk.bench.run_until(6)
    assert desk.pad.mode is Mode.CLOSED
    assert desk.stops() == []


def test_a_digit_in_clear_is_a_fault_and_goes_nowhere(desk: Desk) -> None:
    desk.pad.faults.clear_digits = True
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, "2")
    desk.type(8, "46810")
    desk.bench.run_until(14)
    assert desk.bench.of(PinStopped) == [PinStopped(PinStop.PAD_FAULT, "digit in clear")]
    assert desk.bench.of(PinProgress) == [PinProgress(0)]
    assert desk.pad.mode is Mode.CLOSED


def test_a_removed_pad_is_a_fraud_attempt(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.bench.at(4, lambda: setattr(desk.pad.faults, "tampered", True))
    desk.bench.order(6, Stop())
    desk.bench.order(8, EnterPin(PAN))
    desk.bench.run_until(14)
    assert desk.statuses() == [DeviceStatus.ONLINE, DeviceStatus.FRAUD_ATTEMPT]
    assert desk.bench.of(PinStopped) == [PinStopped(PinStop.TAMPERED, "RTN FF")]


def test_tampering_is_noticed_without_an_order(desk: Desk) -> None:
    desk.bench.at(4, lambda: setattr(desk.pad.faults, "tampered", True))
    desk.bench.run_until(20)
    assert desk.statuses() == [DeviceStatus.ONLINE, DeviceStatus.FRAUD_ATTEMPT]


def test_a_missing_pin_key_is_told_by_its_code_and_the_pad_stays_online() -> None:
    desk = Desk(PinPadConfig(bank_key=0x41))
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, [*"246810", "enter"])
    desk.bench.run_until(10)
    assert desk.bench.of(PinStopped) == [PinStopped(PinStop.PAD_FAULT, "RTN E5")]
    assert desk.statuses() == [DeviceStatus.ONLINE]


@pytest.mark.parametrize("fault", ["silent", "garbage", "half_frame", "wrong_checksum"])
def test_a_spoilt_line_ends_the_entry_in_a_fault_and_the_pad_comes_back(
    desk: Desk, fault: str
) -> None:
    desk.bench.at(2, lambda: setattr(desk.pad.faults, fault, True))
    desk.bench.order(2.1, EnterPin(PAN))
    desk.bench.at(20, lambda: setattr(desk.pad.faults, fault, False))
    desk.bench.order(30, EnterPin(PAN))
    desk.type(32, [*"246810", "enter"])
    desk.bench.run_until(40)
    assert desk.stops() == [PinStop.PAD_FAULT]
    assert desk.driver.status is DeviceStatus.ONLINE
    assert desk.bench.of(PinEntered)[0].block == BLOCK


def test_endless_chatter_ends_an_entry(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.bench.at(4, lambda: setattr(desk.pad.faults, "chatter", True))
    desk.bench.run_until(60)
    assert len(desk.stops()) == 1
    assert desk.bench.of(PinEntered) == []


def test_noise_in_front_of_each_answer_is_skipped(desk: Desk) -> None:
    desk.pad.faults.stray_bytes = b"\x00\xff\x02\x7f"
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, [*"246810", "enter"])
    desk.bench.run_until(10)
    assert desk.bench.of(PinEntered)[0].block == BLOCK


def test_an_unplugged_line_ends_the_entry_and_the_pad_is_closed_when_it_returns(
    desk: Desk,
) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, "246")
    desk.bench.at(6, desk.bench.link.unplug)
    desk.bench.at(12, desk.bench.link.plug)
    desk.bench.run_until(20)
    assert desk.bench.of(PinStopped) == [PinStopped(PinStop.PAD_FAULT, "link lost")]
    assert desk.statuses() == [DeviceStatus.ONLINE, DeviceStatus.OFFLINE, DeviceStatus.ONLINE]
    assert desk.pad.mode is Mode.CLOSED


def test_an_order_while_the_line_is_gone_fails_at_once(desk: Desk) -> None:
    desk.bench.at(6, desk.bench.link.unplug)
    desk.bench.order(30, EnterPin(PAN))
    desk.bench.run_until(60)
    told = [at_s for at_s, event in desk.bench.events if isinstance(event, PinStopped)]
    assert told == [30]


def test_nothing_of_the_pin_is_left_or_shown(desk: Desk) -> None:
    desk.bench.order(2, EnterPin(PAN))
    desk.type(4, [*"246810", "enter"])
    desk.bench.run_until(10)
    shown = repr(desk.bench.events) + repr(vars(desk.driver)) + repr(desk.driver)
    assert BLOCK not in shown
    assert PAN[-13:-1] not in shown


@pytest.mark.parametrize("plugged", [True, False])
@pytest.mark.parametrize(
    "order",
    [EnterPin("62000012345678901X8"), EnterPin(PAN, shortest=3), EnterPin(PAN, timeout_s=0)],
)
def test_an_order_no_pad_could_carry_out_is_a_programmer_error(
    desk: Desk, order: EnterPin, plugged: bool
) -> None:
    if not plugged:
        desk.bench.at(1, desk.bench.link.unplug)
    desk.bench.order(12, order)
    with pytest.raises(ValueError, match=r"^a") as error:
        desk.bench.run_until(15)
    assert "6200" not in str(error.value)


@pytest.mark.parametrize("plugged", [True, False])
def test_an_order_of_another_device_is_a_programmer_error(desk: Desk, plugged: bool) -> None:
    if not plugged:
        desk.bench.at(1, desk.bench.link.unplug)
    desk.bench.order(12, ReadCard())
    with pytest.raises(TypeError, match="PIN pad cannot ReadCard"):
        desk.bench.run_until(15)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=12))
def test_whatever_a_pad_says_an_entry_ends(babble: list[bytes]) -> None:
    words = iter(babble * 500)
    peer = Scripted(answer=lambda data: [(0.05, next(words))], baud=9600)
    bench = Bench(PinPad().serve(), line_to(peer))
    bench.order(2, EnterPin(PAN))
    bench.run_until(300)
    ends = [event for event in bench.of(PinStopped) if event.reason is not PinStop.TOO_SHORT]
    assert len(ends) + len(bench.of(PinEntered)) == 1
