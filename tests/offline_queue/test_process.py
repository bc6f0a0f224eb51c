"""`kiosk-queue` as it runs: a real process, a real Unix socket, a real bank behind mutual TLS."""

from __future__ import annotations

import asyncio
import fcntl
import signal
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from offline_queue.alerts import AlertLog
from offline_queue.clock_quality import clock_quality, quality_of
from offline_queue.formats.timeline import ClockQuality
from offline_queue.messages import LINE_BYTES_MAX
from offline_queue.policy import REQUEST_BYTES_MAX
from offline_queue.process import CLIENTS_MAX, QueueProcess
from offline_queue.sending.bank_client import BankClient
from offline_queue.storage.snapshot import read_snapshot
from offline_queue.wire import Forget, Submit, call_line
from simulators.desk.pki import Pki
from sscard.requests import Request
from sscard.working_days import CHINA_TIME
from tests.offline_queue.bankside import (
    MORNING,
    PIN_BLOCK,
    BankSide,
    balance,
    card_list,
    loss,
    op,
)
from tests.offline_queue.safety.room import Line, Room
from tests.offline_queue.tlsbank import PATIENCE_S, QueueSite, Talk, TlsBank, new_pki


def submit(op_id: str, request: Request) -> bytes:
    return call_line(Submit(op_id, request, None)).rstrip()


def is_answer(said: dict[str, Any]) -> bool:
    return "answer" in said


def open_talk(site: QueueSite, talks: list[Talk]) -> Talk:
    talk = Talk(site.socket)
    talks.append(talk)
    return talk


def test_a_request_is_taken_sent_and_answered(
    site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    site.start()
    talk = open_talk(site, talks)
    assert talk.hear()["line"] in ("up", "down")
    talk.say(call_line(Submit(op(1), balance(), PIN_BLOCK)).rstrip())
    taken = talk.hear_until(lambda said: "taken" in said)
    assert taken["op_id"] == op(1)
    answer = talk.hear_until(is_answer)
    assert answer["answer"]["kind"] == "balance_by_own_channel"
    assert bank.bank.companions[op(1)] == {"pin_block": PIN_BLOCK.pin_block}


def test_without_a_line_a_request_is_taken_and_goes_when_the_line_comes(
    tmp_path: Path, pki: Pki, talks: list[Talk]
) -> None:
    side = BankSide()
    first = TlsBank(pki, side)
    site = QueueSite(tmp_path, side, pki, first.port)
    first.mode = "busy"
    site.start()
    try:
        talk = open_talk(site, talks)
        talk.say(submit(op(1), loss()))
        talk.hear_until(lambda said: "taken" in said)
        assert first.met.acquire(timeout=PATIENCE_S)
        talk.hear_until(lambda said: said.get("line") == "down")
        talk.say(submit(op(2), card_list()))
        assert talk.hear_until(lambda said: said.get("op_id") == op(2))["not_taken"] == "no_line"
        assert side.applied == {}
        first.mode = "answer"
        assert talk.hear_until(is_answer)["op_id"] == op(1)
        assert list(side.applied) == [op(1)]
    finally:
        site.close()
        first.close()


def test_a_restart_in_mid_flight_sends_the_same_id_again(
    site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    bank.mode = "lose"
    child = site.start()
    talk = open_talk(site, talks)
    talk.say(submit(op(1), loss()))
    talk.hear_until(lambda said: "taken" in said)
    assert bank.met.acquire(timeout=PATIENCE_S)
    child.kill()
    child.wait(PATIENCE_S)
    bank.mode = "answer"
    site.start()
    again = open_talk(site, talks)
    again.say(submit(op(1), loss()))
    again.hear_until(lambda said: "taken" in said)
    while bank.bank.deliveries.count(op(1)) < 2:
        assert bank.met.acquire(timeout=PATIENCE_S)
    assert set(bank.bank.deliveries) == {op(1)}
    assert len(bank.bank.applied) == 1


def test_a_second_process_on_the_same_database_says_why_it_cannot_start(site: QueueSite) -> None:
    site.start()
    second = site.spawn()
    _, said = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 2
    assert "another process has the queue's database open" in said
    assert "Traceback" not in said


def test_sigterm_ends_cleanly_and_the_socket_is_gone(site: QueueSite, talks: list[Talk]) -> None:
    child = site.start()
    open_talk(site, talks).hear()
    assert site.socket.stat().st_mode & 0o777 == 0o600
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0
    assert "Traceback" not in said
    assert not site.socket.exists()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"do":"dance"}',
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"do":"submit","op_id":"00","request":{"kind":"poem"},"companion":null}',
        b'{"do":"submit","op_id":7,"request":null}',
        b"x" * (3 * LINE_BYTES_MAX),
    ],
    ids=lambda line: f"{line[:20]!r} of {len(line)}",
)
def test_a_malformed_line_is_answered_and_survived(
    running: QueueSite, talks: list[Talk], line: bytes
) -> None:
    talk = open_talk(running, talks)
    talk.say(line)
    said = talk.hear_until(lambda heard: "not_taken" in heard)
    assert said["not_taken"] == "malformed"
    talk.say({"do": "status"})
    assert "status" in talk.hear_until(lambda heard: "status" in heard)


