"""`python -m monitoring.server --settings FILE`: the collector, and the door for terminals."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import ssl
import sys
from pathlib import Path

import uvicorn
from prometheus_client import start_http_server
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from monitoring.server.collector import Collector, wall_clock
from monitoring.server.database import OtherSchema, open_database
from monitoring.server.peer_protocol import PeerProtocol
from monitoring.server.settings import BadSettings, Door, Settings, load_order_key, load_settings
from monitoring.server.terminals_door import create_door


def main() -> int:
    """Run until told to stop. 2: the settings, a file or the database are not as they must be."""
    parser = argparse.ArgumentParser(prog="monitoring.server")
    parser.add_argument("--settings", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = load_settings(arguments.settings)
        load_order_key(settings.order_key)
        settings.bundles.mkdir(parents=True, exist_ok=True)
        engine = open_database(settings.database)
    except (BadSettings, OtherSchema, OSError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 2
    except SQLAlchemyError as error:
        print(f"cannot start: the database: {type(error).__name__}", file=sys.stderr)
        return 2
    asyncio.run(_serve(settings, engine))
    engine.dispose()
    return 0


async def _serve(settings: Settings, engine: Engine) -> None:
    collector = Collector(settings, engine)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, "127.0.0.1", collector.metrics.registry)
    work = asyncio.create_task(collector.run())
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, work.cancel)
    parts: list[asyncio.Task[None]] = [work]
    door = None if settings.door is None else door_server(settings, settings.door, engine)
    if door is not None:
        parts.append(asyncio.create_task(door.serve()))  # it takes the signals over
    await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    if door is not None:
        door.should_exit = True
    for other in parts[1:]:
        await other
    work.cancel()
    await asyncio.wait([work])
    if not work.cancelled():
        work.result()


def door_server(settings: Settings, door: Door, engine: Engine) -> uvicorn.Server:
    """The HTTPS server that lets in nobody without a terminal's certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(door.terminals_ca))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(door.certificate, door.key)
    app = create_door(engine, settings.bundles, settings.bundles_bytes_max, wall_clock)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=door.host,
            port=door.port,
            http=PeerProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            ssl_certfile=door.certificate,
            ssl_context_factory=lambda _config, _default: context,
            timeout_graceful_shutdown=5,
            server_header=False,
            access_log=False,
            proxy_headers=False,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
