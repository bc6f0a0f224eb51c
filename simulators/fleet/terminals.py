"""The terminals at the broker: each lives, says how it is, loses its line and comes back."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from monitoring.wire.messages import (
    DEVICES_EVERY_S,
    HEALTH_EVERY_S,
    Event,
    Health,
    Presence,
    to_bytes,
)
from monitoring.wire.messages import Devices as DevicesMessage
from monitoring.wire.topics import Kind, topic
from simulators.fleet.lives import Life
from simulators.fleet.mqtt import Address, Connection, Will, connect

SOFTWARE = "fleet-1"
_SPOOLED_MAX = 1_000
_BACKOFF_S = (1.0, 60.0)


@dataclass(slots=True)
class Counts:
    """What the fleet did so far."""

    online: int = 0
    connected: int = 0  # how often
    sent: int = 0
    failed: int = 0  # tries that came to nothing


@dataclass(slots=True)
class FleetTerminal:
    """One terminal at the broker. `speed`: how many times faster than the clock it lives."""

    life: Life
    address: Address
    counts: Counts
    speed: float = 1.0
    _spool: deque[Event] = field(default_factory=lambda: deque(maxlen=_SPOOLED_MAX))
    _session: str = ""

    async def run(self) -> None:
        """Live until cancelled."""
        self._spool.append(self.life.booted(SOFTWARE))
        wait_s = _BACKOFF_S[0]
        await self._pass(random.uniform(0, HEALTH_EVERY_S / 10))  # noqa: S311 - not all at once
        while True:
            now = _now()
            if not self.life.is_cut(now):
                try:
                    await self._be_there()
                    wait_s = _BACKOFF_S[0]
                except (OSError, TimeoutError):
                    self.counts.failed += 1
            self._spool.extend(self.life.turn(_now()))
            await self._pass(random.uniform(0, wait_s))  # noqa: S311 - full jitter
            wait_s = min(2 * wait_s, _BACKOFF_S[1])

    async def _be_there(self) -> None:
        """Connect and talk until the line is cut or the broker ends it."""
        self._session = secrets.token_hex(8)
        self.life.number = 0
        name = self.life.place.terminal
        gone = to_bytes(Presence(False, self._session))
        line = await connect(
            self.address, name, will=Will(topic(name, Kind.PRESENCE), gone), keepalive_s=120
        )
        self.counts.connected += 1
        self.counts.online += 1
        try:
            await self._say(
                line, Presence(True, self._session, self.life.born, SOFTWARE), Kind.PRESENCE
            )
            await self._talk(line)
        finally:
            self.counts.online -= 1
            await line.drop()  # a plug that is pulled: the broker sends the will

    async def _talk(self, line: Connection) -> None:
        devices_due = 0.0
        while not self.life.is_cut(_now()):
            self._spool.extend(self.life.turn(_now()))
            if self._spool or time.monotonic() >= devices_due:
                await self._say(line, self.life.devices(self._session), Kind.DEVICES)
                devices_due = time.monotonic() + DEVICES_EVERY_S / self.speed
            while self._spool:
                await self._say(line, self._spool[0], Kind.EVENT)
                self._spool.popleft()  # only what the broker has
            await self._say(line, self.life.health(self._session), Kind.HEALTH)
            await self._pass(HEALTH_EVERY_S * random.uniform(0.9, 1.1))  # noqa: S311

    async def _say(
        self, line: Connection, message: Presence | Health | DevicesMessage | Event, kind: Kind
    ) -> None:
        where = topic(self.life.place.terminal, kind)
        await line.publish(where, to_bytes(message), retain=kind is not Kind.EVENT)
        self.counts.sent += 1

    async def _pass(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


async def run_fleet(
    terminals: list[FleetTerminal], until: Callable[[], Coroutine[None, None, None]]
) -> None:
    """Run them all until `until` is over."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(terminal.run()) for terminal in terminals]
        await until()
        for task in running:
            task.cancel()


def _now() -> int:
    return int(time.time())
