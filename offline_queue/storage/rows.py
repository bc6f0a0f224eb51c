"""One row of the queue: a request on its way to the bank."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from enum import StrEnum

from offline_queue.formats.batch import count_of, read_header, text_of
from offline_queue.formats.envelope import BadEnvelope, Header, canonical, request_hash
from offline_queue.storage.journal import EPOCH_SHIFT


class State(StrEnum):
    """Where a row stands. That a row is in flight is known in memory alone."""

    READY = "ready"
    EXPIRING = "expiring"  # its time is over, and the bank has still to tell the holder
    DONE = "done"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD = "dead"  # a person must look; keeps its sealed text, so that it can be revived
    BURIED = "buried"  # a person ended it


WAITING = (State.READY, State.EXPIRING)


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row. `lasts_ms`: how long it may wait from its acceptance; None: without limit.

    `sealed` is None in a final row, and where it was not asked for; also where its seed is lost.
    """

    header: Header
    state: State
    lasts_ms: int | None
    request_mac: bytes  # keyed: tells the same request from another one, and nothing else
    prev: str  # the journal's digest before its entry, hex
    signature: bytes  # of the terminal over the digest of its entry (hex, ASCII)
    sealed: bytes | None = field(repr=False)
    outcome: str | None = None
    hashed: str = field(default="", compare=False)  # its request hash, as it was stored

    @property
    def seq(self) -> int:
        """Its key, in order of acceptance: epoch and journal number."""
        return self.header.epoch << EPOCH_SHIFT | self.header.lane_seq

    @property
    def request_hash(self) -> str:
        """The hash the bank's verdict names. Only while the sealed text is here."""
        assert self.sealed is not None
        return request_hash(self.header, self.sealed)


def row_to_bytes(row: Row) -> bytes:
    """A row with its sealed text, for a place outside the database."""
    assert row.sealed is not None
    return canonical(
        {
            "header": row.header.to_wire(),
            "lasts_ms": row.lasts_ms,
            "request_mac": row.request_mac.hex(),
            "prev": row.prev,
            "signature": row.signature.hex(),
            "sealed": b64encode(row.sealed).decode(),
        }
    )


def row_from_bytes(record: bytes) -> Row:
    """The row of `row_to_bytes`, ready to be sent. Raises `BadEnvelope`."""
    try:
        fields = json.loads(record)
        return Row(
            header=read_header(fields["header"]),
            state=State.READY,
            lasts_ms=None if fields["lasts_ms"] is None else count_of(fields, "lasts_ms"),
            request_mac=bytes.fromhex(text_of(fields, "request_mac")),
            prev=text_of(fields, "prev"),
            signature=bytes.fromhex(text_of(fields, "signature")),
            sealed=b64decode(text_of(fields, "sealed"), validate=True),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadEnvelope("not a row") from error
