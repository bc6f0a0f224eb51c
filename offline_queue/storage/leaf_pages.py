"""Reads the rows of a damaged SQLite database from its pages, past tables that cannot be walked.

Debian's `sqlite3` has no `.recover`, and a query stops at the first damaged page: with it goes all
that lies behind it. So the leaf pages are read themselves, in the file and in its log, whatever
points to them; nothing is written and no copy is needed. What is read so proves nothing by
itself: the caller checks it. (SQLite database file format, sections 1.6, 2 and 4.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Value = None | int | float | str | bytes

_FILE_HEADER_BYTES = 100
_TABLE_LEAF = 0x0D
_INDEX_LEAF = 0x0A
_INDEX_INTERIOR = 0x02  # holds entries as well, each behind the number of a page
_PAGE_NUMBER_BYTES = 4
_OVERFLOW_MAX = 1_024  # pages of one row
_LOG_MAGIC = (0x377F0682, 0x377F0683)
_LOG_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_INT_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


@dataclass(frozen=True, slots=True)
class LeafRow:
    """A row as it stands in a leaf page: its rowid and its values, in the columns' order."""

    rowid: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """An entry of an index: the values it is ordered by, then the rowid of its row."""

    values: tuple[Value, ...]


@dataclass(slots=True)
class Reading:
    """How much could be read."""

    pages: int = 0
    bad_rows: int = 0


class _Unreadable(ValueError):
    pass


def log_path(database: Path) -> Path:
    """The write-ahead log of a database."""
    return database.with_name(database.name + "-wal")


def read_rows(database: Path, page_bytes: int, reading: Reading) -> Iterator[LeafRow | IndexEntry]:
    """Every row and every entry of an index, in the order of the pages; `reading` tells how it went.

    `page_bytes`: the size the database was made with; its own header may be what is damaged.
    Raises `OSError` if the file cannot be read at all.
    """
    pages = newest_pages(database, page_bytes, strict=False)
    reading.pages = len(pages)
    for number in sorted(pages):
        page = pages[number]
        start = _FILE_HEADER_BYTES if number == 1 else 0
        if page[start] in (_INDEX_LEAF, _INDEX_INTERIOR):
            yield from _index_entries(page, start)
        if page[start] != _TABLE_LEAF:
            continue
        for pointer in _pointers(page, start):
            try:
                yield _read_cell(pages, page, pointer, page_bytes)
            except (_Unreadable, struct.error, IndexError, UnicodeDecodeError):
                reading.bad_rows += 1


def newest_pages(database: Path, page_bytes: int, *, strict: bool) -> dict[int, bytes]:
    """Each page by its number: from the log if a commit put it there, else from the file.

    `strict`: as SQLite does, up to the first frame of the log whose checksum is wrong; otherwise
    also those behind it that are whole. Raises `OSError`.
    """
    data = database.read_bytes()
    whole = len(data) // page_bytes
    pages = {n + 1: data[n * page_bytes : (n + 1) * page_bytes] for n in range(whole)}
    log = log_path(database)
    if log.exists():
        pages.update(_logged_pages(log.read_bytes(), page_bytes, strict))
    return pages


@dataclass(frozen=True, slots=True)
class _LogFrame:
    number: int
    commits: bool
    page: bytes
    follows: bool  # its checksum continues that of the frame before it


def holds_frames(database: Path) -> bool:
    """Whether the log has a header, so that there may be something in it."""
    try:
        with log_path(database).open("rb") as log:
            return int.from_bytes(log.read(4)) in _LOG_MAGIC
    except FileNotFoundError:
        return False


def has_commits_behind(database: Path, page_bytes: int) -> bool:
    """Whether the log goes on, with whole commits, behind a frame that SQLite will stop at."""
    log = log_path(database)
    frames = _frames(log.read_bytes(), page_bytes) if log.exists() else iter(())
    for frame in frames:
        if not frame.follows:
            break
    return any(frame.follows and frame.commits for frame in frames)


def _logged_pages(log: bytes, page_bytes: int, strict: bool) -> dict[int, bytes]:
    """The pages up to the last commit of the log's present round."""
    committed: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for frame in _frames(log, page_bytes):
        if not frame.follows:
            if strict:
                break
            continue
        pending[frame.number] = frame.page
        if frame.commits:
            committed.update(pending)
            pending.clear()
    return committed


