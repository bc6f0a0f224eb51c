"""The desk: a whole terminal with simulated devices, a bank, and a bench to work it from.

    python -m simulators.desk [--size 1080x1920] [--tour-only | --no-tour] [--state DIR]
                              [--keep] [--bench-port 0]

Plays a short tour, then the terminal is yours until Ctrl-C. With no terminal attached it ends
after the tour: with 0, or with 1 if a step failed. Without a tour it runs until it is told to end.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from simulators.bench.server import BenchServer
from simulators.desk.desk import Desk, choose_screen
from simulators.desk.processes import NotReady
from simulators.desk.state import DeskBusy, open_state
from simulators.desk.tour import play
from simulators.desk.visitor import Visitor

_ROOT = Path(__file__).resolve().parents[2]


class _Enough(Exception):
    """Ctrl-C, or whoever started the desk wants it to end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the desk. Result: the exit code."""
    chosen = _parsed(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _enough)
    try:
        state = open_state(chosen.state, keep=chosen.keep)
    except DeskBusy as busy:
        _tell(str(busy))
        return 1
    screen = choose_screen(chosen.size)
    desk = Desk(state, screen, _ROOT)
    bench: BenchServer | None = None
    good = False
    try:
        _tell(f"Desk in {desk.folder}")
        desk.start(lambda text: _tell(f"  {text}"))
        bench = BenchServer(desk, chosen.bench_port)
        _tell(f"Bench: {bench.url}")
        good = chosen.no_tour or _tour(bench, state.kept)
        if chosen.no_tour or (sys.stdin.isatty() and not chosen.tour_only):
            _tell("The terminal is yours. Ctrl-C ends it.")
            threading.Event().wait()
    except NotReady as trouble:
        good = False
        _tell(f"FAILED  {trouble}")
    except _Enough:
        _tell("Ending.")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the end is not interrupted
        desk.announce_end()
        if bench is not None:
            bench.close()
        desk.close()
    return 0 if good else 1


def _tour(bench: BenchServer, kept: Path) -> bool:
    visitor = Visitor(bench.url)
    try:
        good = play(visitor, kept, _tell)
    finally:
        visitor.close()
    _tell(f"Pictures and receipts: {kept}")
    return good


def _tell(text: str) -> None:
    print(text, flush=True)


def _enough(*_: object) -> None:
    raise _Enough


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.desk", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--size", type=_size, help="the panel in pixels, such as 1080x1920")
    tour = parser.add_mutually_exclusive_group()
    tour.add_argument("--tour-only", action="store_true", help="end after the tour")
    tour.add_argument("--no-tour", action="store_true")
    parser.add_argument("--state", type=Path, default=_ROOT / ".run" / "desk")
    parser.add_argument("--keep", action="store_true", help="go on with what the folder holds")
    parser.add_argument("--bench-port", type=int, default=0)
    return parser.parse_args(arguments)


def _size(text: str) -> tuple[int, int]:
    width, by, height = text.partition("x")
    if not (by and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError("a size looks like 1080x1920")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main())
