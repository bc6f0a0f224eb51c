"""The book of the cards that the terminal keeps: what for, since when, under which claim number.

It outlives the process and the power. A card is written down before the motor moves, and again when
it is known where it went; so whatever is cut off in between, the book knows of the card. Entries
are chained by their hashes. Nothing in it says whose a card is, but for the last four characters of
its number.

The book begins anew, tied to the one before by its digest, when a technician has emptied the bin.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from kiosk.shelf import FileShelf, Shelf
from offline_queue.formats.chain import GENESIS, link
from sscard.claims import claim_number
from sscard.requests import Kept

CARDS_MAX: Final = 200  # in one book: many times what a bin holds
TAIL_MAX: Final = 4


class BookSpoilt(Exception):
    """An entry does not follow the one before: somebody changed the book. Nothing is added to it."""


class Where(StrEnum):
    """Where a card of the book is."""

    MOVING = "moving"  # it was to be taken in, and nobody has said yet what came of it
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Claim:
    """One card that the terminal keeps, or may keep."""

    number: str
    why: Kept
    tail: str
    since: str  # ISO 8601
    where: Where = Where.MOVING
    is_told: bool = False  # the bank will hear of it: the queue has it


@dataclass(frozen=True, slots=True)
class Count:
    """What a technician found: how many cards were in the bin, and how many the book knew of."""

    found: int
    booked: int
    moving: int

    @property
    def agrees(self) -> bool:
        """Whether the bin holds what the book says, with or without the cards it was not sure of."""
        return self.booked <= self.found <= self.booked + self.moving


@dataclass(slots=True)
class _Page:
    """What a book says, as far as it was read."""

    number: int = 0
    head: str = GENESIS
    claims: dict[str, Claim] | None = None

    def all(self) -> dict[str, Claim]:
        if self.claims is None:
            self.claims = {}
        return self.claims


class ClaimBook:
    """The book on its shelf. Every call reads it anew, so that two processes may use it."""

    def __init__(self, shelf: Shelf, chance: Callable[[], int] | None = None) -> None:
        self._shelf = shelf
        self._chance = chance or (lambda: int.from_bytes(os.urandom(8), "big"))

    def claims(self) -> tuple[Claim, ...]:
        """The cards of the book, the oldest first. Raises `BookSpoilt`, `OSError`."""
        with self._shelf.held():
            return tuple(self._read().all().values())

    def begin(self, why: Kept, tail: str, wall: datetime) -> str:
        """Write down a card that is to be taken in now; answers its claim number.

        Raises `BookSpoilt`, and `OSError` when it cannot be written.
        """
        assert len(tail) <= TAIL_MAX
        with self._shelf.held():
            page = self._read()
            if len(page.all()) >= CARDS_MAX:
                raise OSError("the book is full")
            number = claim_number(self._chance())
            while number in page.all():
                number = claim_number(self._chance())
            self._write(page, wall, "keeping", claim=number, why=why.value, tail=tail)
            return number

    def kept(self, number: str, wall: datetime) -> None:
        """The card is in the bin."""
        self._note(number, wall, "kept")

    def not_kept(self, number: str, wall: datetime) -> None:
        """The card was not taken in."""
        self._note(number, wall, "not_kept")

    def told(self, number: str, wall: datetime) -> None:
        """The queue will tell the bank of the card."""
        self._note(number, wall, "told")

    def settle(self, in_bin: int, wall: datetime) -> bool:
        """Hold the book against the reader's own count. False: they differ, and not by cards that
        were on their way when the power failed.
        """
        with self._shelf.held():
            page = self._read()
            moving = [each for each in page.all().values() if each.where is Where.MOVING]
            kept = len(page.all()) - len(moving)
            if in_bin not in (kept, kept + len(moving)):
                return False
            for each in moving:
                what = "not_kept" if in_bin == kept else "kept"
                self._write(page, wall, what, claim=each.number)
            return True

    def emptied(self, found: int, wall: datetime) -> Count:
        """A technician took all cards out and counted them. The book begins anew."""
        with self._shelf.held():
            page = self._read()
            moving = sum(each.where is Where.MOVING for each in page.all().values())
            count = Count(found, len(page.all()) - moving, moving)
            self._write(page, wall, "emptied", found=found, booked=count.booked, moving=moving)
            anchor = {"after": page.number, "h": page.head}
            self._shelf.begin(json.dumps(anchor).encode() + b"\n")
            return count

    def _note(self, number: str, wall: datetime, what: str) -> None:
        """Write down what became of a card; one that the book does not know, it does not learn."""
        with self._shelf.held():
            page = self._read()
            if number in page.all():
                self._write(page, wall, what, claim=number)

    def _write(self, page: _Page, wall: datetime, what: str, **details: Any) -> None:
        fields = {
            "n": page.number + 1,
            "at": wall.isoformat(timespec="seconds"),
            "what": what,
            **details,
        }
        line = {**fields, "h": link(page.head, _content(fields))}
        self._shelf.append(json.dumps(line).encode() + b"\n")
        _take(page, line)

    def _read(self) -> _Page:
        page = _Page()
        stored = self._shelf.read()
        whole = stored[: stored.rfind(b"\n") + 1]  # a last line torn by the power was never said
        if len(whole) < len(stored):
            self._shelf.begin(whole)
        for number, text in enumerate(whole.splitlines(), 1):
            try:
                fields = json.loads(text)
                if number == 1 and "after" in fields:
                    page.number, page.head = int(fields["after"]), str(fields["h"])
                    continue
                content = _content({name: fields[name] for name in fields if name != "h"})
                follows = fields["n"] == page.number + 1 and fields["h"] == link(page.head, content)
                if not follows:
                    raise BookSpoilt(f"line {number}")
                _take(page, fields)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BookSpoilt(f"line {number}") from error
        return page


def _content(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True).encode()


def _take(page: _Page, fields: dict[str, Any]) -> None:
    """What an entry says is so from now on."""
    page.number, page.head = fields["n"], fields["h"]
    claims, what = page.all(), fields["what"]
    match what:
        case "keeping":
            number = fields["claim"]
            claims[number] = Claim(number, Kept(fields["why"]), fields["tail"], fields["at"])
        case "kept":
            claims[fields["claim"]] = replace(claims[fields["claim"]], where=Where.KEPT)
        case "not_kept":
            del claims[fields["claim"]]
        case "told":
            claims[fields["claim"]] = replace(claims[fields["claim"]], is_told=True)
        case "emptied":
            claims.clear()


def main() -> int:
    """What a technician asks of the book, at the open cabinet. Answers 0 when the count agrees."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.claims", description=main.__doc__)
    parser.add_argument("book", type=Path)
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("list", help="the cards that the terminal keeps")
    emptied = what.add_parser("emptied", help="all cards were taken out and counted")
    emptied.add_argument("count", type=int)
    asked = parser.parse_args()
    book = ClaimBook(FileShelf(asked.book))
    for each in book.claims():
        told = "" if each.is_told else "  the bank was not told"
        print(f"{each.number}  {each.since}  {each.why}  {each.tail or '----'}  {each.where}{told}")
    if asked.what == "list":
        return 0
    count = book.emptied(asked.count, datetime.now().astimezone())
    print(f"found {count.found}, booked {count.booked}, not sure {count.moving}")
    return 0 if count.agrees else 1


if __name__ == "__main__":
    sys.exit(main())
