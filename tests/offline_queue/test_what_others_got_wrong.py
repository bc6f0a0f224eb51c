"""What other queues got wrong, as far as the tests by subject do not say it already.

`tests/defects` puts every one of those defects into our code, and sees its test fail.
"""

from __future__ import annotations

import base64
import bz2
import json
import lzma
import signal
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from offline_queue import process
from offline_queue.formats.entries import Event
from offline_queue.formats.envelope import TEXT_AT, canonical
from offline_queue.messages import NotTaken, NotTakenReason, Taken
from offline_queue.moment import Moment
from offline_queue.storage.connection import SYNC_NORMAL, set_synchronous
from offline_queue.storage.rows import State
from offline_queue.storage.store import Store, StoreBusy
from offline_queue.wire import Submit, call_line
from simulators.desk.pki import Pki
from tests.offline_queue.bankside import (
    PIN_BLOCK,
    TERMINAL,
    BankSide,
    Terminal,
    at,
    card_list,
    loss,
    op,
    unlock,
)
from tests.offline_queue.tlsbank import PATIENCE_S, QueueSite, Talk, TlsBank

REPORTS = 30


def back(seconds: float) -> Moment:
    """So many seconds into the morning, after the wall clock stepped back by more than a year."""
    return Moment(at(seconds).mono_s, at(seconds).wall - timedelta(days=400))


# --- leases, numbers, acknowledgements ---------------------------------------------------------


def test_a_reply_to_a_batch_that_was_given_up_settles_nothing() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    late = terminal.carried(outgoing)
    terminal.queue.failed(outgoing, at(8))
    with pytest.raises(AssertionError, match="not in flight"):
        terminal.queue.settle(outgoing, late, at(9))
    assert terminal.state(op(1)) == "ready"
    terminal.drain(at(400))
    assert terminal.state(op(1)) == "done", "the same operation again is a duplicate, which is done"
    assert len(terminal.bank.applied) == 1


def test_a_stale_cancel_of_a_forgotten_row_hits_no_later_one() -> None:
    terminal = Terminal()
    for number in (1, 2):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    stale = terminal.store.find(op(2))
    assert stale is not None
    terminal.store.conn.execute("DELETE FROM ops WHERE seq = ?", (stale.seq,))
    terminal.queue.accept(op(3), loss(3), None, at(1))
    cancelled = [(stale.seq, op(2), State.BURIED, "")]
    with pytest.raises(AssertionError, match="final"), terminal.store.transaction():
        terminal.store.settled(cancelled, Event.BURIED, terminal.store.mark(at(2)))
    assert terminal.state(op(3)) == "ready"


class _LosesAcknowledgement:
    """A connection whose next commit is done, and reported as failed."""

    def __init__(self, conn: sqlite3.Connection, code: str) -> None:
        self._conn = conn
        self._code = code
        self._loses = True

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        done = self._conn.execute(sql, *values)
        if sql == "COMMIT" and self._loses:
            self._loses = False
            error = sqlite3.OperationalError("disk trouble")
            error.sqlite_errorcode = getattr(sqlite3, self._code)
            error.sqlite_errorname = self._code
            raise error
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)


@pytest.mark.parametrize("code", ["SQLITE_IOERR_FSYNC", "SQLITE_FULL"])
def test_a_write_whose_acknowledgement_was_lost_is_not_written_again(
    tmp_path: Path, code: str
) -> None:
    path = str(tmp_path / "queue.db")
    terminal = Terminal(path)
    conn = terminal.store.conn
    terminal.store.conn = cast(sqlite3.Connection, _LosesAcknowledgement(conn, code))
    said = terminal.queue.accept(op(1), unlock(), None, at(0))
    written = conn.execute("SELECT COUNT(*) FROM ops").fetchone()
    journaled = conn.execute("SELECT COUNT(*) FROM entries WHERE event = 'accepted'").fetchone()
    assert (written, journaled) == ((1,), (1,))
    if code == "SQLITE_IOERR_FSYNC":  # nobody knows what is on the disk: it is opened anew
        assert said == NotTaken(op(1), NotTakenReason.STORE_FAILED)
    else:
        assert isinstance(said, Taken), "it looked, and there it is"
    terminal.store.close()
    again = Terminal(path, terminal.bank, opened=at(5))
    assert isinstance(again.queue.accept(op(1), unlock(), None, at(6)), Taken)
    again.drain(at(7))
    assert terminal.bank.deliveries == [op(1)]


# --- closing, locks, settings --------------------------------------------------------------------


