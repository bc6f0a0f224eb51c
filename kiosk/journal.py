"""The terminal's audit log: one JSON object a line, each bound to the one before by its hash.

It says what happened and never whose: every entry is a catalogue word and a detail made of
catalogue words (PRIVACY.NOTHING_STAYS).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

GENESIS = "0" * 64
DETAIL_MAX = 120


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `digest` covers the one before, so a change anywhere shows."""

    number: int
    at: str
    what: str
    detail: str
    digest: str


def _digest(before: str, number: int, at: str, what: str, detail: str) -> str:
    text = json.dumps([before, number, at, what, detail], ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


class Journal:
    """An append-only file. A torn last line (power cut) is cut off when it is opened."""

    def __init__(self, path: Path) -> None:
        self._number = 0
        self._head = GENESIS
        whole = 0
        if path.exists():
            for entry, end in _entries(path):
                self._number, self._head, whole = entry.number, entry.digest, end
        self._file = path.open("ab")
        self._file.truncate(whole)

    @property
    def head(self) -> str:
        """The digest of the last entry."""
        return self._head

    def append(self, what: str, detail: str, wall: datetime) -> None:
        """Write one entry and hand it to the disk."""
        assert len(detail) <= DETAIL_MAX, "a detail is made of catalogue words"
        at = wall.isoformat(timespec="milliseconds")
        self._number += 1
        self._head = _digest(self._head, self._number, at, what, detail)
        line = {"n": self._number, "at": at, "what": what, "detail": detail, "h": self._head}
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Sync and close; may be called twice."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()


def first_wrong(path: Path) -> int | None:
    """The number of the first entry that does not follow from the one before; None: all do."""
    before, number = GENESIS, 0
    lines = 0
    for entry, _ in _entries(path):
        lines += 1
        number += 1
        right = _digest(before, number, entry.at, entry.what, entry.detail)
        if entry.number != number or entry.digest != right:
            return number
        before = right
    return None if lines == len(path.read_bytes().splitlines()) else number + 1


def _entries(path: Path) -> Iterator[tuple[Entry, int]]:
    """The readable entries from the start, each with the offset of its end."""
    end = 0
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            fields = json.loads(line)
            entry = Entry(fields["n"], fields["at"], fields["what"], fields["detail"], fields["h"])
        except (ValueError, KeyError, TypeError):
            return
        if not line.endswith(b"\n"):
            return
        end += len(line)
        yield entry, end
