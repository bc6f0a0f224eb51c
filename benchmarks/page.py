"""Puts the figures into docs/performance.md, between its two marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
COMMAND = "make benchmark ARGS=--write"


def write_page(figures: Sequence[Figure], machine: str, page: Path = PAGE) -> None:
    """Replace what stands between the marks. Raises `ValueError` when one is missing."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{page.name} has no place for the figures")
    made = f"{BEGIN}\n\nBy `{COMMAND}` on {machine}.\n\n{table(figures)}\n{END}"
    page.write_text(before + made + after, encoding="utf-8")
