"""mosquitto as it is shipped: what terminals rely upon, and what it must not let them do."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from monitoring.wire.messages import Health, Mode, to_bytes
from monitoring.wire.topics import Kind, topic
from simulators.fleet.certificates import FleetAuthority
from simulators.fleet.mqtt import Address, connect
from simulators.fleet.surroundings import Mosquitto
from tests.monitoring.brokers.conformance import (
    CHECKS,
    COLLECTOR,
    NAMES,
    ONE,
    WITH_CERTIFICATES,
    Broker,
    Check,
    a_session,
    has,
    until,
)


@pytest.fixture(scope="module")
def broker(tls_broker: Mosquitto, authority: FleetAuthority) -> Broker:
    contexts = {name: authority.context(name) for name in NAMES}
    return Broker("127.0.0.1", (tls_broker.port,), contexts)


@pytest.mark.parametrize("check", CHECKS + WITH_CERTIFICATES, ids=lambda check: check.__name__)
def test_mosquitto_can_carry_the_terminals(check: Check, broker: Broker) -> None:
    async def run() -> None:
        await check(broker)

    asyncio.run(run())


def test_nobody_comes_in_without_a_certificate(
    tls_broker: Mosquitto, authority: FleetAuthority
) -> None:
    async def run() -> None:
        with pytest.raises(OSError):
            await connect(Address("127.0.0.1", tls_broker.port, authority.context("")), ONE)

    asyncio.run(run())


def test_what_was_acknowledged_before_the_broker_was_ended_is_there_after(
    tls_broker: Mosquitto, broker: Broker
) -> None:
    content = to_bytes(Health(a_session(), 1, 0, Mode.IDLE))

    async def say() -> None:
        terminal = await broker.join(ONE)
        await terminal.publish(topic(ONE, Kind.HEALTH), content, retain=True)
        await terminal.close()

    async def hear() -> None:
        collector = await broker.join(COLLECTOR)
        await collector.subscribe("kiosk/v1/+/health")
        await until(collector, has(content))
        await collector.close()

    asyncio.run(say())
    tls_broker.end()
    tls_broker.start_again()
    asyncio.run(hear())


def test_a_revoked_certificate_is_refused_once_the_list_is_read(
    tls_broker: Mosquitto, authority: FleetAuthority
) -> None:
    address = Address("127.0.0.1", tls_broker.port, authority.context("lost-1"))

    async def come_in() -> None:
        connection = await connect(address, "lost-1")
        await connection.ping()
        await connection.close()

    asyncio.run(come_in())
    authority.revoke("lost-1")
    tls_broker.end()
    tls_broker.start_again()
    with pytest.raises(OSError):
        asyncio.run(come_in())


def test_the_script_tells_by_its_exit_that_the_broker_will_do(
    tls_broker: Mosquitto, authority: FleetAuthority
) -> None:
    for name in NAMES:
        authority.client(name)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.monitoring.brokers.conformance",
            f"127.0.0.1:{tls_broker.port}",
            "--certificates",
            str(authority.root.parent),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") == len(CHECKS) + len(WITH_CERTIFICATES)
