"""The check of the chart: every state can be reached, can be left, and leads to an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kiosk.fsm import plan as states
from kiosk.fsm.chart import Edge
from kiosk.fsm.plan import Plan
from kiosk.fsm.steps import ALWAYS

ENDS = (states.IDLE, states.OUT_OF_SERVICE)


def check_chart(plan: Plan) -> list[str]:
    """What is wrong with the chart itself; empty when all is well."""
    chart = plan.chart()
    found = [
        f"{s}: cannot be reached" for s in chart.states if s not in _from(chart.state, chart.edges)
    ]
    for state in chart.states:
        ways = [edge for edge in chart.edges if edge.source == state]
        if not ways:
            found.append(f"{state}: has no way out")
        elif plan.limit_of(state) is not None:
            if not any(edge.trigger in ("time", "end", "leave") for edge in ways):
                found.append(f"{state}: has a limit and no way out by time")
        elif not any(edge.trigger == "settle" for edge in ways):
            found.append(f"{state}: has no limit, and nothing but a button leads out")
        if not _from(state, chart.edges) & set(ENDS):
            found.append(f"{state}: leads neither to {ENDS[0]} nor to {ENDS[1]}")
    return [*found, *_shadowed(chart.edges)]


def _from(state: str, edges: Iterable[Edge]) -> set[str]:
    """The states that can be reached from one."""
    onward: dict[str, set[str]] = {}
    for edge in edges:
        onward.setdefault(edge.source, set()).add(edge.target)
    seen, todo = {state}, [state]
    while todo:
        more = onward.get(todo.pop(), set()) - seen
        seen |= more
        todo += more
    return seen


def _shadowed(edges: Iterable[Edge]) -> Iterator[str]:
    """Moves that can never be taken, for one before them always holds."""
    closed: set[tuple[str, str]] = set()
    for edge in edges:
        if (edge.source, edge.trigger) in closed:
            yield f"{edge.source}: {edge.trigger} to {edge.target} stands behind one that always holds"
        if edge.when is ALWAYS:
            closed.add((edge.source, edge.trigger))
