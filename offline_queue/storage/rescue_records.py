"""The bytes of the rescue file: two header slots, then records one after the other. Pure.

    0      header slot     magic, generation, epoch, version of the bank's key list, CRC-32; the
    4096   header slot     valid one of the higher generation counts: one may be torn
    8192   records         each at a multiple of 16: a frame of 16 bytes, then the body

A frame lies within one sector, so it is there whole or not at all: state (`LIVE` or `GONE`), length
of the body, CRC-32 of the body, CRC-32 of the frame itself. The body is the operation's id and
its row. What was never written is zeros.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from zlib import crc32

SLOT_BYTES = 4_096
SLOTS = 2
RECORDS_AT = SLOT_BYTES * SLOTS
BODY_BYTES_MAX = 262_144  # a row with pictures

_MAGIC = b"SSCRSCU2"
_SLOT = struct.Struct("<8sQQQI")
_FRAME = struct.Struct("<4sIII")
FRAME_BYTES = _FRAME.size
_LIVE = b"LIVE"
_GONE = b"GONE"
_CRC = struct.Struct("<I")
OP_ID_BYTES = 16


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A header slot. `key_floor`: the bank's key list was at least of this version."""

    generation: int
    epoch: int
    key_floor: int


@dataclass(frozen=True, slots=True)
class RescueRecord:
    """An operation's id and its row, as `rows.row_to_bytes` writes it."""

    op_id: str
    row: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a record lies: `offset` is its frame's; `size` includes frame and padding."""

    offset: int
    size: int
    body_bytes: int
    record: RescueRecord | None  # None: it is gone
    is_wiped: bool  # nothing of the body is left


@dataclass(frozen=True, slots=True)
class Scan:
    """What a rescue file holds.

    `end`: where the next record goes. `is_torn`: after `end` lies something that is no record,
    the rest of one that was never acknowledged. `damaged`: records, or stretches, before `end`
    that are lost.
    """

    frames: tuple[Frame, ...]
    end: int
    is_torn: bool
    damaged: int


def slot_bytes(slot: Slot) -> bytes:
    """A header slot's content."""
    head = _SLOT.pack(_MAGIC, slot.generation, slot.epoch, slot.key_floor, 0)[:-4]
    return head + _CRC.pack(crc32(head))


def read_slot(data: bytes) -> Slot | None:
    """A header slot; None if it is torn, damaged or empty."""
    if len(data) < _SLOT.size:
        return None
    magic, generation, epoch, key_floor, check = _SLOT.unpack_from(data)
    if magic != _MAGIC or check != crc32(data[: _SLOT.size - 4]):
        return None
    return Slot(generation, epoch, key_floor)


def live_bytes(record: RescueRecord) -> bytes:
    """A record with its frame, padded."""
    body = bytes.fromhex(record.op_id) + record.row
    if len(body) > BODY_BYTES_MAX:
        raise ValueError(f"a rescue record is at most {BODY_BYTES_MAX} bytes")
    whole = _frame(_LIVE, len(body), crc32(body)) + body
    return whole.ljust(padded(len(body)), b"\0")


def gone_bytes(body_bytes: int) -> bytes:
    """The frame of a record that is not needed any more."""
    return _frame(_GONE, body_bytes, 0)


def padded(body_bytes: int) -> int:
    """What a body takes in the file, with its frame."""
    return -(-(FRAME_BYTES + body_bytes) // FRAME_BYTES) * FRAME_BYTES


def scan(data: bytes) -> Scan:
    """Read the whole file's bytes, past whatever is torn or damaged."""
    frames: list[Frame] = []
    bad: list[tuple[int, int]] = []  # stretches that hold no readable record
    offset = RECORDS_AT
    while (found := _next_frame(data, offset)) is not None:
        at, frame = found
        if at > offset:
            bad.append((offset, at))
        if frame is None:
            size = _size_at(data, at)
            bad.append((at, at + size))
            offset = at + size
        else:
            frames.append(frame)
            offset = at + frame.size
    end = frames[-1].offset + frames[-1].size if frames else RECORDS_AT
    return Scan(
        frames=tuple(frames),
        end=end,
        is_torn=not is_blank(data[end:]),
        damaged=_damaged(data, frames, [stretch for stretch in bad if stretch[0] < end]),
    )


def is_blank(data: bytes) -> bool:
    """Whether there are only zeros."""
    return data.count(0) == len(data)


def _damaged(data: bytes, frames: list[Frame], bad: list[tuple[int, int]]) -> int:
    """A stretch of zeros is damage only beside a live record.

    Without one it is what an interrupted clearing of the whole file leaves behind.
    """
    any_live = any(frame.record is not None for frame in frames)
    return sum(any_live or not is_blank(data[start:end]) for start, end in bad)


def _next_frame(data: bytes, offset: int) -> tuple[int, Frame | None] | None:
    """The next valid frame at or after `offset`; its record is None if the body is damaged."""
    at = offset
    while at + FRAME_BYTES <= len(data):
        if (fields := _fields_at(data, at)) is not None:
            return at, _read_frame(data, at, *fields)
        candidates = [data.find(state, at + 1) for state in (_LIVE, _GONE)]
        nearest = min((c for c in candidates if c >= 0), default=-1)
        if nearest < 0:
            return None
        at = max(at + FRAME_BYTES, nearest // FRAME_BYTES * FRAME_BYTES)
    return None


def _fields_at(data: bytes, at: int) -> tuple[bytes, int, int] | None:
    state, length, body_check, check = _FRAME.unpack_from(data, at)
    if state not in (_LIVE, _GONE) or check != crc32(data[at : at + FRAME_BYTES - 4]):
        return None
    return (state, length, body_check) if OP_ID_BYTES <= length <= BODY_BYTES_MAX else None


def _size_at(data: bytes, at: int) -> int:
    return padded(_FRAME.unpack_from(data, at)[1])


def _read_frame(data: bytes, at: int, state: bytes, length: int, body_check: int) -> Frame | None:
    body = data[at + FRAME_BYTES : at + FRAME_BYTES + length]
    if state == _GONE:
        return Frame(at, padded(length), length, None, is_blank(body))
    if len(body) != length or crc32(body) != body_check:
        return None
    return Frame(at, padded(length), length, _record(body), is_wiped=False)


def _record(body: bytes) -> RescueRecord:
    return RescueRecord(body[:OP_ID_BYTES].hex(), body[OP_ID_BYTES:])


def _frame(state: bytes, body_bytes: int, body_check: int) -> bytes:
    head = _FRAME.pack(state, body_bytes, body_check, 0)[:-4]
    return head + _CRC.pack(crc32(head))
