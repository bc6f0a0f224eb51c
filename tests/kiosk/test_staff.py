"""Who is let into technician mode: few tries, every code once, and a restart helps nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.fsm.staff.words import Refused, StaffAdmitted, StaffRefused
from kiosk.shelf import FileShelf
from kiosk.staff import FIRST_LOCK, LONGEST_LOCK, TRIES, StaffGate, read_secret
from sscard.staff_codes import Role, staff_code
from tests.kiosk.places import WALL

SECRET = bytes(range(32))
WHO, OTHER = "4711", "0815"
WINDOW = timedelta(minutes=15)


def code(who: str = WHO, at: datetime = WALL, role: Role = Role.TECHNICIAN) -> str:
    return staff_code(SECRET, who, role, at)


def wrong(at: datetime = WALL) -> str:
    """A code that is nobody's."""
    right = {code(WHO, each, role) for each in (at, at - WINDOW) for role in Role}
    return next(each for each in ("00000000", "11111111", "22222222") if each not in right)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "tries"


def gate(place: Path) -> StaffGate:
    """The gate of a process that has just begun."""
    return StaffGate(SECRET, FileShelf(place))


def refusal(came: StaffAdmitted | StaffRefused) -> tuple[Refused, int]:
    assert isinstance(came, StaffRefused)
    return came.reason, came.tries_left


@pytest.mark.parametrize("role", Role)
def test_the_right_code_lets_the_person_in_and_says_in_which_role(place: Path, role: Role) -> None:
    came = gate(place).check(WHO, code(role=role), WALL)
    assert came == StaffAdmitted(WHO, role)


def test_another_persons_code_opens_nothing(place: Path) -> None:
    assert refusal(gate(place).check(WHO, code(OTHER), WALL)) == (Refused.WRONG, TRIES - 1)


def test_a_code_opens_once_also_after_a_restart(place: Path) -> None:
    assert isinstance(gate(place).check(WHO, code(), WALL), StaffAdmitted)
    assert refusal(gate(place).check(WHO, code(), WALL))[0] is Refused.USED


def test_after_a_code_the_one_before_it_is_spent_too(place: Path) -> None:
    gate(place).check(WHO, code(), WALL)
    assert refusal(gate(place).check(WHO, code(at=WALL - WINDOW), WALL))[0] is Refused.USED


def test_one_persons_code_does_not_spend_anothers(place: Path) -> None:
    gate(place).check(WHO, code(), WALL)
    assert isinstance(gate(place).check(OTHER, code(OTHER), WALL), StaffAdmitted)


def test_the_next_quarter_of_an_hour_has_a_code_of_its_own(place: Path) -> None:
    gate(place).check(WHO, code(), WALL)
    later = WALL + WINDOW
    assert isinstance(gate(place).check(WHO, code(at=later), later), StaffAdmitted)


def fails(place: Path, times: int, at: datetime = WALL) -> StaffRefused:
    """So many wrong tries, each in a process of its own; the last answer."""
    for _ in range(times):
        came = gate(place).check(WHO, wrong(at), at)
    assert isinstance(came, StaffRefused)
    return came


def test_the_fifth_wrong_code_locks_for_a_quarter_of_an_hour_whatever_is_typed(place: Path) -> None:
    assert refusal(fails(place, TRIES - 1)) == (Refused.WRONG, 1)
    locked = fails(place, 1)
    assert (locked.reason, locked.locked_for_s) == (Refused.LOCKED, 900)
    soon = WALL + timedelta(minutes=14)
    assert refusal(gate(place).check(WHO, code(at=soon), soon))[0] is Refused.LOCKED
    after = WALL + timedelta(minutes=15)
    assert isinstance(gate(place).check(WHO, code(at=after), after), StaffAdmitted)


def test_each_lock_is_twice_as_long_up_to_a_day_and_a_right_code_ends_the_row(place: Path) -> None:
    at, lengths = WALL, []
    for _ in range(9):
        locked = fails(place, TRIES, at)
        lengths.append(timedelta(seconds=locked.locked_for_s))
        at += lengths[-1]
    assert lengths[:3] == [FIRST_LOCK, 2 * FIRST_LOCK, 4 * FIRST_LOCK]
    assert lengths[-2:] == [LONGEST_LOCK, LONGEST_LOCK]
    assert isinstance(gate(place).check(WHO, code(at=at), at), StaffAdmitted)
    assert fails(place, TRIES, at + WINDOW).locked_for_s == FIRST_LOCK.total_seconds()


def test_a_clock_that_was_set_back_makes_no_lock_longer(place: Path) -> None:
    fails(place, TRIES)
    past = WALL.replace(year=1970)
    came = gate(place).check(WHO, code(at=past), past)
    assert isinstance(came, StaffRefused)
    assert came.locked_for_s == FIRST_LOCK.total_seconds()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"wrong": "x"}', b'{"wrong": 9}', b"\xff"])
def test_a_file_that_somebody_spoilt_locks_once_and_begins_anew(
    place: Path, content: bytes
) -> None:
    place.write_bytes(content)
    assert refusal(gate(place).check(WHO, code(), WALL))[0] is Refused.LOCKED
    after = WALL + FIRST_LOCK
    assert isinstance(gate(place).check(WHO, code(at=after), after), StaffAdmitted)


def test_where_a_try_cannot_be_written_down_nobody_is_let_in(tmp_path: Path) -> None:
    nowhere = tmp_path / "no such folder" / "tries"
    assert refusal(gate(nowhere).check(WHO, code(), WALL))[0] is Refused.NOT_KEPT


def test_a_terminal_without_a_secret_knows_no_codes(place: Path, tmp_path: Path) -> None:
    bare = StaffGate(None, FileShelf(place))
    assert not bare.has_codes
    assert refusal(bare.check(WHO, code(), WALL))[0] is Refused.NO_CODES
    short = tmp_path / "secret"
    short.write_bytes(b"short")
    assert read_secret(short) is None
    assert read_secret(tmp_path / "none") is None
    short.write_bytes(SECRET)
    assert read_secret(short) == SECRET


def test_neither_secret_nor_code_stands_in_the_file(place: Path) -> None:
    gate(place).check(WHO, code(), WALL)
    gate(place).check(WHO, wrong(), WALL)
    stored = place.read_bytes()
    assert code().encode() not in stored
    assert SECRET not in stored
    assert SECRET.hex().encode() not in stored
