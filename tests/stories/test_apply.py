"""Applying for a card or its renewal, oneself or as an agent."""

from __future__ import annotations

import pytest

from bank import applications
from bank.applicants import paper_of
from bank.people import person
from kiosk.drivers.events import Device
from simulators.models.scenes import Stand
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import opens, says, sees_tile, trouble
from tests.stories.applying import (
    applies,
    asks_by_id_card,
    begins,
    begins_as_agent,
    chooses_bank,
    finishes,
    form_of,
    forms,
    prints,
    to_the_signature,
    types,
)


def rule_is(world: World, rule: str) -> None:
    """The person asks why."""
    world.presses("why")
    world.reads(rule)


# --- it works ------------------------------------------------------------------------------


@pytest.mark.rule(
    "APPLY.CONFIRM_BANK", "APPLY.BOTH_SIGN", "APPLY.THIRTY_WORKING_DAYS", "BANK.FREE_CHOICE"
)
def test_a_renewal_from_the_id_card_to_the_form_in_the_hand(world: World) -> None:
    begins(world)
    world.reads("您可以在下面的银行里任选一家")
    assert len([each for each in world.view.options if each.role == "option"]) == 6
    world.presses("boc")
    world.sees("apply.confirm_bank")
    world.reads("中国银行东莞分行", "换发新卡", "发卡银行不能再改")
    world.presses("confirm")
    world.sees("apply.details")
    world.presses("right")
    world.presses("id_photo")
    world.sees("apply.sign")
    world.reads("就等于您在申请表上签了名", "授权使用身份证照片")
    assert forms(world, "tan") == 0  # nothing is handed in before the signature
    world.presses("confirm")
    world.sees("apply.result")
    world.reads("申请表已经收下", "服务点已确认", "2027 年 1 月 5 日", "以当年放假通知为准")
    code = form_of(world, "tan")
    paper = prints(world, "apply")
    for said in (
        f"SSC-FORM:{code}",
        "双方已确认",
        "身份证原件",
        "180 天",
        "复印件和别人的表都不能用",
    ):
        assert said in paper.replace("\n", "")
    assert person("tan").name not in paper
    assert person("tan").id_number not in paper
    rule_is(world, "APPLY.THIRTY_WORKING_DAYS")
    finishes(world)


@pytest.mark.rule("BANK.COMPREHENSIVE", "BANK.VILLAGE")
@pytest.mark.parametrize(
    ("key", "bank", "why"),
    [
        ("feng", "guangfa", "综合基本医疗保险"),
        ("deng", "dongguan", "村（社区）"),
    ],
)
def test_who_has_no_choice_is_told_why(world: World, key: str, bank: str, why: str) -> None:
    begins(world, key)
    world.reads(why)
    assert [each.id for each in world.view.options] == [bank]
    chooses_bank(world, bank)
    world.presses("right")
    world.presses("id_photo")
    world.sees("apply.sign")
    world.reads("首次申领")
    world.presses("confirm")
    world.sees("apply.result")


def test_in_english_it_is_the_same_form(world: World) -> None:
    world.presses("language")
    begins(world)
    world.reads("You may choose any of these banks.")
    chooses_bank(world)
    world.reads("Is this right?", "Telephone")
    world.presses("right")
    world.presses("id_photo")
    world.sees("apply.sign")
    world.reads("is your signature on the form")
    world.presses("confirm")
    world.sees("apply.result")
    world.reads("The form has been accepted", "China Construction Bank Dongguan Branch")
    assert "The outlet keeps the card for 180 days" in prints(world, "apply").replace("\n", " ")


# --- details -------------------------------------------------------------------------------


@pytest.mark.rule("APPLY.CHECK_DETAILS")
def test_the_details_are_shown_masked(world: World) -> None:
    begins(world)
    chooses_bank(world)
    world.reads("139 ＊＊＊＊ 1111", "东莞市示例区")
    assert not says(world, "13900001111")
    assert not says(world, person("tan").address)


