"""The walk through every state finds nothing, and would find something if it were there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.drivers.events import Device
from kiosk.fsm import plan as states
from kiosk.fsm.check import check_chart
from kiosk.fsm.events import Event, Pressed
from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.library.ending import ShowResult
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.limits import Limit
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.session import Session
from kiosk.fsm.steps import Goto, Next, Outcome, Service, Stay, Step, When
from kiosk.fsm.telling import Option, Question, Say, Told
from kiosk.fsm.visit import Situation
from kiosk.fsm.walk import SHARED, STAFF, Walk, walks
from sscard.rules import Rule

ROOT = Path(__file__).parents[2]


TELL = lambda _: Told(Say("t"), (), Rule.CARD_STATES)  # noqa: E731


def service(*steps: Step) -> Service:
    return Service("trial", steps, without_line=True, tell=TELL, order=1, icon="card")


def wrong(*steps: Step, shows: str = "") -> str:
    """What the walk finds in a service of these steps; `shows` is a button of every screen."""

    def offered(session: Session) -> list[str]:
        return [shows] if shows and session.plan.step_of(session.state) else []

    return "\n".join(map(str, Walk(offered, (service(LayIdCard(), *steps),)).run()))


QUESTION = Choose(name="question", asks=lambda _: Question(Say("q"), (Option("yes", Say("yes")),)))


def test_the_page_is_written_and_the_services_that_are_named_are_walked(tmp_path: Path) -> None:
    """Every walk is gone, with the screens in front, by `tests/kiosk/test_every_screen.py`."""
    page = tmp_path / "session.md"
    done = subprocess.run(
        [sys.executable, "-m", "kiosk.fsm", "--page", str(page), "receipt_check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    alone = Plan((Plan(SERVICES).service("receipt_check"),)).chart().states
    walked = set(alone) - set(states.STAFF)
    assert f"{len(walked)} states: 0 findings" in done.stdout
    assert page.read_text(encoding="utf-8").startswith("# The session")


def test_there_is_a_walk_for_each_service_one_for_what_they_share_and_one_for_technicians() -> None:
    assert set(walks()) == {SHARED, STAFF, *(each.name for each in SERVICES)}


def test_the_walk_of_what_is_shared_looks_at_where_a_service_begins_and_not_inside() -> None:
    looked: set[str] = set()

    def offered(session: Session) -> list[str]:
        looked.add(session.state)
        return []

    shared = walks(offered, (service(LayIdCard(), QUESTION),))[SHARED]
    assert shared.run() == []
    assert shared.states == {*states.SHARED} - {states.MENU}, "no service of it has a group"
    assert "trial.id_card" in looked
    assert "trial.question" not in looked


def test_a_step_that_breaks_for_one_answer_only_is_found_by_the_walk_of_its_service() -> None:
    options = tuple(Option(each, Say(each)) for each in ("yes", "no", "later"))
    question = replace(QUESTION, asks=lambda _: Question(Say("q"), options))
    broken = service(LayIdCard(), question, Particular(name="particular"))
    found = walks(services=(broken,))["trial"].run()
    assert any("trial.particular: AssertionError" in each.what for each in found)
    assert any("press later" in each.way for each in found)


@pytest.mark.parametrize("gone", [Device.ID_SCANNER, Device.RECEIPT_PRINTER])
def test_what_breaks_only_while_a_device_is_gone_is_found(gone: Device) -> None:
    broken = service(
        LayIdCard(), QUESTION, Without(name="without", gone=gone), ShowResult(leads_to=())
    )
    found = walks(services=(broken,))["trial"].run()
    assert any("trial.without: AssertionError" in each.what for each in found)


def test_a_service_in_order_gives_no_finding() -> None:
    assert wrong(QUESTION, ShowResult(leads_to=()), shows="leave") == ""


class Particular(Step, frozen=True, kw_only=True):
    limit: Limit = Limit.CHOOSE

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        later = situation.person.said["question"] == "later"
        assert not (later and event == Pressed("confirm"))
        return None


class Without(Step, frozen=True, kw_only=True):
    limit: Limit = Limit.CHOOSE
    gone: Device

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        assert situation.usable(self.gone) or event != Pressed("confirm")
        return None


class Breaks(Step, frozen=True, kw_only=True):
    limit: Limit = Limit.CHOOSE

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        assert not isinstance(event, Pressed)
        return None


def test_a_step_that_breaks_is_found_with_the_way_there() -> None:
    found = wrong(Breaks(name="breaks"))
    assert "trial.breaks: AssertionError" in found
    assert "after: start, id_scanner online, press trial, ID read, press again" in found


class Stays(Step, frozen=True, kw_only=True):
    limit: Limit = Limit.CHOOSE

    def on_time_up(self, situation: Situation) -> Outcome:
        return Stay(again=True)


def test_a_step_that_time_does_not_end_is_found() -> None:
    assert "time alone leads to trial.stays and no further" in wrong(Stays(name="stays"))


class Astray(Step, frozen=True, kw_only=True):
    limit: Limit = Limit.CHOOSE

    def on_time_up(self, situation: Situation) -> Outcome:
        return Goto("nowhere")


def test_a_step_that_leads_where_the_chart_does_not_is_found() -> None:
    assert "ChartError: trial.astray has no way to_nowhere" in wrong(Astray(name="astray"))


def test_a_button_that_does_nothing_is_found() -> None:
    assert "trial.question: the button confirm does nothing" in wrong(QUESTION, shows="confirm")


def test_a_screen_that_cannot_be_made_is_found() -> None:
    def offered(session: Session) -> list[str]:
        return ["leave"] if session.state == "goodbye" else [str(session.situation.person.trouble)]

    found = Walk(offered, (service(LayIdCard()),)).run()
    assert any("AssertionError" in finding.what for finding in found)


class Skips(Step, frozen=True, kw_only=True):
    limit: Limit = Limit.CHOOSE

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        return Next() if event == Pressed("confirm") else None


def test_the_chart_check_finds_a_state_that_nothing_leads_to() -> None:
    alone = replace(QUESTION, name="alone", aside=True)
    found = check_chart(Plan((service(Skips(name="first"), alone),)))
    assert "trial.alone: cannot be reached" in found


def test_the_chart_check_finds_a_move_that_can_never_be_taken() -> None:
    always = When("in a word, always", lambda _: True)
    assert check_chart(Plan((service(Skips(name="first"), replace(QUESTION, when=always)),))) == []
    twice = service(Skips(name="first", leads_to=("first", "first")))
    assert any("behind one that always holds" in each for each in check_chart(Plan((twice,))))
