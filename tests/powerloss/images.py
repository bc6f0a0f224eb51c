"""Replays a recorded log into the files a power cut could have left behind.

The model is the strict one of POSIX: a write or a change of size is on the disk after a flush of
its file, a new name, a removed one or a rename after a flush of the directory; until then the
disk holds any of it or none, in sectors of 512 bytes. Pages of a failed flush are clean for the
kernel: a later flush that succeeds says nothing about them until they are written again.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random

SECTOR = 512
PAGE = 4096  # the kernel's, in which it remembers what is dirty
_FRAME = struct.Struct("<iiiiq")


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call. `kind` is the letter of the recorder; `offset` a place, size or flags."""

    kind: str
    fd: int
    error: int
    offset: int
    data: bytes = field(repr=False)


class Mode(StrEnum):
    """What became of everything that no flush covers."""

    DROPPED = "dropped"
    KEPT = "kept"
    TORN = "torn"


@dataclass(frozen=True, slots=True)
class Lie:
    """The last `flushes` before the cut did nothing, but for files named in `honest`."""

    flushes: int
    honest: str = "nothing"  # a word in the name


def read_log(path: Path) -> list[Call]:
    """The calls of a log, in order. A frame cut off at the end is left out."""
    raw = path.read_bytes()
    calls: list[Call] = []
    at = 0
    while at + _FRAME.size <= len(raw):
        kind, fd, error, length, offset = _FRAME.unpack_from(raw, at)
        at += _FRAME.size
        if at + length > len(raw):
            break
        calls.append(Call(chr(kind), fd, error, offset, raw[at : at + length]))
        at += length
    return calls


def marks(calls: Iterable[Call]) -> Iterator[tuple[int, list[str]]]:
    """The marks of a log: the place after which each holds, and its words."""
    for place, call in enumerate(calls):
        if call.kind == "M":
            for line in call.data.decode().splitlines():
                yield place + 1, line.split(" ")


