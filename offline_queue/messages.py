"""What the screen process and `kiosk-queue` say to each other over the Unix socket.

One JSON object a line, at most 192 KiB (a request with its pictures). The screen process imports this module, so it uses
nothing beyond the standard library and `sscard`.

    → {"do": "submit", "op_id": hex, "request": {…}, "companion": {"pin_block": hex} | null}
    ← {"op_id": hex, "taken": {"code": "7K42MX9QD", "at": ISO 8601}}       after the flush
    ← {"op_id": hex, "not_taken": "full", "rule": null}                    nothing was kept
    ← {"op_id": hex, "answer": {…}}                                        the bank's signed word
    → {"do": "forget", "op_id": hex}     the visit is over: drop companion and answer
    → {"do": "status"}
    ← {"status": {…}}
    ← {"line": "up" | "down"}            on connection and on every change
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sscard.requests import Answer

LINE_BYTES_MAX = 196_608


class NotTakenReason(StrEnum):
    """Why a request was not taken. Nothing of it was kept."""

    FULL = "full"
    NO_LINE = "no_line"  # a kind that never waits, and there is no line
    BUSY = "busy"  # too many at a time: the same one again is welcome
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"  # with the rule it breaks, if there is one
    STORE_FAILED = "store_failed"
    QUEUE_GONE = "queue_gone"  # the queue's process does not answer


@dataclass(frozen=True, slots=True)
class Taken:
    """The request is sealed and flushed to disk. `code` is what its receipt carries."""

    op_id: str
    code: str
    at: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The request was not taken."""

    op_id: str
    reason: NotTakenReason
    rule: str | None = None  # of `sscard.rules`


@dataclass(frozen=True, slots=True)
class Answered:
    """The bank's signed answer to a request this process still waits for."""

    op_id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class LineChanged:
    """Whether the bank can be reached now, as far as the last try tells."""

    up: bool


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """What screens and health may know of the queue."""

    line_up: bool
    waiting: dict[str, int]  # by kind
    oldest_age_s: float | None  # the least it has waited
    last_contact_at: str | None
    dead: int = 0  # rows that a person must look at
    by_state: dict[str, int] = field(default_factory=dict)  # ready, resting, held, flying, dead
    last_verdict: str | None = None  # the bank's last outcome
    epoch: int = 1
    journal_n: int = 0
    space_left_bytes: int | None = None
    capacity_share: float = 0.0  # of what it may hold, 0 to 1 and beyond
    clock_quality: str = "unset"
    alerts: list[str] = field(default_factory=list)  # the remedy comes first


Notice = Taken | NotTaken | Answered | LineChanged | QueueStatus
