"""The session's page in the docs is written from the code."""

from __future__ import annotations

from kiosk.fsm.__main__ import PAGE
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.sheet import sheet


def test_the_page_is_what_the_code_writes() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == sheet(Plan(SERVICES)), "run `python -m kiosk.fsm`"


def test_the_page_shows_every_state_with_its_limit_and_a_diagram_for_each_service() -> None:
    page = sheet(Plan(SERVICES))
    for state in Plan(SERVICES).chart().states:
        assert f"| `{state}` | " in page
    assert page.count("```mermaid") == len(SERVICES) + 3
    for service in SERVICES:
        assert f"## {service.name}\n" in page
