"""`kiosk-queue`: the process that owns the queue's database and the only way to the bank.

One event loop does everything: it answers the Unix socket and carries batches. A request is
taken as soon as it is flushed, whatever the network does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from offline_queue.alerts import RESCUE_TAKES_NOTHING, AlertLog
from offline_queue.clock_quality import clock_quality
from offline_queue.core import Outgoing, Queue
from offline_queue.formats.envelope import sign
from offline_queue.formats.keys import TerminalKeys
from offline_queue.memory import look_for_cycles_rarely
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
from offline_queue.moment import Moment
from offline_queue.policy import request_bytes_max
from offline_queue.rates import ClientRates
from offline_queue.sending.bank_client import BankClient, NoReply
from offline_queue.service_manager import service_manager
from offline_queue.settings import BadSettings, Settings, load_keys, load_settings
from offline_queue.storage.files import Files, is_full, open_files
from offline_queue.storage.schema import NewerDatabase
from offline_queue.storage.space import space_of
from offline_queue.storage.store import StoreBusy, StoreFailed
from offline_queue.storage.tidying import Tidying
from offline_queue.storage.wiping import wipe_log
from offline_queue.technician import admin
from offline_queue.wire import AskStatus, Forget, Submit, notice_line, op_id_of, read_call
from sscard.requests import LossReport, MalformedMessage
from sscard.working_days import CHINA_TIME, end_of_next_working_day

CLIENTS_MAX = 8
_OWNED_MAX = 1_024  # operations whose client is remembered
_UNREAD_BYTES_MAX = 1_048_576  # a client that does not read is let go
_TURN_MIN_S = 0.005
RETURN_GRACE_S = 1.5  # longer than a screen process takes to find a restarted queue
_FULL_REST_S = 5.0

_log = logging.getLogger("kiosk-queue")


def read_moment() -> Moment:
    """Now, by the machine's clocks."""
    wall = datetime.now(CHINA_TIME)
    return Moment(time.clock_gettime(time.CLOCK_BOOTTIME), wall, clock_quality(wall))


