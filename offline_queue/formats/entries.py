"""What a journal entry says and how it is hashed: the terminal writes it, the bank makes it again.

A row is signed over the digest of its acceptance, so both ends have to agree on every byte of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from offline_queue.formats.envelope import Header, canonical


class Event(StrEnum):
    """What a journal entry says."""

    EPOCH = "epoch"  # detail: the last known digest of the epoch before, or nothing
    OPENED = "opened"  # detail: the boot id, so that it stands on two pages
    ACCEPTED = "accepted"  # detail: the request's hash
    VERDICT = "verdict"  # detail: the outcome
    UNKNOWN = "unknown"
    RETRY = "retry"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD = "dead"
    BURIED = "buried"
    REVIVED = "revived"
    SALVAGED = "salvaged"  # detail: the state it was in
    GAP = "gap"  # the bank knows more of this journal than it holds
    KEYS_WENT_BACK = "keys-went-back"
    SEALED_OFF = "sealed-off"  # detail: the digest up to which entries were forgotten


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as it is hashed. Boot time in milliseconds, `wall` ISO 8601."""

    n: int
    epoch: int
    event: str
    op_id: str  # 32 hex digits, or nothing
    boot_id: str
    boot_ms: int
    wall: str
    detail: str = ""

    def content(self) -> bytes:
        """The bytes its digest covers, after the digest before it."""
        return canonical(
            [
                *(self.n, self.epoch, self.event, self.op_id),
                *(self.boot_id, self.boot_ms, self.wall, self.detail),
            ]
        )


def accepted_content(header: Header, request_hash: str) -> bytes:
    """What the entry of a request's acceptance says: all of it is in the header and the hash."""
    at = header.accepted
    return canonical(
        [
            *(header.lane_seq, header.epoch, "accepted", header.op_id),
            *(at.boot_id, at.boot_ms, at.wall, request_hash),
        ]
    )
