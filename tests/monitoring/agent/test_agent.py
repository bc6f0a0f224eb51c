"""The agent in virtual time: what it says, and what it keeps to itself."""

from __future__ import annotations

from kiosk.drivers.events import Device, DeviceChanged, DeviceStatus, Paper
from kiosk.drivers.health import HealthWord, Remedy
from kiosk.telling import Told
from monitoring.agent.agent import Agent, Gathered, Said
from monitoring.wire.messages import (
    HEALTH_BYTES_MAX,
    Devices,
    Event,
    Happening,
    Health,
    Mode,
    Presence,
    to_bytes,
)
from offline_queue.messages import QueueStatus

START_S = 1_795_000_000
PRINTER = Device.RECEIPT_PRINTER
GOOD = DeviceChanged(PRINTER, DeviceStatus.ONLINE, paper=Paper.FULL)
OUT = DeviceChanged(PRINTER, DeviceStatus.ONLINE, "12 0C", paper=Paper.OUT)
BROKEN = DeviceChanged(PRINTER, DeviceStatus.HARDWARE_ERROR, "cutter")
SILENT = DeviceChanged(PRINTER, DeviceStatus.OFFLINE)


def _found(printer: DeviceChanged, mode: str = "idle") -> Gathered:
    told = Told(mode, 1.0, 2.0, (printer,), {"balance": ()})
    return Gathered(told, QueueStatus(True, {"loss": 1}, 30.0, None))


def _agent_that_knows(printer: DeviceChanged) -> Agent:
    agent = Agent(START_S, "1.0")
    agent.begins("a" * 32)
    agent.turn(START_S, _found(printer))
    agent.turn(START_S + 5, _found(printer))
    return agent


def _printer(said: tuple[Said, ...]) -> tuple[HealthWord, Remedy] | None:
    for each in said:
        if isinstance(each, Devices):
            report = next(one for one in each.devices if one.device == PRINTER)
            return report.health, report.remedy
    return None


def test_it_begins_with_its_presence_and_a_boot() -> None:
    first, second, *_ = Agent(START_S, "1.0").turn(START_S, _found(GOOD))
    assert isinstance(first, Presence)
    assert first.online
    assert isinstance(second, Event)
    assert second.what is Happening.BOOT


def test_one_look_at_empty_paper_is_not_believed_and_two_are() -> None:
    agent = _agent_that_knows(GOOD)
    assert _printer(agent.turn(START_S + 10, _found(OUT))) is None
    assert _printer(agent.turn(START_S + 15, _found(OUT))) == (HealthWord.ATTENTION, Remedy.CLEAR)


def test_a_flicker_is_not_said() -> None:
    agent = _agent_that_knows(GOOD)
    for turn in range(2, 6):
        said = agent.turn(START_S + 5 * turn, _found(OUT if turn % 2 else GOOD))
        assert _printer(said) is None


def test_a_named_fault_is_not_overwritten_by_silence_at_once() -> None:
    agent = _agent_that_knows(BROKEN)
    for second in (10, 15, 20):
        assert _printer(agent.turn(START_S + second, _found(SILENT))) is None
    assert _printer(agent.turn(START_S + 90, _found(SILENT))) == (HealthWord.ABSENT, Remedy.RESET)


def test_a_screen_process_that_does_not_answer_is_down_at_once() -> None:
    agent = _agent_that_knows(GOOD)
    said = agent.turn(START_S + 10, Gathered())
    health = next(each for each in said if isinstance(each, Health))
    assert health.mode is Mode.DOWN


def test_health_comes_every_half_minute_and_is_short() -> None:
    agent = _agent_that_knows(GOOD)
    said = [each for s in range(10, 130, 5) for each in agent.turn(START_S + s, _found(GOOD))]
    health = [each for each in said if isinstance(each, Health)]
    assert [each.at - START_S for each in health] == [30, 60, 90, 120]
    assert all(len(to_bytes(each)) <= HEALTH_BYTES_MAX for each in health)


def test_the_numbers_of_events_leave_no_gap() -> None:
    agent = Agent(START_S, "1.0", first_number=7)
    said = [e for s in (0, 5, 10) for e in agent.turn(START_S + s, _found(GOOD))]
    numbers = [each.number for each in said if isinstance(each, Event)]
    assert numbers == list(range(7, 7 + len(numbers)))


def test_a_new_connection_is_told_everything_anew_under_its_session() -> None:
    agent = _agent_that_knows(GOOD)
    agent.begins("b" * 32)
    said = agent.turn(START_S + 10, _found(GOOD))
    assert [type(each) for each in said] == [Presence, Devices, Health]
    assert {each.session for each in said} == {"b" * 32}