def _frames(log: bytes, page_bytes: int) -> Iterator[_LogFrame]:
    """The frames of the log's present round (file format, section 4.1)."""
    if len(log) < _LOG_HEADER_BYTES:
        return
    magic, _version, size, _round, *salts = struct.unpack_from(">6I", log)
    if magic not in _LOG_MAGIC or size != page_bytes:
        return
    words = ">" if magic & 1 else "<"
    sums = _checksum(words, log[:24], (0, 0))
    step = _FRAME_HEADER_BYTES + page_bytes
    for at in range(_LOG_HEADER_BYTES, len(log) - step + 1, step):
        number, commits, *rest = struct.unpack_from(">6I", log, at)
        if rest[:2] != salts or number == 0:
            yield _LogFrame(0, False, b"", False)
            continue
        page = log[at + _FRAME_HEADER_BYTES : at + step]
        follows = _checksum(words, log[at : at + 8] + page, sums) == (rest[2], rest[3])
        sums = (rest[2], rest[3])
        yield _LogFrame(number, commits > 0, page, follows)


def _checksum(words: str, data: bytes, before: tuple[int, int]) -> tuple[int, int]:
    """The log's checksum (file format, section 4.2)."""
    first, second = before
    numbers = struct.unpack(f"{words}{len(data) // 4}I", data)
    for even, odd in zip(numbers[::2], numbers[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second


def _pointers(page: bytes, start: int) -> list[int]:
    first = start + (12 if page[start] == _INDEX_INTERIOR else 8)
    cells = min(int.from_bytes(page[start + 3 : start + 5]), (len(page) - first) // 2)
    return list(struct.unpack_from(f">{cells}H", page, first))


def _index_entries(page: bytes, start: int) -> Iterator[IndexEntry]:
    """The entries that lie in the page as a whole: those of ids do."""
    for pointer in _pointers(page, start):
        at = pointer + (_PAGE_NUMBER_BYTES if page[start] == _INDEX_INTERIOR else 0)
        with suppress(_Unreadable, struct.error, IndexError, UnicodeDecodeError):
            payload_bytes, at = _varint(page, at)
            yield IndexEntry(tuple(_values(_part(page, at, payload_bytes))))


def _read_cell(pages: dict[int, bytes], page: bytes, at: int, page_bytes: int) -> LeafRow:
    payload_bytes, at = _varint(page, at)
    rowid, at = _varint(page, at)
    if payload_bytes > _OVERFLOW_MAX * page_bytes:
        raise _Unreadable
    local_bytes = _local_bytes(payload_bytes, page_bytes)
    payload = page[at : at + local_bytes]
    if len(payload) != local_bytes:
        raise _Unreadable
    if local_bytes < payload_bytes:
        (first,) = struct.unpack_from(">I", page, at + local_bytes)
        payload += _overflow(pages, first, payload_bytes - local_bytes, page_bytes)
    return LeafRow(_signed(rowid), tuple(_values(payload)))


def _local_bytes(payload_bytes: int, page_bytes: int) -> int:
    """How much of a row stands in the leaf itself (file format, section 1.6)."""
    largest = page_bytes - 35
    if payload_bytes <= largest:
        return payload_bytes
    least = (page_bytes - 12) * 32 // 255 - 23
    filled = least + (payload_bytes - least) % (page_bytes - 4)
    return filled if filled <= largest else least


def _overflow(pages: dict[int, bytes], number: int, wanted: int, page_bytes: int) -> bytes:
    """The rest of a row. What is missing of it reads as zeros: its other values are good."""
    parts: list[bytes] = []
    for _ in range(min(_OVERFLOW_MAX, -(-wanted // (page_bytes - 4)))):
        page = pages.get(number)
        if page is None:
            break
        parts.append(page[4:])
        number = int.from_bytes(page[:4])
    return b"".join(parts)[:wanted].ljust(wanted, b"\0")


def _values(payload: bytes) -> Iterator[Value]:
    header_bytes, at = _varint(payload, 0)
    if not at <= header_bytes <= len(payload):
        raise _Unreadable
    body = header_bytes
    while at < header_bytes:
        kind, at = _varint(payload, at)
        value, size = _value(kind, payload, body)
        body += size
        yield value


def _value(kind: int, payload: bytes, at: int) -> tuple[Value, int]:
    match kind:
        case 0:
            return None, 0
        case 8 | 9:
            return kind - 8, 0
        case 7:
            return float(struct.unpack_from(">d", payload, at)[0]), 8
        case _ if kind in _INT_BYTES:
            size = _INT_BYTES[kind]
            return int.from_bytes(_part(payload, at, size), signed=True), size
        case _ if kind >= 12:
            size = (kind - 12) // 2
            part = _part(payload, at, size)
            return (part.decode() if kind % 2 else part), size
    raise _Unreadable


def _part(payload: bytes, at: int, size: int) -> bytes:
    part = payload[at : at + size]
    if len(part) != size:
        raise _Unreadable
    return part


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(8):
        byte = data[at + count]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    return value << 8 | data[at + 8], at + 9


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
