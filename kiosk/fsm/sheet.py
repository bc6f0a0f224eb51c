"""The session's page in the docs, written from the chart and the limits themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kiosk.fsm import plan as states
from kiosk.fsm.chart import Chart, Edge, diagram
from kiosk.fsm.limits import Limit
from kiosk.fsm.plan import Plan
from kiosk.fsm.steps import Service

_INTRODUCTION = """\
# The session

*Written by `python -m kiosk.fsm` from the code; change it there.*

The session is the one part of the terminal that decides. It is pure: it takes one event at a time (a
finger, a device, the bank, time) and answers with effects (an order to a device, a request to the bank, a
clock to start, a line for the journal). It does nothing itself: it reads no clock, starts no thread and
draws nothing. The road that carries events in and effects out is `kiosk/terminal.py`.

A **service** (`kiosk/fsm/services/`) is a list of **steps** (`kiosk/fsm/library/`). The chart below is made
from these lists and from the few states that all services share. Nothing moves but by this chart:
a move that it does not have is a programmer's error and stops the terminal at once.

What is known of a person is in the **visit** alone, and a visit is dropped whole (PRIVACY.NOTHING_STAYS). There is
none in {without}.

`python -m kiosk.fsm` also checks the chart, and then walks a real session through everything that can
happen to it, up to the fixed point: every state can be reached; every state can be left, by the person or
by time; a session that is left alone ends in idle or out of service, or waits for nothing but the card;
no visit ends with a card inside that nobody was asked to take; when a visit is over no device works for it,
no answer is awaited for it, and nothing of it is known. The test suite walks the same way with the
screens in front: every button that is shown does something.
"""

_SHARED_WAYS = """\
## The states that all services share

`settle` follows the card slot and the devices; `time` and `end` are the end of the limit. From every step and
from `trouble`, `leave` leads to `take_card`, or, with no card in the slot, to `goodbye`. Every step can `fail`
into `trouble`.
"""

_STAFF_WAYS = """\
## Technician mode

Entered from `idle` or `out_of_service` with a number and a one-time code, both of which work without a line. No visit
is on, and nothing of a cardholder is known. What is sensitive takes the code of a second person (`it takes two
people`). From every page `leave` and the end of its limit, which a touch begins anew, lead out of it.
"""

_WHOLE = """\
## The whole chart

<details>
<summary>Every state and every move, in one diagram</summary>
"""

_NO_LIMIT = {
    states.IDLE: "whoever comes next",
    states.CARD_LEFT: "nothing personal is known or shown; it ends when the card is out",
    states.OUT_OF_SERVICE: "it ends when a device is back",
}


def sheet(plan: Plan) -> str:
    """The whole page, Markdown with Mermaid diagrams."""
    chart = plan.chart()
    without = ", ".join(f"`{state}`" for state in (*states.WITHOUT_PERSON, states.GOODBYE))
    parts = [
        _INTRODUCTION.format(without=without),
        "## States and their limits\n",
        *_limits(plan, chart),
        _SHARED_WAYS,
        _mermaid(_shared_edges(chart), start=chart.state),
    ]
    parts += [_STAFF_WAYS, _mermaid(_staff_edges(chart))]
    for service in plan.services:
        parts += _service(service, chart)
    parts += [_WHOLE, _mermaid(chart.edges, start=chart.state), "</details>\n"]
    return "\n".join(parts)


def _limits(plan: Plan, chart: Chart) -> Iterator[str]:
    yield "| state | limit | why so long |"
    yield "| --- | --- | --- |"
    for state in chart.states:
        limit = plan.limit_of(state)
        words = f"none | {_NO_LIMIT[state]}" if limit is None else _limit_words(limit)
        yield f"| `{state}` | {words} |"
    yield (
        f"\nIn `{states.IDLE}` and `{states.OUT_OF_SERVICE}` a limit runs only after somebody changed the"
        f" language or the size of the letters: {Limit.WISHES.seconds} s, {Limit.WISHES.reason}.\n"
    )


def _limit_words(limit: Limit) -> str:
    return f"{limit.seconds} s | {limit.reason}"


def _service(service: Service, chart: Chart) -> Iterator[str]:
    parts = service.part(service.steps[-1], {})[1]
    line = "goes on without a line, and waits" if service.without_line else "needs the line"
    yield f"## {service.name}\n"
    yield f"{parts} parts as people count them; {line}.\n"
    yield "| step | part | needs | when |"
    yield "| --- | --- | --- | --- |"
    for step in service.steps:
        needs = ", ".join(f"`{device}`" for device in step.needs) or "-"
        when = step.when.name or ("when asked for" if step.aside else "always")
        yield f"| `{step.name}` | {service.part(step, {})[0]} | {needs} | {when} |"
    yield ""
    yield _mermaid(_service_edges(service, chart))


def _shared_edges(chart: Chart) -> list[Edge]:
    return [e for e in chart.edges if e.source in states.SHARED and e.target in states.SHARED]


def _staff_edges(chart: Chart) -> list[Edge]:
    """The moves of technician mode, without those that end it."""
    ends = ("leave", "time")
    pages = states.STAFF
    moves = [e for e in chart.edges if e.source in pages or e.target in pages]
    return [e for e in moves if e.trigger not in ends or e.target in pages]


def _service_edges(service: Service, chart: Chart) -> list[Edge]:
    """The moves of one service, without those that every step has."""
    names = {f"{service.name}.{step.name}" for step in service.steps}
    return [
        edge
        for edge in chart.edges
        if names & {edge.source, edge.target} and edge.trigger not in ("leave", "fail")
    ]


def _mermaid(edges: Iterable[Edge], start: str | None = None) -> str:
    return f"```mermaid\n{diagram(edges, start)}```\n"
