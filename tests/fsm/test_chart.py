"""The chart is strict: it moves as it says, or not at all and loudly."""

from __future__ import annotations

import pytest

from kiosk.fsm.chart import Chart, ChartError, Edge, diagram
from kiosk.fsm.check import check_chart
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.steps import When
from kiosk.fsm.visit import Situation

NEVER = When("never", lambda _: False)


def _breaks(_: Situation) -> bool:
    raise ZeroDivisionError


def chart(*edges: Edge) -> Chart:
    return Chart(("here", "there", "elsewhere"), edges, "here")


def test_a_move_leads_where_the_chart_says() -> None:
    made = chart(Edge("here", "go", "there"))
    assert made.fire("go", Situation()) == "there"
    assert made.state == "there"


def test_of_several_moves_the_first_that_holds_wins() -> None:
    made = chart(Edge("here", "go", "there", NEVER), Edge("here", "go", "elsewhere"))
    assert made.fire("go", Situation()) == "elsewhere"


def test_a_trigger_that_nobody_knows_is_an_error() -> None:
    made = chart(Edge("here", "go", "there"))
    with pytest.raises(ChartError, match="here has no way fly"):
        made.fire("fly", Situation())
    assert made.state == "here"


def test_a_trigger_of_another_state_is_an_error() -> None:
    made = chart(Edge("there", "go", "here"))
    with pytest.raises(ChartError, match="here has no way go"):
        made.fire("go", Situation())


def test_a_move_whose_condition_fails_is_an_error_and_does_not_move() -> None:
    made = chart(Edge("here", "go", "there", NEVER))
    assert made.has("go")
    assert not made.would("go", Situation())
    with pytest.raises(ChartError, match="no condition of here --go--> holds"):
        made.fire("go", Situation())
    assert made.state == "here"


def test_a_condition_that_breaks_leaves_the_state_as_it_was() -> None:
    made = chart(Edge("here", "go", "there", When("breaks", _breaks)))
    with pytest.raises(ZeroDivisionError):
        made.fire("go", Situation())
    assert made.state == "here"


def test_a_twin_moves_on_its_own() -> None:
    made = chart(Edge("here", "go", "there"), Edge("there", "go", "elsewhere"))
    twin = made.twin()
    twin.fire("go", Situation())
    assert (made.state, twin.state) == ("here", "there")
    made.fire("go", Situation())
    made.fire("go", Situation())
    assert (made.state, twin.state) == ("elsewhere", "there")


def test_the_diagram_joins_moves_between_the_same_states_and_names_their_conditions() -> None:
    drawn = diagram((Edge("a", "next", "b.c"), Edge("a", "to_c", "b.c", NEVER)), start="a")
    assert "    [*] --> a\n" in drawn
    assert "    a --> b__c: next, to c [never]\n" in drawn
    assert "    b__c: b.c\n" in drawn


def test_the_terminals_chart_is_in_order() -> None:
    assert check_chart(Plan(SERVICES)) == []
