"""The self-test with its report, and the sign-off: the last steps into service."""

from __future__ import annotations

import contextlib
import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kiosk.drivers.events import Device
from kiosk.software import software_version
from provisioning.cli import image
from provisioning.cli.asking import yes_or_no
from provisioning.cli.devices import show_findings
from provisioning.cli.image import Terminal, read_image
from provisioning.cli.showing import Failed, Shown
from provisioning.cli.testing import circumstances, places
from provisioning.devices.discovery import discover
from provisioning.devices.judging import judged
from provisioning.readiness import standing
from provisioning.readiness.glass import Glass
from provisioning.readiness.page import page
from provisioning.readiness.questions import Answer, Question, answered, questions
from provisioning.readiness.report import (
    Changes,
    compared,
    holds_back,
    make_report,
    required_checks,
)
from provisioning.readiness.self_test import steps, walk
from provisioning.readiness.standing import State
from provisioning.terminal.handing import hand
from provisioning.terminal.keys.key import KeyFailed
from provisioning.terminal.office_line import OfficeFailed
from provisioning.wire import Outcome, ReadinessReport, ReportTaken

ANSWERS, PAGE, DATA = "answers.json", "readiness.html", "readiness-report.json"
ANSWERS_LAST_DAYS = 30  # what a person saw is asked again after that
_FROM_SOURCE = "checkout"  # what a report says of a program that is no package
_SIGN_OFF = "kiosk-provision sign-off"


class _Answers(msgspec.Struct, frozen=True):
    """What a person has seen, each as it was answered, so that nothing is asked twice."""

    at: str
    answers: dict[str, Answer]


def self_test(chosen: Namespace, shown: Shown) -> None:
    """Test everything, ask what only a person can see, and write the report."""
    terminal = Terminal(read_image(chosen.image))
    given = _from_file(chosen.answers)
    report = _tested(terminal, shown, chosen.technician, chosen.witness, given)
    if not report.passed:
        raise Failed("the terminal has not passed", "put right what is said above, and test again")
    shown.outcome({"passed": True, "page": str(terminal.image.folder / PAGE), "next": _SIGN_OFF})


def sign_off(chosen: Namespace, shown: Shown) -> None:
    """Hand the newest report in; from then on the terminal may serve."""
    terminal = Terminal(read_image(chosen.image))
    taken = _handed_in(terminal)
    shown.outcome(
        {"in_service": True, "report": taken.number, "new": taken.new, "gone": taken.gone}
    )


