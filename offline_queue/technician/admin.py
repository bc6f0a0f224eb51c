"""The technician's calls into the running process, over a Unix socket of its owner's alone.

One call a connection, one JSON object a line:

    → {"do": "list", "states": [], "kind": null, "limit": 100}
    → {"do": "show", "op": "7K42MX9QD"} | {"do": "status"} | {"do": "export"}
    → {"do": "retry", "op": hex} | {"do": "bury", "op": hex, "reason": …, "decided": bool}
    ← any number of objects, then {"end": true}, or {"error": text, "code": exit code}
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

from offline_queue.moment import Moment
from offline_queue.storage.store import StoreFailed
from offline_queue.technician import lookups

CALL_BYTES_MAX = 4_096
PATIENCE_S = 10.0
_CLIENTS_MAX = 4
_LOSS_REPORT = "loss_report"

REASONS = {
    "came-again": "the holder came again and the request was made anew",
    "done-elsewhere": "what was asked was done at a counter or by telephone",
    "bank-asked": "the bank asked for it to be ended",
    "text-lost": "its sealed text was lost with a damaged database",
    "test": "it was made in a test",
}

_log = logging.getLogger("kiosk-queue")


class Code(IntEnum):
    """Exit codes of the command."""

    DONE = 0
    WRONG = 1  # `verify` found something; `run`: the database failed, start it again
    USAGE = 2  # the command, the settings or the keys cannot be used
    MISSING = 3  # no such database, or no such operation
    LOCKED = 4  # another process has the database and does not answer
    FULL = 5
    DAMAGED = 6
    NEWER = 7  # the database is of a newer program
    REFUSED = 8  # not in this state, or a person must decide first


class Refused(RuntimeError):
    """A call that was not carried out: one line that says why, and the exit code."""

    def __init__(self, text: str, code: Code) -> None:
        super().__init__(text)
        self.code = code


class Managed(Protocol):
    """What of `core.Queue` a technician reaches."""

    def status(self, now: Moment) -> Any:
        """A `messages.QueueStatus`."""

    def revive(self, op_id: str, now: Moment) -> bool:
        """A dead row waits again. False if it is not dead, or has lost its text."""

    def bury(self, op_id: str, reason: str, now: Moment) -> bool:
        """A waiting or dead row ends. False if it is in flight or final."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the calls work on. `sign`: hex signature of the terminal over some bytes."""

    queue: Managed
    conn: sqlite3.Connection
    clock: Callable[[], Moment]
    sign: Callable[[bytes], str] | None
    woken: Callable[[], None] = lambda: None
    store_failed: Callable[[], None] = lambda: None

    def answer(self, call: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """Carry out a call. Raises `Refused`."""
        match call:
            case {"do": "status"}:
                return [self._status()]
            case {"do": "retry", "op": str(name)}:
                return [self._retry(name)]
            case {"do": "bury", "op": str(name), "reason": str(reason), "decided": bool(decided)}:
                return [self._bury(name, reason, decided)]
            case _:
                return look(self.conn, call, self.sign)

    def _status(self) -> dict[str, Any]:
        running = {"running": True, "pid": os.getpid()}
        return {**running, **asdict(self.queue.status(self.clock())), **lookups.summary(self.conn)}

    def _retry(self, name: str) -> dict[str, Any]:
        op_id = _found(self.conn, name)
        if not self._changed(lambda: self.queue.revive(op_id, self.clock())):
            raise Refused(f"{op_id} is not dead, or its sealed text is lost", Code.REFUSED)
        _log.warning("a technician revived %s", op_id)
        self.woken()
        return _life(self.conn, op_id)

    def _bury(self, name: str, reason: str, decided: bool) -> dict[str, Any]:
        op_id = _found(self.conn, name)
        if reason not in REASONS:
            raise Refused(f"the reason is one of: {', '.join(REASONS)}", Code.USAGE)
        row = _life(self.conn, op_id)
        # A row that lost even its kind may be a loss report.
        if row["kind"] in (_LOSS_REPORT, "unknown") and not decided:
            raise Refused(
                f"{op_id} is a loss report, or may be one: it ends only with --yes-a-person-decided",
                Code.REFUSED,
            )
        if not self._changed(lambda: self.queue.bury(op_id, reason, self.clock())):
            raise Refused(f"{op_id} is on its way to the bank now, or has ended", Code.REFUSED)
        _log.warning("a technician buried %s: %s", op_id, reason)
        return _life(self.conn, op_id)

    def _changed(self, change: Callable[[], bool]) -> bool:
        try:
            return change()
        except StoreFailed as error:
            self.store_failed()
            code = Code.FULL if error.full else Code.WRONG
            raise Refused(str(error), code) from error


def look(
    conn: sqlite3.Connection, call: dict[str, Any], sign: Callable[[bytes], str] | None
) -> Iterable[dict[str, Any]]:
    """A call that only reads, on any connection. Raises `Refused`."""
    match call:
        case {"do": "list", "states": list(states), "kind": str() | None as kind, "limit": int(n)}:
            return lookups.rows(conn, [str(state) for state in states], kind, n)
        case {"do": "show", "op": str(name)}:
            return [_life(conn, _found(conn, name))]
        case {"do": "status"}:
            return [{"running": False, **lookups.summary(conn)}]
        case {"do": "export"}:
            return lookups.export(conn, sign)
        case _:
            raise Refused("not a call", Code.USAGE)


def _found(conn: sqlite3.Connection, name: str) -> str:
    try:
        op_id = lookups.find(conn, name)
    except lookups.Ambiguous as error:
        raise Refused(str(error), Code.USAGE) from error
    if op_id is None:
        raise Refused(f"there is no operation {name[:40]}", Code.MISSING)
    return op_id


def _life(conn: sqlite3.Connection, op_id: str) -> dict[str, Any]:
    found = lookups.life(conn, op_id)
    assert found is not None
    return found


# --- the process's side --------------------------------------------------------------------


async def serve_admin(desk: Desk, path: Path) -> asyncio.Server:
    """Listen; the socket is the owner's alone from the moment it exists."""
    clients: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.add(writer)
        try:
            if len(clients) <= _CLIENTS_MAX:
                with suppress(OSError, TimeoutError):
                    await _serve_one(desk, reader, writer)
        finally:
            clients.discard(writer)
            writer.close()

    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(serve, path, limit=CALL_BYTES_MAX)
    finally:
        os.umask(before)


async def _serve_one(
    desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            call = json.loads(await reader.readuntil(b"\n"))
        if not isinstance(call, dict):
            raise Refused("not a call", Code.USAGE)
        for answer in desk.answer(call):
            writer.write(_line(answer))
            async with asyncio.timeout(PATIENCE_S):
                await writer.drain()
        writer.write(_line({"end": True}))
    except Refused as refused:
        writer.write(_line({"error": str(refused), "code": refused.code.value}))
    except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.write(_line({"error": "not a call", "code": Code.USAGE.value}))
    except sqlite3.DatabaseError as error:
        text = f"the database cannot be read: {error.sqlite_errorname}"
        writer.write(_line({"error": text, "code": Code.DAMAGED.value}))
    async with asyncio.timeout(PATIENCE_S):
        await writer.drain()


# --- the command's side --------------------------------------------------------------------


def connect_admin(path: Path) -> socket.socket | None:
    """The running process's socket; None if no process listens. Raises `Refused`."""
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(PATIENCE_S)
    try:
        end.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        end.close()
        return None
    except OSError as error:
        end.close()
        raise Refused(
            f"the admin socket cannot be used: {error.strerror or error}", Code.LOCKED
        ) from error
    return end


def ask(end: socket.socket, call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the process answers; closes the socket. Raises `Refused`."""
    with end, end.makefile("rb") as lines:
        try:
            end.sendall(_line(call))
            for line in lines:
                answer = json.loads(line)
                if "error" in answer:
                    raise Refused(str(answer["error"]), Code(answer["code"]))
                if answer.get("end") is True:
                    return
                yield answer
        except OSError as error:
            raise Refused("the running process does not answer", Code.LOCKED) from error
    raise Refused("the running process ended in the middle of its answer", Code.LOCKED)


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"
