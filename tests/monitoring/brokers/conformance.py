"""Whether a broker can carry the terminals: `python -m tests.monitoring.brokers.conformance HOST:PORT`.

Each check speaks MQTT 3.1.1 as terminals and collectors do and asserts what they rely upon. With
`--certificates FOLDER` (root.pem, and a .pem and .key for each of `NAMES`) it goes over mutual TLS,
and what the ACL must forbid is tried as well.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import ssl
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.drivers.health import HealthWord, Remedy
from monitoring.wire.messages import (
    DeviceReport,
    Devices,
    Event,
    Happening,
    Health,
    Message,
    Mode,
    Presence,
    to_bytes,
)
from monitoring.wire.topics import Kind, bell, topic
from simulators.fleet.mqtt import Address, Connection, Lost, Received, Refused, Will, connect

ONE, OTHER = "check-1", "check-2"
COLLECTOR = "collector-1"
NAMES = (ONE, OTHER, COLLECTOR)
EVERYTHING = "kiosk/v1/#"
_TRIES_MAX = 60
_TRY_EVERY_S = 0.5
_RINGS_MAX = 20
_HEARD_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it listens: one address a node. `contexts`: each name's TLS, or None for plain TCP."""

    host: str
    ports: tuple[int, ...]
    contexts: dict[str, ssl.SSLContext] | None = None

    async def join(
        self, name: str, *, node: int = 0, session: str = "", clean: bool = True
    ) -> Connection:
        """Connect by that name, as terminals do: until the broker lets it in.

        A cluster that has just lost a node, or seen the name at another, hangs up for a while.
        With a session, its will is as a terminal's.
        """
        tls = self.contexts[name] if self.contexts is not None else None
        address = Address(self.host, self.ports[node % len(self.ports)], tls)
        will = None
        if session:
            will = Will(topic(name, Kind.PRESENCE), to_bytes(Presence(False, session)))
        for _ in range(_TRIES_MAX - 1):
            with contextlib.suppress(OSError, TimeoutError):
                return await connect(address, name, will=will, clean=clean)
            await asyncio.sleep(_TRY_EVERY_S)
        return await connect(address, name, will=will, clean=clean)


def a_session() -> str:
    """A session's id that no other has."""
    return secrets.token_hex(8)


async def until(connection: Connection, wanted: Callable[[Received], bool]) -> list[Received]:
    """All that comes up to the wanted one, which is the last. Raises `TimeoutError`."""
    seen = []
    async with asyncio.timeout(30.0):
        while True:
            seen.append(await connection.receive())
            if wanted(seen[-1]):
                return seen


def has(content: bytes) -> Callable[[Received], bool]:
    """Whether a message has exactly that content."""
    return lambda received: received.content == content


async def every_kind_arrives_byte_for_byte(broker: Broker) -> None:
    """What a terminal says with QoS 1 is acknowledged and reaches a collector unchanged."""
    session = a_session()
    collector = await broker.join(COLLECTOR, node=1)
    await collector.subscribe(EVERYTHING)
    terminal = await broker.join(ONE, session=session)
    for kind, message in _of_each_kind(session):
        content = to_bytes(message)
        await terminal.publish(topic(ONE, kind), content, retain=kind is not Kind.EVENT)
        got = (await until(collector, has(content)))[-1]
        assert got.topic == topic(ONE, kind)
    await terminal.close()
    await collector.close()


async def the_newest_word_reaches_who_comes_late(broker: Broker) -> None:
    """Of retained messages a wildcard subscriber that comes later gets the last, marked retained."""
    session = a_session()
    terminal = await broker.join(ONE)
    older, newest = (to_bytes(Health(session, number, 0, Mode.IDLE)) for number in (1, 2))
    for content in (older, newest):
        await terminal.publish(topic(ONE, Kind.HEALTH), content, retain=True)
    collector = await broker.join(COLLECTOR, node=1)
    await collector.subscribe("kiosk/v1/+/health")
    seen = await until(collector, has(newest))
    assert seen[-1].retained
    assert older not in [one.content for one in seen]
    await terminal.close()
    await collector.close()


async def a_will_names_its_session(broker: Broker) -> None:
    """A terminal that ends without a word is told of by its will, with the session that ended."""
    session = a_session()
    collector = await broker.join(COLLECTOR, node=1)
    await collector.subscribe("kiosk/v1/+/presence")
    terminal = await broker.join(ONE, session=session)
    await terminal.drop()
    await until(collector, has(to_bytes(Presence(False, session))))
    await collector.close()


