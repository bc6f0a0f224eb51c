"""The pages of technician mode as states of the session's chart, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.fsm.chart import Edge
from kiosk.fsm.limits import Limit
from kiosk.fsm.staff.words import Act
from kiosk.fsm.steps import When
from kiosk.fsm.visit import Situation

NUMBER = "staff_number"  # who it is: the technician's number is typed
CODE = "staff_code"
REFUSED = "staff_refused"
OVERVIEW = "staff_overview"  # the devices
DEVICE = "staff_device"
TEST = "staff_test"  # one device is tried
TASKS = "staff_tasks"
PAPER = "staff_paper"
CARDS = "staff_cards"  # those that the terminal keeps
COUNT = "staff_count"  # how many were in the bin
QUEUE = "staff_queue"
CONFIRM = "staff_confirm"  # what an act means, before it is done
DOING = "staff_doing"
DONE = "staff_done"

STAFF: dict[str, Limit] = {
    NUMBER: Limit.STAFF_CODE,
    CODE: Limit.STAFF_CODE,
    REFUSED: Limit.STAFF_CODE,
    OVERVIEW: Limit.STAFF,
    DEVICE: Limit.STAFF,
    TEST: Limit.STAFF,
    TASKS: Limit.STAFF,
    PAPER: Limit.STAFF,
    CARDS: Limit.STAFF,
    COUNT: Limit.STAFF,
    QUEUE: Limit.STAFF,
    CONFIRM: Limit.STAFF,
    DOING: Limit.STAFF_ACT,
    DONE: Limit.STAFF,
}
ENTERING = (NUMBER, CODE, REFUSED)
WITH_LOOK = tuple(page for page in STAFF if page not in (*ENTERING, DOING, COUNT))
"""The pages on which what is shown is asked for anew when a device changes."""

_SENSITIVE = (Act.EMPTY_BIN, Act.EXPORT, Act.SIGN_OFF)


def takes_two(act: Act, now: Situation) -> bool:
    """Whether a second person has to type a code: also to serve again where meddling was told."""
    return act in _SENSITIVE or (act is Act.OPEN and (now.standing.suspect or now.is_suspect))


_CODES = When("terminal has codes", lambda now: now.standing.has_codes)
_ADMITTED = When("somebody is admitted", lambda now: now.worker.technician != "")
_TWO = When(
    "it takes two people",
    lambda now: now.worker.act is not None and takes_two(now.worker.act, now),
)


def edges(idle: str, out_of_service: str, something: When) -> Iterator[Edge]:
    """Every move of technician mode, into it and out of it."""
    for source in (idle, out_of_service):
        yield Edge(source, "staff", NUMBER, _CODES)
        yield Edge(source, "staff", REFUSED)
    yield Edge(NUMBER, "number", CODE)
    yield Edge(CODE, "back", NUMBER)
    yield Edge(CODE, "admit_first", OVERVIEW)
    yield Edge(CODE, "admit_second", DOING)
    for source in (NUMBER, CODE):
        yield Edge(source, "refuse", REFUSED)
    yield Edge(REFUSED, "again", NUMBER)
    for source in ENTERING:
        yield Edge(source, "give_up", TASKS, _ADMITTED)
    yield Edge(OVERVIEW, "device", DEVICE)
    yield Edge(OVERVIEW, "tasks", TASKS)
    yield Edge(DEVICE, "test", TEST)
    yield Edge(TEST, "test", TEST)
    yield Edge(TEST, "back", DEVICE)
    yield Edge(DEVICE, "paper", PAPER)
    for source in (DEVICE, TASKS):
        yield Edge(source, "back", OVERVIEW)
    for target in (PAPER, CARDS, QUEUE):
        yield Edge(TASKS, target.removeprefix("staff_"), target)
        yield Edge(target, "back", TASKS)
    yield Edge(CARDS, "count", COUNT)
    yield Edge(COUNT, "back", CARDS)
    for source in (TASKS, COUNT):
        yield Edge(source, "act", CONFIRM)
    yield Edge(CONFIRM, "back", TASKS)
    yield Edge(CONFIRM, "confirm", NUMBER, _TWO)
    yield Edge(CONFIRM, "confirm", DOING)
    yield Edge(DOING, "did", DONE)
    yield Edge(DOING, "time", DONE)
    yield Edge(DONE, "back", TASKS)
    for source in STAFF:
        for trigger in ("leave", "time"):
            if (source, trigger) == (DOING, "time"):
                continue
            yield Edge(source, trigger, idle, something)
            yield Edge(source, trigger, out_of_service)
