"""A walk through every state with the screens in front, in both languages, on paper too.

Every screen can be made, every button on it does something, and every text of the catalogue is said
somewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kiosk.drivers.orders import PrintReceipt
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.session import LANGUAGES, Session
from kiosk.fsm.walk import Finding, Walk
from kiosk.messages.catalogue import Messages, messages
from kiosk.receipts import receipt_of
from kiosk.screens.presenter import Presenter
from kiosk.screens.view import View
from tests.kiosk.places import PLACE, WALL

UNSAID = {"device.receipt_printer"}  # no service is refused for want of paper
RULES = "rule."  # each rule's text is looked at in test_messages; a bank may name any of them


class Onlooker:
    """Looks at every screen of a walk, and remembers what it read."""

    def __init__(self) -> None:
        self.walk = Walk(self.offered)
        self.said: set[str] = set()
        self.titles: dict[str, set[str]] = {}
        self._presenter = Presenter(PLACE)

    def offered(self, session: Session) -> list[str]:
        """The buttons of the screen; the same screen is looked at in the other language too."""
        view = self.look(session)
        other = session.twin()
        wishes = other.situation.wishes
        wishes.language, wishes.large_text, wishes.shielded, wishes.why_open = (
            "en",
            True,
            True,
            True,
        )
        self.look(other)
        return [button.id for button in view.buttons() if button.enabled]

    def look(self, session: Session) -> View:
        """Look at one screen; every text of it must be fit to be shown."""
        view = self._presenter.view(session, WALL, None)
        ids = [button.id for button in view.buttons()]
        assert len(ids) == len(set(ids)), "two buttons of one name"
        assert view.title and view.second, "no title"
        for text in view.texts():
            assert "{" not in text and "None" not in text, f"not a finished text: {text}"
        self.titles.setdefault(session.state, set()).add(view.title)
        if session.state.endswith(".printing"):
            assert isinstance(receipt_of(session, PLACE, WALL), PrintReceipt)
        return view


@pytest.fixture(scope="module")
def onlooker() -> Iterator[Onlooker]:
    """One walk for all the tests here; the catalogue notes what is asked of it."""
    made = Onlooker()
    plain = Messages.__call__

    def noting(self: Messages, key: str, /, **values: object) -> str:
        made.said.add(key)
        return plain(self, key, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Messages, "__call__", noting)
        made.walk.run()
        yield made


def test_nothing_is_found_behind_the_screens(onlooker: Onlooker) -> None:
    findings: list[Finding] = onlooker.walk.findings
    assert not findings, "\n".join(map(str, findings))


def test_every_state_has_shown_its_screen_in_both_languages(onlooker: Onlooker) -> None:
    states = set(Plan(SERVICES).chart().states)
    assert onlooker.walk.states == states
    for state in states:
        assert len(onlooker.titles[state]) >= len(LANGUAGES), state


def test_every_text_is_said_somewhere(onlooker: Onlooker) -> None:
    texts = {key for key in messages("zh").texts if not key.startswith(RULES)} - UNSAID
    assert texts - onlooker.said == set()
