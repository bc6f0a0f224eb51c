"""One row of the queue: a request on its way to the bank."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from offline_queue.envelope import Header


class State(StrEnum):
    """Where a row stands. All but the first two are final and hold no sealed text."""

    READY = "ready"
    IN_FLIGHT = "in_flight"
    DONE = "done"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD = "dead"  # a person must look


WAITING = (State.READY, State.IN_FLIGHT)


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row. `expires_*` are None for a row whose time is never over by itself.

    Boot times are seconds since boot (they run on while the machine sleeps) and mean something
    only beside their boot id; wall times are POSIX seconds.
    """

    header: Header
    priority: int
    state: State
    attempts: int  # times sent
    together_failures: int  # unknown outcomes in company, in a row
    accepted_boot_s: float
    boot_id: str
    expires_boot_s: float | None
    expires_wall_s: float | None
    request_mac: str  # keyed: tells the same request from another one, and nothing else
    request_hash: str
    sealed: bytes | None = field(repr=False)
    outcome: str | None = None
