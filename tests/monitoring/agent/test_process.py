"""The agent's process against a real broker with mutual TLS."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiomqtt

from kiosk.telling import Telling
from monitoring.wire.messages import Event, Happening, Health, Mode, Presence, read
from monitoring.wire.topics import Kind, from_topic
from simulators.fleet.certificates import FleetAuthority
from simulators.fleet.surroundings import mosquitto

NAME = "check-1"
WITHIN_S = 30.0


async def _hear(port: int, authority: FleetAuthority, settings: Path) -> dict[Kind, list[bytes]]:
    """What the collector hears from the start of the process to the will of its end."""
    heard: dict[Kind, list[bytes]] = {}
    tls = authority.context("collector-1")
    async with aiomqtt.Client("127.0.0.1", port, identifier="collector-1", tls_context=tls) as desk:
        await desk.subscribe("kiosk/v1/#", qos=1)
        command = ("-m", "monitoring.agent", "--settings", str(settings))
        process = await asyncio.create_subprocess_exec(sys.executable, *command)
        try:
            async for message in desk.messages:
                whose = from_topic(message.topic.value)
                assert whose is not None
                assert isinstance(message.payload, bytes)
                heard.setdefault(whose[1], []).append(message.payload)
                if len(heard) == len(Kind) and process.returncode is None:
                    process.kill()
                if len(heard.get(Kind.PRESENCE, ())) > 1:
                    break
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
    return heard


def test_a_terminal_is_heard_whole_and_its_end_too(tmp_path: Path) -> None:
    authority = FleetAuthority(tmp_path / "certificates")
    mine = authority.client(NAME)
    settings = tmp_path / "health.toml"
    telling = Telling(tmp_path / "door", lambda: 0.0)
    telling.is_now("idle", {"balance": ()})
    with mosquitto(tmp_path / "mosquitto", authority) as broker:
        settings.write_text(
            f'terminal = "{NAME}"\nhost = "127.0.0.1"\nport = {broker.port}\n'
            f'authority = "{authority.root}"\ncertificate = "{mine.certificate}"\n'
            f'key = "{mine.key}"\nstatus_socket = "{tmp_path / "door"}"\n'
            f'queue_socket = "{tmp_path / "queue"}"\nspool = "{tmp_path / "spool"}"\n',
            "utf-8",
        )
        listening = asyncio.wait_for(_hear(broker.port, authority, settings), WITHIN_S)
        heard = asyncio.run(listening)
    telling.close()
    there, gone = (read(Presence, each) for each in heard[Kind.PRESENCE])
    assert (there.online, gone.online) == (True, False)
    assert there.session == gone.session
    assert read(Health, heard[Kind.HEALTH][0]).mode is Mode.IDLE
    assert read(Event, heard[Kind.EVENT][0]).what is Happening.BOOT
