"""Series into a real VictoriaMetrics on loopback."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from monitoring.server.series import send
from monitoring.wire.messages import Health, Mode
from tests.monitoring.server.conftest import START_S, free_port
from tests.monitoring.server.waiting import until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}"]
    command.append(f"-storageDataPath={tmp_path / 'series'}")
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{address}/health").is_success
        except httpx.TransportError:
            return False

    try:
        until(answers)
        yield address
    finally:
        process.terminate()
        process.wait(START_S)


def sent(address: str, now: int) -> bool:
    async def run() -> bool:
        async with httpx.AsyncClient() as client:
            health = Health("s1", 1, now, Mode.IDLE, waiting=3)
            return await send(client, address, [("T1", health, now)])

    return asyncio.run(run())


def test_a_terminals_figures_can_be_asked_of_the_store(store: str) -> None:
    now = int(time.time())
    assert sent(store, now)
    query = {"match[]": "kiosk_queue_waiting"}

    def found() -> str:
        httpx.get(f"{store}/internal/force_flush")
        return httpx.get(f"{store}/api/v1/export", params=query).text

    until(lambda: '"terminal":"T1"' in found())
    assert f'"values":[3],"timestamps":[{now}000]' in found()


def test_a_store_that_is_away_is_told_and_stops_nothing() -> None:
    assert not sent(f"http://127.0.0.1:{free_port()}", int(time.time()))
