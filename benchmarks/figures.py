"""A figure: what was measured, against what, and what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, least and most of several measurements."""

    median: float
    least: float
    most: float

    def text(self, digits: int) -> str:
        """`1.23 (1.20-1.31)`."""
        middle, least, most = (f"{x:.{digits}f}" for x in (self.median, self.least, self.most))
        return f"{middle} ({least}-{most})"


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one measurement."""
    return Spread(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: measured in one run with its peer, in pairs taken by turns.

    With a peer the result is a ratio and `target` bounds it; without one `ours` is the result. None:
    nothing was promised, the figure is for information.
    `at_least` turns the target round: more is better.
    """

    name: str
    against: str  # the peer or the physical limit
    unit: str
    ours: Spread
    target: float | None
    peer: Spread | None = None
    ratio: Spread | None = None
    at_least: bool = False
    digits: int = 2
    notes: tuple[str, ...] = ()  # for information; no target

    @property
    def result(self) -> float:
        """What the target bounds."""
        return self.ours.median if self.ratio is None else self.ratio.median

    @property
    def met(self) -> bool:
        """Whether the target is met, if there is one."""
        if self.target is None:
            return True
        return self.result >= self.target if self.at_least else self.result <= self.target

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        sign, times = "≥" if self.at_least else "≤", " ×" if self.ratio else ""
        unit = f" {self.unit}" if self.unit else ""
        return (
            self.name,
            self.ours.text(self.digits) + unit,
            self.peer.text(self.digits) + unit if self.peer else "",
            self.ratio.text(2) + " ×" if self.ratio else "",
            "" if self.target is None else f"{sign} {self.target:g}{times}",
            "" if self.target is None else "met" if self.met else "**not met**",
        )

    def data(self) -> dict[str, Any]:
        """The figure for a machine to read."""
        return {
            "name": self.name,
            "against": self.against,
            "unit": self.unit,
            "ours": _data(self.ours),
            "peer": _data(self.peer),
            "ratio": _data(self.ratio),
            "target": self.target,
            "met": self.met,
            "notes": list(self.notes),
        }


def paired(
    name: str,
    against: str,
    unit: str,
    pairs: Sequence[tuple[float, float]],
    target: float | None,
    digits: int = 2,
    notes: tuple[str, ...] = (),
    *,
    at_least: bool = False,
) -> Figure:
    """The figure of pairs `(ours, peer)`, each taken one right after the other."""
    return Figure(
        name=name,
        against=against,
        unit=unit,
        ours=spread([ours for ours, _ in pairs]),
        peer=spread([peer for _, peer in pairs]),
        ratio=spread([ours / peer for ours, peer in pairs]),
        target=target,
        at_least=at_least,
        digits=digits,
        notes=notes,
    )


HEAD = ("figure", "ours", "peer or limit", "ratio", "target", "")


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table in Markdown, and below it what each was measured against."""
    rows = [HEAD, ("---",) * len(HEAD), *(figure.cells() for figure in figures)]
    lines = ["| " + " | ".join(row) + " |" for row in rows] + [""]
    for figure in figures:
        lines.append(f"* **{figure.name}**: against {figure.against}.")
        lines += [f"  * {note}" for note in figure.notes]
    return "\n".join(lines) + "\n"


def _data(values: Spread | None) -> dict[str, float] | None:
    if values is None:
        return None
    return {"median": values.median, "min": values.least, "max": values.most}
