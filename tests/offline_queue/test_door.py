"""The screen's door: survives a queue that is gone, and never says anything twice."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from offline_queue import door as door_module
from offline_queue.door import QueueDoor
from offline_queue.messages import (
    LINE_BYTES_MAX,
    Answered,
    LineChanged,
    Notice,
    NotTaken,
    NotTakenReason,
    QueueStatus,
    Taken,
)
from offline_queue.presence import QueueChanged
from offline_queue.wire import notice_line
from sscard.requests import BalanceByOwnChannel, Evidence, LossReport
from tests.offline_queue.bankside import PIN_BLOCK, balance, loss, op
from tests.offline_queue.tlsbank import PATIENCE_S, QueueSite, TlsBank

TAKEN = Taken(op(1), "0000000ZZ", "2026-03-02T09:00:00+08:00")
ANSWER = Answered(op(1), BalanceByOwnChannel("2026-03-02"))


Told = Notice | QueueChanged


class Heard:
    """What a door told its owner, in order."""

    def __init__(self, path: Path) -> None:
        self._notices: SimpleQueue[Told] = SimpleQueue()
        self.door = QueueDoor(path, self._notices.put)

    def next(self) -> Told:
        return self._notices.get(timeout=PATIENCE_S)

    def until(self, wanted: type[Told]) -> Told:
        for _ in range(50):
            notice = self.next()
            if isinstance(notice, wanted):
                return notice
        raise AssertionError("not told")


class FakeQueue:
    """The queue's end of the socket, played by the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.settimeout(PATIENCE_S)
        self._listening.bind(str(path))
        self._listening.listen(1)
        self._peer: socket.socket | None = None

    def answer_the_door(self, *, line_up: bool = True) -> None:
        self._peer, _ = self._listening.accept()
        self._peer.settimeout(PATIENCE_S)
        self._lines = self._peer.makefile("rb")
        self.say(LineChanged(line_up))

    def hear(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._lines.readline())
        return said

    def say(self, notice: Notice | bytes) -> None:
        assert self._peer is not None
        self._peer.sendall(notice if isinstance(notice, bytes) else notice_line(notice))

    def was_left(self) -> bool:
        """Wait for the door to hang up."""
        left = self._lines.readline() == b""
        self.hang_up()
        return left

    def hang_up(self) -> None:
        if self._peer is not None:
            self._lines.close()
            self._peer.close()
            self._peer = None

    def close(self) -> None:
        self.hang_up()
        self._listening.close()
        self.path.unlink(missing_ok=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue.sock"


@pytest.fixture
def fake(path: Path) -> Iterator[FakeQueue]:
    fake = FakeQueue(path)
    yield fake
    fake.close()


@pytest.fixture
def heard(path: Path) -> Iterator[Heard]:
    heard = Heard(path)
    yield heard
    heard.door.close()


def test_a_request_goes_through_the_door_and_its_notices_come_back(
    fake: FakeQueue, heard: Heard
) -> None:
    fake.answer_the_door()
    assert [heard.next(), heard.next()] == [QueueChanged(True), LineChanged(True)]
    heard.door.submit(op(1), balance(), PIN_BLOCK)
    said = fake.hear()
    assert (said["do"], said["op_id"]) == ("submit", op(1))
    assert said["companion"] == {"pin_block": PIN_BLOCK.pin_block}
    fake.say(TAKEN)
    fake.say(ANSWER)
    assert [heard.next(), heard.next()] == [TAKEN, ANSWER]


def test_what_was_not_yet_taken_is_sent_again_under_the_same_id_after_reconnection(
    fake: FakeQueue, heard: Heard
) -> None:
    fake.answer_the_door()
    heard.door.submit(op(1), balance(), PIN_BLOCK)
    first = fake.hear()
    fake.hang_up()
    fake.answer_the_door()
    assert fake.hear() == first
    fake.say(TAKEN)
    told = [heard.next() for _ in range(5)]
    up_down_up = [LineChanged(True), LineChanged(False), LineChanged(True)]
    assert told == [QueueChanged(True), *up_down_up, TAKEN]


def test_what_was_taken_is_shown_to_a_restarted_queue_and_told_once(
    fake: FakeQueue, heard: Heard
) -> None:
    fake.answer_the_door()
    heard.door.submit(op(1), loss(), None)
    fake.hear()
    fake.say(TAKEN)
    assert heard.until(Taken) == TAKEN
    fake.hang_up()
    fake.answer_the_door()
    assert fake.hear()["op_id"] == op(1)
    fake.say(TAKEN)
    fake.say(ANSWER)
    told = [heard.next() for _ in range(3)]
    assert told == [LineChanged(False), LineChanged(True), ANSWER]


def test_without_a_queue_a_request_is_not_taken_and_the_line_is_down(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "TAKE_TIMEOUT_S", 0.3)
    heard = Heard(path)
    heard.door.submit(op(1), loss(), None)
    assert heard.next() == LineChanged(False)
    late = NotTaken(op(1), NotTakenReason.QUEUE_GONE)
    told = [heard.next(), heard.next()]
    assert sorted(told, key=repr) == [late, QueueChanged(False)]
    heard.door.close()


def test_a_queue_that_does_not_answer_is_gone_and_its_late_word_is_not_passed_on(
    fake: FakeQueue, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "TAKE_TIMEOUT_S", 0.3)
    heard = Heard(path)
    fake.answer_the_door()
    heard.door.submit(op(1), loss(), None)
    assert fake.hear()["do"] == "submit"
    assert heard.until(NotTaken) == NotTaken(op(1), NotTakenReason.QUEUE_GONE)
    assert fake.hear() == {"do": "forget", "op_id": op(1)}
    assert heard.next() == QueueChanged(False)
    fake.say(TAKEN)
    assert heard.next() == QueueChanged(True)
    status = QueueStatus(True, {"loss_report": 1}, 4.0, None)
    fake.say(status)
    assert heard.next() == status
    heard.door.close()


def test_a_queue_that_stays_away_is_told_to_be_gone_and_back_with_its_first_word(
    fake: FakeQueue, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "TAKE_TIMEOUT_S", 0.3)
    fake.answer_the_door()
    assert heard.until(QueueChanged) == QueueChanged(True)
    fake.close()
    assert heard.until(QueueChanged) == QueueChanged(False)
    back = FakeQueue(fake.path)
    back.answer_the_door(line_up=False)
    assert heard.until(QueueChanged) == QueueChanged(True)
    back.close()


def test_a_queue_that_restarts_at_once_is_not_told_to_be_gone(
    fake: FakeQueue, heard: Heard
) -> None:
    fake.answer_the_door()
    assert heard.until(LineChanged) == LineChanged(True)
    fake.hang_up()
    fake.answer_the_door()
    assert [heard.next(), heard.next()] == [LineChanged(False), LineChanged(True)]


def test_a_queue_that_lets_the_door_in_and_says_nothing_is_gone(
    fake: FakeQueue, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "TAKE_TIMEOUT_S", 0.3)
    heard = Heard(path)  # it stands in the queue of a process that does not call anybody in
    assert heard.next() == QueueChanged(False)
    fake.answer_the_door()
    assert heard.next() == QueueChanged(True)
    heard.door.close()


def test_a_forgotten_operation_is_not_sent_again_and_its_answer_is_not_passed_on(
    fake: FakeQueue, heard: Heard
) -> None:
    fake.answer_the_door()
    heard.door.submit(op(1), loss(), None)
    fake.hear()
    fake.say(TAKEN)
    heard.until(Taken)
    heard.door.forget(op(1))
    assert fake.hear() == {"do": "forget", "op_id": op(1)}
    fake.say(ANSWER)
    fake.hang_up()
    fake.answer_the_door()
    heard.door.ask_status()
    assert fake.hear() == {"do": "status"}
    assert [heard.next(), heard.next()] == [LineChanged(False), LineChanged(True)]


@pytest.mark.parametrize("rubbish", [b"what?\n", b"{}\n", b"x" * (LINE_BYTES_MAX + 1)])
def test_a_queue_that_talks_rubbish_is_hung_up_on_and_tried_again(
    fake: FakeQueue, heard: Heard, rubbish: bytes
) -> None:
    fake.answer_the_door()
    fake.say(rubbish)
    assert fake.was_left()
    fake.answer_the_door()
    heard.door.ask_status()
    assert fake.hear() == {"do": "status"}


def test_a_request_too_long_for_the_socket_is_malformed(fake: FakeQueue, heard: Heard) -> None:
    fake.answer_the_door()
    endless = LossReport(
        Evidence("resident_id_card", "9" * (LINE_BYTES_MAX + 1), "张三"), loss().loss
    )
    heard.door.submit(op(1), endless, None)
    assert heard.until(NotTaken) == NotTaken(op(1), NotTakenReason.MALFORMED)


def test_the_door_finds_a_real_queue_again_after_it_was_killed(
    site: QueueSite, bank: TlsBank
) -> None:
    bank.mode = "busy"
    child = site.start()
    heard = Heard(site.socket)
    heard.door.submit(op(1), loss(), None)
    assert isinstance(heard.until(Taken), Taken)
    child.kill()
    child.wait(PATIENCE_S)
    bank.mode = "answer"
    site.start()
    assert heard.until(Answered) == ANSWER
    assert list(bank.bank.applied) == [op(1)]
    heard.door.close()


def test_a_door_may_be_closed_twice(path: Path) -> None:
    heard = Heard(path)
    heard.door.close()
    heard.door.close()
    heard.door.submit(op(1), loss(), None)


def test_the_door_brings_no_cryptography_no_network_and_no_database_along() -> None:
    program = (
        "import sys, offline_queue.door\n"
        "heavy = {'cryptography', 'httpx', 'sqlite3', 'sqlite_utils', 'asyncio', 'ssl', 'holidays'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
