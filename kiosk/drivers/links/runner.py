"""Runs a device's `Talk` against its real link: one daemon thread a device.

The runner interprets `Now`, `Wait`, `Take` and `Emit` itself and hands every other
operation to the device's `Link`. It is the only place where a driver meets a thread or a
clock. While an operation waits the thread sleeps in the kernel.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from msgspec.structs import replace

from kiosk.drivers.events import Device, DeviceChanged, DeviceEvent, DeviceStatus
from kiosk.drivers.links.ops import (
    AwaitChange,
    CardGone,
    Emit,
    LinkLost,
    NextCode,
    Now,
    Op,
    Read,
    Stop,
    Take,
    Talk,
    Wait,
)
from kiosk.drivers.orders import Order

MAILBOX_LIMIT = 8  # orders not yet taken; the session gives one at a time, plus a Stop
CLOSE_TIMEOUT_S = 10.0  # the longest bounded operation of a link, and a margin


class Link(Protocol):
    """What carries out the operations that need hardware.

    `Read`, `AwaitChange` and `NextCode` can be interrupted: each returns early, with what it
    has, once `wake` was called. A wake is never lost (one that comes while nothing runs ends
    the next of them), and one too many does no harm: the runner asks again.
    """

    def perform(self, op: Op) -> Any:
        """Carry out `op`, in the runner's thread. Raises `LinkLost`, `CardGone`."""

    def wake(self) -> None:
        """End the operation that can be interrupted, or the next one. From any thread."""

    def close(self) -> None:
        """Give the hardware back, once the thread has ended. May be called twice."""


class MailboxFull(Exception):
    """More orders than a device can ever have; the terminal has lost count."""


class _Closed(Exception):
    """The runner was closed: leave the talk."""


class DeviceRunner:
    """One device at work.

    `emit(number, event)` is called in the device's thread; `number` is that of the order
    last taken, 0 before any, so that the terminal can drop the events of an order that is
    over. A crash of the talk is a programmer error: the terminal is told `HARDWARE_ERROR`
    with the raw word ``software``, and the exception goes on to the thread's excepthook.
    """

    def __init__(
        self,
        device: Device,
        talk: Talk[None],
        link: Link,
        emit: Callable[[int, DeviceEvent], None],
    ) -> None:
        self._device = device
        self._talk = talk
        self._link = link
        self._emit = emit
        self._changed = threading.Condition()
        self._mailbox: deque[tuple[int, Order | Stop]] = deque()
        self._closing = False
        self._ended = False
        self._number = 0
        self._thread = threading.Thread(target=self._run, name=f"device-{device}", daemon=True)

    def __repr__(self) -> str:
        state = "closed" if self._closing else "running" if self._thread.is_alive() else "idle"
        return f"DeviceRunner({self._device}, {state})"

    def start(self) -> None:
        """Begin. Once only."""
        self._thread.start()

    def order(self, number: int, order: Order | Stop) -> None:
        """Give the device its next order. Never blocks.

        Raises `MailboxFull` when `MAILBOX_LIMIT` orders wait. Does nothing once the talk is over.
        """
        with self._changed:
            if self._closing or self._ended:
                return
            if len(self._mailbox) >= MAILBOX_LIMIT:
                raise MailboxFull(f"{self._device}: {MAILBOX_LIMIT} orders wait")
            self._mailbox.append((number, order))
            self._changed.notify()
            self._link.wake()

    def close(self) -> None:
        """End the talk where it stands, join the thread, close the link. May be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            self._link.wake()
        started = self._thread.ident is not None
        if started and self._thread is not threading.current_thread():
            self._thread.join(CLOSE_TIMEOUT_S)
        with self._changed:  # no wake may meet a link that is being closed
            self._link.close()

    # --- the device's thread ---------------------------------------------------------

    def _run(self) -> None:
        try:
            self._interpret()
        except _Closed:
            self._talk.close()
        except Exception:
            self._emit(
                self._number,
                DeviceChanged(self._device, DeviceStatus.HARDWARE_ERROR, raw="software"),
            )
            raise
        finally:
            with self._changed:
                self._ended = True
                self._mailbox.clear()

    def _interpret(self) -> None:
        result: Any = None
        error: LinkLost | CardGone | None = None
        while True:
            try:
                op = self._talk.send(result) if error is None else self._talk.throw(error)
            except StopIteration:
                return
            result = error = None
            if self._closing:
                raise _Closed
            try:
                result = self._perform(op)
            except (LinkLost, CardGone) as lost:
                error = lost

    def _perform(self, op: Op) -> Any:
        match op:
            case Now():
                return time.monotonic()
            case Wait(seconds):
                return self._wait(seconds)
            case Take(timeout_s):
                return self._take(timeout_s)
            case Emit(event):
                return self._emit(self._number, event)
            case Read() | AwaitChange() | NextCode():
                return self._interruptible(op)
        return self._link.perform(op)

    def _interruptible(self, op: Read | AwaitChange | NextCode) -> Any:
        """`op` until it has a result, its time is over, or an order waits."""
        end_s = time.monotonic() + op.timeout_s
        nothing = b"" if isinstance(op, Read) else op.known if isinstance(op, AwaitChange) else None
        while True:
            ordered = self._ordered()
            left_s = 0.0 if ordered else max(0.0, end_s - time.monotonic())
            result = self._link.perform(replace(op, timeout_s=left_s))
            if result != nothing or ordered or self._ordered() or left_s == 0.0:
                return result

    def _ordered(self) -> bool:
        with self._changed:
            return bool(self._mailbox) or self._closing

    def _wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._mailbox or self._closing, seconds)

    def _take(self, timeout_s: float) -> Order | Stop | None:
        with self._changed:
            self._changed.wait_for(lambda: self._mailbox or self._closing, timeout_s)
            if self._closing:
                raise _Closed
            if not self._mailbox:
                return None
            self._number, order = self._mailbox.popleft()
            return order
