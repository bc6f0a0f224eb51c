"""Cut off wherever something was done for good, and taken up again: as it was, or a step further."""

from __future__ import annotations

import json

from offline_queue.settings import load_keys, load_settings
from tests.provisioning.story.hall import KEYS, TERMINAL, Hall, hall
from tests.provisioning.story.hand import KILLED

_CUTS_MAX = 40


def stands(here: Hall, was_in_service: bool) -> None:
    """What a killed command left is nothing in between."""
    queue = here.settings / "queue.toml"
    if queue.exists():
        load_keys(load_settings(queue))  # settings are there only with all keys that they name
    readiness = here.readiness()
    if readiness is not None and not was_in_service:
        assert readiness["state"] == "failed"
    assert here.does("status")["next"]


def cut_everywhere(here: Hall, at: str, *words: str, typed: str = "") -> int:
    """Kill the command at its first such call, its second, and so on, until it comes through."""
    for number in range(_CUTS_MAX):
        came = here.tries(*words, typed=typed, power_fails_at=(at, number))
        if came.code != KILLED:
            assert came.code == 0, (number, came.told)
            return number
        stands(here, was_in_service=words[0] == "sign-off")
    raise AssertionError("it never comes through")


def test_a_technician_who_is_interrupted_everywhere_ends_in_service_all_the_same() -> None:
    with hall(["pin_pad"]) as here:
        token = here.token()  # one for all: it is still good for the same key
        assert cut_everywhere(here, "rename", "enrol", "--token", token) > 4
        assert cut_everywhere(here, "rename", "devices", "find") > 1
        for key in KEYS:
            load = ("keys", "load", "--key", key)
            assert cut_everywhere(here, "fsync", *load, typed=here.papers(key)) > 1
        here.bank_opens()
        here.queue_starts()
        answers = ("--answers", str(here.answers))
        tested = ("self-test", "--technician", "1001", *answers)
        for number in (1, 4):  # before anything is kept; when the report is signed, and half told
            assert here.tries(*tested, power_fails_at=("rename", number)).code == KILLED
            stands(here, was_in_service=False)
        # What two people ask for on the screen; cut off when the office has answered.
        request = here.folder / "request"
        request.write_text(json.dumps({"technician": "1001", "second": "1002"}))
        asked = ("answer-request", str(request))
        assert here.tries(*asked, power_fails_at=("rename", 6)).code == KILLED
        stands(here, was_in_service=False)
        assert here.does("terminal", "show", TERMINAL)["state"] == "in_service"
        assert cut_everywhere(here, "rename", "sign-off") == 2
        readiness = here.readiness()
        assert readiness is not None and readiness["state"] == "passed"
        told = here.does("terminal", "show", TERMINAL)
        assert told["state"] == "in_service"
        assert len(told["certificates"]) == 1, "an answer that was lost is given again"
        assert here.does("audit", "check") == {"audit": "whole"}
