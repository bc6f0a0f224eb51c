"""A row of the queue as the columns of the table `ops`, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offline_queue.formats.envelope import Header
from offline_queue.formats.timeline import Anchor, ClockQuality, TimeMark
from offline_queue.storage.journal import EPOCH_SHIFT, N_MASK
from offline_queue.storage.rows import Row, State

COLUMNS = (
    "seq, op_id, kind, state, lane, key_id, boot, boot_ms, wall, quality, anchor_at, anchor_boot,"
    " anchor_ms, lasts_ms, request_mac, prev, signature, sealed, outcome"
)
INSERT = (
    f"INSERT INTO ops ({COLUMNS})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(COLUMNS.split(',')))})"
)


def values_of(row: Row, boot: int, anchor_boot: int | None) -> tuple[object, ...]:
    """The columns of a row, given the numbers of its boots."""
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
        row.sealed,
        row.outcome,
    )


def row_from(found: tuple[Any, ...], terminal: str, boot_id_of: Callable[[int], str]) -> Row:
    """The row of a terminal from its columns."""
    seq, op_id, kind, state, lane, key_id, boot, boot_ms, wall, quality, *rest = found
    anchor_at, anchor_boot, anchor_ms, lasts_ms, request_mac, prev, signature, sealed, outcome = (
        rest
    )
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
    return Row(header, State(state), lasts_ms, request_mac, prev.hex(), signature, sealed, outcome)
