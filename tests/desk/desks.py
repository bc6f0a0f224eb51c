"""Real desks for tests: every process of one, on a virtual screen, in a folder of the test's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulators.bench.server import BenchServer
from simulators.desk.desk import Desk, Screen
from simulators.desk.state import open_state
from simulators.desk.visitor import Visitor
from tests.stories.acts import sees_tile

ROOT = Path(__file__).resolve().parents[2]
SIZE = (540, 960)
PATIENCE_S = 60.0


class RunningDesk:
    """A desk that is up, its bench, and somebody standing at it."""

    def __init__(self, desk: Desk, bench: BenchServer, visitor: Visitor) -> None:
        self.desk = desk
        self.bench = bench
        self.visitor = visitor


@contextmanager
def running_desk(folder: Path) -> Iterator[RunningDesk]:
    """A whole desk, up and idle with all its devices online."""
    desk = Desk(open_state(folder), Screen(SIZE, display=None), ROOT)
    try:
        desk.start(lambda _: None)
        bench = BenchServer(desk, 0)
        visitor = Visitor(bench.url, PATIENCE_S)
        try:
            visitor.sees("idle")
            for service in ("loss", "balance", "receipt_check"):
                sees_tile(visitor, service)
            yield RunningDesk(desk, bench, visitor)
        finally:
            visitor.close()
            desk.announce_end()
            bench.close()
    finally:
        desk.close()