def boot_id() -> str:
    """The name of this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


@dataclass(eq=False, slots=True)
class _Client:
    writer: asyncio.StreamWriter
    rates: ClientRates = field(default_factory=ClientRates)

    def say(self, notice: Notice) -> None:
        """Write a notice; a client that left or does not read misses it."""
        try:
            line = notice_line(notice)
        except MalformedMessage:
            _log.error("a notice is too long for the socket")
            return
        if self.writer.is_closing():
            return
        self.writer.write(line)
        if self.writer.transport.get_write_buffer_size() > _UNREAD_BYTES_MAX:
            self.writer.transport.abort()


class QueueProcess:
    """The socket's side and the bank's side around one queue."""

    def __init__(self, settings: Settings, keys: TerminalKeys, files: Files) -> None:
        self._settings = settings
        self._keys = keys
        self._files = files
        self._store = files.store
        self._queue = self._new_queue()
        mend = partial(files.rescue.mend, files.store)
        self._tidying = Tidying(files.store, files.rescue, files.ballast, mend)
        self._clients: set[_Client] = set()
        self._owners: dict[str, _Client] = {}
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self._store_failed = False
        self._alert_log = AlertLog()

    def _new_queue(self) -> Queue:
        files = self._files
        return Queue(
            files.store,
            self._keys,
            random.SystemRandom().random,
            files.rescue,
            self._settings.limits,
            partial(space_of, self._settings.database, files.ballast),
            files.ballast.release,
        )

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit code."""
        look_for_cycles_rarely()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        bank = BankClient(self._settings)
        server = await self._listen()
        desk = await admin.serve_admin(self._desk(), self._settings.admin_socket)
        sync = asyncio.create_task(self._sync(bank))
        stopped = asyncio.create_task(self._stopped.wait())
        calendar = asyncio.create_task(_load_calendar())
        living = asyncio.create_task(_tell_manager())
        _log.info("ready")
        try:
            await asyncio.wait({sync, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.close()
            desk.close()
            for task in (sync, stopped, calendar, living):
                task.cancel()
            for client in list(self._clients):
                client.writer.close()
            results = await asyncio.gather(sync, stopped, calendar, living, return_exceptions=True)
            await bank.close()
            self._settings.socket.unlink(missing_ok=True)
            self._settings.admin_socket.unlink(missing_ok=True)
        failure = results[0]
        if isinstance(failure, StoreFailed) or self._store_failed:
            _log.critical("the database failed; it is opened anew by the next start")
            return admin.Code.WRONG
        if isinstance(failure, Exception):
            raise failure
        try:
            wipe_log(self._store)  # SQLite deletes the log at a clean end, and not what was in it
        except StoreFailed as error:
            if not error.full:
                raise
            _log.warning("the disk is full: the log stays for the next start")
        return admin.Code.DONE

    # --- what a technician reaches (`admin.Managed`) -----------------------------------

    def status(self, now: Moment) -> QueueStatus:
        """How the queue and its files are."""
        return replace(self._queue.status(now), alerts=self._alerts(now))

    def revive(self, op_id: str, now: Moment) -> bool:
        """As `Queue.revive`."""
        return self._queue.revive(op_id, now)

    def bury(self, op_id: str, reason: str, now: Moment) -> bool:
        """As `Queue.bury`."""
        return self._queue.bury(op_id, reason, now)

    def _alerts(self, now: Moment) -> list[str]:
        """What the queue knows and what its files are like; of these the files know more."""
        known = [alert for alert in self._queue.alerts(now) if alert != RESCUE_TAKES_NOTHING]
        return known + self._files.alerts()

    def _desk(self) -> admin.Desk:
        return admin.Desk(
            self,
            self._store.conn,
            read_moment,
            lambda content: sign(content, self._keys.signing),
            self._woken.set,
            self._give_up_store,
        )

    # --- the bank's side ---------------------------------------------------------------

    async def _sync(self, bank: BankClient) -> None:
        turn = self._start
        # A cancellation is not enough: `wait_for` loses one that comes as what it waited for does.
        while not self._stopped.is_set():
            try:
                await turn(bank)
                turn = self._turn
            except StoreFailed as failure:
                if not failure.full or self._queue.must_reopen:
                    raise
                await self._go_on_full()

    async def _turn(self, bank: BankClient) -> None:
        now = read_moment()
        self._deliver(self._queue.expire(now))
        self._tidying.turn(now)
        self._tidying.bound_log()
        self._alert_log.tell(self._alerts(now))
        outgoing = self._queue.next_batch(now)
        if outgoing is not None:
            await self._carry(bank, outgoing)
        elif self._queue.hello_s(now) <= 0:
            await self._hello(bank)
        else:
            self._queue.prepare(now)
            next_s = self._queue.next_s(now)
            hello_s = self._queue.hello_s(now)
            wait_s = hello_s if next_s is None else min(hello_s, next_s)
            self._woken.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), max(wait_s, _TURN_MIN_S))

    async def _go_on_full(self) -> None:
        """The disk is full, and what the bank said could not be written: it is asked again.

        The queue begins anew with the rows that wait in its database, as after a restart.
        """
        released = self._files.ballast.release()
        self._queue = self._new_queue()
        self._alert_log.tell(self._alerts(read_moment()))
        if not released:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _FULL_REST_S)

    async def _start(self, bank: BankClient) -> None:
        """Say hello, and give visits that still wait a moment to say so.

        An answer is kept nowhere: what was in flight when the last process ended would be
        answered to nobody if it were sent before its visit is back.
        """
        deadline_s = read_moment().mono_s + RETURN_GRACE_S
        await self._hello(bank)
        with suppress(TimeoutError):
            left_s = max(_TURN_MIN_S, deadline_s - read_moment().mono_s)
            await asyncio.wait_for(self._woken.wait(), left_s)

    async def _carry(self, bank: BankClient, outgoing: Outgoing) -> None:
        try:
            body = await bank.send(outgoing)
        except NoReply as missing:
            _log.debug("no reply to a batch: %s", missing)
            self._deliver(self._queue.failed(outgoing, read_moment(), missing.hold_s))
            return
        self._deliver(self._queue.settle(outgoing, body, read_moment()))

    async def _hello(self, bank: BankClient) -> None:
        said = self._queue.hello(read_moment())
        try:
            body = await bank.hello(said)
        except NoReply as missing:
            _log.debug("no reply to a hello: %s", missing)
            self._deliver(self._queue.hello_failed(read_moment(), missing.hold_s))
            return
        self._deliver(self._queue.greeted(said, body, read_moment()))
        self._files.keep_key_floor()

    def _deliver(self, notices: list[Notice]) -> None:
        for notice in notices:
            match notice:
                case LineChanged(up):
                    _log.info("the line is %s", "up" if up else "down")
                    for client in self._clients:
                        client.say(notice)
                case Answered(op_id) | NotTaken(op_id):
                    owner = self._owners.pop(op_id, None)
                    if owner is not None:
                        owner.say(notice)

    # --- the screen's side -------------------------------------------------------------

    async def _listen(self) -> asyncio.Server:
        """The socket is the owner's alone from the moment it exists."""
        before = os.umask(0o177)
        try:
            return await asyncio.start_unix_server(
                self._serve, self._settings.socket, limit=LINE_BYTES_MAX
            )
        finally:
            os.umask(before)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= CLIENTS_MAX:
            writer.close()
            return
        client = _Client(writer)
        self._clients.add(client)
        client.say(LineChanged(self._queue.status(read_moment()).line_up))
        try:
            with suppress(OSError):
                while (line := await _next_line(reader)) is not None:
                    self._hear(client, line)
        finally:
            self._clients.discard(client)
            for op_id in [op_id for op_id, owner in self._owners.items() if owner is client]:
                self._forget(op_id)
            writer.close()

    def _hear(self, client: _Client, line: bytes) -> None:
        try:
            call = read_call(line)
        except MalformedMessage:
            client.say(NotTaken(op_id_of(line), NotTakenReason.MALFORMED))
            return
        match call:
            case Submit():
                self._submit(client, call, len(line))
            case Forget(op_id):
                self._forget(op_id)
            case AskStatus():
                client.say(self.status(read_moment()))

    def _submit(self, client: _Client, call: Submit, line_bytes: int) -> None:
        now = read_moment()
        if line_bytes > request_bytes_max(call.request.kind):
            client.say(NotTaken(call.op_id, NotTakenReason.TOO_LARGE))
            return
        is_loss = isinstance(call.request, LossReport)
        if not client.rates.take(now.mono_s, is_loss=is_loss):
            client.say(NotTaken(call.op_id, NotTakenReason.BUSY))
            return
        said = self._queue.accept(call.op_id, call.request, call.companion, now)
        client.say(said)
        if isinstance(said, Taken):
            self._own(call.op_id, client)
            self._woken.set()
        elif said.reason is NotTakenReason.STORE_FAILED:
            self._give_up_store()
        if self._queue.must_reopen:
            self._give_up_store()
        try:
            self._tidying.bound_log()
        except StoreFailed:
            self._give_up_store()

    def _give_up_store(self) -> None:
        """What a failed flush left behind is only known after opening the database anew."""
        self._store_failed = True
        self._stopped.set()

    def _own(self, op_id: str, client: _Client) -> None:
        self._owners.pop(op_id, None)
        while len(self._owners) >= _OWNED_MAX:
            self._forget(next(iter(self._owners)))
        self._owners[op_id] = client

    def _forget(self, op_id: str) -> None:
        self._owners.pop(op_id, None)
        self._queue.forget(op_id)


