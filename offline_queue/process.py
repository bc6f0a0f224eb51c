"""`kiosk-queue`: the process that owns the queue's database and the only way to the bank.

One event loop does everything: it answers the Unix socket and carries batches. A request is
taken as soon as it is flushed, whatever the network does.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from offline_queue.bank_client import BankClient, NoReply
from offline_queue.core import Outgoing, Queue
from offline_queue.messages import (
    LINE_BYTES_MAX,
    Answered,
    LineChanged,
    Notice,
    NotTaken,
    NotTakenReason,
    Taken,
)
from offline_queue.moment import Moment
from offline_queue.schema import NewerDatabase
from offline_queue.settings import BadSettings, Settings, load_keys, load_settings
from offline_queue.store import Store, StoreBusy, StoreFailed
from offline_queue.tidying import Tidying
from offline_queue.wire import AskStatus, Forget, Submit, notice_line, op_id_of, read_call
from sscard.requests import MalformedMessage
from sscard.working_days import CHINA_TIME, end_of_next_working_day

CLIENTS_MAX = 8
_OWNED_MAX = 1_024  # operations whose client is remembered
_UNREAD_BYTES_MAX = 1_048_576  # a client that does not read is let go
_TURN_MIN_S = 0.005
RETURN_GRACE_S = 1.5  # longer than a screen process takes to find a restarted queue
_EXIT_STORE = 1
_EXIT_CANNOT_START = 2

_log = logging.getLogger("kiosk-queue")


def read_moment() -> Moment:
    """Now, by the machine's clocks."""
    return Moment(time.clock_gettime(time.CLOCK_BOOTTIME), datetime.now(CHINA_TIME))


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


@dataclass(eq=False, slots=True)
class _Client:
    writer: asyncio.StreamWriter

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

    def __init__(self, settings: Settings, store: Store, queue: Queue) -> None:
        self._settings = settings
        self._store = store
        self._queue = queue
        self._tidying = Tidying(store)
        self._clients: set[_Client] = set()
        self._owners: dict[str, _Client] = {}
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self._store_failed = False
        self._dead_rows = 0

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        bank = BankClient(self._settings)
        server = await self._listen()
        sync = asyncio.create_task(self._sync(bank))
        stopped = asyncio.create_task(self._stopped.wait())
        calendar = asyncio.create_task(_load_calendar())
        _log.info("ready")
        try:
            await asyncio.wait({sync, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.close()
            for task in (sync, stopped, calendar):
                task.cancel()
            for client in list(self._clients):
                client.writer.close()
            results = await asyncio.gather(sync, stopped, calendar, return_exceptions=True)
            await bank.close()
            self._settings.socket.unlink(missing_ok=True)
        failure = results[0]
        if isinstance(failure, StoreFailed) or self._store_failed:
            _log.critical("the database failed; it is opened anew by the next start")
            return _EXIT_STORE
        if isinstance(failure, Exception):
            raise failure
        return 0

    # --- the bank's side ---------------------------------------------------------------

    async def _sync(self, bank: BankClient) -> None:
        await self._start(bank)
        while True:
            now = read_moment()
            self._deliver(self._queue.expire(now))
            self._tidying.turn(now.mono_s)
            outgoing = self._queue.next_batch(now)
            if outgoing is not None:
                await self._carry(bank, outgoing)
            elif self._queue.ping_s(now) <= 0:
                await self._ping(bank)
            else:
                next_s = self._queue.next_s(now)
                ping_s = self._queue.ping_s(now)
                wait_s = ping_s if next_s is None else min(ping_s, next_s)
                self._woken.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), max(wait_s, _TURN_MIN_S))

    async def _start(self, bank: BankClient) -> None:
        """Look at the line, and give visits that still wait a moment to say so.

        An answer is kept nowhere: what was in flight when the last process ended would be
        answered to nobody if it were sent before its visit is back.
        """
        deadline_s = read_moment().mono_s + RETURN_GRACE_S
        await self._ping(bank)
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
        dead = self._store.dead()
        if dead > self._dead_rows:
            _log.error("maintenance: %d operations are dead, a person must look", dead)
        self._dead_rows = dead

    async def _ping(self, bank: BankClient) -> None:
        try:
            body = await bank.fetch_keys()
        except NoReply as missing:
            _log.debug("no reply to a ping: %s", missing)
            self._deliver(self._queue.ping_failed(read_moment()))
            return
        self._deliver(self._queue.keys_fetched(body, read_moment()))

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
            case Submit(op_id, request, companion):
                said = self._queue.accept(op_id, request, companion, read_moment())
                client.say(said)
                if isinstance(said, Taken):
                    self._own(op_id, client)
                    self._woken.set()
                elif said.reason is NotTakenReason.STORE_FAILED:
                    # What a failed flush left behind is only known after opening it anew.
                    self._store_failed = True
                    self._stopped.set()
            case Forget(op_id):
                self._forget(op_id)
            case AskStatus():
                client.say(self._queue.status(read_moment()))

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


def main(argv: Sequence[str] | None = None) -> int:
    """Start `kiosk-queue`; the exit code: 1 the database failed, 2 it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m offline_queue", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, help="the TOML settings file")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = load_settings(arguments.settings)
        keys = load_keys(settings)
        store = Store(str(settings.database), _boot_id(), settings.terminal)
    except (BadSettings, StoreBusy, NewerDatabase) as error:
        print(f"kiosk-queue cannot start: {error}", file=sys.stderr)
        return _EXIT_CANNOT_START
    except StoreFailed as error:
        print(f"kiosk-queue cannot start: {error}", file=sys.stderr)
        return _EXIT_STORE
    try:
        queue = Queue(store, keys, random.SystemRandom().random)
        return asyncio.run(_run(settings, store, queue))
    finally:
        store.close()


async def _run(settings: Settings, store: Store, queue: Queue) -> int:
    return await QueueProcess(settings, store, queue).run()
