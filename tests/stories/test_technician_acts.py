"""What a technician does to the terminal as a whole, alone or with a second person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.drivers.events import Device
from kiosk.journal import Journal, first_wrong
from kiosk.staff import TRIES
from kiosk.upkeep import EXIT_RESTART, EXIT_SIGN_OFF, SIGN_OFF_REQUEST
from simulators.world.world import World
from sscard.codes import spaced
from tests.stories.acts import says
from tests.stories.technicians import does, forgets_a_card, records, shows_nobody
from tests.stories.ways_staff import (
    SECOND,
    TECHNICIAN,
    enters,
    to_staff_tasks,
)

# --- two people ---------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["export", "sign_off"])
def test_what_is_sensitive_takes_a_second_person_with_another_number(
    world: World, act: str
) -> None:
    to_staff_tasks(world)
    world.presses(f"act:{act}")
    world.reads("须第二人输入口令")
    world.presses("confirm")
    world.sees("staff_number")
    world.enters_digits(TECHNICIAN)
    world.sees("staff_refused")
    world.reads("这是第一人的工号")
    world.presses("back")
    world.sees("staff_tasks")
    assert records(world, "staff.act") == []
    assert world.ended == []


def test_a_second_persons_wrong_code_does_nothing_and_counts(world: World) -> None:
    to_staff_tasks(world)
    world.presses("act:export")
    world.presses("confirm")
    world.signs_in(SECOND, "00000000")
    world.sees("staff_refused")
    world.reads(f"还可以试 {TRIES - 1} 次")
    world.presses("back")
    world.sees("staff_tasks")
    assert records(world, "staff.act") == []


def test_the_second_person_is_there_for_one_act_only(world: World, tmp_path: Path) -> None:
    world.staff_files.export_dir = tmp_path
    to_staff_tasks(world)
    does(world, "export", second=SECOND)
    world.presses("back")
    world.presses("act:sign_off")
    world.presses("confirm")
    world.sees("staff_number")


# --- the acts -----------------------------------------------------------------------------------


def with_a_journal(world: World, folder: Path) -> Path:
    """The world's journal as a file, and a folder for its copies."""

    journal = Journal(folder / "journal.log")
    for what, detail in world.records:
        journal.append(what, detail, world.agenda.wall())
    journal.close()
    out = folder / "stick"
    out.mkdir()
    world.staff_files.journal, world.staff_files.export_dir = folder / "journal.log", out
    return out


def test_the_journal_is_copied_out_whole_and_its_last_digest_is_said(
    world: World, tmp_path: Path
) -> None:
    to_staff_tasks(world)
    out = with_a_journal(world, tmp_path)
    does(world, "export", second=SECOND)
    (copy,) = out.iterdir()
    world.reads(copy.name)
    assert first_wrong(copy / "journal.log") is None
    assert (copy / "journal.log").read_bytes() == (tmp_path / "journal.log").read_bytes()
    last = json.loads((copy / "journal.log").read_bytes().splitlines()[-1])
    world.reads(last["h"][:16])
    assert records(world, "staff.act") == [f"export by {TECHNICIAN} {SECOND}"]


def test_without_a_stick_the_copy_is_refused_in_plain_words(world: World) -> None:
    to_staff_tasks(world)
    does(world, "export", second=SECOND)
    world.reads("没有优盘")


def test_out_of_service_stays_over_restart_and_power_cut_until_somebody_ends_it(
    world: World,
) -> None:
    to_staff_tasks(world)
    does(world, "close")
    world.presses("leave")
    world.sees("out_of_service")
    assert not says(world, TECHNICIAN)
    for happens in (world.kills_kiosk, world.loses_power):
        happens()
        world.waits(60)
        assert world.state == "out_of_service"
    world.waits(900)
    enters(world)
    world.presses("tasks")
    does(world, "open")
    world.presses("leave")
    world.sees("idle")


def test_a_terminal_that_was_meddled_with_comes_back_by_two_people(world: World) -> None:
    world.pad.faults.tampered = True
    world.lines[Device.PIN_PAD].poke()
    world.waits(30)
    to_staff_tasks(world)
    does(world, "close")
    world.presses("back")
    world.presses("act:open")
    world.presses("confirm")
    world.sees("staff_number")
    world.signs_in(SECOND)
    world.sees("staff_done")


def test_a_restart_ends_the_process_and_it_comes_back(world: World) -> None:
    to_staff_tasks(world)
    world.presses("act:restart")
    world.presses("confirm")
    world.sees("staff_doing")
    world.sees("idle")
    assert world.ended == [EXIT_RESTART]


def test_signing_off_leaves_both_numbers_for_the_self_test_and_ends_the_process(
    world: World,
) -> None:
    to_staff_tasks(world)
    world.presses("act:sign_off")
    world.presses("confirm")
    world.signs_in(SECOND)
    world.sees("staff_doing")
    world.reads("本机正在自检")
    world.sees("idle")
    assert world.ended == [EXIT_SIGN_OFF]
    request = json.loads(world.shelves[SIGN_OFF_REQUEST].content)
    assert (request["technician"], request["second"]) == (TECHNICIAN, SECOND)


# --- kept cards ---------------------------------------------------------------------------------


def test_kept_cards_stand_by_claim_number_and_are_counted_off_by_two_people(world: World) -> None:
    forgets_a_card(world)
    (claim,) = world.book.claims()
    to_staff_tasks(world)
    world.presses("cards")
    world.waits(1)
    world.reads(spaced(claim.number))
    shows_nobody(world)
    world.presses("count")
    world.enters_digits("1")
    world.presses("confirm")
    world.signs_in(SECOND)
    world.sees("staff_done")
    world.reads("与账目相符")
    assert world.book.claims() == ()
    assert world.slot.bin is not None
    world.slot.bin.take_out()


def test_a_count_that_the_book_does_not_explain_is_said(world: World) -> None:
    to_staff_tasks(world)
    world.presses("cards")
    world.sees_button("count")
    world.presses("count")
    world.enters_digits("2")
    world.presses("confirm")
    world.signs_in(SECOND)
    world.sees("staff_done")
    world.reads("账上 0 张")