async def _load_calendar() -> None:
    """The first balance check needs it, and it is slow to load."""
    await asyncio.to_thread(end_of_next_working_day, datetime.now(CHINA_TIME))


async def _tell_manager() -> None:
    """Tell the service manager that the process serves, and then that its loop turns."""
    manager = service_manager()
    manager.ready()
    while manager.tell_every_s is not None:
        manager.alive()
        await asyncio.sleep(manager.tell_every_s)


async def _next_line(reader: asyncio.StreamReader) -> bytes | None:
    """The next line; empty (so malformed) for one that was too long; None at the end."""
    too_long = False
    while True:
        try:
            line = await reader.readuntil(b"\n")
            return b"" if too_long else line
        except asyncio.LimitOverrunError as overrun:
            await reader.readexactly(overrun.consumed)
            too_long = True
        except asyncio.IncompleteReadError:
            return None


def run(settings_path: Path) -> int:
    """Run `kiosk-queue`; its exit code (`admin.Code`)."""
    logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = load_settings(settings_path)
        keys = load_keys(settings)
        files = open_files(settings, keys, boot_id(), read_moment())
    except (BadSettings, StoreBusy, NewerDatabase, ValueError) as error:
        print(f"kiosk-queue cannot start: {error}", file=sys.stderr)
        return admin.Code.USAGE
    except (StoreFailed, OSError) as error:
        full = is_full(error)
        text = "maintenance: the disk is full" if full else str(error)
        print(f"kiosk-queue cannot start: {text}", file=sys.stderr)
        return admin.Code.FULL if full else admin.Code.WRONG
    try:
        return asyncio.run(_run(settings, keys, files))
    except StoreFailed as error:
        _log.critical("%s; it is opened anew by the next start", error)
        return admin.Code.WRONG
    finally:
        files.store.close()
        files.rescue.close()


async def _run(settings: Settings, keys: TerminalKeys, files: Files) -> int:
    return await QueueProcess(settings, keys, files).run()
