"""The screen process's door to `kiosk-queue`: requests go in, notices come out.

It knows no cryptography, no network and no database. Its thread owns the socket; what callers
ask for reaches it through a queue, and what it hears goes to one callback, on its own thread.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue

from offline_queue.messages import (
    LINE_BYTES_MAX,
    Answered,
    LineChanged,
    Notice,
    NotTaken,
    NotTakenReason,
    Taken,
)
from offline_queue.presence import QueueChanged
from offline_queue.wire import AskStatus, Call, Forget, Submit, call_line, read_notice
from sscard.requests import Companion, MalformedMessage, Request

TAKE_TIMEOUT_S = 3.0  # after this the screen says that the request was not taken
RECONNECT_FIRST_S = 0.05
RECONNECT_MAX_S = 1.0  # so that a restarted queue is found within TAKE_TIMEOUT_S
COMPANION_MAX_S = 60.0  # a PIN block is not sent again later than this
OPEN_MAX = 64  # operations not yet answered or forgotten
_READ_BYTES = 16_384


@dataclass(slots=True)
class _Open:
    """An operation a visit still waits for: sent again after every reconnection."""

    call: Submit = field(repr=False)
    submitted_s: float
    deadline_s: float
    taken: bool = False


class QueueDoor:
    """Hands requests to the queue and brings its notices to `notify`.

    Every submitted operation gets exactly one `Taken` or `NotTaken` first: within 3 s, or, if the
    connection is lost meanwhile, within 6 s. A taken one stays open until its answer comes or it is
    forgotten, and is shown to a restarted queue again, under the same id.

    `QueueChanged` tells whether the queue answers: yes with its first word after a connection, no
    once it was silent for 3 s when it should have spoken. A restart within that time is not told.
    """

    def __init__(
        self,
        path: Path,
        notify: Callable[[Notice | QueueChanged], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._notify = notify
        self._clock = clock
        self._calls: SimpleQueue[Call] = SimpleQueue()
        self._closing = threading.Event()
        self._bell, self._bell_end = socket.socketpair()
        self._bell.setblocking(False)
        self._bell_end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._bell_end, selectors.EVENT_READ)
        self._socket: socket.socket | None = None
        self._heard = bytearray()
        self._to_say = bytearray()
        self._open: dict[str, _Open] = {}
        self._line_up: bool | None = None
        self._there: bool | None = None
        self._silent_since_s: float | None = clock()
        self._retry_at_s = 0.0
        self._retry_s = RECONNECT_FIRST_S
        self._thread = threading.Thread(target=self._run, name="queue-door", daemon=True)
        self._thread.start()

    def submit(self, op_id: str, request: Request, companion: Companion | None) -> None:
        """Ask the queue to take a request. Never waits."""
        self._call(Submit(op_id, request, companion))

    def forget(self, op_id: str) -> None:
        """The visit of this operation is over: nothing of it is kept or said any more."""
        self._call(Forget(op_id))

    def ask_status(self) -> None:
        """Ask for a `QueueStatus`; none comes while the queue is gone."""
        self._call(AskStatus())

    def close(self) -> None:
        """End the thread; may be called twice, but not from `notify`."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._ring()
        self._thread.join()
        self._selector.close()
        self._bell.close()
        self._bell_end.close()

    def _call(self, call: Call) -> None:
        if not self._closing.is_set():
            self._calls.put(call)
            self._ring()

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # full: it rings already
            self._bell.send(b"\0")

    # --- on the door's own thread ------------------------------------------------------

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._socket is None and self._clock() >= self._retry_at_s:
                self._connect()
            for key, events in self._selector.select(self._patience_s()):
                if key.fileobj is self._bell_end:
                    self._bell_end.recv(_READ_BYTES)
                elif events & selectors.EVENT_READ:
                    self._hear()
            self._take_calls()
            self._give_up_late()
            self._miss()
            self._speak()
        if self._socket is not None:
            self._drop()

    def _patience_s(self) -> float | None:
        times_s = [entry.deadline_s for entry in self._open.values() if not entry.taken]
        if self._socket is None:
            times_s.append(self._retry_at_s)
        if self._silent_since_s is not None and self._there is not False:
            times_s.append(self._silent_since_s + TAKE_TIMEOUT_S)
        return max(0.0, min(times_s) - self._clock()) if times_s else None

    def _connect(self) -> None:
        attempt = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            attempt.settimeout(RECONNECT_MAX_S)
            attempt.connect(str(self._path))
            attempt.setblocking(False)
        except OSError:
            attempt.close()
            self._lost()
            return
        self._socket = attempt
        self._selector.register(attempt, selectors.EVENT_READ)
        self._retry_s = RECONNECT_FIRST_S
        for entry in self._open.values():
            if self._clock() - entry.submitted_s > COMPANION_MAX_S:
                entry.call = replace(entry.call, companion=None)
            self._to_say += call_line(entry.call)

    def _lost(self) -> None:
        self._retry_at_s = self._clock() + self._retry_s
        self._retry_s = min(self._retry_s * 2, RECONNECT_MAX_S)
        self._say_line(up=False)

    def _drop(self) -> None:
        assert self._socket is not None
        self._selector.unregister(self._socket)
        self._socket.close()
        self._socket = None
        self._heard.clear()
        self._to_say.clear()

    def _hang_up(self) -> None:
        """The queue is gone: what it has not taken waits a little for its return."""
        self._drop()
        if self._silent_since_s is None:
            self._silent_since_s = self._clock()
        for entry in self._open.values():
            latest_s = entry.submitted_s + 2 * TAKE_TIMEOUT_S  # however often it goes
            entry.deadline_s = min(self._clock() + TAKE_TIMEOUT_S, latest_s)
        self._lost()

    def _hear(self) -> None:
        assert self._socket is not None
        try:
            piece = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._hang_up()
            return
        self._heard += piece
        *lines, rest = self._heard.split(b"\n")
        self._heard = bytearray(rest)
        try:
            for line in lines:
                self._pass_on(read_notice(bytes(line)))
            if len(rest) > LINE_BYTES_MAX:
                raise MalformedMessage("a line does not end")
        except MalformedMessage:
            self._hang_up()

    def _pass_on(self, notice: Notice) -> None:
        self._silent_since_s = None
        self._say_there(there=True)
        match notice:
            case LineChanged(up):
                self._say_line(up=up)
            case Taken(op_id):
                entry = self._open.get(op_id)
                if entry is not None and not entry.taken:
                    entry.taken = True
                    self._notify(notice)
            case NotTaken(op_id) | Answered(op_id):
                if self._open.pop(op_id, None) is not None:
                    self._notify(notice)
            case _:
                self._notify(notice)

    def _say_line(self, *, up: bool) -> None:
        if self._line_up is not up:
            self._line_up = up
            self._notify(LineChanged(up))

    def _miss(self) -> None:
        since_s = self._silent_since_s
        if since_s is not None and self._clock() - since_s >= TAKE_TIMEOUT_S:
            self._say_there(there=False)

    def _say_there(self, *, there: bool) -> None:
        if self._there is not there:
            self._there = there
            self._notify(QueueChanged(there))

    def _take_calls(self) -> None:
        with suppress(Empty):
            while True:
                self._do(self._calls.get_nowait())

    def _do(self, call: Call) -> None:
        if isinstance(call, Submit):
            if call.op_id in self._open:
                return
            if len(self._open) >= OPEN_MAX:
                self._notify(NotTaken(call.op_id, NotTakenReason.FULL))
                return
        try:
            line = call_line(call)
        except MalformedMessage:
            assert isinstance(call, Submit), "only requests can be long"
            self._notify(NotTaken(call.op_id, NotTakenReason.MALFORMED))
            return
        if isinstance(call, Submit):
            now_s = self._clock()
            self._open[call.op_id] = _Open(call, now_s, now_s + TAKE_TIMEOUT_S)
        elif isinstance(call, Forget):
            self._open.pop(call.op_id, None)
        if self._socket is not None:
            self._to_say += line

    def _give_up_late(self) -> None:
        now_s = self._clock()
        late = [o for o, e in self._open.items() if not e.taken and e.deadline_s <= now_s]
        for op_id in late:
            del self._open[op_id]
            if self._socket is not None:
                self._to_say += call_line(Forget(op_id))
            self._notify(NotTaken(op_id, NotTakenReason.QUEUE_GONE))
            if self._socket is not None and self._silent_since_s is None:
                self._silent_since_s = now_s - TAKE_TIMEOUT_S  # it was asked that long ago

    def _speak(self) -> None:
        if self._socket is None:
            return
        if self._to_say:
            try:
                del self._to_say[: self._socket.send(self._to_say)]
            except BlockingIOError:
                pass
            except OSError:
                self._hang_up()
                return
        if len(self._to_say) > OPEN_MAX * LINE_BYTES_MAX:
            self._hang_up()
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._to_say else 0)
        self._selector.modify(self._socket, wanted)
