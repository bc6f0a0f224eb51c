"""A disk that fills up while the process runs: loss reports go on, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any, cast

import pytest

from offline_queue import process
from offline_queue.alerts import DISK_FULL
from offline_queue.core import Queue
from offline_queue.formats.entries import Event
from offline_queue.formats.envelope import Outcome
from offline_queue.messages import NotTaken, NotTakenReason, Taken
from offline_queue.sending.bank_client import BankClient
from offline_queue.storage.space import space_of
from offline_queue.storage.store import StoreFailed
from offline_queue.storage.tidying import QUIET_S
from sscard.requests import Request
from tests.offline_queue.bankside import Terminal, at, balance, loss, op, unlock
from tests.offline_queue.safety.room import (
    Line,
    Room,
    said_of,
    set_up,
    status_of,
)
from tests.offline_queue.safety.small_disk import fill
from tests.offline_queue.tlsbank import PATIENCE_S, QueueSite, Talk, TlsBank

# --- full while it runs ------------------------------------------------------------------------


def cap_pages(conn: sqlite3.Connection, more: int = 0) -> None:
    """No room for more pages than there are, and a few: real SQLITE_FULL, without a real disk."""
    count = conn.execute("PRAGMA page_count").fetchone()[0]
    conn.execute(f"PRAGMA max_page_count = {count + more}")


def test_the_request_that_hits_the_full_disk_is_taken_after_all() -> None:
    terminal = Terminal()
    conn = terminal.store.conn
    released: list[bool] = []

    def release() -> bool:
        released.append(True)
        cap_pages(conn, 40)
        return True

    keys = terminal.bank.keys()
    queue = Queue(terminal.store, keys, Random(1).random, make_room=release)
    cap_pages(conn)
    number = 0
    while not released:
        number += 1
        assert isinstance(queue.accept(op(number), loss(number), None, at(number)), Taken)
    assert terminal.store.find(op(number)) is not None
    assert terminal.store.journal.first_broken() is None
    queue = Queue(terminal.store, keys, Random(1).random)
    cap_pages(conn)
    said = [queue.accept(op(100 + n), loss(n), None, at(100)) for n in range(10)]
    assert said[-1] == NotTaken(op(109), NotTakenReason.FULL), "without a ballast"


def test_without_its_ballast_the_process_takes_loss_reports_alone_and_says_so(
    site: QueueSite, talks: list[Talk]
) -> None:
    set_up(site, ballast_bytes=2**52)
    site.start()
    talk = Talk(site.socket)
    talks.append(talk)
    assert said_of(talk, op(1), balance()) == "full"
    assert said_of(talk, op(2), unlock()) == "full"
    assert said_of(talk, op(3), loss()) == "taken"
    assert DISK_FULL in status_of(talk)["alerts"]


def test_room_that_the_ballast_gave_back_is_not_free_for_everybody(site: QueueSite) -> None:
    room = Room(site)
    database, ballast = room.settings.database, room.files.ballast
    assert ballast.held
    held = space_of(database, ballast).free
    ballast.release()
    assert abs(space_of(database, ballast).free - held) < 50_000_000, "as before, about"
    assert space_of(database, ballast).free <= space_of(database).free - ballast.size_bytes / 2
    room.close()


def test_the_ballast_is_made_again_in_a_quiet_moment(site: QueueSite) -> None:
    room = Room(site)
    room.files.ballast.release()
    assert room.files.alerts() == [DISK_FULL]
    room.tidying.turn(at(0))
    room.tidying.turn(at(QUIET_S - 1))
    assert not room.files.ballast.held
    room.tidying.turn(at(QUIET_S + 1))
    assert room.files.alerts() == []
    room.close()


def test_a_verdict_that_finds_no_room_is_asked_for_again_until_it_does(
    site: QueueSite, bank: TlsBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_FULL_REST_S", 0.01)
    monkeypatch.setattr(process, "RETURN_GRACE_S", 0.01)
    room = Room(site)
    store = room.files.store
    room.queue.accept(op(1), loss(), None, at(0))

    async def scenario() -> None:
        queue = process.QueueProcess(room.settings, room.keys, room.files)
        line = Line(bank.bank)
        bank.bank.outcomes[op(1)] = Outcome.RETRY  # one more entry of the journal
        await queue._start(cast(BankClient, line))
        cap_pages(store.conn)
        for filler in ("filler" * 20, ""):
            with suppress(StoreFailed):
                while True:
                    with store.transaction(lazy=True):
                        store.journal.append(Event.OPENED, "", store.opened, filler)
        sync = asyncio.create_task(queue._sync(cast(BankClient, line)))
        for _ in range(3):
            await asyncio.wait_for(line.met.acquire(), PATIENCE_S)
        assert not sync.done()
        assert queue.status(process.read_moment()).waiting == {"loss_report": 1}
        cap_pages(store.conn, 1_000)
        bank.bank.outcomes.clear()
        while queue.status(process.read_moment()).waiting:
            await asyncio.wait_for(line.met.acquire(), PATIENCE_S)
            await asyncio.sleep(0)
        sync.cancel()

    asyncio.run(scenario())
    assert list(bank.bank.applied) == [op(1)]
    assert store.journal.first_broken() is None
    room.close()


def test_on_a_really_full_disk_loss_reports_go_on_to_the_very_end_and_all_are_there(
    small_site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    bank.mode = "busy"
    child = small_site.start()
    fill(small_site.folder / "others")
    taken: list[str] = []
    with suppress(AssertionError, OSError):  # until it hangs up
        for number in range(1, 400):
            if number % 30 == 1:  # a client may hand in forty at once
                talks.append(Talk(small_site.socket))
            said = said_of(talks[-1], op(number), loss(number))
            if said != "taken":
                assert said == "full"
                break
            taken.append(op(number))
            if number == 30:
                assert DISK_FULL in status_of(talks[-1])["alerts"]
                assert said_of(talks[-1], op(1_000), balance()) == "full"
                assert said_of(talks[-1], op(1_001), unlock()) == "full"
            if number % 30 == 0:
                talks.pop().close()
    assert len(taken) > 30, "more than without a ballast"
    child.kill()
    child.wait(PATIENCE_S)
    (small_site.folder / "others").unlink()
    bank.mode = "answer"
    small_site.start()
    while len(bank.bank.applied) < len(taken):
        assert bank.met.acquire(timeout=PATIENCE_S)
    assert set(bank.bank.applied) >= set(taken)


# --- a commit whose acknowledgement is lost ----------------------------------------------------


class _Forgetful:
    """A connection whose next commit works and says that it did not."""

    def __init__(self, conn: sqlite3.Connection, code: int, name: str) -> None:
        self._conn = conn
        self._error: sqlite3.OperationalError | None = sqlite3.OperationalError(name)
        self._error.sqlite_errorcode, self._error.sqlite_errorname = code, name

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        done = self._conn.execute(sql, *values)
        error = self._error
        if sql == "COMMIT" and error is not None:
            self._error = None
            raise error
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)


@pytest.mark.parametrize("request_of", [loss, unlock])
@pytest.mark.parametrize(
    ("code", "name"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC"),
        (sqlite3.SQLITE_FULL, "SQLITE_FULL"),
    ],
)
def test_a_commit_that_worked_and_said_it_did_not_is_one_row_and_taken_when_asked_again(
    site: QueueSite, bank: TlsBank, code: int, name: str, request_of: Callable[[], Request]
) -> None:
    room = Room(site)
    store = room.files.store
    store.conn = cast(sqlite3.Connection, _Forgetful(store.conn, code, name))
    first = room.queue.accept(op(1), request_of(), None, at(0))
    full = code == sqlite3.SQLITE_FULL
    if full or request_of is loss:
        assert isinstance(first, Taken)
    else:
        assert first == NotTaken(op(1), NotTakenReason.STORE_FAILED)
    assert isinstance(room.queue.accept(op(1), request_of(), None, at(1)), Taken)
    assert store.conn.execute("SELECT COUNT(*) FROM ops").fetchone() == (1,)
    if not full:  # the process ends here
        room.close()
        room = Room(site, 5)
        store = room.files.store
        assert isinstance(room.queue.accept(op(1), request_of(), None, at(6)), Taken)
    said = room.queue.hello(at(7))
    greeting = bank.bank.greet(said.body, said.signature, at(7).wall.isoformat())
    room.queue.greeted(said, greeting, at(7))
    outgoing = room.queue.next_batch(at(8))
    assert outgoing is not None
    room.queue.settle(outgoing, bank.bank.receive(outgoing.body, outgoing.signature), at(8))
    assert room.queue.next_batch(at(9)) is None
    assert bank.bank.deliveries == [op(1)]
    assert store.journal.first_broken() is None
    room.close()
