"""The process of one contestant: it does what it is told and answers with what it took.

    python -m benchmarks.queue.worker MODULE CLASS FOLDER

Orders come one a line: `accept`, `fill`, `finish`, `drain` (finish everything), `life` (accept and finish,
one by one), `take` or `rest`, then how often. Each
answer is one line of JSON. It ends with its input.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.queue.contestant import Contestant


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
    for _ in range(count):
        match order:
            case "accept":
                return contestant.accept(count)
            case "fill":
                contestant.fill(count)
                return []
            case "finish":
                contestant.finish()
            case "drain":
                contestant.drain()
            case "life":
                taken_ns += contestant.accept(1)
                contestant.finish()
            case "take":
                taken_ns.append(contestant.take())
            case "rest":
                contestant.rest()
            case _:
                raise ValueError(f"no such order: {order}")
    return taken_ns


if __name__ == "__main__":
    main()
