"""A person is planted in real visits; afterwards nothing on the terminal holds them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bank.people import PEOPLE, Person
from simulators.desk.visitor import Visitor
from tests.desk.desks import running_desk
from tests.stories.acts import sees_tile

KEEPERS = ("kiosk", "kiosk-queue")
NOT_THE_TERMINALS = ("bank.db", "bank.db-wal", "bank.db-shm", "tour")


def planted(person: Person) -> Iterator[tuple[str, bytes]]:
    """Everything that must not stay, in every form it could lie in."""
    texts = {"id number": person.id_number, "name": person.name}
    for number, card in enumerate(person.cards, 1):
        texts[f"card number {number}"] = card.card_number
        texts[f"account number {number}"] = card.pan
        texts[f"password {number}"] = card.password
    for what, text in texts.items():
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            yield f"{what} in {encoding}", text.encode(encoding)
        if text.isdecimal() and len(text) > 8:
            yield f"{what} in BCD", bytes.fromhex(text + "F" * (len(text) % 2))


def finds(path: Path) -> list[str]:
    """Which planted things of anybody's a file holds."""
    content = path.read_bytes()
    return [
        f"{path.name}: {person.key}'s {what}"
        for person in PEOPLE
        for what, form in planted(person)
        if form in content
    ]


def open_files(folder: Path) -> set[Path]:
    """Regular files that processes working in `folder` hold open or mapped for writing."""
    found: set[Path] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() not in (process / "cmdline").read_bytes():
                continue
            for handle in (process / "fd").iterdir():
                found.add(handle.resolve())
            for line in (process / "maps").read_text().splitlines():
                fields = line.split(maxsplit=5)
                if len(fields) == 6 and fields[1] == "rw-s":
                    found.add(Path(fields[5]))
        except OSError:
            continue  # it ended, or is another user's
    return {path for path in found if path.is_file()}


def visits(visitor: Visitor) -> None:
    """A wrong and a right password, both receipts, a report with no line, a card pulled."""
    visitor.presses("balance")
    visitor.lays("chen")
    visitor.sees("balance.card")
    visitor.inserts("chen")
    visitor.sees("balance.password")
    visitor.types("135791e")
    visitor.sees_that("the hint", lambda view: any(b["kind"] == "note" for b in view["blocks"]))
    visitor.types("246810e")
    visitor.sees("balance.result")
    visitor.presses("print")
    visitor.gets_receipt(1)
    visitor.sees("balance.result")
    visitor.presses("done")
    visitor.sees("take_card")
    visitor.pulls()
    visitor.lifts()
    visitor.sees("idle")
    visitor.cuts_line()
    sees_tile(visitor, "receipt_check", enabled=False)
    visitor.presses("loss")
    visitor.lays("li")
    visitor.sees("loss.choose_kind")
    visitor.presses("oral")
    visitor.sees("loss.confirm")
    visitor.presses("confirm")
    visitor.sees("loss.result")
    visitor.presses("done")
    visitor.lifts()
    visitor.sees("idle")


@pytest.mark.timeout(300)
def test_nothing_of_a_person_is_left_on_the_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    with running_desk(folder) as desk:
        visits(desk.visitor)
        # And one that the power ends in the middle.
        desk.visitor.presses("balance")
        desk.visitor.lays("wu")
        desk.visitor.sees("balance.card")
        desk.visitor.inserts("wu", 2)
        desk.visitor.sees_that("the card is read", lambda view: view["state"] != "balance.card")
        held = open_files(folder)
        desk.visitor.cuts_power()
    kept = {path for path in folder.rglob("*") if path.is_file()}
    searched = {p for p in kept | held if not set(p.parts) & set(NOT_THE_TERMINALS) and p.is_file()}
    names = {path.name for path in searched}
    queue = {"queue.db", "queue.db-wal", "queue.db.rescue", "queue.db.ballast"}
    assert queue | {"journal", "kiosk.log", "kiosk-queue.log"} <= names, names
    assert [find for path in searched for find in finds(path)] == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    person = PEOPLE[0]
    for number, (what, form) in enumerate(planted(person)):
        path = tmp_path / f"{number}"
        path.write_bytes(os.urandom(100) + form + os.urandom(100))
        assert any(what in find for find in finds(path)), what
