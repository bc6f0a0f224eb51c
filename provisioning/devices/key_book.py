"""The book of the PIN pad's keys: which key, into which pad, by which two people, and what came of it.

It holds no key. A key is known by its check value, and the encrypted form that was passed on by its
SHA-256. Each line is chained to the one before, so that none is changed or taken out unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kiosk.shelf import Shelf
from offline_queue.formats.chain import GENESIS, first_broken, link
from offline_queue.formats.envelope import canonical

ENTRIES_MAX = 4096  # some hundred years of yearly keys


class Step(StrEnum):
    """What an entry says."""

    BEGUN = "begun"  # written before the pad is asked; alone at the end, nobody knows
    LOADED = "loaded"
    REFUSED = "refused"  # the pad has no new key at this place, and perhaps none at all


class KeyEntry(Struct, frozen=True):
    """One line. `at` is ISO 8601 with offset; the people are those of the office's list."""

    number: int
    at: str
    step: Step
    terminal: str
    pad: str  # its serial number
    index: int
    check_value: str  # six hex digits
    form: str  # SHA-256 of the encrypted key, hex
    key_person: str
    check_person: str
    why: str = ""  # with REFUSED


class _Line(Struct, frozen=True):
    entry: KeyEntry
    digest: str


class KeyBookBroken(Exception):
    """The book was changed, or has lost lines in its middle."""


class KeyBook:
    """The book on its shelf. Half a last line, left by a cut, is dropped: it was never relied on."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def entries(self) -> tuple[KeyEntry, ...]:
        """All of it. Raises `KeyBookBroken`, `OSError`."""
        return tuple(line.entry for line in self._lines())

    def write(self, entry: KeyEntry) -> None:
        """Add an entry, whose number is set here. Safe once this returns. Raises as `entries`."""
        lines = self._lines()
        if len(lines) >= ENTRIES_MAX:
            raise OSError("the book of keys is full")
        entry = replace(entry, number=len(lines) + 1)
        before = lines[-1].digest if lines else GENESIS
        new = _Line(entry, link(before, canonical(entry)))
        content = self._shelf.read()
        if content and not content.endswith(b"\n"):
            whole = content[: content.rfind(b"\n") + 1]
            self._shelf.begin(whole + canonical(new) + b"\n")
        else:
            self._shelf.append(canonical(new) + b"\n")

    def _lines(self) -> list[_Line]:
        content = self._shelf.read()
        whole = content[: content.rfind(b"\n") + 1]
        try:
            lines = [msgspec.json.decode(line, type=_Line) for line in whole.splitlines()]
        except msgspec.MsgspecError as error:
            raise KeyBookBroken("a line of the book of keys cannot be read") from error
        chained = ((line.entry.number, canonical(line.entry), line.digest) for line in lines)
        broken = first_broken(chained)
        if broken is not None:
            raise KeyBookBroken(f"entry {broken} of the book of keys was changed")
        return lines


class Holding(StrEnum):
    """What the book says of one place in one pad."""

    NOTHING = "nothing"
    KEY = "key"
    UNCERTAIN = "uncertain"  # a loading that began and whose end nobody wrote down


def holding(entries: Iterable[KeyEntry], pad: str, index: int) -> Holding:
    """Whether this pad holds a key there, as far as the book goes."""
    state = Holding.NOTHING
    for entry in entries:
        if entry.pad == pad and entry.index == index:
            state = {
                Step.BEGUN: Holding.UNCERTAIN,
                Step.LOADED: Holding.KEY,
                Step.REFUSED: Holding.NOTHING,
            }[entry.step]
    return state