@dataclass(slots=True)
class _Change:
    offset: int
    data: bytes | None  # None: the size becomes `offset`
    grows_only: bool = False
    certain: bool = False
    orphan: bool = False  # its flush failed

    def pages(self) -> range:
        assert self.data is not None
        return range(self.offset // PAGE, (self.offset + len(self.data) - 1) // PAGE + 1)


class _File:
    """What is surely on the disk, and the changes after it."""

    def __init__(self) -> None:
        self.base = bytearray()
        self.changes: list[_Change] = []
        self._failed = False

    def write(self, offset: int, data: bytes) -> None:
        change = _Change(offset, data)
        if self._failed:
            again = set(change.pages())
            for other in self.changes:
                if other.orphan and other.data is not None and again.intersection(other.pages()):
                    other.orphan = False
        self.changes.append(change)

    def flush(self) -> None:
        for change in self.changes:
            change.certain |= not change.orphan
        while self.changes and self.changes[0].certain:
            _apply(self.base, self.changes.pop(0))

    def fail(self) -> None:
        self._failed = True
        by_page: list[_Change] = []
        for change in self.changes:
            if change.certain or change.data is None:
                by_page.append(change)
                continue
            for page in change.pages():
                first = max(change.offset, page * PAGE)
                last = min(change.offset + len(change.data), (page + 1) * PAGE)
                part = change.data[first - change.offset : last - change.offset]
                by_page.append(_Change(first, part, orphan=True))
        self.changes = by_page

    def left_behind(self, mode: Mode, rng: Random) -> bytes:
        content = bytearray(self.base)
        share = rng.choice((0.1, 0.5, 0.9))
        for change in self.changes:
            if change.certain or mode is Mode.KEPT:
                _apply(content, change)
            elif mode is Mode.TORN:
                if change.data is None:
                    if rng.random() < share:
                        _apply(content, change)
                    continue
                for first in _sectors(change.offset, len(change.data)):
                    if rng.random() < share:
                        end = min((first // SECTOR + 1) * SECTOR, change.offset + len(change.data))
                        part = change.data[first - change.offset : end - change.offset]
                        _apply(content, _Change(first, part))
        return bytes(content)


class Disk:
    """The files of one directory while a log is replayed."""

    def __init__(self) -> None:
        self._names: dict[str, _File] = {}  # on the disk
        self._renames: list[dict[str, _File | None]] = []  # not yet; None: removed
        self._live: dict[str, _File] = {}
        self._open: dict[int, tuple[str, _File | None]] = {}

    def replay(self, call: Call, root: str, lies: bool = False) -> None:
        """Take in one call. `lies`: a flush that says it worked and did nothing."""
        name, file = self._open.get(call.fd, ("", None))
        match call.kind:
            case "O":
                self._opened(call, root)
            case "C":
                self._open.pop(call.fd, None)
            case "S":
                self._flushed(file, call.error, lies)
            case "U":
                gone = _inside(call.data.split(b"\0")[0], root)
                self._live.pop(gone, None)
                self._renames.append({gone: None})
            case "R":
                self._renamed(*(_inside(path, root) for path in call.data.split(b"\0")))
            case "W" | "T" | "A" if not call.error:
                assert file is not None, f"a change of what was not opened: {name}"
                if call.kind == "W":
                    file.write(call.offset, call.data)
                else:
                    file.changes.append(_Change(call.offset, None, grows_only=call.kind == "A"))
            case "X":
                raise AssertionError("a hole punched: the model has none")
            case _:
                pass

    def name_of(self, fd: int) -> str:
        """The name a descriptor was opened by; empty for the directory."""
        return self._open.get(fd, ("", None))[0]

    def left_behind(self, mode: Mode, rng: Random) -> dict[str, bytes]:
        """The files after a cut now, by name."""
        names = dict(self._names)
        count = {Mode.DROPPED: 0, Mode.KEPT: len(self._renames)}.get(
            mode, rng.randint(0, len(self._renames))
        )
        _rename(names, self._renames[:count])
        return {name: names[name].left_behind(mode, rng) for name in sorted(names)}

    def _opened(self, call: Call, root: str) -> None:
        name = _inside(call.data, root)
        if name == "":
            self._open[call.fd] = ("", None)
            return
        file = self._live.get(name)
        if file is None:
            file = self._live[name] = _File()
            self._renames.append({name: file})
        elif call.offset & os.O_TRUNC:
            file.changes.append(_Change(0, None))
        self._open[call.fd] = (name, file)

    def _flushed(self, file: _File | None, error: int, lies: bool) -> None:
        if file is not None and error:
            file.fail()
        elif file is not None and not lies:
            file.flush()
        elif file is None and not error and not lies:
            _rename(self._names, self._renames)
            self._renames = []

    def _renamed(self, old: str, new: str) -> None:
        file = self._live.pop(old)
        self._live[new] = file
        self._renames.append({new: file, old: None})


def honest_until(calls: Sequence[Call], cut: int, lie: Lie) -> int:
    """The place of the first flush before the cut that did nothing."""
    flushes = [place for place, call in enumerate(calls[:cut]) if call.kind == "S"]
    return flushes[-lie.flushes] if len(flushes) >= lie.flushes else 0


def lying_image(
    calls: Sequence[Call], root: str, cut: int, mode: Mode, rng: Random, lie: Lie
) -> dict[str, bytes]:
    """The files, by name, after a cut behind the first `cut` calls, on a disk that lies."""
    lies_from = honest_until(calls, cut, lie)
    disk = Disk()
    for place, call in enumerate(calls[:cut]):
        lies = place >= lies_from and lie.honest not in disk.name_of(call.fd)
        disk.replay(call, root, lies)
    return disk.left_behind(mode, rng)


def crash_images(
    calls: Sequence[Call], root: str, cuts: Iterable[tuple[int, Mode]], rng: Random
) -> Iterator[tuple[int, Mode, dict[str, bytes]]]:
    """The files, by name, after each cut, in the order of the log."""
    disk, done = Disk(), 0
    for cut, mode in sorted(cuts):
        for call in calls[done:cut]:
            disk.replay(call, root)
        done = cut
        yield cut, mode, disk.left_behind(mode, rng)


def _rename(names: dict[str, _File], changes: Iterable[dict[str, _File | None]]) -> None:
    for change in changes:
        for name, file in change.items():
            if file is None:
                names.pop(name, None)
            else:
                names[name] = file


def _inside(path: bytes, root: str) -> str:
    name = path.decode().removeprefix(root).removeprefix("/")
    assert "/" not in name, "the directory is flat"
    return name


def _sectors(offset: int, length: int) -> Iterator[int]:
    """Where the part of each sector begins in a piece of a file."""
    yield offset
    yield from range((offset // SECTOR + 1) * SECTOR, offset + length, SECTOR)


def _apply(content: bytearray, change: _Change) -> None:
    if change.data is None:
        if change.offset > len(content):
            content.extend(bytes(change.offset - len(content)))
        elif not change.grows_only:
            del content[change.offset :]
        return
    end = change.offset + len(change.data)
    if end > len(content):
        content.extend(bytes(end - len(content)))
    content[change.offset : end] = change.data
