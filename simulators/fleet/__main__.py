"""`python -m simulators.fleet`: so many living terminals at a broker, a real one of their own or yours."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from simulators.fleet.certificates import FleetAuthority
from simulators.fleet.lives import Life, places
from simulators.fleet.mqtt import Address
from simulators.fleet.surroundings import mosquitto
from simulators.fleet.terminals import Counts, FleetTerminal, run_fleet

_TOLD_EVERY_S = 5.0


def main() -> None:
    """Run the fleet until Ctrl-C, or for the seconds given."""
    parser = argparse.ArgumentParser(prog="simulators.fleet", description=__doc__)
    parser.add_argument("--terminals", type=int, default=200)
    parser.add_argument(
        "--broker", metavar="HOST:PORT", help="plain TCP; else a mosquitto with TLS"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="how often they speak, times real")
    parser.add_argument("--pace", type=float, default=1.0, help="how much happens, times real")
    parser.add_argument("--for-s", type=float, help="end after so many seconds")
    given = parser.parse_args()
    counts, born = Counts(), int(time.time())
    lives = [Life(place, given.seed, born, given.pace) for place in places(given.terminals)]
    with _broker(given.broker, [life.place.terminal for life in lives]) as addresses:
        terminals = [
            FleetTerminal(life, address, counts, given.speed)
            for life, address in zip(lives, addresses, strict=True)
        ]
        asyncio.run(run_fleet(terminals, lambda: _watch(counts, given.for_s)))


@contextmanager
def _broker(told: str | None, names: list[str]) -> Iterator[list[Address]]:
    """Each terminal's way to the broker."""
    if told is not None:
        host, _, port = told.rpartition(":")
        yield [Address(host, int(port)) for _ in names]
        return
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        authority = FleetAuthority(Path(folder) / "certificates")
        authority.client("collector-1")
        with mosquitto(Path(folder) / "mosquitto", authority) as broker:
            Console().print(
                f"mosquitto: [bold]127.0.0.1:{broker.port}[/], "
                f"certificates (collector-1 too) in {authority.root.parent}"
            )
            yield [Address("127.0.0.1", broker.port, authority.context(name)) for name in names]


async def _watch(counts: Counts, for_s: float | None) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, over.set)
    if for_s is not None:
        loop.call_later(for_s, over.set)
    out = Console()
    while not over.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _TOLD_EVERY_S)
        out.print(
            f"online {counts.online}, connections {counts.connected}, "
            f"messages {counts.sent}, tries that failed {counts.failed}"
        )


if __name__ == "__main__":
    main()
