"""The database goes away and comes back; several collectors share the terminals; series are sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiomqtt import Message
from sqlalchemy import Engine, text

from kiosk.drivers.health import HealthWord
from monitoring.server import reading
from monitoring.server.collector import Collector
from monitoring.server.series import lines
from monitoring.server.settings import Broker, Settings
from monitoring.wire.messages import Event, Happening, Health, Mode, to_bytes
from monitoring.wire.topics import Kind, topic
from tests.monitoring.server.conftest import NOW


def settings(part: int = 0, parts: int = 1) -> Settings:
    none = Path("none")
    broker = Broker("127.0.0.1", none, none, none, 1, part, parts)
    return Settings("", none, none, broker)


def heard(collector: Collector, name: str, number: int) -> None:
    health = to_bytes(Health("s1", number, NOW, Mode.IDLE))
    event = to_bytes(Event(number, NOW, Happening.LINE, {"up": True}))
    for kind, content in ((Kind.HEALTH, health), (Kind.EVENT, event)):
        collector.ingest.take(topic(name, kind), content, NOW)


def test_events_wait_for_the_database_and_a_terminal_waits_as_one_row(engine: Engine) -> None:
    async def run() -> None:
        collector = Collector(settings(), engine, lambda: NOW)
        heard(collector, "T1", 1)
        with engine.begin() as connection:
            connection.execute(text("alter table history rename to away"))
        assert not await collector.flush()
        for number in range(2, 12):
            heard(collector, "T1", number)
            assert not await collector.flush()
        with engine.begin() as connection:
            connection.execute(text("alter table away rename to history"))
        assert await collector.flush()

    asyncio.run(run())
    seen = reading.terminal(engine, "T1")
    assert seen is not None and seen.health is not None
    assert seen.health.number == 11
    assert seen.line.worst_health == HealthWord.UNKNOWN
    assert len(seen.history) == 11


def test_three_collectors_take_every_terminal_once(engine: Engine) -> None:
    async def run() -> list[set[str]]:
        parts = [Collector(settings(part, 3), engine, lambda: NOW) for part in range(3)]
        for number in range(60):
            where = topic(f"T{number}", Kind.HEALTH)
            content = to_bytes(Health("s1", 1, NOW, Mode.IDLE))
            message = Message(where, content, 0, False, 0, None)
            for each in parts:
                each._take(message)
        return [set(each.ingest.known) for each in parts]

    shares = asyncio.run(run())
    assert all(shares)
    assert sum(map(len, shares)) == len(set.union(*shares)) == 60


def test_series_name_the_terminal_and_leave_out_what_it_cannot_tell() -> None:
    health = Health("s1", 1, NOW, Mode.IDLE, waiting=3, celsius=51)
    assert lines([("T1", health, NOW)]) == (
        f'kiosk_queue_waiting{{terminal="T1"}} 3 {NOW}000\n'
        f'kiosk_temperature_celsius{{terminal="T1"}} 51 {NOW}000\n'
    )
