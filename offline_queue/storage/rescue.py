"""The rescue file: a second, simpler place where every loss report is before it is called taken.

It is written out at its full size when it is made, so that a record later changes no length and
needs no room; it only grows towards its end, and each record is flushed by itself. When the
database is lost, or takes nothing any more, what waits is read from here (`salvage`).
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from offline_queue.storage.ballast import free_bytes
from offline_queue.storage.connection import flush_directory
from offline_queue.storage.rescue_records import (
    FRAME_BYTES,
    OP_ID_BYTES,
    RECORDS_AT,
    SLOT_BYTES,
    SLOTS,
    Frame,
    RescueRecord,
    Scan,
    Slot,
    gone_bytes,
    live_bytes,
    read_slot,
    scan,
    slot_bytes,
)

SIZE_BYTES = 4_194_304  # some 1,600 loss reports at a time, or 30 with their pictures
_CHUNK_BYTES = 65_536

_log = logging.getLogger("kiosk-queue")


class RescueBusy(OSError):
    """Another process has the rescue file open."""


@dataclass(frozen=True, slots=True)
class RescueContent:
    """What a rescue file held when it was read, for a report."""

    epoch: int
    records: tuple[RescueRecord, ...]
    is_header_lost: bool
    is_torn: bool  # its end was half written: never acknowledged
    damaged: int  # records, or stretches of them, that cannot be read


def read_rescue(path: Path) -> RescueContent:
    """Look into a rescue file without changing it. Raises `OSError`."""
    data = path.read_bytes()
    slot, found = _header(data), scan(data)
    return _content(slot, found)


class Rescue:
    """The open rescue file. After an `OSError` it takes nothing more until it is opened anew."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        self._descriptor = descriptor
        self._size_bytes = size_bytes
        self._is_broken = False
        data = _read_all(descriptor)
        slot, found = _header(data), scan(data)
        self.found = _content(slot, found)
        self._slot = slot or Slot(0, 0, 0)
        self._end = found.end
        self._live = {f.record.op_id: f for f in found.frames if f.record is not None}
        self._unwiped = [f for f in found.frames if f.record is None and not f.is_wiped]
        # What was read may be in memory alone: a flush that failed leaves pages that the kernel
        # takes for written. So all of it is written again, before anything follows it.
        self._write(0, data[: self._end])
        if len(data) < size_bytes or found.is_torn:
            self._write_zeros(self._end, size_bytes)
        os.fsync(descriptor)
        if slot is None:
            for _ in range(SLOTS):
                self._write_slot(0, 0)

    @classmethod
    def open(cls, path: Path, size_bytes: int = SIZE_BYTES) -> Self:
        """Open the file, or make it and write it out. A torn end is cleared.

        It is made whole or not at all, and only where twice its room is free. Raises `RescueBusy`,
        or `OSError` when there is no room or the disk fails.
        """
        assert size_bytes > RECORDS_AT
        is_new = not path.exists()
        if is_new:
            _check_room(path, size_bytes)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RescueBusy("another process has the rescue file open") from error
            rescue = cls._opened(path, descriptor, size_bytes)
            if is_new:
                flush_directory(path.parent)
        except BaseException as error:
            if is_new and not isinstance(error, RescueBusy):
                path.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        return rescue

    @classmethod
    def _opened(cls, path: Path, descriptor: int, size_bytes: int) -> Self:
        before_bytes = os.fstat(descriptor).st_size
        if before_bytes < size_bytes:
            _check_room(path, size_bytes - before_bytes)
        try:
            return cls(descriptor, max(size_bytes, before_bytes))
        except OSError:
            with suppress(OSError):
                if os.fstat(descriptor).st_size > before_bytes:
                    os.ftruncate(descriptor, before_bytes)
            raise

    @property
    def epoch(self) -> int:
        """The queue's epoch; 0 if the file is new, or its header was lost."""
        return self._slot.epoch

    @property
    def key_floor(self) -> int:
        """The version that the bank's key list had at least."""
        return self._slot.key_floor

    @property
    def is_broken(self) -> bool:
        """Whether the disk failed, so that nothing more is taken."""
        return self._is_broken

    @property
    def op_ids(self) -> frozenset[str]:
        """The operations that wait in the file."""
        return frozenset(self._live)

    @property
    def free_bytes(self) -> int:
        """Room for more records, as far as the end of the file."""
        return self._size_bytes - self._end

    @property
    def capacity_bytes(self) -> int:
        """Room for records in an empty file."""
        return self._size_bytes - RECORDS_AT

    def set_epoch(self, epoch: int) -> None:
        """Remember the queue's epoch, flushed. Raises `OSError`."""
        self._write_slot(epoch, self.key_floor)

    def set_key_floor(self, version: int) -> None:
        """Remember how new the bank's key list was, flushed. Raises `OSError`."""
        self._write_slot(self.epoch, version)

    def keep(self, op_id: str, row: bytes) -> bool:
        """Add a record; True: it is on the disk. False: no room, or the disk fails.

        After a failure of the disk the record may be there all the same.
        """
        return self.keep_all([RescueRecord(op_id, row)])

    def keep_all(self, records: Sequence[RescueRecord]) -> bool:
        """The same for several with one flush: all of them or none."""
        wholes = [live_bytes(record) for record in records]
        size = sum(map(len, wholes))
        try:
            if self._end + size > self._size_bytes and not self._live:
                self.wipe()
            if self._end + size > self._size_bytes:
                _log.error("maintenance: the rescue file has no room")
                return False
            self._write(self._end, b"".join(wholes))
            self._flush()
        except OSError:
            _log.exception("maintenance: the rescue file failed")
            return False
        for record, whole in zip(records, wholes, strict=True):
            body_bytes = len(record.row) + OP_ID_BYTES
            frame = Frame(self._end, len(whole), body_bytes, record, is_wiped=False)
            self._live[record.op_id] = frame
            self._end += len(whole)
        return True

    def records(self) -> tuple[RescueRecord, ...]:
        """What waits in the file, oldest first."""
        frames = sorted(self._live.values(), key=lambda frame: frame.offset)
        return tuple(frame.record for frame in frames if frame.record is not None)

    def drop(self, op_ids: Iterable[str]) -> None:
        """These operations are final: their records count no more, and `wipe` overwrites them.

        Not flushed: one that comes back after a power cut is sent again and is a duplicate.
        Operations that are not in the file are passed over.
        """
        for op_id in op_ids:
            frame = self._live.pop(op_id, None)
            if frame is not None:
                self._unwiped.append(frame)
                with suppress(OSError):  # the next one that matters tells
                    self._write(frame.offset, gone_bytes(frame.body_bytes))

    def wipe(self) -> None:
        """Overwrite what was erased; when nothing waits, begin again at the start of the file.

        For an idle moment: it flushes up to three times. Raises `OSError`.
        """
        if self._unwiped:
            self._flush()  # first the frames: a half-cleared record that still counts looks damaged
            for frame in self._unwiped:
                body = frame.offset + FRAME_BYTES
                self._write_zeros(body, body + frame.body_bytes)
            self._flush()
            self._unwiped.clear()
        if not self._live and self._end > RECORDS_AT:
            self._write_zeros(RECORDS_AT, self._end)
            self._flush()
            self._end = RECORDS_AT

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    # --- inside ------------------------------------------------------------------------

    def _write_slot(self, epoch: int, key_floor: int) -> None:
        slot = Slot(self._slot.generation + 1, epoch, key_floor)
        self._write((slot.generation % SLOTS) * SLOT_BYTES, slot_bytes(slot))
        self._flush()
        self._slot = slot

    def _write(self, offset: int, data: bytes) -> None:
        if self._is_broken:
            raise OSError("the rescue file failed before")
        view = memoryview(data)
        try:
            while view:
                written = os.pwrite(self._descriptor, view, offset)
                view, offset = view[written:], offset + written
        except OSError:
            self._is_broken = True
            raise

    def _write_zeros(self, start: int, end: int) -> None:
        for offset in range(start, end, _CHUNK_BYTES):
            self._write(offset, bytes(min(_CHUNK_BYTES, end - offset)))

    def _flush(self) -> None:
        """After a flush that failed the next one may lie, so there is no next one."""
        try:
            os.fdatasync(self._descriptor)
        except OSError:
            self._is_broken = True
            raise


def _check_room(path: Path, wanted_bytes: int) -> None:
    if free_bytes(path.parent) < 2 * wanted_bytes:
        raise OSError(errno.ENOSPC, "no room for the rescue file")


def _header(data: bytes) -> Slot | None:
    slots = (read_slot(data[at : at + SLOT_BYTES]) for at in range(0, RECORDS_AT, SLOT_BYTES))
    return max((slot for slot in slots if slot is not None), default=None)


def _content(slot: Slot | None, found: Scan) -> RescueContent:
    records = tuple(frame.record for frame in found.frames if frame.record is not None)
    return RescueContent(
        slot.epoch if slot else 0, records, slot is None, found.is_torn, found.damaged
    )


def _read_all(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts: list[bytes] = []
    while size > 0 and (part := os.pread(descriptor, size, sum(map(len, parts)))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
