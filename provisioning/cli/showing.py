"""How a command tells what came of it: for people with colours and tables, or as one JSON object."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from provisioning.wire import Finding, Outcome

_SIGNS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.CONCERN: ("!", "yellow"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.NOT_DONE: ("?", "yellow"),
}


class Failed(Exception):
    """The command did not do it. `remedy` says what to do next."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.said = said
        self.remedy = remedy


class Shown:
    """Where a command shows its progress and its outcome."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._people = Console(stderr=as_json, highlight=False)

    def step(self, name: str, said: str) -> None:
        """A step is done."""
        self._people.print(f"[green]✓[/] [bold]{escape(name):<14}[/] {escape(said)}")

    def finding(self, found: Finding) -> None:
        """One check of the self-test, with what to do where something is wrong."""
        sign, colour = _SIGNS[found.outcome]
        self._people.print(
            f"[{colour}]{sign}[/] [dim]{escape(found.check)}[/] {escape(found.said)}"
        )
        if found.remedy:
            self._people.print(f"  [bold]next:[/] {escape(found.remedy)}")

    def waits(self, said: str) -> None:
        """Something is waited for: a person, or the line."""
        self._people.print(f"[cyan]…[/] {escape(said)}")

    def picture(self, text: str) -> None:
        """A QR code in the terminal's own characters, for people alone."""
        if not self.as_json:
            self._people.print(text, markup=False)

    def outcome(self, told: Mapping[str, Any]) -> None:
        """What came of it, at the end."""
        if self.as_json:
            _write(told)
            return
        table = Table.grid(padding=(0, 2))
        for name, value in told.items():
            table.add_row(f"[bold]{escape(name)}[/]", escape(_text(value)))
        self._people.print(table)

    def rows(self, told: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """What is listed; people see these columns."""
        if self.as_json:
            _write(told)
            return
        table = Table(*columns, box=None, header_style="bold")
        for row in told:
            table.add_row(*(escape(_text(row[name])) for name in columns))
        self._people.print(table if told else "nothing yet")

    def failure(self, failed: Failed) -> None:
        """It was not done, and what to do next."""
        if self.as_json:
            _write({"failed": failed.said, "remedy": failed.remedy})
            return
        self._people.print(f"[red]✗[/] {escape(failed.said)}")
        self._people.print(f"  [bold]next:[/] {escape(failed.remedy)}")


Command = Callable[[Namespace, Shown], None]
"""One command: it shows what it does, and raises `Failed`."""


def _write(told: object) -> None:
    json.dump(told, sys.stdout, ensure_ascii=False, default=str)
    sys.stdout.write("\n")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    return "" if value is None else str(value)
