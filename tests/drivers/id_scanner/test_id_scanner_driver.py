"""The scanner's driver against the simulated module, in virtual time."""

from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.drivers.events import (
    DeviceChanged,
    DeviceStatus,
    DocumentKind,
    IdNotRead,
    IdRead,
    IdTrouble,
)
from kiosk.drivers.id_scanner.driver import IdScanner
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import ReadIdDocument, ScanCode
from simulators.models import id_scanner as simulated
from tests.drivers.talking import Bench, Scripted, line_to


class Desk:
    """A scanner, its driver and a bench."""

    def __init__(self, answers_once: bool = True) -> None:
        self.module = simulated.IdScanner(answers_once)
        self.driver = IdScanner()
        self.bench = Bench(self.driver.serve(), line_to(self.module))

    def statuses(self) -> list[DeviceStatus]:
        return [event.status for event in self.bench.of(DeviceChanged)]

    def troubles(self) -> list[IdTrouble]:
        return [event.trouble for event in self.bench.of(IdNotRead)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_answer_makes_the_scanner_online_and_later_ones_say_nothing(desk: Desk) -> None:
    desk.bench.run_until(60)
    assert desk.statuses() == [DeviceStatus.ONLINE]
    assert desk.driver.status is DeviceStatus.ONLINE


def test_a_resident_card_is_read_with_its_fields(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(3, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(10)
    (read,) = desk.bench.of(IdRead)
    document = read.document
    assert document.kind is DocumentKind.RESIDENT
    assert document.number == "990000199001010017"
    assert document.name == "测试甲"
    assert document.birth == date(1990, 1, 1)
    assert (document.valid_from, document.valid_until) == (date(2020, 1, 1), date(2040, 1, 1))
    assert desk.troubles() == []


def test_nothing_is_read_without_an_order(desk: Desk) -> None:
    desk.module.lay(simulated.LaidDocument())
    desk.bench.run_until(20)
    assert desk.bench.of(IdRead) == []
    assert not desk.module.read_whole


def test_stop_ends_the_search(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.order(2, Stop())
    desk.bench.at(3, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(20)
    assert desk.bench.of(IdRead) == []


def test_stop_during_the_read_forgets_the_document(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(3, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.order(3.8, Stop())
    desk.bench.run_until(20)
    assert desk.module.read_whole
    assert desk.bench.of(IdRead) == []


@pytest.mark.parametrize("answers_once", [True, False])
def test_a_card_left_lying_is_not_read_twice(answers_once: bool) -> None:
    desk = Desk(answers_once)
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.order(5, ReadIdDocument())
    desk.bench.run_until(30)
    assert len(desk.bench.of(IdRead)) == 1


def test_another_card_at_once_is_a_new_presentation(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    other = simulated.LaidDocument(number="990000198506070029", name="测试乙", birth="19850607")
    desk.bench.order(4, ReadIdDocument())
    desk.bench.at(4.5, lambda: desk.module.lay(other))
    desk.bench.run_until(10)
    assert [read.document.name for read in desk.bench.of(IdRead)] == ["测试甲", "测试乙"]


def test_the_same_card_laid_down_again_later_is_read_again(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.at(4, desk.module.lift)
    desk.bench.order(4.5, ReadIdDocument())
    desk.bench.at(12, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(20)
    assert len(desk.bench.of(IdRead)) == 2


def test_a_card_taken_away_too_early_is_told_once_and_read_the_next_time(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.at(2.7, desk.module.lift)
    desk.bench.at(6, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(12)
    assert desk.troubles() == [IdTrouble.MOVED]
    assert len(desk.bench.of(IdRead)) == 1


def test_a_card_laid_beside_the_coil_is_told_to_be_laid_again(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument(), wrong=True))
    desk.bench.run_until(12)
    assert desk.troubles() == [IdTrouble.MOVED]


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("suspect", IdTrouble.SUSPECT),
        ("unknown_card", IdTrouble.NOT_ACCEPTED),
        ("wrong_lengths", IdTrouble.MALFORMED),
    ],
)
def test_each_trouble_of_a_document_is_told_once(
    desk: Desk, fault: str, trouble: IdTrouble
) -> None:
    setattr(desk.module.faults, fault, True)
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(20)
    assert desk.troubles() == [trouble]
    assert desk.bench.of(IdRead) == []


def test_the_same_trouble_with_the_next_document_is_told_again(desk: Desk) -> None:
    desk.module.faults.suspect = True
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.at(6, desk.module.lift)
    desk.bench.at(12, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(20)
    assert desk.troubles() == [IdTrouble.SUSPECT, IdTrouble.SUSPECT]


def test_an_unknown_type_flag_is_refused_and_recorded(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument(type_flag="Q")))
    desk.bench.run_until(10)
    assert desk.bench.of(IdNotRead) == [IdNotRead(IdTrouble.NOT_ACCEPTED, "flag 5100")]


def test_a_wrong_check_digit_is_refused(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    forged = simulated.LaidDocument(number="990000199001010018")
    desk.bench.at(2, lambda: desk.module.lay(forged))
    desk.bench.run_until(10)
    assert desk.troubles() == [IdTrouble.MALFORMED]


def test_a_failed_security_module_is_a_hardware_error(desk: Desk) -> None:
    desk.module.faults.sam_broken = True
    desk.bench.order(2, ReadIdDocument())
    desk.bench.run_until(10)
    assert desk.statuses() == [DeviceStatus.HARDWARE_ERROR]
    assert desk.troubles() == [IdTrouble.READER_FAULT]


def test_a_silent_module_is_unknown_not_absent_and_comes_back(desk: Desk) -> None:
    desk.module.faults.silent = True
    desk.bench.at(20, lambda: setattr(desk.module.faults, "silent", False))
    desk.bench.run_until(40)
    assert desk.statuses() == [DeviceStatus.UNKNOWN, DeviceStatus.ONLINE]


@pytest.mark.parametrize("fault", ["silent", "chatter", "garbage", "half_frame", "wrong_checksum"])
def test_a_spoilt_line_ends_in_a_fault_and_the_search_outlives_it(desk: Desk, fault: str) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: setattr(desk.module.faults, fault, True))
    desk.bench.at(30, lambda: setattr(desk.module.faults, fault, False))
    desk.bench.at(40, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(60)
    if fault != "chatter":  # frames are found between noise
        assert desk.troubles() == [IdTrouble.READER_FAULT]
    assert len(desk.bench.of(IdRead)) == 1
    assert desk.driver.status is DeviceStatus.ONLINE


def test_noise_in_front_of_each_answer_is_skipped(desk: Desk) -> None:
    desk.module.faults.stray_bytes = bytes.fromhex("00FFAAAA96AA")
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(10)
    assert len(desk.bench.of(IdRead)) == 1


def test_an_unplugged_line_is_told_and_the_search_goes_on_after_it(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(3, desk.bench.link.unplug)
    desk.bench.at(20, desk.bench.link.plug)
    desk.bench.at(30, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(40)
    assert desk.troubles() == [IdTrouble.READER_FAULT]
    assert desk.statuses() == [DeviceStatus.ONLINE, DeviceStatus.OFFLINE, DeviceStatus.ONLINE]
    assert len(desk.bench.of(IdRead)) == 1


def test_an_order_while_the_line_is_gone_is_answered_at_once(desk: Desk) -> None:
    desk.bench.at(2, desk.bench.link.unplug)
    desk.bench.order(30, ReadIdDocument())
    desk.bench.order(40, Stop())
    desk.bench.at(50, desk.bench.link.plug)
    desk.bench.at(60, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(80)
    told = [at_s for at_s, event in desk.bench.events if isinstance(event, IdNotRead)]
    assert told == [30]
    assert desk.bench.of(IdRead) == []


def test_the_event_of_a_document_shows_nothing_personal(desk: Desk) -> None:
    desk.bench.order(1, ReadIdDocument())
    desk.bench.at(2, lambda: desk.module.lay(simulated.LaidDocument()))
    desk.bench.run_until(10)
    shown = repr(desk.bench.events) + repr(vars(desk.driver))
    assert "990000" not in shown
    assert "测试" not in shown


def test_what_is_kept_of_a_document_differs_from_driver_to_driver() -> None:
    desks = Desk(), Desk()
    for desk in desks:
        desk.bench.order(1, ReadIdDocument())
        desk.bench.at(2, partial(desk.module.lay, simulated.LaidDocument()))
        desk.bench.run_until(3.9)
        assert len(desk.bench.of(IdRead)) == 1
    first, second = (desk.driver._read_hash for desk in desks)
    assert first is not None
    assert first != second


@pytest.mark.parametrize("plugged", [True, False])
def test_an_order_of_another_device_is_a_programmer_error(desk: Desk, plugged: bool) -> None:
    if not plugged:
        desk.bench.at(1, desk.bench.link.unplug)
    desk.bench.order(6, ScanCode())
    with pytest.raises(TypeError, match="ID scanner cannot ScanCode"):
        desk.bench.run_until(10)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=12))
def test_whatever_a_module_says_the_search_goes_on_and_stops_when_told(
    babble: list[bytes],
) -> None:
    words = iter(babble * 500)
    peer = Scripted(answer=lambda data: [(0.05, next(words))])
    bench = Bench(IdScanner().serve(), line_to(peer))
    bench.order(2, ReadIdDocument())
    bench.run_until(30)
    assert IdTrouble.READER_FAULT in [event.trouble for event in bench.of(IdNotRead)]
    bench.order(31, Stop())
    bench.run_until(40)
    asked = peer.heard[-1]
    assert asked == bytes.fromhex("AAAAAA9669000311FFED"), "only the idle poll goes on"