@pytest.mark.rule("APPLY.CHECK_DETAILS")
def test_a_new_number_is_typed_on_the_screen_and_kept_beside_the_old(world: World) -> None:
    begins(world)
    chooses_bank(world)
    world.presses("both")
    world.sees("apply.telephone")
    types(world, "1380000")
    world.sees_button("confirm", enabled=False)
    types(world, "66667")
    world.sees_button("digit:1", enabled=False)  # no number has more than twelve digits
    world.sees_button("confirm", enabled=False)  # and no mobile has twelve
    world.presses("erase")
    world.reads("138 0000 6666")
    world.presses("confirm")
    world.sees("apply.photo")
    world.presses("id_photo")
    world.sees("apply.sign")
    world.reads("138 ＊＊＊＊ 6666", "请服务点联系更正")
    world.presses("confirm")
    world.sees("apply.result")
    world.reads("地址更正：服务点会按您的电话联系您")
    assert "地址更正" in prints(world, "apply")
    with world.bank.engine.begin() as connection:
        (latest,) = applications.of_person(connection, person("tan").id_number)
        paper = paper_of(connection, latest.application_id)
    assert paper is not None
    assert paper.details.telephone == "13800006666"
    assert paper.details.address == person("tan").address
    assert paper.is_address_wrong


def test_going_back_forgets_what_was_typed(world: World) -> None:
    begins(world)
    chooses_bank(world)
    world.presses("telephone")
    types(world, "13800006666")
    world.presses("back")
    world.sees("apply.details")
    world.presses("telephone")
    world.sees("apply.telephone")
    world.reads("已输入 0 位")


def test_slow_fingers_are_waited_for_and_nobody_is_not(world: World) -> None:
    begins(world)
    chooses_bank(world)
    world.presses("telephone")
    for digit in "138":
        types(world, digit)
        world.waits(40)
    world.sees("apply.telephone")
    world.sees("goodbye", "take_card", within_s=70)


# --- the photo -----------------------------------------------------------------------------


@pytest.mark.rule("APPLY.PHOTO")
def test_without_a_photo_at_the_agency_a_receipt_is_needed(world: World) -> None:
    begins(world, "ma")
    chooses_bank(world, "icbc")
    world.presses("right")
    world.sees("apply.photo")
    world.reads("卡上必须有照片")
    world.sees_button("id_photo", enabled=False)
    world.presses("receipt")
    world.sees("apply.photo_receipt")
    world.holds_up("https://example.cn")
    world.reads("这不是照片回执的条码")
    world.takes_code_away()
    world.holds_up("GD990000000000000501")
    world.sees("apply.sign")
    world.reads("有回执")
    world.presses("confirm")
    world.sees("apply.result")


@pytest.mark.rule("APPLY.PHOTO")
def test_an_old_receipt_is_refused_and_another_may_be_shown(world: World) -> None:
    begins(world, "ma")
    chooses_bank(world, "icbc")
    world.presses("right")
    world.presses("receipt")
    world.sees("apply.photo_receipt")
    world.holds_up("GD990000000000000502")
    world.sees("apply.sign")
    world.takes_code_away()
    world.presses("confirm")
    world.sees("trouble")
    assert trouble(world) == "photo_unknown"
    assert forms(world, "ma") == 0
    world.presses("again")
    world.sees("apply.photo")
    world.presses("receipt")
    world.sees("apply.photo_receipt")
    world.holds_up("GD990000000000000501")
    world.sees("apply.sign")
    world.presses("confirm")
    world.sees("apply.result")
    assert forms(world, "ma") == 1


# --- who may not ---------------------------------------------------------------------------


@pytest.mark.rule("APPLY.IN_STAGES")
def test_who_has_had_no_notice_is_told_so(world: World) -> None:
    begins(world, "qiu")
    world.sees("trouble")
    world.reads("还没有轮到您换卡")
    rule_is(world, "APPLY.IN_STAGES")


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_a_second_form_is_refused(world: World) -> None:
    applies(world)
    finishes(world)
    begins(world)
    world.sees("trouble")
    assert trouble(world) == "has_card"
    rule_is(world, "APPLY.UNIQUE_FORM")
    assert forms(world, "tan") == 1


# --- the agent -----------------------------------------------------------------------------


@pytest.mark.rule("APPLY.AGENT")
def test_an_agent_brings_both_id_cards_and_the_applicants_is_copied(world: World) -> None:
    begins_as_agent(world)
    chooses_bank(world)
    world.presses("right")
    world.presses("id_photo")
    world.sees("apply.copy")
    world.sees("apply.sign")
    world.reads("您作为代办人")
    world.presses("confirm")
    world.sees("apply.result")
    assert forms(world, "tan") == 1
    assert forms(world, "lu") == 0


