"""Orders that arrive while a device is being spoken to.

A read returns early when an order arrives. Leaving an exchange half done would let its late
answer be taken for the next one's, so a driver finishes the short exchange first and finds
the order here afterwards. An order during another counts as `Stop` and that order: only the
last one matters.
"""

from __future__ import annotations

from kiosk.drivers.links.ops import Now, Read, Stop, Take, Talk
from kiosk.drivers.orders import Order


class Inbox:
    """Holds the order that arrived last and was not yet carried out."""

    def __init__(self) -> None:
        self.waiting: Order | Stop | None = None

    def read(self, size: int, timeout_s: float) -> Talk[bytes]:
        """A `Read` that an order does not cut short; the order goes to `waiting`.

        Result: 1 to `size` bytes, or ``b""`` when `timeout_s` passed without any.
        """
        now_s = yield Now()
        end_s = now_s + timeout_s
        while True:
            data: bytes = yield Read(size, max(0.0, end_s - now_s))
            if data:
                return data
            now_s = yield Now()
            if now_s >= end_s:
                return b""
            yield from self.look()

    def look(self) -> Talk[bool]:
        """Fetch an order that has arrived, without waiting. Result: whether one waits."""
        order: Order | Stop | None = yield Take(0)
        if order is not None:
            self.waiting = order
        return self.waiting is not None

    def take(self, timeout_s: float) -> Talk[Order | Stop | None]:
        """The order that waits, else a `Take`."""
        order, self.waiting = self.waiting, None
        if order is None:
            order = yield Take(timeout_s)
        return order
