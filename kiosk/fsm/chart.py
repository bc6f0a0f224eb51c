"""The state machine: `transitions` behind one strict wrapper.

`transitions` answers true for every queued trigger, and an exception in a callback leaves the
new state in place. So nothing is queued, no callback does anything, conditions only look, and
`fire` states what must hold afterwards: the machine moved, and moved where the chart says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass

from transitions import EventData, Machine, MachineError

from kiosk.fsm.steps import ALWAYS, When
from kiosk.fsm.visit import Situation


class ChartError(RuntimeError):
    """The session asked for a move that the chart does not have: a programmer's error."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One move of the chart. Of several with one source and trigger the first that holds wins."""

    source: str
    trigger: str
    target: str
    when: When = ALWAYS


class _Model:
    """What `transitions` hangs the state on."""

    state: str


class Chart:
    """The states and their moves."""

    def __init__(self, states: Sequence[str], edges: Iterable[Edge], initial: str) -> None:
        self.states = tuple(states)
        self.edges = tuple(edges)
        self._ways: dict[tuple[str, str], list[Edge]] = {}
        self._model = _Model()
        self._machine = Machine(
            self._model,
            states=list(states),
            initial=initial,
            auto_transitions=False,
            send_event=True,
            queued=False,
            ignore_invalid_triggers=False,
        )
        for edge in self.edges:
            self._ways.setdefault((edge.source, edge.trigger), []).append(edge)
            self._machine.add_transition(
                edge.trigger,
                edge.source,
                edge.target,
                conditions=[] if edge.when is ALWAYS else [_looks(edge.when)],
            )

    def twin(self) -> Chart:
        """The same chart in the same state, which moves on its own from here."""
        twin = copy(self)
        twin._model = _Model()
        self._machine.set_state(self.state, twin._model)
        return twin

    @property
    def state(self) -> str:
        """The state the machine is in."""
        return self._model.state

    def has(self, trigger: str) -> bool:
        """Whether the chart knows this trigger in the present state."""
        return (self.state, trigger) in self._ways

    def would(self, trigger: str, situation: Situation) -> bool:
        """Whether `fire` would move now."""
        ways = self._ways.get((self.state, trigger), ())
        return any(edge.when.holds(situation) for edge in ways)

    def fire(self, trigger: str, situation: Situation) -> str:
        """Move, and answer the new state. Raises `ChartError`, and then has not moved."""
        before = self.state
        try:
            moved = self._machine.events[trigger].trigger(self._model, situation)
        except (KeyError, MachineError) as error:
            raise ChartError(f"{before} has no way {trigger}") from error
        if not moved or all(self.state != edge.target for edge in self._ways[before, trigger]):
            self._machine.set_state(before, self._model)
            raise ChartError(f"no condition of {before} --{trigger}--> holds")
        return self.state


def diagram(edges: Iterable[Edge], start: str | None = None) -> str:
    """Moves as a Mermaid state diagram; those between the same two states share an arrow."""
    labels: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        label = edge.trigger.replace("_", " ") + (f" [{edge.when.name}]" if edge.when.name else "")
        labels.setdefault((edge.source, edge.target), []).append(label)
    states = dict.fromkeys(state for pair in labels for state in pair)
    lines = ["stateDiagram-v2", *(f"    {_word(state)}: {state}" for state in states)]
    if start is not None:
        lines.append(f"    [*] --> {_word(start)}")
    for (source, target), words in labels.items():
        lines.append(f"    {_word(source)} --> {_word(target)}: {', '.join(words)}")
    return "\n".join(lines) + "\n"


def _word(state: str) -> str:
    return state.replace(".", "__")


def _looks(when: When) -> Callable[[EventData], bool]:
    def condition(event: EventData) -> bool:
        (situation,) = event.args
        return when.holds(situation)

    return condition
