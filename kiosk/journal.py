"""The terminal's audit log: one JSON object a line, each bound to the one before by its hash.

It says what happened and never whose: every entry is a catalogue word and a detail made of
catalogue words (PRIVACY.NOTHING_STAYS).

The log is kept in segments of bounded size: the file itself is the newest, the older ones stand
beside it as ``name.0000004711``, by the number of their last entry. A new segment begins with
the number and digest of the last entry before it, and only when that is on the disk is the oldest
dropped: what is kept can be verified without what is gone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from offline_queue.formats.chain import GENESIS, first_broken, link

DETAIL_MAX = 120
SEGMENT_BYTES: Final = 1_048_576  # some 500 visits at 2 KB
SEGMENTS_MAX: Final = 16  # with the one being written: more than a month of a busy hall
SYNCED: Final = (
    "visit.end",
    "staff.in",
    "staff.refused",
    "staff.act",
    "staff.end",
)  # with these all before them is on the disk, whatever the power does


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `digest` covers the one before, so a change anywhere shows."""

    number: int
    at: str
    what: str
    detail: str
    digest: str

    @property
    def content(self) -> bytes:
        """What the digest covers, beside the entry before."""
        return _content(self.number, self.at, self.what, self.detail)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The first line of a segment that is not the first: the last entry before it."""

    number: int
    digest: str


def _content(number: int, at: str, what: str, detail: str) -> bytes:
    return json.dumps([number, at, what, detail], ensure_ascii=False).encode()


class Journal:
    """Append-only, bounded. A torn last line (power cut) is cut off when it is opened; but for the
    oldest segments nothing else is ever taken away, so that a spoilt entry stays to be found.
    """

    def __init__(
        self,
        path: Path,
        segment_bytes: int = SEGMENT_BYTES,
        segments_max: int = SEGMENTS_MAX,
    ) -> None:
        assert segments_max >= 2, "the newest segment alone may be empty"
        self._path = path
        self._segment_bytes = segment_bytes
        self._segments_max = segments_max
        self._number = 0
        self._head = GENESIS
        older = _older(path)
        stored = path.read_bytes() if path.exists() else b""
        stored = stored[: stored.rfind(b"\n") + 1]
        for known in (*(segment.read_bytes() for segment in older[-1:]), stored):
            for _, line in _lines(known):
                if line is not None:
                    self._number, self._head = line.number, line.digest
        self._file = path.open("ab")
        self._file.truncate(len(stored))
        self._bytes = len(stored)
        if older and not stored:  # the power failed while a segment was begun
            self._begin()
        self._drop_oldest()

    @property
    def head(self) -> str:
        """The digest of the last entry."""
        return self._head

    def append(self, what: str, detail: str, wall: datetime) -> None:
        """Write one entry and hand it to the system; the end of a visit is also put on the disk."""
        assert len(detail) <= DETAIL_MAX, "a detail is made of catalogue words"
        if self._bytes >= self._segment_bytes:
            self._turn()
        at = wall.isoformat(timespec="milliseconds")
        self._number += 1
        self._head = link(self._head, _content(self._number, at, what, detail))
        self._write({"n": self._number, "at": at, "what": what, "detail": detail, "h": self._head})
        if what in SYNCED:
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Sync and close; may be called twice."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()

    def _write(self, fields: dict[str, object]) -> None:
        line = json.dumps(fields, ensure_ascii=False).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        self._bytes += len(line)

    def _turn(self) -> None:
        """Lay the full segment aside, begin the next, and then drop the oldest."""
        self.close()
        self._path.rename(self._path.with_name(f"{self._path.name}.{self._number:010d}"))
        self._file = self._path.open("ab")
        self._bytes = 0
        self._begin()
        self._drop_oldest()

    def _begin(self) -> None:
        self._write({"after": self._number, "h": self._head})
        os.fsync(self._file.fileno())
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _drop_oldest(self) -> None:
        older = _older(self._path)
        for segment in older[: max(0, len(older) + 1 - self._segments_max)]:
            segment.unlink()


def first_wrong(path: Path) -> int | None:
    """The line of the first entry that does not follow; None: all do.

    Lines are counted from 1 through all segments that are kept, the oldest first. What the oldest
    of them is anchored to is gone and believed: the newest digest must be kept elsewhere too.
    """
    counted, at = 0, (0, GENESIS)
    for index, segment in enumerate(segments(path)):
        here = 0
        for here, line in _lines(segment.read_bytes()):
            match line:
                case Anchor(number, digest) if here == 1 and (index == 0 or (number, digest) == at):
                    at = (number, digest)
                case Entry() if not first_broken([(line.number, line.content, line.digest)], at):
                    at = (line.number, line.digest)
                case _:
                    return counted + here
        counted += here
    return None


def segments(path: Path) -> list[Path]:
    """Every segment that is kept, the oldest first; the last is the one being written."""
    return [*_older(path), path]


def head_of(path: Path) -> str:
    """The digest of the last whole line of a segment; `GENESIS` when it has none."""
    head = GENESIS
    for _, line in _lines(path.read_bytes()):
        if line is not None:
            head = line.digest
    return head


def _older(path: Path) -> list[Path]:
    """The segments before the newest, the oldest first."""
    return sorted(path.parent.glob(f"{path.name}.{'[0-9]' * 10}"))


def _lines(stored: bytes) -> Iterator[tuple[int, Entry | Anchor | None]]:
    """Each whole line's number, from 1, and what it holds; None where it holds nothing known."""
    for number, text in enumerate(stored.split(b"\n")[:-1], 1):
        try:
            fields = json.loads(text)
            if "after" in fields:
                yield number, Anchor(fields["after"], fields["h"])
            else:
                yield number, Entry(*(fields[name] for name in ("n", "at", "what", "detail", "h")))
        except (ValueError, KeyError, TypeError):
            yield number, None
