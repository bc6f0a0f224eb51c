"""Puts the figures into docs/performance.md, each table between its two marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def marks(name: str) -> tuple[str, str]:
    """What stands in the page before and after a table."""
    return f"<!-- figures: {name} -->", f"<!-- end of figures: {name} -->"


def write_page(name: str, figures: Sequence[Figure], machine: str, page: Path = PAGE) -> None:
    """Replace what stands between a table's marks. Raises `ValueError` when one is missing."""
    begin, end = marks(name)
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"{page.name} has no place for the figures")
    command = f'make benchmark ARGS="{name} --write"'
    made = f"{begin}\n\nBy `{command}` on {machine}.\n\n{table(figures)}\n{end}"
    page.write_text(before + made + after, encoding="utf-8")
