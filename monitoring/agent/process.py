"""`kiosk-health` at work: looks round, spools events, and publishes while there is a broker."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

import aiomqtt
import msgspec
from msgspec import Struct

from monitoring.agent.agent import Agent, Gathered, Said
from monitoring.agent.spool import Spool
from monitoring.wire.messages import Devices, Event, Health, Presence, to_bytes
from monitoring.wire.topics import RETAINED, Kind, topic

LOOK_EVERY_S = 5.0
KEEPALIVE_S = 60
BACKOFF_FIRST_S = 2.0
BACKOFF_MAX_S = 300.0
STABLE_AFTER_S = 300.0  # a connection that held this long makes the next wait short again
_KINDS: dict[type[Said], Kind] = {
    Presence: Kind.PRESENCE,
    Health: Kind.HEALTH,
    Devices: Kind.DEVICES,
    Event: Kind.EVENT,
}
_log = logging.getLogger("kiosk-health")


class Settings(Struct, frozen=True):
    """The settings of `kiosk-health`: one TOML file with these names."""

    terminal: str
    host: str
    port: int
    authority: Path
    certificate: Path
    key: Path
    status_socket: Path
    queue_socket: Path
    spool: Path


def load_settings(path: Path) -> Settings:
    """Read the file. Raises `OSError`, `ValueError`."""
    table = tomllib.loads(path.read_text("utf-8"))
    return msgspec.convert(table, Settings, dec_hook=lambda kind, said: kind(said))


class Process:
    """One agent, its spool, and its connection."""

    def __init__(
        self,
        settings: Settings,
        agent: Agent,
        spool: Spool,
        look: Callable[[], Gathered],
        now_s: Callable[[], float],
        alive: Callable[[], None],
    ) -> None:
        """`look` may wait, and runs in a thread; `now_s`: since 1970; `alive`: after each look."""
        self._settings = settings
        self._agent = agent
        self._look = look
        self._now_s = now_s
        self._alive = alive
        self._spool = spool
        self._tls = ssl.create_default_context(cafile=str(settings.authority))
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.load_cert_chain(settings.certificate, settings.key)
        self._broker: aiomqtt.Client | None = None
        self._random = SystemRandom()

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._looks())
                both.create_task(self._connections())
        finally:
            self._spool.close()

    async def _looks(self) -> None:
        while True:
            found = await asyncio.to_thread(self._look)
            broker = self._broker
            said = self._agent.turn(int(self._now_s()), found)
            for each in said:
                if isinstance(each, Event):
                    self._spool.put(each)
            self._alive()
            if broker is not None:
                try:
                    await self._publish(broker, said)
                except aiomqtt.MqttError:
                    self._agent.says_anew()  # a line that ended, its own task makes again
            await asyncio.sleep(LOOK_EVERY_S)

    async def _publish(self, broker: aiomqtt.Client, said: tuple[Said, ...]) -> None:
        for each in said:
            if not isinstance(each, Event):
                await self._send(broker, each)
        while (event := self._spool.oldest()) is not None:
            await self._send(broker, event)
            self._spool.over(event.number)

    async def _send(self, broker: aiomqtt.Client, each: Said) -> None:
        kind = _KINDS[type(each)]
        where = topic(self._settings.terminal, kind)
        await broker.publish(where, to_bytes(each), qos=1, retain=kind in RETAINED)

    async def _connections(self) -> None:
        longest_s = BACKOFF_FIRST_S
        while True:
            since_s = asyncio.get_running_loop().time()
            try:
                await self._connection()
            except (aiomqtt.MqttError, OSError) as error:
                _log.warning("no broker: %s", type(error).__name__)
            self._broker = None
            if asyncio.get_running_loop().time() - since_s >= STABLE_AFTER_S:
                longest_s = BACKOFF_FIRST_S
            await asyncio.sleep(self._random.uniform(0.0, longest_s))  # full jitter
            longest_s = min(2 * longest_s, BACKOFF_MAX_S)

    async def _connection(self) -> None:
        settings = self._settings
        self._agent.begins(os.urandom(16).hex())
        last_word = to_bytes(self._agent.presence(online=False))
        where = topic(settings.terminal, Kind.PRESENCE)
        async with aiomqtt.Client(
            settings.host,
            settings.port,
            identifier=settings.terminal,
            will=aiomqtt.Will(where, last_word, qos=1, retain=True),
            tls_context=self._tls,
            keepalive=KEEPALIVE_S,
        ) as broker:
            self._agent.says_anew()  # what was said meanwhile, nobody heard
            self._broker = broker
            async for _ in broker.messages:  # none is asked for; it ends with the connection
                pass