def answer_request(chosen: Namespace, shown: Shown) -> None:
    """What two people asked for on the terminal's own screen: self-test and sign-off in one.

    The unit takes the request away when there is an outcome; cut off before, it is taken up again.
    """
    terminal = Terminal(read_image(chosen.image))
    try:
        asked = json.loads(chosen.request.read_bytes())
        technician, witness = str(asked["technician"]), str(asked["second"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failed("the request cannot be read", "ask again on the terminal's screen") from error
    if technician == witness:
        raise Failed("it takes two people", "ask again, with a second person")
    report = _tested(terminal, shown, technician, witness, {})
    if not report.passed:
        raise Failed("the terminal has not passed", "see the readiness page")
    taken = _handed_in(terminal)
    shown.outcome({"in_service": True, "report": taken.number})


def _tested(
    terminal: Terminal, shown: Shown, technician: str, witness: str, given: Mapping[str, Answer]
) -> ReadinessReport:
    """Every check, the report of them signed and kept, the page written, and the verdict told."""
    now, folder = image.machine_now(), terminal.image.folder
    assignment, credentials = terminal.assignment(), terminal.credentials()
    _, version_in_use = terminal.settings()
    shown.waits("looking for the devices; touch nothing for up to 20 seconds")
    found = discover([each.node for each in terminal.ports()], terminal.cameras())
    with contextlib.closing(Glass()) as glass:
        told = circumstances(terminal, glass)
        findings = [
            *judged(found, assignment.devices),
            *walk(steps(places(terminal), told), shown.waits),
        ]
    devices = tuple(each.device for each in found.located)
    kinds = [Device(each.kind) for each in assignment.devices if each.kind in tuple(Device)]
    asked = questions(kinds)
    findings += answered(asked, _answers(terminal, shown, asked, given, now))
    required = required_checks(assignment.devices)
    report = replace(
        make_report(
            *(
                assignment.terminal,
                terminal.clock.now(),
                technician,
                software_version() or _FROM_SOURCE,
            ),
            *(version_in_use, devices, findings, required),
        ),
        witness=witness,
    )
    before = terminal.sign_off.report
    was_in_service = terminal.sign_off.standing.in_service
    changes = None if before is None else compared(before, report)
    try:
        terminal.sign_off.write(report, credentials)
    except KeyFailed as error:
        raise Failed(error.trouble.said, "see: kiosk-provision status") from error
    hand(folder / PAGE, page(report, changes, required).encode(), 0o644)
    hand(folder / DATA, msgspec.json.encode(report), 0o644)
    open_ones = [each for each in report.findings if holds_back(each, required)]
    remedies = [f"{each.said} {each.remedy}".strip() for each in open_ones]
    if report.passed and not was_in_service:
        remedies = [f"Hand the report in: {_SIGN_OFF}"]
    may_serve = report.passed and was_in_service
    standing.tell(
        readiness_path(terminal), State.PASSED if may_serve else State.FAILED, remedies, now
    )
    show_findings(shown, [each for each in report.findings if each.outcome is not Outcome.PASSED])
    passed = sum(each.outcome is Outcome.PASSED for each in report.findings)
    shown.step("self-test", f"{passed} of {len(report.findings)} checks passed")
    if changes is not None:
        shown.step("changes", _changed(changes))
    return report


def _handed_in(terminal: Terminal) -> ReportTaken:
    """The office's answer to the newest report, which took the terminal into service."""
    report = terminal.sign_off.report
    if report is None:
        raise Failed("the terminal was not tested", "kiosk-provision self-test")
    try:
        taken = terminal.sign_off.hand_in(terminal.line, terminal.credentials())
    except OfficeFailed as error:
        raise Failed(str(error), error.remedy) from error
    assert taken is not None, "there is a report"
    now = image.machine_now()
    if not taken.in_service:
        standing.tell(readiness_path(terminal), State.FAILED, taken.because, now)
        raise Failed(
            "not in service: " + "; ".join(taken.because),
            "put that right, then kiosk-provision self-test and kiosk-provision sign-off",
        )
    standing.tell(readiness_path(terminal), State.PASSED, (), now)
    return taken


def readiness_path(terminal: Terminal) -> Path:
    """Where the screen process reads whether it may serve."""
    given = terminal.image.places.get("readiness")
    return terminal.image.folder / standing.READINESS if given is None else Path(given)


def _answers(
    terminal: Terminal,
    shown: Shown,
    asked: tuple[Question, ...],
    given: Mapping[str, Answer],
    now: datetime,
) -> Mapping[str, Answer]:
    """What a person saw: said now, or by somebody in the last 30 days."""
    path = terminal.image.folder / ANSWERS
    answers = {**_kept(path, now), **given}
    for question in asked:
        if answers.get(question.check) is not Answer.YES and question.check not in given:
            if not sys.stdin.isatty() or shown.as_json:
                continue
            answers[question.check] = Answer.YES if yes_or_no(question.text) else Answer.NO
        hand(path, msgspec.json.encode(_Answers(now.isoformat(), answers)), 0o600)
    return answers


def _kept(path: Path, now: datetime) -> dict[str, Answer]:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Answers)
        age = now - datetime.fromisoformat(kept.at)
    except (OSError, ValueError, msgspec.MsgspecError):
        return {}
    return kept.answers if 0 <= age.days < ANSWERS_LAST_DAYS else {}


def _from_file(path: Path | None) -> Mapping[str, Answer]:
    """Answers of a file: a JSON object of a check's name and yes or no. Raises `Failed`."""
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Answer])
    except msgspec.MsgspecError as error:
        raise Failed(f"{path.name} has no answers", 'write {"screen.even": "yes", ...}') from error


def _changed(changes: Changes) -> str:
    """The difference to the last report in one line."""
    if not changes:
        return "nothing since the last report"
    told: list[tuple[str, list[str]]] = [
        ("new", [each.check for each in changes.new]),
        ("no more", [each.check for each in changes.gone]),
        ("come", [each.kind for each in changes.devices_come]),
        ("gone", [each.kind for each in changes.devices_gone]),
    ]
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in told if names)