def test_closing_waits_for_the_writer_and_lets_nobody_in_before(
    site: QueueSite, talks: list[Talk]
) -> None:
    child = site.start()
    talk = Talk(site.socket)
    talks.append(talk)
    for number in range(1, REPORTS):
        talk.say(call_line(Submit(op(number), loss(number), None)).rstrip())
    taken = [talk.hear_until(lambda said: "taken" in said)["op_id"]]
    with pytest.raises(StoreBusy):
        Store(str(site.database), "boot", TERMINAL, at(0))
    child.send_signal(signal.SIGTERM)
    with suppress(AssertionError, OSError):  # until it hangs up
        while True:
            taken.append(talk.hear_until(lambda said: "taken" in said)["op_id"])
    _, said = child.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said
    assert child.returncode == 0
    store = Store(str(site.database), "boot", TERMINAL, at(0))
    assert [op_id for op_id in taken if store.find(op_id) is None] == []
    assert store.journal.first_broken() is None
    store.close()


def test_a_misspelt_sync_setting_is_refused_and_not_taken_for_a_weaker_one() -> None:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA synchronous = FULLL")
    level = conn.execute("PRAGMA synchronous").fetchone()[0]
    assert level == SYNC_NORMAL, "what SQLite makes of it, without a word"
    with pytest.raises(AssertionError):
        set_synchronous(conn, cast(int, "FULLL"))
    conn.close()


def test_a_queue_whose_database_cannot_be_opened_does_not_start_without_it(
    site: QueueSite,
) -> None:
    site.database.mkdir()
    child = site.spawn()
    assert child.stderr is not None
    said = ""
    for line in child.stderr:
        said += line
        if "cannot start" in line or "ready" in line:
            break
    assert "cannot start" in said
    assert child.wait(PATIENCE_S) == 1


# --- clocks ----------------------------------------------------------------------------------------


def test_a_wall_clock_that_steps_back_stops_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.db")
    terminal = Terminal(path)
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.accept(op(2), loss(2), None, at(0))
    outgoing = terminal.queue.next_batch(at(1))
    assert outgoing is not None
    terminal.queue.failed(outgoing, at(1))
    wait_s = terminal.queue.next_s(back(2))
    assert wait_s is not None
    assert wait_s <= 300
    outgoing = terminal.queue.next_batch(back(302))
    assert outgoing is not None, "a rest that was stamped ahead of the clock is over all the same"
    terminal.queue.settle(outgoing, terminal.carried(outgoing), back(302))
    terminal.store.close()
    again = Terminal(path, terminal.bank, opened=back(310))
    again.drain(back(311))
    assert set(again.bank.applied) == {op(1), op(2)}


def test_what_is_measured_is_measured_by_the_clock_that_never_steps() -> None:
    before_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    measured_s = process.read_moment().mono_s
    assert before_s <= measured_s <= time.clock_gettime(time.CLOCK_BOOTTIME)


# --- silence and trouble ---------------------------------------------------------------------------


@pytest.mark.parametrize("retry_after_s", [0.0, 10.0])
def test_a_503_to_everything_completes_nothing_whether_it_names_a_rest_or_not(
    retry_after_s: float,
) -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.accept(op(2), unlock(2), None, at(0))
    notices, tries = [], 0
    for turn in range(20):
        now = at(400.0 * turn)
        terminal.line_up(now)
        outgoing = terminal.queue.next_batch(now)
        if outgoing is not None:
            tries += 1
            notices += terminal.queue.failed(outgoing, now, hold_s=retry_after_s)
    assert [terminal.state(op(n)) for n in (1, 2)] == ["ready", "ready"]
    assert not any(hasattr(notice, "answer") for notice in notices)
    assert tries >= 10


def test_a_4xx_to_every_batch_with_one_row_in_it_holds_no_other_for_long() -> None:
    terminal = Terminal()
    for number in (1, 2, 3, 4):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    for turn in range(20):
        now = at(301.0 * turn)
        terminal.line_up(now)
        outgoing = terminal.queue.next_batch(now)
        assert outgoing is not None
        if op(3) in [sealed.header.op_id for sealed in outgoing.batch.ops]:
            terminal.queue.failed(outgoing, now)
        else:
            terminal.queue.settle(outgoing, terminal.carried(outgoing), now)
    assert set(terminal.bank.applied) == {op(1), op(2), op(4)}
    assert terminal.state(op(3)) == "ready"


# --- cost ------------------------------------------------------------------------------------------


