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
from pathlib import Path

from offline_queue.chain import GENESIS, first_broken, link

DETAIL_MAX = 120


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


def _content(number: int, at: str, what: str, detail: str) -> bytes:
    return json.dumps([number, at, what, detail], ensure_ascii=False).encode()


class Journal:
    """An append-only file. A torn last line (power cut) is cut off when it is opened; nothing else
    is ever taken away, so that a spoilt entry stays to be found.
    """

    def __init__(self, path: Path) -> None:
        self._number = 0
        self._head = GENESIS
        stored = path.read_bytes() if path.exists() else b""
        for _, entry in _entries(stored):
            if entry is not None:
                self._number, self._head = entry.number, entry.digest
        self._file = path.open("ab")
        self._file.truncate(stored.rfind(b"\n") + 1)

    @property
    def head(self) -> str:
        """The digest of the last entry."""
        return self._head

    def append(self, what: str, detail: str, wall: datetime) -> None:
        """Write one entry and hand it to the system, which has it on disk within seconds."""
        assert len(detail) <= DETAIL_MAX, "a detail is made of catalogue words"
        at = wall.isoformat(timespec="milliseconds")
        self._number += 1
        self._head = link(self._head, _content(self._number, at, what, detail))
        line = {"n": self._number, "at": at, "what": what, "detail": detail, "h": self._head}
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Sync and close; may be called twice."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()


def first_wrong(path: Path) -> int | None:
    """The line, counted from 1, of the first entry that does not follow; None: all do."""
    entries = _entries(path.read_bytes())
    return first_broken(
        (line, b"", "") if entry is None else (line, entry.content, entry.digest)
        for line, entry in entries
    )


def _entries(stored: bytes) -> Iterator[tuple[int, Entry | None]]:
    """Each whole line's number, from 1, and its entry; None where it holds none."""
    for line, text in enumerate(stored.split(b"\n")[:-1], 1):
        try:
            fields = json.loads(text)
            yield line, Entry(*(fields[name] for name in ("n", "at", "what", "detail", "h")))
        except (ValueError, KeyError, TypeError):
            yield line, None
