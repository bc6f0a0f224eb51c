"""A walk through every state with the screens in front, in both languages, on paper too.

Every screen can be made, every button on it does something, and every text of the catalogue is said
somewhere.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk.fsm import plan as states
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.session import LANGUAGES
from kiosk.fsm.walk import SHARED, STAFF, walks
from kiosk.messages.catalogue import messages
from tests.kiosk.onlooker import seen_on

UNSAID = {"device.receipt_printer"}  # no service is refused for want of paper
RULES = "rule."  # each rule's text is looked at in test_messages; a bank may name any of them
pytestmark = pytest.mark.timeout(900)  # whoever comes first walks, and the others wait for it
WALKS = pytest.mark.parametrize("name", walks())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run, the same one for all its workers."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "every_screen"
    shared.mkdir(exist_ok=True)
    return shared


def states_of(name: str) -> set[str]:
    """The states that the walk of this name must come to."""
    if name == SHARED:
        return {*states.SHARED}
    if name == STAFF:
        return {*states.SHARED, *states.STAFF} - {states.MENU}
    service = Plan(SERVICES).service(name)
    own = {f"{name}.{step.name}" for step in service.steps}
    return {*states.SHARED} - (set() if service.group else {states.MENU}) | own


@WALKS
def test_nothing_is_found_behind_the_screens(name: str, folder: Path) -> None:
    findings = seen_on(name, folder).findings
    assert not findings, "\n".join(findings)


@WALKS
def test_every_state_has_shown_its_screen_in_both_languages(name: str, folder: Path) -> None:
    seen = seen_on(name, folder)
    assert seen.states == states_of(name)
    for state in seen.states:
        assert len(seen.titles[state]) >= len(LANGUAGES), state


def test_the_walks_together_come_to_every_state() -> None:
    assert {state for name in walks() for state in states_of(name)} == {
        *Plan(SERVICES).chart().states
    }


def test_every_text_is_said_somewhere(folder: Path) -> None:
    said = {key for name in walks() for key in seen_on(name, folder).said}
    texts = {key for key in messages("zh").texts if not key.startswith(RULES)} - UNSAID
    assert texts - said == set()