def steps_of_a_turn(finished: int) -> int:
    """What SQLite does, in steps of its machine, for one request's whole way."""
    terminal = Terminal()
    terminal.queue.accept(op(1), card_list(1), None, at(0))
    terminal.exchange(at(0))
    columns = [row[1] for row in terminal.store.conn.execute("PRAGMA table_info(ops)")]
    others = ", ".join(name for name in columns if name not in ("seq", "op_id"))
    terminal.store.conn.execute(
        f"INSERT INTO ops (seq, op_id, {others})"  # noqa: S608
        " WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers LIMIT ?)"
        f" SELECT i, randomblob(16), {others} FROM numbers, ops",
        (finished,),
    )
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    terminal.store.conn.set_progress_handler(count, 1)
    terminal.queue.accept(op(2), loss(2), None, at(1))
    terminal.queue.next_s(at(1))
    terminal.exchange(at(1))
    terminal.queue.accept(op(2), loss(2), None, at(2))
    terminal.line_up(at(3))
    terminal.queue.expire(at(4))
    terminal.queue.status(at(4))
    terminal.store.conn.set_progress_handler(None, 0)
    assert terminal.store.conn.execute("SELECT COUNT(*) FROM ops").fetchone() == (finished + 2,)
    return steps[0]


def test_a_request_costs_no_more_with_20_000_finished_rows_than_with_200() -> None:
    few, many = steps_of_a_turn(200), steps_of_a_turn(20_000)
    assert few > 0
    assert many <= few * 1.5


# --- what is on the wire ---------------------------------------------------------------------------


class _Listening(BankSide):
    """Keeps each body as it came, whatever is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []
        self.came = threading.Semaphore(0)

    def receive(self, body: bytes, signature: str) -> bytes:
        self.bodies.append(body)
        self.came.release()
        return super().receive(body, signature)


def test_the_idempotency_key_is_on_the_wire_and_is_the_same_when_it_comes_again(
    tmp_path: Path, pki: Pki, talks: list[Talk]
) -> None:
    side = _Listening()
    bank = TlsBank(pki, side)
    bank.mode = "lose"
    site = QueueSite(tmp_path, side, pki, bank.port)
    try:
        site.start()
        talk = Talk(site.socket)
        talks.append(talk)
        talk.say(call_line(Submit(op(1), loss(), None)).rstrip())
        talk.hear_until(lambda said: "taken" in said)
        assert side.came.acquire(timeout=PATIENCE_S)
        bank.mode = "answer"
        assert side.came.acquire(timeout=PATIENCE_S)
    finally:
        site.close()
        bank.close()
    first, again = (json.loads(body)["ops"][0] for body in side.bodies[:2])
    assert [sent["header"].get("op_id") for sent in (first, again)] == [op(1), op(1)]
    assert again == first, "to the byte: the bank tells a copy by the hash of it"


def _by(decode: Callable[[bytes], bytes], data: bytes) -> Iterator[bytes]:
    with suppress(ValueError, OSError, EOFError, zlib.error, lzma.LZMAError):
        yield decode(data)


_DECODERS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data[::-1],
    lambda data: bytes.fromhex(data.decode("ascii")),
    lambda data: base64.b32decode(data, casefold=True),
    lambda data: base64.b64decode(data, validate=True),
    base64.urlsafe_b64decode,
    base64.a85decode,
    base64.b85decode,
    zlib.decompress,
    lambda data: zlib.decompress(data, wbits=-15),
    lambda data: zlib.decompress(data, wbits=31),
    bz2.decompress,
    lzma.decompress,
)


def readings(data: bytes, depth: int = 2) -> Iterator[bytes]:
    """What somebody finds who tries every common encoding on it, and again on what comes out."""
    yield data
    for key in range(1, 256):
        yield data.translate(bytes(byte ^ key for byte in range(256)))
    for decode in _DECODERS if depth else ():
        for found in _by(decode, data):
            yield from readings(found, depth - 1)


def test_the_sealed_text_is_no_encoding_of_the_request() -> None:
    terminal = Terminal()
    request = unlock()
    for number in (1, 2):
        terminal.queue.accept(op(number), request, PIN_BLOCK, at(0))
    found = [terminal.store.find(op(number)) for number in (1, 2)]
    sealed, again = (row.sealed for row in found if row is not None and row.sealed is not None)
    person = request.evidence
    texts = (request.card_number, person.id_number, person.name, person.document, request.kind)
    plain = {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "gb18030")}
    for reading in readings(sealed):
        assert not any(text in reading for text in plain)
    assert len(zlib.compress(sealed, 9)) >= len(sealed), "nothing in it repeats or is rare"
    assert len(set(sealed)) > 200, "of 256 values, in more than a thousand bytes"
    # Only the sealed seed is the same in both, random itself; no byte of a request is in it.
    text, other = sealed[TEXT_AT:], again[TEXT_AT:]
    assert len(text) > len(canonical(request))
    pieces = {text[start : start + 8] for start in range(len(text) - 7)}
    assert not any(other[start : start + 8] in pieces for start in range(len(other) - 7))
