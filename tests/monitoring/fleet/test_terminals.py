"""The fleet at a real mosquitto: everybody is there, says how it is, and comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from monitoring.wire.messages import Presence, read
from monitoring.wire.topics import Kind, from_topic
from simulators.fleet.certificates import FleetAuthority
from simulators.fleet.lives import Life, places
from simulators.fleet.mqtt import Address, Connection, Received, connect
from simulators.fleet.surroundings import mosquitto
from simulators.fleet.terminals import Counts, FleetTerminal, run_fleet

TERMINALS = 12
KINDS = {Kind.PRESENCE, Kind.HEALTH, Kind.DEVICES}
# No pace: the lines of these lives stay up.
UNHURRIED = 0.0


async def _listen(port: int, authority: FleetAuthority) -> Connection:
    watcher = await connect(
        Address("127.0.0.1", port, authority.context("collector-1")), "collector-1"
    )
    await watcher.subscribe("kiosk/v1/#")
    return watcher


async def _sessions(
    watcher: Connection, enough: Callable[[dict[str, set[Kind]]], bool]
) -> dict[str, str]:
    """The session that each terminal's newest presence names, once enough was heard."""
    heard: dict[str, set[Kind]] = {}
    sessions: dict[str, str] = {}
    async with asyncio.timeout(60.0):
        while not enough(heard):
            received: Received = await watcher.receive(60.0)
            place = from_topic(received.topic)
            assert place is not None
            name, kind = place
            if kind not in KINDS:
                continue
            heard.setdefault(name, set()).add(kind)
            if kind is Kind.PRESENCE and (word := read(Presence, received.content)).online:
                sessions[name] = word.session
    return sessions


def _all(heard: dict[str, set[Kind]]) -> bool:
    return len(heard) == TERMINALS and all(kinds == KINDS for kinds in heard.values())


def test_the_fleet_is_heard_and_comes_back_after_the_broker_was_killed(tmp_path: Path) -> None:
    authority = FleetAuthority(tmp_path / "certificates")
    counts = Counts()
    with mosquitto(tmp_path / "mosquitto", authority) as broker:
        terminals = [
            FleetTerminal(
                Life(place, 1, int(time.time()), UNHURRIED),
                Address("127.0.0.1", broker.port, authority.context(place.terminal)),
                counts,
                speed=30.0,
            )
            for place in places(TERMINALS)
        ]

        async def watch() -> None:
            watcher = await _listen(broker.port, authority)
            before = await _sessions(watcher, _all)
            broker.kill()
            await watcher.ended()
            broker.start_again()
            watcher = await _listen(broker.port, authority)
            after = await _sessions(watcher, _all)
            assert before.keys() == after.keys()
            assert not set(before.values()) & set(after.values())
            assert counts.online == TERMINALS
            await watcher.close()

        asyncio.run(run_fleet(terminals, watch))
    assert counts.online == 0
    assert counts.connected >= 2 * TERMINALS
