"""A technician at the terminal's own screen: comes in, looks, tries each device, and is gone again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.drivers.events import Device
from kiosk.fsm.limits import Limit
from kiosk.fsm.staff.pages import STAFF
from kiosk.staff import TRIES
from simulators.world.world import World
from sscard.staff_codes import Role
from tests.stories.acts import says
from tests.stories.technicians import forgets_a_card, records, shows_nobody
from tests.stories.ways import goes_to
from tests.stories.ways_staff import (
    SECOND,
    TECHNICIAN,
    enters,
    opens_device,
    to_staff_tasks,
)

PAGES = tuple(STAFF)


# --- coming in ----------------------------------------------------------------------------------


def test_a_technician_comes_in_with_a_number_and_a_code_and_signs_out(world: World) -> None:
    enters(world)
    world.reads(TECHNICIAN, "world-0001")
    world.presses("leave")
    world.sees("idle")
    assert records(world, "staff.in") == [f"{TECHNICIAN} technician"]
    assert records(world, "staff.end") == [TECHNICIAN]


def test_the_code_works_without_line_and_queue(world: World) -> None:
    world.cuts_line()
    world.kills_queue()
    world.waits(30)
    enters(world)
    assert says(world, "断")
    to_queue = ("tasks", "queue")
    for button in to_queue:
        world.presses(button)
    world.reads("队列没有应答")
    world.starts_queue()
    world.repairs_line()


def test_the_role_that_the_code_was_made_for_stands_in_the_journal(world: World) -> None:
    world.presses("staff")
    world.signs_in(SECOND, world.code_of(SECOND, Role.SUPERVISOR))
    world.sees("staff_overview")
    assert records(world, "staff.in") == [f"{SECOND} supervisor"]


def test_the_same_code_opens_once_and_the_next_one_comes_in_a_quarter_of_an_hour(
    world: World,
) -> None:
    code = world.code_of(TECHNICIAN)
    enters(world)
    world.presses("leave")
    world.presses("staff")
    world.signs_in(TECHNICIAN, code)
    world.sees("staff_refused")
    world.reads("已经用过")
    world.presses("leave")
    world.waits(900)
    enters(world)


def test_five_wrong_codes_lock_and_neither_restart_nor_power_cut_helps(world: World) -> None:
    world.presses("staff")
    for _ in range(TRIES - 1):
        world.signs_in(TECHNICIAN, "00000000")
        world.sees("staff_refused")
        world.presses("again")
    world.signs_in(TECHNICIAN, "00000000")
    world.sees("staff_refused")
    world.reads("15 分钟")
    assert "again" not in {each.id for each in world.view.buttons()}
    for happens in (world.kills_kiosk, world.loses_power):
        happens()
        world.sees("idle")
        world.presses("staff")
        world.signs_in(TECHNICIAN)
        world.sees("staff_refused")
        world.reads("口令输错次数太多")
    world.presses("leave")
    world.waits(900)
    enters(world)
    refused = records(world, "staff.refused")
    assert refused[:TRIES] == [f"{TECHNICIAN} wrong"] * (TRIES - 1) + [f"{TECHNICIAN} locked"]


def test_a_terminal_without_a_secret_says_so_and_asks_for_no_code(world: World) -> None:
    world.staff_files.secret = None
    world.kills_kiosk()
    world.sees("idle")
    world.presses("staff")
    world.sees("staff_refused")
    world.reads("本机还没有口令")


def test_the_button_is_there_at_rest_only(world: World) -> None:
    assert world.view.corner is not None
    world.presses("balance")
    assert "staff" not in {each.id for each in world.view.buttons()}
    world.terminal.press("staff")
    world.waits(1)
    assert world.state == "balance.id_card"


# --- it falls back by itself --------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_left_alone_it_falls_back_and_the_next_person_is_served(world: World, page: str) -> None:
    goes_to(world, page)
    world.sees("idle", within_s=Limit.STAFF.seconds + Limit.STAFF_ACT.seconds + 10)
    assert world.terminal.session.situation.duty is None
    assert TECHNICIAN not in " ".join(world.view.texts())
    world.sees_button("balance")
    world.presses("balance")
    world.sees("balance.id_card")


def test_every_touch_begins_the_five_minutes_anew(world: World) -> None:
    enters(world)
    for button in ("device:camera", "back", "large_text", "tasks"):
        world.waits(Limit.STAFF.seconds - 5)
        world.presses(button)
    world.waits(Limit.STAFF.seconds - 5)
    assert world.state == "staff_tasks"
    world.waits(10)
    assert world.state == "idle"


@pytest.mark.parametrize("page", PAGES)
def test_the_power_fails_on_every_page_and_nobody_is_in_afterwards(world: World, page: str) -> None:
    goes_to(world, page)
    world.loses_power()
    world.sees("idle")
    assert world.terminal.session.situation.duty is None


@pytest.mark.parametrize("page", PAGES)
def test_the_line_drops_on_every_page_and_the_work_goes_on(world: World, page: str) -> None:
    goes_to(world, page)
    world.cuts_line()
    world.waits(20)
    assert world.state == page or page == "staff_doing"
    world.repairs_line()


@pytest.mark.parametrize("page", [page for page in PAGES if page != "staff_doing"])
def test_a_card_that_is_put_in_meanwhile_is_given_back_with_a_word(world: World, page: str) -> None:
    goes_to(world, page)
    world.inserts("chen")
    world.waits(2)
    assert world.state == page
    world.reads("有人插入了卡片")
    assert records(world, "staff.card_given_back") == [""]
    world.pulls()
    world.waits(2)
    assert not says(world, "有人插入了卡片")


def test_a_card_that_stays_in_is_the_next_screens_business(world: World) -> None:
    enters(world)
    world.inserts("chen")
    world.waits(2)
    world.presses("leave")
    world.sees("card_first")
    world.pulls()


# --- the devices --------------------------------------------------------------------------------


def tries_device(world: World, device: str) -> None:
    enters(world)
    opens_device(world, device)
    world.presses("test")
    world.sees("staff_test")


def test_the_card_reader_answers_any_card_and_gives_it_out(world: World) -> None:
    tries_device(world, "card_reader")
    world.inserts("chen")
    world.reads("卡片已应答，请取出")
    world.pulls()
    world.reads("通过")
    assert records(world, "staff.did") == [f"test card_reader passed by {TECHNICIAN}"]


def test_a_card_without_an_answer_fails_the_test(world: World) -> None:
    tries_device(world, "card_reader")
    world.inserts("chen", upside_down=True)
    world.reads("no answer to reset")
    world.pulls()
    world.sees_button("again")


def test_the_scanner_says_only_that_a_card_was_read(world: World) -> None:
    tries_device(world, "id_scanner")
    world.lays("chen")
    world.reads("已读到一张证件")
    shows_nobody(world)
    world.lifts()


def test_the_pads_keys_show_as_dots_and_the_block_goes_nowhere(world: World) -> None:
    tries_device(world, "pin_pad")
    world.waits(2)
    world.types("24681")
    world.reads("5/6")
    world.types("0e")
    world.reads("按键都收到了")
    assert world.terminal.session.situation.visit is None


def test_the_printer_prints_a_page_without_anybody_on_it(world: World) -> None:
    tries_device(world, "receipt_printer")
    world.reads("测试页已完整送出")
    assert "测试页" in world.receipts()[-1]


def test_the_camera_sees_any_code(world: World) -> None:
    tries_device(world, "camera")
    world.holds_up("HTTPS://EXAMPLE.ORG/ANY")
    world.reads("已看到二维码")
    assert not says(world, "EXAMPLE")
    world.takes_code_away()


def test_a_device_that_is_unplugged_says_so_in_its_own_words_and_names_the_remedy(
    world: World,
) -> None:
    enters(world)
    opens_device(world, "receipt_printer")
    world.reads("online", "无须处理")
    world.lines[Device.RECEIPT_PRINTER].unplug()
    world.reads("offline", "重置")
    assert "test" not in {each.id for each in world.view.buttons()}
    world.lines[Device.RECEIPT_PRINTER].plug()
    world.sees_button("test")


def test_a_device_that_is_unplugged_in_its_test_fails_it(world: World) -> None:
    tries_device(world, "id_scanner")
    world.lines[Device.ID_SCANNER].unplug()
    world.reads("未通过")
    world.lines[Device.ID_SCANNER].plug()
    world.sees_button("again")


# --- paper --------------------------------------------------------------------------------------


def test_the_paper_is_changed_as_the_cover_tells_and_a_person_says_that_it_is_sharp(
    world: World,
) -> None:
    to_staff_tasks(world)
    world.presses("paper")
    world.reads("请打开打印机的盖子")
    world.printer.cover_open = True
    world.lines[Device.RECEIPT_PRINTER].poke()
    world.reads("装入新纸卷")
    world.printer.load_paper()
    world.printer.cover_open = False
    world.lines[Device.RECEIPT_PRINTER].poke()
    world.reads("盖子已关")
    world.presses("print")
    world.reads("印得清楚吗？")
    world.presses("blurred")
    world.reads("酒精")
    world.presses("print")
    world.reads("印得清楚吗？")
    world.presses("sharp")
    world.reads("完成")
    assert records(world, "staff.did")[-1] == f"paper sharp by {TECHNICIAN}"


# --- not ready ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "否：尚未自检"),
        ({"state": "failed", "remedies": ["Clean the lens."]}, "Clean the lens."),
        ({"state": "decommissioned", "remedies": []}, "否：已永久退役"),
    ],
)
def test_a_terminal_that_did_not_pass_its_self_test_does_not_serve_and_tells_a_technician_why(
    world: World, tmp_path: Path, content: dict[str, object] | None, said: str
) -> None:
    record = tmp_path / "readiness.json"
    if content is not None:
        record.write_text(json.dumps({**content, "at": "2026-11-23T02:00:00+00:00"}))
    world.staff_files.readiness = record
    world.kills_kiosk()
    world.waits(60)
    assert world.state == "out_of_service"
    assert not says(world, said)
    enters(world)
    world.reads(said)
    passed = {"state": "passed", "remedies": [], "at": "2026-11-23T02:40:00+00:00"}
    record.write_text(json.dumps(passed))
    world.presses("tasks")
    world.presses("back")
    world.presses("leave")
    world.sees("idle")


# --- nobody is to be seen -----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_after_visits_with_cards_kept_and_requests_waiting_no_page_shows_a_cardholder(
    world: World, page: str
) -> None:
    forgets_a_card(world)
    world.cuts_line()
    world.waits(20)
    world.presses("loss")
    world.lays("wu")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.presses("done")
    world.lifts()
    world.sees("idle")
    goes_to(world, page)
    for _ in range(2):
        shows_nobody(world)
        world.waits(1)
    world.repairs_line()