def test_clients_beyond_the_bound_are_turned_away(running: QueueSite, talks: list[Talk]) -> None:
    for _ in range(CLIENTS_MAX):
        open_talk(running, talks).hear()
    one_more = open_talk(running, talks)
    with pytest.raises(AssertionError, match="hung up"):
        one_more.hear()


def test_an_answer_goes_to_the_client_that_asked_and_to_nobody_after_it_forgot(
    site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    bank.mode = "busy"
    site.start()
    asking, other = open_talk(site, talks), open_talk(site, talks)
    asking.say(submit(op(1), loss(1)))
    asking.hear_until(lambda said: "taken" in said)
    assert bank.met.acquire(timeout=PATIENCE_S)
    asking.say(call_line(Forget(op(1))).rstrip())
    asking.say(submit(op(2), loss(2)))
    asking.hear_until(lambda said: "taken" in said)
    bank.mode = "answer"
    assert asking.hear_until(is_answer)["op_id"] == op(2)
    while len(bank.bank.applied) < 2:
        assert bank.met.acquire(timeout=PATIENCE_S)
    for talk in (asking, other):
        talk.say({"do": "status"})
        while "status" not in (said := talk.hear()):
            assert "answer" not in said


def test_a_bank_of_another_authority_is_not_spoken_to(
    tmp_path: Path, pki: Pki, talks: list[Talk]
) -> None:
    side = BankSide()
    stranger = TlsBank(new_pki(tmp_path / "stranger"), side)
    site = QueueSite(tmp_path, side, pki, stranger.port)
    site.start()
    try:
        talk = open_talk(site, talks)
        talk.say(submit(op(1), loss()))
        talk.hear_until(lambda said: "taken" in said)
        assert stranger.refused.acquire(timeout=PATIENCE_S)
        talk.say({"do": "status"})
        status = talk.hear_until(lambda said: "status" in said)["status"]
        assert status["waiting"] == {"loss_report": 1}
        assert not status["line_up"]
        assert side.deliveries == []
    finally:
        site.close()
        stranger.close()


def test_settings_that_cannot_be_used_are_told_without_a_traceback(site: QueueSite) -> None:
    (site.folder / "lane.key").chmod(0o644)
    child = site.spawn()
    _, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 2
    assert "lane.key is open to others" in said
    assert "Traceback" not in said


def test_too_many_requests_at_once_are_told_busy_and_loss_reports_have_their_own_count(
    site: QueueSite, talks: list[Talk]
) -> None:
    site.start()
    talk = open_talk(site, talks)
    for number in range(1, 61):
        talk.say(submit(op(number), card_list(number)))
    talk.say(submit(op(100), loss()))
    said: dict[str, str] = {}
    while op(100) not in said:
        heard = talk.hear_until(lambda heard: "op_id" in heard and "answer" not in heard)
        said[heard["op_id"]] = heard.get("not_taken", "taken")
    assert said[op(1)] == "taken"
    assert "busy" in said.values()
    assert said[op(100)] == "taken"


def test_a_request_beyond_its_size_is_told_so(running: QueueSite, talks: list[Talk]) -> None:
    talk = open_talk(running, talks)
    talk.say(submit(op(1), card_list()) + b" " * REQUEST_BYTES_MAX)
    assert talk.hear_until(lambda heard: "not_taken" in heard)["not_taken"] == "too_large"


def test_the_status_says_how_the_queue_is(site: QueueSite, talks: list[Talk]) -> None:
    site.start()
    talk = open_talk(site, talks)
    talk.say({"do": "status"})
    status = talk.hear_until(lambda said: "status" in said)["status"]
    assert status["epoch"] == 1
    assert status["journal_n"] >= 2
    assert status["space_left_bytes"] > 0
    assert status["clock_quality"] in ("unset", "set", "synced")
    assert status["alerts"] == []


def test_an_alert_is_logged_once_when_it_begins_and_once_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="kiosk-queue")
    log = AlertLog()
    for alerts in ([], ["a", "b"], ["a", "b"], ["b", "c"], ["b", "c"], [], [], ["a"]):
        log.tell(alerts)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        *(("ERROR", "a"), ("ERROR", "b"), ("ERROR", "c"), ("INFO", "over: a")),
        *(("INFO", "over: b"), ("INFO", "over: c"), ("ERROR", "a")),
    ]


