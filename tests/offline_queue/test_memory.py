"""A core of the queue's process, taken after a visit, shows nobody."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from offline_queue.wire import Forget, Submit, call_line
from sscard.cards import LossKind
from sscard.requests import BalanceCheck, Companion, Evidence, LossReport
from tests.offline_queue.bankside import op
from tests.offline_queue.tlsbank import QueueSite, Talk

_CANARY = {
    "id number": "990000199912319876",
    "name": "金丝雀王",
    "card number": "6299999123456789012",
    "PIN block": "CAFE0123BEEF4567",
}
_WHO = Evidence("resident_id_card", _CANARY["id number"], _CANARY["name"])
_REQUESTS = (
    (op(1), BalanceCheck(_WHO, _CANARY["card number"]), Companion(_CANARY["PIN block"])),
    (op(2), LossReport(_WHO, LossKind.ORAL), None),
)


def found_in_memory(pid: int) -> set[str]:
    """Which of the canary's texts stand anywhere in what the process may read."""
    found = set()
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as mem:
        for line in maps:
            span, may, *_ = line.split()
            if "r" not in may or "[v" in line:
                continue
            first, end = (int(text, 16) for text in span.split("-"))
            mem.seek(first)
            try:
                content = mem.read(end - first)
            except OSError:  # mapped, and nothing behind it
                continue
            for what, text in _CANARY.items():
                forms = (text.encode(), text.encode("utf-16-le"), text.encode("unicode_escape"))
                if any(re.search(re.escape(form), content) for form in forms):
                    found.add(what)
    return found


def test_the_search_finds_what_is_there() -> None:
    """This process holds the canary: nothing would be proved by a search that misses it."""
    assert found_in_memory(os.getpid()) == set(_CANARY)


@pytest.mark.usefixtures("bank")
def test_after_a_visit_nobody_is_left_in_the_memory_of_the_process(
    site: QueueSite, talks: list[Talk]
) -> None:
    child = site.start()
    talk = Talk(site.socket)
    talks.append(talk)
    for op_id, request, companion in _REQUESTS:
        talk.say(call_line(Submit(op_id, request, companion)).rstrip())
        talk.hear_until(lambda said: "answer" in said)
    for op_id, _, _ in _REQUESTS:
        talk.say(call_line(Forget(op_id)).rstrip())
    talk.say({"do": "status"})  # answered after what was said before
    talk.hear_until(lambda said: "status" in said)
    if os.geteuid() == 0:
        assert found_in_memory(child.pid) == set()
    else:
        with pytest.raises(PermissionError):
            found_in_memory(child.pid)


@pytest.mark.usefixtures("bank")
def test_the_process_leaves_no_core(site: QueueSite) -> None:
    child = site.start()
    limits = Path(f"/proc/{child.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    # proc(5): the files of a process that may not be dumped belong to root.
    assert Path(f"/proc/{child.pid}/mem").stat().st_uid == 0
