"""A row of the queue as the columns of the table `ops`, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offline_queue.formats.envelope import Header, joined
from offline_queue.formats.timeline import Anchor, ClockQuality, TimeMark
from offline_queue.storage.journal import EPOCH_SHIFT, N_MASK
from offline_queue.storage.rows import Row, State

_STORED = (
    "seq, op_id, kind, state, lane, key_id, boot, boot_ms, wall, quality, anchor_at, anchor_boot,"
    " anchor_ms, lasts_ms, request_mac, prev, signature, request_hash, digest, seed, sealed, outcome"
)
COLUMNS = _STORED + ", (SELECT wrapped FROM seeds WHERE number = seed)"  # noqa: S608
WITHOUT_TEXT = _STORED.replace("seed, sealed", "NULL, NULL") + ", NULL"
INSERT = (
    f"INSERT INTO ops ({_STORED})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(_STORED.split(',')))})"
)


def values_of(
    row: Row,
    boot: int,
    anchor_boot: int | None,
    hashed: str,
    digest: str | None,
    text: tuple[int | None, bytes | None],
) -> tuple[object, ...]:
    """The columns of a row, given the numbers of its boots, and its text as `Seeds.store` says.

    `hashed`: its request hash. `digest`: of its acceptance's entry, if that is of this database.
    """
    header, at = row.header, row.header.accepted
    anchor = at.anchor
    return (
        (header.epoch << EPOCH_SHIFT) | header.lane_seq,
        bytes.fromhex(header.op_id),
        header.kind,
        row.state.value,
        bytes.fromhex(header.lane),
        header.key_id,
        boot,
        at.boot_ms,
        at.wall,
        at.quality.value,
        None if anchor is None else anchor.at,
        anchor_boot,
        None if anchor is None else anchor.boot_ms,
        row.lasts_ms,
        row.request_mac,
        bytes.fromhex(row.prev),
        row.signature,
        bytes.fromhex(hashed),
        None if digest is None else bytes.fromhex(digest),
        *text,
        row.outcome,
    )


def row_from(found: tuple[Any, ...], terminal: str, boot_id_of: Callable[[int], str]) -> Row:
    """The row of a terminal from its columns."""
    seq, op_id, kind, state, lane, key_id, boot, boot_ms, wall, quality, *rest = found
    anchor_at, anchor_boot, anchor_ms, lasts_ms, request_mac, prev, signature, *rest = rest
    request_hash, _digest, seed, sealed, outcome, wrapped = rest
    anchor = None if anchor_at is None else Anchor(anchor_at, boot_id_of(anchor_boot), anchor_ms)
    mark = TimeMark(boot_id_of(boot), boot_ms, wall, ClockQuality(quality), anchor)
    header = Header(
        op_id=op_id.hex(),
        terminal=terminal,
        kind=kind,
        lane=lane.hex(),
        epoch=seq >> EPOCH_SHIFT,
        lane_seq=seq & N_MASK,
        key_id=key_id,
        accepted=mark,
    )
    if seed is not None and sealed is not None:
        sealed = None if wrapped is None else joined(wrapped, sealed)
    return Row(
        *(header, State(state), lasts_ms, request_mac, prev.hex(), signature, sealed, outcome),
        hashed=request_hash.hex(),
    )
