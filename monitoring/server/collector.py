"""The collector at work: one line to the broker, one batch a second, alerts, bells and series.

States are newest-wins, so health comes with QoS 0. Presence, devices and events come with QoS 1 in a
persistent session, and are acknowledged when they are written: killed at any moment, the
collector gets again what it had not written. Shared subscriptions are not used: they bring no retained messages,
would scatter one terminal's messages over several collectors, and NATS has none for MQTT; a
collector takes the terminals whose name falls into its part.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import time
import zlib
from collections.abc import Callable

import httpx
from aiomqtt import Client, MqttError
from aiomqtt import Message as Incoming
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from monitoring.server import series
from monitoring.server.alert_keeping import keep_alerts
from monitoring.server.alerting import Damper
from monitoring.server.ingest import Ingest
from monitoring.server.metrics import Metrics
from monitoring.server.settings import Broker, Settings
from monitoring.server.storing import count, load, write
from monitoring.server.telling import tell_due
from monitoring.server.terminals_door import expire, to_ring
from monitoring.wire.topics import ROOT, Kind, bell, from_topic

_BATCH_S = 1.0
_ACKS_EARLY = 16  # the broker's window may be as small as 20
_JUDGE_S = 5  # between two looks at who is silent
_KEEP_S = 5.0  # between two looks at alerts and figures
_BACKOFF_S = (0.5, 30.0)
_AWAY = (DBAPIError, PoolTimeout, OSError)
_log = logging.getLogger(__name__)


def wall_clock() -> int:
    """Seconds since 1970."""
    return int(time.time())


class Collector:
    """One of the collectors, around one database."""

    def __init__(
        self, settings: Settings, engine: Engine, clock: Callable[[], int] = wall_clock
    ) -> None:
        self._settings, self._engine, self._clock = settings, engine, clock
        self.ingest = Ingest(load(engine))
        self.metrics = Metrics(self.ingest)
        self._damper = Damper()
        self._client: Client | None = None
        self._unacknowledged: list[int] = []
        self._judged = 0
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled; what was taken is written before it ends."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._write())
            if self._settings.broker.part == 0:
                tasks.create_task(self._keep())
            tasks.create_task(self._ring())

    async def _listen(self) -> None:
        wait_s = _BACKOFF_S[0]
        while True:
            try:
                async with _client(self._settings.broker) as client:
                    await self._hear(client)
            except (MqttError, OSError) as error:
                _log.warning("the broker is away: %s", type(error).__name__)
            wait_s = wait_s if self._client is None else _BACKOFF_S[0]
            self._client = None
            self._unacknowledged.clear()  # they come again
            self.metrics.listening.set(0)
            await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 - full jitter
            wait_s = min(2 * wait_s, _BACKOFF_S[1])

    async def _hear(self, client: Client) -> None:
        # aiomqtt has no acknowledging by hand yet; paho beneath it has.
        client._client.manual_ack_set(True)
        for kind in Kind:
            await client.subscribe(f"{ROOT}/+/{kind}", qos=0 if kind is Kind.HEALTH else 1)
        self._client = client
        self.ingest.listening_since = self._clock()
        self.metrics.listening.set(1)
        async for message in client.messages:
            self._take(message)

    def _take(self, message: Incoming) -> None:
        topic = str(message.topic)
        if self._is_mine(topic):
            content = message.payload if isinstance(message.payload, bytes) else b""
            self.ingest.take(topic, content, self._clock(), message.retain)
        if message.qos:
            self._unacknowledged.append(message.mid)
            if len(self._unacknowledged) >= _ACKS_EARLY:
                self._hurry.set()

    def _is_mine(self, topic: str) -> bool:
        broker, place = self._settings.broker, from_topic(topic)
        if broker.parts == 1 or place is None:
            return broker.part == 0
        return zlib.crc32(place[0].encode()) % broker.parts == broker.part

    async def _write(self) -> None:
        try:
            async with httpx.AsyncClient() as store:
                while True:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_BATCH_S):
                            await self._hurry.wait()
                    self._hurry.clear()
                    if not await self.flush():
                        await asyncio.sleep(_BATCH_S)
                    await self._send_series(store)
        finally:
            batch = self.ingest.batch(self._clock())
            with contextlib.suppress(*_AWAY):
                write(self._engine, batch, self._clock())

    async def flush(self) -> bool:
        """Write what there is, then acknowledge it; False when the database is away."""
        now = self._clock()
        if self._client is not None and now >= self._judged + _JUDGE_S:
            self._judged = now  # silence is not judged while nobody could be heard
            self.ingest.judge(now)
        batch, client = self.ingest.batch(now), self._client
        acknowledged = list(self._unacknowledged)
        if not batch.rows and not batch.events and not acknowledged:
            return True
        writing = asyncio.ensure_future(asyncio.to_thread(write, self._engine, batch, now))
        try:
            await asyncio.shield(writing)
        except _AWAY as error:
            self.ingest.give_back(batch)
            self.metrics.failed.inc()
            _log.warning("the database is away: %s", type(error).__name__)
            return False
        except asyncio.CancelledError:
            with contextlib.suppress(*_AWAY):
                await writing
            raise
        self.metrics.written.inc(len(batch.rows))
        if client is not None and client is self._client:
            for mid in acknowledged:
                client._client.ack(mid, 1)
            del self._unacknowledged[: len(acknowledged)]
        return True

    async def _send_series(self, store: httpx.AsyncClient) -> None:
        samples, self.ingest.series = self.ingest.series, []
        if self._settings.series and samples:
            taken = await series.send(store, self._settings.series, samples)
            if not taken:
                self.metrics.series_lost.inc(len(samples))

    async def _keep(self) -> None:
        """Alerts and figures of the whole fleet: the first collector's work."""
        while True:
            await asyncio.sleep(_KEEP_S)
            with contextlib.suppress(*_AWAY):
                await asyncio.to_thread(self._keep_once, self._client is not None)

    def _keep_once(self, listening: bool) -> None:
        now = self._clock()
        expire(self._engine, now)
        if listening:  # otherwise the figures grow old, and the page says so
            keep_alerts(self._engine, self._damper, now)
            count(self._engine, now)
        tell_due(self._engine, self._settings.tell, self._settings.mail, now)

    async def _ring(self) -> None:
        while True:
            await asyncio.sleep(_BATCH_S)
            client = self._client
            if client is None:
                continue
            with contextlib.suppress(MqttError, *_AWAY):
                for terminal in await asyncio.to_thread(to_ring, self._engine, self._clock()):
                    await client.publish(bell(terminal), qos=0)


def _client(broker: Broker) -> Client:
    context = ssl.create_default_context(cafile=str(broker.ca))
    context.load_cert_chain(broker.certificate, broker.key)
    return Client(
        broker.host,
        broker.port,
        identifier=f"collector-{broker.part}-of-{broker.parts}",
        clean_session=False,
        tls_context=context,
        keepalive=60,
    )
