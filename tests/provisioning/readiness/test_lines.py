"""The queue is asked over a real Unix socket, in the words that the queue itself uses."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_queue.messages import LineChanged, QueueStatus
from offline_queue.wire import AskStatus, notice_line, read_call
from provisioning.readiness import lines
from provisioning.readiness.lines import office, queue_and_bank
from provisioning.wire import Finding, Outcome

UP = QueueStatus(line_up=True, waiting={"loss": 2}, oldest_age_s=5.0, last_contact_at=None)


class Queue:
    """Answers one call with the given lines, and hangs up or hangs on."""

    def __init__(self, path: Path, *lines: bytes, hangs: bool = False) -> None:
        self._lines, self._hangs = lines, hangs
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._closing = threading.Event()
        self.calls: list[object] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        end, _ = self._listener.accept()
        with end:
            end.sendall(notice_line(LineChanged(True)))
            self.calls.append(read_call(end.makefile("rb").readline()))
            for line in self._lines:
                end.sendall(line)
            if self._hangs:
                self._closing.wait(20)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._listener.close()


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "queue.sock"


def asked(path: Path, *lines: bytes, hangs: bool = False) -> tuple[Finding, ...]:
    with contextlib.closing(Queue(path, *lines, hangs=hangs)) as queue:
        found = queue_and_bank(path)
        assert queue.calls == [AskStatus()]
    return found


def test_a_sound_queue_with_its_line_up_passes(path: Path) -> None:
    found = asked(path, notice_line(UP))
    assert [each.check for each in found] == ["queue.answers", "bank.line", "queue.rows"]
    assert {each.outcome for each in found} == {Outcome.PASSED}


def test_a_bank_that_was_never_reached_fails_and_says_so(path: Path) -> None:
    down = QueueStatus(line_up=False, waiting={}, oldest_age_s=None, last_contact_at=None)
    _, bank, _ = asked(path, notice_line(down))
    assert bank.outcome is Outcome.FAILED
    assert "never" in bank.said


def test_what_the_queue_wants_a_person_for_is_a_concern(path: Path) -> None:
    words = QueueStatus(
        line_up=True,
        waiting={},
        oldest_age_s=None,
        last_contact_at=None,
        dead=3,
        alerts=["clear: disk"],
    )
    *_, rows = asked(path, notice_line(words))
    assert rows.outcome is Outcome.CONCERN
    assert "3 requests" in rows.said
    assert "clear: disk" in rows.said


@pytest.mark.parametrize("line", [b"", b"{}\n", b"[1]\n", b"nonsense\n", b'{"status": 1}\n'])
def test_words_that_are_no_status_are_no_answer(path: Path, line: bytes) -> None:
    (found,) = asked(path, line)
    assert (found.check, found.outcome) == ("queue.answers", Outcome.FAILED)


def test_a_queue_that_hangs_is_given_up_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "ANSWER_LIMIT_S", 0.2)
    (found,) = asked(path, hangs=True)
    assert found.outcome is Outcome.FAILED


def test_a_socket_that_is_not_there_is_no_queue(path: Path) -> None:
    (found,) = queue_and_bank(path)
    assert "systemctl start kiosk-queue" in found.remedy


def test_the_office_is_reached_or_why_not_is_told() -> None:
    assert office(lambda: "").outcome is Outcome.PASSED
    refused = office(lambda: "its certificate is another's")
    assert refused.outcome is Outcome.FAILED
    assert "another's" in refused.said