@pytest.mark.rule("APPLY.AGENT")
def test_the_agents_own_card_again_is_not_the_applicants(world: World) -> None:
    opens(world, "apply")
    world.presses("agent")
    world.lays("lu")
    world.sees("apply.id_card")
    world.reads("请换上申请人的身份证")
    world.lifts()
    world.waits(5)
    world.lays("lu")
    world.reads("现在放的是代办人的身份证")
    world.lifts()
    world.waits(5)
    world.lays("tan")
    world.sees("apply.bank")


@pytest.mark.rule("APPLY.AGENT")
def test_who_cannot_copy_the_id_card_cannot_hand_in_for_another(world: World) -> None:
    begins_as_agent(world)
    chooses_bank(world)
    world.presses("right")
    world.stands(Stand.AWAY)
    world.lens.willing = False
    world.presses("id_photo")
    world.sees("apply.copy")
    world.sees("trouble", "goodbye", within_s=90)
    assert forms(world, "tan") == 0


# --- what goes wrong -----------------------------------------------------------------------


def test_without_a_line_it_is_not_offered(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    sees_tile(world, "apply", enabled=False)


def test_a_line_that_drops_before_the_terms_is_said(world: World) -> None:
    opens(world, "apply")
    world.presses("self")
    world.cuts_line()
    world.waits(20)
    world.lays("tan")
    world.sees("trouble")
    assert trouble(world) == "no_line"
    world.repairs_line()
    world.waits(20)
    world.presses("again")
    world.sees("apply.bank")


@pytest.mark.rule("OFFLINE.HONEST")
def test_no_answer_is_not_known_and_asking_again_makes_no_second_form(world: World) -> None:
    to_the_signature(world)
    world.bank.mood = BankMood.ANSWER_LOST
    world.presses("confirm")
    world.sees("apply.result", within_s=30)
    world.reads("不知道申请表收下没有", "不会办两张卡")
    assert not says(world, "申请表已经收下")
    assert "不知道申请表收下没有" in prints(world, "apply")
    world.presses("done")
    world.lifts()
    world.sees("idle", within_s=20)
    world.bank.mood = BankMood.WELL
    world.waits(60)
    begins(world)
    world.sees("trouble")
    assert trouble(world) == "has_card"
    world.presses("leave")
    world.lifts()
    world.sees("idle", within_s=20)
    asks_by_id_card(world)
    world.sees("where_is_my_card.result")
    world.reads("申请已收下，等待制卡")
    assert forms(world, "tan") == 1


@pytest.mark.rule("OFFLINE.HONEST")
def test_a_form_that_never_arrived_is_not_taken_later_behind_the_persons_back(
    world: World,
) -> None:
    to_the_signature(world)
    world.cuts_line()
    world.presses("confirm")
    world.sees("apply.result", "trouble", within_s=30)
    assert not says(world, "申请表已经收下")
    world.presses("done" if world.state == "apply.result" else "leave")
    world.lifts()
    world.sees("idle", within_s=20)
    world.waits(20)  # by then nobody waits for it any more
    world.repairs_line()
    world.waits(120)
    assert forms(world, "tan") == 0
    applies(world)
    assert forms(world, "tan") == 1


def test_a_batch_that_arrives_twice_makes_one_form(world: World) -> None:
    world.bank.mood = BankMood.TWICE
    applies(world)
    assert forms(world, "tan") == 1


def test_without_a_camera_the_id_cards_photo_still_does(world: World) -> None:
    world.camera.die()
    world.camera.starts = False
    world.waits(5)
    assert not world.terminal.session.situation.usable(Device.CAMERA)
    applies(world)
    assert forms(world, "tan") == 1


def test_the_scanner_breaks_while_the_id_card_is_asked_for(world: World) -> None:
    opens(world, "apply")
    world.presses("self")
    world.sees("apply.id_card")
    world.lines[Device.ID_SCANNER].unplug()
    world.sees("trouble", within_s=30)


def test_nothing_of_the_person_is_left(world: World) -> None:
    applies(world)
    finishes(world)
    said = " ".join(world.view.texts())
    assert "1111" not in said
    assert world.terminal.session.situation.visit is None