async def who_takes_leave_has_no_will(broker: Broker) -> None:
    """After a DISCONNECT the will is gone (3.14.4)."""
    session, after = a_session(), to_bytes(Presence(True, a_session()))
    collector = await broker.join(COLLECTOR)
    await collector.subscribe("kiosk/v1/+/presence")
    terminal = await broker.join(ONE, session=session)
    await terminal.close()
    other = await broker.join(OTHER)
    await other.publish(topic(OTHER, Kind.PRESENCE), after, retain=True)
    seen = await until(collector, has(after))
    assert to_bytes(Presence(False, session)) not in [one.content for one in seen]
    await other.close()
    await collector.close()


async def the_second_of_a_name_takes_over(broker: Broker) -> None:
    """A terminal that comes back before its old connection is missed ends the old one (3.1.4)."""
    first = await broker.join(ONE)
    second = await broker.join(ONE, node=1)
    async with asyncio.timeout(30.0):
        await first.ended()
    await second.ping()
    await second.close()


async def a_bell_rings_at_its_terminal_alone(broker: Broker) -> None:
    """A bell has no content, reaches the terminal that it is for, and no other.

    It may be lost (QoS 0; in a cluster a new subscription takes a moment to be known at the other
    nodes), so it is rung until it is heard.
    """
    one, other = await broker.join(ONE), await broker.join(OTHER, node=1)
    await one.subscribe(bell(ONE), qos=0)
    await other.subscribe(bell(OTHER), qos=0)
    collector = await broker.join(COLLECTOR)
    assert await _ring(collector, one, ONE) == Received(bell(ONE), b"", retained=False)
    assert (await _ring(collector, other, OTHER)).topic == bell(OTHER)
    for connection in (one, other, collector):
        await connection.close()


async def a_collector_that_was_away_misses_nothing(broker: Broker) -> None:
    """A lasting session keeps the events that come while its collector is gone, in their order."""
    session = a_session()
    collector = await broker.join(COLLECTOR, clean=False)
    await collector.subscribe("kiosk/v1/+/event")
    await collector.drop()
    terminal = await broker.join(ONE)
    told = [to_bytes(Event(n, 0, Happening.LINE, {"up": False}, session)) for n in range(20)]
    for content in told:
        await terminal.publish(topic(ONE, Kind.EVENT), content)
    collector = await broker.join(COLLECTOR, clean=False)
    assert collector.session_present
    seen = [one.content for one in await until(collector, has(told[-1]))]
    assert list(dict.fromkeys(one for one in seen if one in told)) == told
    await terminal.close()
    await collector.close()
    await (await broker.join(COLLECTOR, clean=True)).close()  # forget the session


async def a_terminal_that_comes_back_ends_up_present(broker: Broker) -> None:
    """Dropped and back at once: the last retained presence is the new session's, or the old one's will.

    A will may come after the newer word (a broker may take its time to miss a line), so it is the
    session's id that tells which counts: the newer session never says that it is gone.
    """
    old, new = a_session(), a_session()
    collector = await broker.join(COLLECTOR)
    await collector.subscribe("kiosk/v1/+/presence")
    first = await broker.join(ONE, session=old)
    await first.publish(topic(ONE, Kind.PRESENCE), to_bytes(Presence(True, old)), retain=True)
    await first.drop()
    second = await broker.join(ONE, session=new)
    here = to_bytes(Presence(True, new))
    await second.publish(topic(ONE, Kind.PRESENCE), here, retain=True)
    seen = await until(collector, has(here))
    assert to_bytes(Presence(False, new)) not in [one.content for one in seen]
    await second.close()
    await collector.close()


async def nobody_speaks_for_another(broker: Broker) -> None:
    """What a terminal says on another's topic goes nowhere, though 3.1.1 acknowledges it."""
    false, true = (to_bytes(Presence(True, a_session())) for _ in range(2))
    collector = await broker.join(COLLECTOR)
    await collector.subscribe(EVERYTHING)
    one = await broker.join(ONE)
    await one.publish(topic(OTHER, Kind.PRESENCE), false, retain=True)
    await one.publish(bell(OTHER), b"")
    await one.publish(topic(ONE, Kind.PRESENCE), true, retain=True)
    seen = await until(collector, has(true))
    assert false not in [received.content for received in seen]
    await one.close()
    await collector.close()


