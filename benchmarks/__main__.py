"""Measures the terminal against named peers and physical limits.

    python -m benchmarks [NAME ...] [--json FILE] [--write]

Each figure is a ratio that is taken in one run, in pairs, by turns. `--write` puts all figures
into docs/performance.md. The exit code says only whether everything could be measured.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from benchmarks.balance import balance
from benchmarks.figures import Figure, table
from benchmarks.machine import machine
from benchmarks.page import write_page
from benchmarks.stories import stories
from benchmarks.touch import touch
from benchmarks.window import cold_start, idling, memory

MEASURES: dict[str, Callable[[], list[Figure]]] = {
    "balance": balance,
    "stories": stories,
    "start": cold_start,
    "memory": memory,
    "idle": idling,
    "touch": touch,
}


def main() -> None:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--write", action="store_true", help="write them to docs/performance.md")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(MEASURES)
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    if chosen.write and chosen.names:
        parser.error("--write takes all figures from one run; name none")
    figures: list[Figure] = []
    for name in chosen.names or MEASURES:
        print(f"measuring {name} ...", flush=True)
        figures += MEASURES[name]()
    where = machine()
    print(f"\n{table(figures)}\n{where}")
    if chosen.json is not None:
        data = {"machine": where, "figures": [figure.data() for figure in figures]}
        chosen.json.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if chosen.write:
        write_page(figures, where)


if __name__ == "__main__":
    main()
