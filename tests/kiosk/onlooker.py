"""A walk with the screens in front, in both languages, on paper too; and what was seen on it.

What one worker has seen, the others of the same run read: each walk is gone once.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from unittest.mock import patch

import msgspec

from kiosk.drivers.orders import PrintReceipt
from kiosk.fsm.session import Session
from kiosk.fsm.staff.pages import TEST as STAFF_TEST
from kiosk.fsm.walk import Walk, walks
from kiosk.messages.catalogue import Messages
from kiosk.receipts import receipt_of, trial_page
from kiosk.screens.presenter import Presenter
from kiosk.screens.view import View
from tests.kiosk.places import PLACE, WALL


class Seen(msgspec.Struct):
    """What came of one walk."""

    findings: list[str]
    states: set[str]
    said: set[str]  # keys of the catalogue
    titles: dict[str, set[str]]  # of each state, in both languages


class Onlooker:
    """Looks at every screen of a walk, and remembers what it read."""

    def __init__(self, name: str) -> None:
        self._walk: Walk = walks(self.offered)[name]
        self._presenter = Presenter(PLACE)
        self._seen = Seen([], set(), set(), {})

    def walks(self) -> Seen:
        """Walk to the end; the catalogue notes what is asked of it."""
        said, plain = self._seen.said, Messages.__call__

        def noting(words: Messages, key: str, /, **values: object) -> str:
            said.add(key)
            return plain(words, key, **values)

        with patch.object(Messages, "__call__", noting):
            self._walk.run()
        self._seen.findings = list(map(str, self._walk.findings))
        self._seen.states = self._walk.states
        return self._seen

    def offered(self, session: Session) -> list[str]:
        """The buttons of the screen; the same screen is looked at in the other language too."""
        view = self._look(session)
        other = session.twin()
        wishes = other.situation.wishes
        wishes.language = "en"
        wishes.large_text = wishes.shielded = wishes.why_open = True
        self._look(other)
        return [button.id for button in view.buttons() if button.enabled]

    def _look(self, session: Session) -> View:
        """Look at one screen; every text of it must be fit to be shown."""
        view = self._presenter.view(session, WALL, None)
        ids = [button.id for button in view.buttons()]
        assert len(ids) == len(set(ids)), "two buttons of one name"
        assert view.title and view.second, "no title"
        for text in view.texts():
            assert "{" not in text and "None" not in text, f"not a finished text: {text}"
        self._seen.titles.setdefault(session.state, set()).add(view.title)
        if session.state.endswith(".printing") or session.situation.leftover is not None:
            assert isinstance(receipt_of(session, PLACE, WALL), PrintReceipt)
        if session.state == STAFF_TEST:
            assert isinstance(trial_page(PLACE, view.language, WALL), PrintReceipt)
        return view


def seen_on(name: str, folder: Path) -> Seen:
    """What is seen on the walk of that name. Walked by whoever of this run comes first."""
    kept = folder / f"{name}.seen"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(msgspec.json.encode(Onlooker(name).walks()))
        return msgspec.json.decode(kept.read_bytes(), type=Seen)
