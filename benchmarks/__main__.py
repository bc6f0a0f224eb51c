"""Measures the terminal against named peers and physical limits.

    python -m benchmarks [NAME ...] [--json FILE] [--write]

A name is a measure, or a table: `terminal`, `queue` or `provisioning`. Each figure is a ratio that is taken in
one run, in pairs, by turns. `--write` puts whole tables into docs/performance.md. The exit code
says only whether everything could be measured.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.balance import balance
from benchmarks.figures import Figure, table
from benchmarks.issuing import issuing
from benchmarks.machine import disk_machine, processor_machine, window_machine
from benchmarks.page import write_page
from benchmarks.queue.accepting import accepting
from benchmarks.queue.process_start import queue_process
from benchmarks.queue.sending import lives, taking
from benchmarks.setting_up import setting_up
from benchmarks.stories import stories
from benchmarks.touch import touch
from benchmarks.window import cold_start, idling, memory

Measure = Callable[[], list[Figure]]


@dataclass(frozen=True, slots=True)
class Table:
    """Measures whose figures stand in one table of the page, and what they are taken on."""

    measures: dict[str, Measure]
    machine: Callable[[], str]


TABLES = {
    "terminal": Table(
        {
            "balance": balance,
            "stories": stories,
            "start": cold_start,
            "memory": memory,
            "idle": idling,
            "touch": touch,
        },
        window_machine,
    ),
    "queue": Table(
        {"accept": accepting, "life": lives, "take": taking, "queue-start": queue_process},
        disk_machine,
    ),
    "provisioning": Table({"issuing": issuing, "setup": setting_up}, processor_machine),
}


def main() -> None:
    """Measure what is named, or everything."""
    known = [name for key, each in TABLES.items() for name in (key, *each.measures)]
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--write", action="store_true", help="write them to docs/performance.md")
    chosen = parser.parse_args()
    names = set(chosen.names or TABLES)
    if names - set(known):
        parser.error(f"no such measure: {', '.join(sorted(names - set(known)))}")
    if chosen.write and names - set(TABLES):
        parser.error("--write takes all figures of a table from one run; name tables only")
    found = []
    for key, each in TABLES.items():
        wanted = {n: m for n, m in each.measures.items() if names & {key, n}}
        if not wanted:
            continue
        figures = _measured(wanted)
        where = each.machine()
        print(f"\n{table(figures)}\n{where}\n", flush=True)
        found.append({"machine": where, "figures": [figure.data() for figure in figures]})
        if chosen.write:
            write_page(key, figures, where)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _measured(measures: dict[str, Measure]) -> list[Figure]:
    figures: list[Figure] = []
    for name, measure in measures.items():
        print(f"measuring {name} ...", flush=True)
        figures += measure()
    return figures


if __name__ == "__main__":
    main()
