"""The process of one contestant: it does what it is told and answers with what it took.

    python -m benchmarks.queue.worker MODULE CLASS FOLDER

Orders come one a line. `accept`, `fill`, `life` (accept and finish, one by one) and `take` are followed by how
often; `finish`, `drain` (finish everything) and `rest` are done once. Each answer is one line of JSON. It ends
with its input.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.queue.contestant import Contestant, Sending, Settling


def main() -> None:
    """Serve one contestant until the input ends."""
    module, kind, folder = sys.argv[1:]
    contestant: Contestant = getattr(import_module(module), kind)(Path(folder))
    print("[]", flush=True)
    try:
        for line in sys.stdin:
            order, _, count = line.strip().partition(" ")
            print(json.dumps(_obey(contestant, order, int(count or 1))), flush=True)
    finally:
        contestant.close()


def _obey(contestant: Contestant, order: str, count: int) -> list[int]:
    """Nanoseconds of each timed step."""
    taken_ns: list[int] = []
    match order, contestant:
        case "accept", _:
            taken_ns = contestant.accept(count)
        case "rest", _:
            contestant.rest()
        case "finish", Settling():
            contestant.finish()
        case "life", Settling():
            for _ in range(count):
                taken_ns += contestant.accept(1)
                contestant.finish()
        case "fill", Sending():
            contestant.fill(count)
        case "drain", Sending():
            contestant.drain()
        case "take", Sending():
            taken_ns = [contestant.take() for _ in range(count)]
        case _:
            raise ValueError(f"no such order for {type(contestant).__name__}: {order}")
    return taken_ns


if __name__ == "__main__":
    main()