async def nobody_listens_to_another(broker: Broker) -> None:
    """A terminal hears neither other terminals nor their bells, whatever it asks for."""
    one = await broker.join(ONE)
    for topics in (EVERYTHING, "cmd/v1/#", "#"):
        with contextlib.suppress(Refused):
            await one.subscribe(topics)
    other, collector = await broker.join(OTHER), await broker.join(COLLECTOR)
    await other.publish(topic(OTHER, Kind.PRESENCE), to_bytes(Presence(True, a_session())))
    await collector.publish(bell(OTHER), b"", qos=1)
    await one.subscribe(bell(ONE))
    await collector.publish(bell(ONE), b"", qos=1)
    assert (await one.receive()).topic == bell(ONE)
    for connection in (one, other, collector):
        await connection.close()


async def a_certificate_is_the_name(broker: Broker) -> None:
    """A client id that is another's pushes nobody off: the certificate's name is taken instead."""
    assert broker.contexts is not None
    one = await broker.join(ONE)
    address = Address(broker.host, broker.ports[0], broker.contexts[OTHER])
    thief = await connect(address, ONE)
    await thief.ping()
    await one.ping()
    await thief.close()
    await one.close()


async def _ring(collector: Connection, terminal: Connection, name: str) -> Received:
    for _ in range(_RINGS_MAX):
        await collector.publish(bell(name), b"", qos=0)
        with contextlib.suppress(TimeoutError):
            return await terminal.receive(_HEARD_WITHIN_S)
    raise AssertionError("the bell was not heard")


Check = Callable[[Broker], Awaitable[None]]

CHECKS: tuple[Check, ...] = (
    every_kind_arrives_byte_for_byte,
    the_newest_word_reaches_who_comes_late,
    a_will_names_its_session,
    who_takes_leave_has_no_will,
    the_second_of_a_name_takes_over,
    a_bell_rings_at_its_terminal_alone,
    a_collector_that_was_away_misses_nothing,
    a_terminal_that_comes_back_ends_up_present,
)
WITH_CERTIFICATES: tuple[Check, ...] = (
    nobody_speaks_for_another,
    nobody_listens_to_another,
    a_certificate_is_the_name,
)


def _of_each_kind(session: str) -> list[tuple[Kind, Message]]:
    printer = DeviceReport("receipt_printer", "online", HealthWord.LIMITED, Remedy.CLEAR, 0, "低")
    return [
        (Kind.PRESENCE, Presence(True, session, 1_800_000_000, "1.0")),
        (Kind.HEALTH, Health(session, 1, 1_800_000_000, Mode.IDLE, waiting=3)),
        (Kind.DEVICES, Devices(session, 1, 1_800_000_000, (printer,), {"balance": ()})),
        (Kind.EVENT, Event(1, 1_800_000_000, Happening.LINE, {"up": True}, session)),
    ]


def _contexts(folder: Path) -> dict[str, ssl.SSLContext]:
    made = {}
    for name in NAMES:
        made[name] = ssl.create_default_context(cafile=str(folder / "root.pem"))
        made[name].load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return made


def main() -> int:
    """Run every check that the way in allows; 1 if one failed."""
    parser = argparse.ArgumentParser(description="Whether an MQTT broker can carry the terminals.")
    parser.add_argument("broker", nargs="+", metavar="HOST:PORT", help="one for each node")
    parser.add_argument("--certificates", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    host = given.broker[0].rpartition(":")[0]
    ports = tuple(int(one.rpartition(":")[2]) for one in given.broker)
    contexts = _contexts(given.certificates) if given.certificates else None
    broker = Broker(host, ports, contexts)
    failed = 0
    for check in CHECKS + (WITH_CERTIFICATES if contexts else ()):
        name = check.__name__.replace("_", " ")
        try:
            asyncio.run(_one(check, broker))
        except (AssertionError, OSError, TimeoutError, Lost) as error:
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__} {error}")
        else:
            print(f"ok      {name}")
    return 1 if failed else 0


async def _one(check: Check, broker: Broker) -> None:
    await check(broker)


if __name__ == "__main__":
    sys.exit(main())