def test_the_process_logs_an_alert_as_it_begins_and_ends_and_not_in_between(
    site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    settings = site.settings.read_text()
    site.settings.write_text(settings.replace("[queue]", "[queue]\ncapacity_rows = 1"))
    bank.mode = "busy"
    child = site.start()
    talk = open_talk(site, talks)
    talk.say(submit(op(1), loss()))
    talk.hear_until(lambda said: "taken" in said)
    for _ in range(2):  # several turns of the loop
        assert bank.met.acquire(timeout=PATIENCE_S)
    bank.mode = "answer"
    talk.hear_until(is_answer)
    talk.say({"do": "status"})
    talk.hear_until(lambda said: "status" in said)
    assert child.stderr is not None
    said = ""
    while "over: maintenance: the queue is nearly full" not in said:
        said += child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    said += child.communicate(timeout=PATIENCE_S)[1]
    assert said.count("ERROR maintenance: the queue is nearly full") == 1
    assert said.count("over: maintenance: the queue is nearly full") == 1


@pytest.mark.parametrize(
    ("state", "quality"),
    [
        (-1, ClockQuality.SET),  # the call failed
        (0, ClockQuality.SYNCED),  # TIME_OK
        (1, ClockQuality.SYNCED),  # TIME_INS
        (2, ClockQuality.SYNCED),  # TIME_DEL
        (3, ClockQuality.SYNCED),  # TIME_OOP
        (4, ClockQuality.SYNCED),  # TIME_WAIT
        (5, ClockQuality.SET),  # TIME_ERROR
        (6, ClockQuality.SET),  # unheard of
    ],
)
def test_a_clock_is_as_good_as_the_kernel_says(state: int, quality: ClockQuality) -> None:
    assert quality_of(state, MORNING) is quality
    unset = datetime(1970, 1, 1, 8, 0, tzinfo=CHINA_TIME)
    assert quality_of(state, unset) is ClockQuality.UNSET


def test_the_kernel_is_really_asked() -> None:
    assert clock_quality(MORNING) in (ClockQuality.SET, ClockQuality.SYNCED)


def test_sigterm_in_the_middle_of_a_burst_keeps_all_that_was_acknowledged_and_the_lock_till_the_end(
    site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    bank.mode = "busy"
    child = site.start()
    mine = [open_talk(site, talks) for _ in range(6)]
    for client, talk in enumerate(mine):
        first = 100 * (client + 1)
        lines = [submit(op(first + number), loss(number + 1)) for number in range(40)]
        talk.say(b"\n".join(lines))
    taken = [mine[0].hear_until(lambda said: "taken" in said)["op_id"]]
    child.send_signal(signal.SIGTERM)
    with site.database.open("r+b") as file:
        # The bytes that SQLite's lock lies on (file format of the locks: `SHARED_FIRST`).
        fcntl.lockf(file, fcntl.LOCK_EX, 510, 0x40000002)
        when_unlocked = site.database.read_bytes()
        assert not site.database.with_name("queue.db-wal").exists()
        _, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0
    assert "Traceback" not in said
    assert site.database.read_bytes() == when_unlocked
    for talk in mine:
        with suppress(AssertionError, OSError):  # until it hangs up
            while True:
                taken.append(talk.hear_until(lambda said: "taken" in said)["op_id"])
    conn = read_snapshot(site.database)
    there = {row[0] for row in conn.execute("SELECT lower(hex(op_id)) FROM ops")}
    conn.close()
    assert set(taken) <= there


def test_an_end_that_comes_in_the_same_moment_as_a_request_is_not_lost(
    site: QueueSite, bank: TlsBank
) -> None:
    room = Room(site)

    async def scenario() -> None:
        queue = QueueProcess(room.settings, room.keys, room.files)
        sync = asyncio.create_task(queue._sync(cast(BankClient, Line(bank.bank))))
        for _ in range(20):  # until it waits for something to do
            await asyncio.sleep(0)
        queue._woken.set()  # a request
        await asyncio.sleep(0)
        queue._stopped.set()
        sync.cancel()
        done, _ = await asyncio.wait({sync}, timeout=3.0)
        sync.cancel()
        assert done == {sync}
        assert sync.cancelled() or sync.exception() is None

    asyncio.run(scenario())
    room.close()
