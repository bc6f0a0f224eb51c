"""The book of kept cards: no card is forgotten by a cut, and no change goes unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.claims import BookSpoilt, Claim, ClaimBook, Where
from kiosk.shelf import FileShelf, MemoryShelf
from sscard.claims import claim_from_text
from sscard.requests import Kept
from tests.kiosk.places import WALL

SINCE = "2030-06-14T10:33:07+08:00"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims"


def opened(path: Path) -> ClaimBook:
    """The book as a process finds it that has just begun."""
    return ClaimBook(FileShelf(path))


def test_a_card_is_in_the_book_before_it_moves_and_stays_there_when_it_is_kept(path: Path) -> None:
    number = opened(path).begin(Kept.OLD_CARD, "1372", WALL)
    assert claim_from_text(number) == number
    assert opened(path).claims() == (Claim(number, Kept.OLD_CARD, "1372", SINCE, Where.MOVING),)
    opened(path).kept(number, WALL)
    opened(path).told(number, WALL)
    assert opened(path).claims() == (Claim(number, Kept.OLD_CARD, "1372", SINCE, Where.KEPT, True),)


def test_a_card_that_did_not_go_in_is_not_in_the_book(path: Path) -> None:
    number = opened(path).begin(Kept.FORGOTTEN, "", WALL)
    opened(path).not_kept(number, WALL)
    opened(path).kept(number, WALL)  # a late word of a card that the book has struck out
    assert opened(path).claims() == ()


def test_what_stands_in_the_file_is_the_claim_and_four_characters_at_most(path: Path) -> None:
    opened(path).begin(Kept.OLD_CARD, "1372", WALL)
    (line,) = path.read_text().splitlines()
    assert sorted(json.loads(line)) == ["at", "claim", "h", "n", "tail", "what", "why"]
    with pytest.raises(AssertionError):
        opened(path).begin(Kept.OLD_CARD, "H99001372", WALL)


def test_a_line_torn_by_the_power_was_never_said(path: Path) -> None:
    first = opened(path).begin(Kept.OLD_CARD, "1372", WALL)
    whole = path.read_bytes()
    opened(path).kept(first, WALL)
    longer = path.read_bytes()
    for cut in range(len(whole), len(longer)):
        path.write_bytes(longer[:cut])
        (claim,) = opened(path).claims()
        assert claim.where is Where.MOVING
        assert path.read_bytes() == whole
        path.write_bytes(longer)


def test_a_change_anywhere_is_seen_and_nothing_is_added_to_it(path: Path) -> None:
    number = opened(path).begin(Kept.OLD_CARD, "1372", WALL)
    opened(path).kept(number, WALL)
    lines = path.read_bytes().splitlines(keepends=True)
    for spoilt in (
        lines[1:],
        [lines[0].replace(b"1372", b"1373"), lines[1]],
        [lines[1], lines[0]],
        [b"{}\n", *lines],
        [b'"h"\n'],
    ):
        path.write_bytes(b"".join(spoilt))
        with pytest.raises(BookSpoilt):
            opened(path).begin(Kept.OLD_CARD, "", WALL)
        assert path.read_bytes() == b"".join(spoilt)


def test_an_emptied_bin_begins_a_book_that_follows_the_one_before(path: Path) -> None:
    book = opened(path)
    for tail in ("1372", "2746"):
        book.kept(book.begin(Kept.FORGOTTEN, tail, WALL), WALL)
    count = book.emptied(2, WALL)
    assert count.agrees
    assert book.claims() == ()
    (anchor,) = path.read_text().splitlines()
    assert json.loads(anchor)["after"] == 5
    book.begin(Kept.FORGOTTEN, "4119", WALL)
    assert [each.tail for each in opened(path).claims()] == ["4119"]


@pytest.mark.parametrize(("found", "agrees"), [(0, False), (1, True), (2, True), (3, False)])
def test_a_count_agrees_with_or_without_the_card_that_nobody_was_sure_of(
    found: int, agrees: bool
) -> None:
    book = ClaimBook(MemoryShelf())
    book.kept(book.begin(Kept.OLD_CARD, "", WALL), WALL)
    book.begin(Kept.OLD_CARD, "", WALL)
    assert book.emptied(found, WALL).agrees is agrees


@pytest.mark.parametrize(
    ("in_bin", "settles", "left"), [(0, False, 2), (1, True, 1), (2, True, 2), (3, False, 2)]
)
def test_the_readers_own_count_settles_a_card_that_was_moving_when_the_power_failed(
    in_bin: int, settles: bool, left: int
) -> None:
    book = ClaimBook(MemoryShelf())
    book.kept(book.begin(Kept.OLD_CARD, "", WALL), WALL)
    book.begin(Kept.OLD_CARD, "", WALL)
    assert book.settle(in_bin, WALL) is settles
    assert len(book.claims()) == left
    assert all(each.where is Where.KEPT for each in book.claims()) is settles


def test_a_number_is_given_once(path: Path) -> None:
    chances = iter([7, 7, 7, 8])
    book = ClaimBook(FileShelf(path), lambda: next(chances))
    first, second = (book.begin(Kept.OLD_CARD, "", WALL) for _ in range(2))
    assert first != second


def technician(path: Path, *asked: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "kiosk.claims", str(path), *asked]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    return ended.returncode, ended.stdout


def test_a_technician_lists_the_cards_and_empties_the_bin_while_the_terminal_runs(
    path: Path,
) -> None:
    book = opened(path)
    number = book.begin(Kept.FORGOTTEN, "1372", WALL)
    book.kept(number, WALL)
    code, said = technician(path, "list")
    assert code == 0
    assert f"{number}  {SINCE}  forgotten  1372  kept  the bank was not told" in said
    assert technician(path, "emptied", "2")[0] == 1
    assert book.claims() == ()
    book.kept(book.begin(Kept.OLD_CARD, "", WALL), WALL)
    assert technician(path, "emptied", "1")[0] == 0
