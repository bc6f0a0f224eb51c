"""A card is changed: damaged, with a new photo, or with new details; the old one is handed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bank.people import person
from simulators.documents import card_data
from simulators.models.scenes import Shown
from simulators.models.social_security_card import CardFaults
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import CardState
from tests.stories.acts import opens, trouble
from tests.stories.ledger import states
from tests.stories.reissuing import (
    begins_to_change,
    copies_the_id_card,
    ends,
    gets_a_bin,
    in_the_books,
    money,
    pays_for_it,
)


@pytest.fixture
def hall(world: World) -> Iterator[World]:
    """A terminal whose reader can keep a card."""
    gets_a_bin(world)
    yield world
    world.takes_code_away()
    world.scene(shown=Shown.NOTHING)


def hands_in(world: World, key: str = "chen") -> None:
    """Confirm, and give the old card."""
    world.presses("go_on")
    world.sees("change.hand_in")
    world.inserts(key)
    world.sees("change.result")


@pytest.mark.rule("CHANGE.DAMAGED", "CHANGE.OLD_RETURNED", "FEE.REISSUE_20")
def test_a_damaged_card_is_handed_in_and_a_new_one_made(hall: World) -> None:
    begins_to_change(hall)
    hall.sees("change.pay")
    hall.reads("¥ 20.00")
    pays_for_it(hall, "change")
    assert states(hall, "chen") == [CardState.ACTIVE], "nothing before the confirmation"
    hands_in(hall)
    hall.reads("办好了，新卡开始制作")
    assert states(hall, "chen") == [CardState.SUSPENDED]
    assert hall.slot.bin is not None
    assert len(hall.slot.bin.cards) == 1
    hall.presses("print")
    hall.reads("凭条已打印")
    paper = hall.receipts()[-1]
    ((claim,),) = in_the_books(hall, "SELECT claim FROM applications")
    for words in (str(claim), "CHANGE.DAMAGED", "CHANGE.OLD_RETURNED", "卡片损坏", "1372"):
        assert words in paper


@pytest.mark.rule("CHANGE.DAMAGED", "CHANGE.OLD_RETURNED")
def test_a_chip_that_does_not_answer_goes_by_what_the_person_said(hall: World) -> None:
    begins_to_change(hall)
    pays_for_it(hall, "change")
    hall.presses("go_on")
    hall.sees("change.hand_in")
    holder = person("chen")
    hall.inserts_card(card_data(holder, holder.cards[0]), CardFaults(mute=True))
    hall.sees("change.result")
    hall.reads("办好了")
    assert states(hall, "chen") == [CardState.SUSPENDED]


@pytest.mark.rule("CHANGE.OLD_RETURNED")
def test_another_card_is_not_taken_for_the_old_one(hall: World) -> None:
    begins_to_change(hall)
    pays_for_it(hall, "change")
    hall.presses("go_on")
    hall.sees("change.hand_in")
    hall.inserts("li")
    hall.waits(5)
    assert hall.state == "change.hand_in"
    assert hall.slot.bin is not None
    assert not hall.slot.bin.cards
    assert states(hall, "chen") == [CardState.ACTIVE]
    hall.pulls()
    hall.inserts("chen")
    hall.sees("change.result")
    assert states(hall, "chen") == [CardState.SUSPENDED]


@pytest.mark.rule("CHANGE.PHOTO")
def test_a_new_photo_comes_with_its_receipt(hall: World) -> None:
    begins_to_change(hall, reason="photo")
    hall.sees("change.pay")
    pays_for_it(hall, "change")
    hands_in(hall)
    assert in_the_books(hall, "SELECT photo_receipt FROM applications") == [
        ("GD990000000000000101",)
    ]


@pytest.mark.rule("CHANGE.PHOTO")
@pytest.mark.parametrize(
    "receipt", ["GD990000000000000102", "GD990000000000000201"], ids=["too old", "not theirs"]
)
def test_a_photo_receipt_that_does_not_serve_is_refused(hall: World, receipt: str) -> None:
    opens(hall, "change")
    hall.lays("chen")
    hall.sees("change.reason")
    hall.presses("photo")
    hall.sees("change.photo_receipt")
    hall.holds_up("SSC-LOSS:7K42MX9QD")
    hall.waits(2)
    assert hall.state == "change.photo_receipt", "that is no photo receipt"
    hall.holds_up(receipt)
    copies_the_id_card(hall)
    hall.sees("trouble")
    assert trouble(hall) == "photo_unknown"
    assert money(hall) == []


@pytest.mark.rule("CHANGE.DETAILS")
def test_new_details_go_to_the_agency_first(hall: World) -> None:
    begins_to_change(hall, reason="details")
    hall.sees("trouble")
    assert trouble(hall) == "needs_agency"
    hall.reads("社保经办机构")


@pytest.mark.rule("CHANGE.DETAILS")
def test_details_that_the_agency_has_changed_come_on_a_new_card(hall: World) -> None:
    hall.presses("language")
    begins_to_change(hall, "xu", "details")
    hall.sees("change.pay")
    pays_for_it(hall, "change")
    hall.presses("go_on")
    hall.sees("change.hand_in")
    hall.inserts("xu")
    hall.sees("change.result")
    hall.reads("your new card is being made")
    assert states(hall, "xu") == [CardState.SUSPENDED]


@pytest.mark.parametrize("key", ["liu", "huang"], ids=["by word of mouth", "in writing"])
def test_a_lost_card_is_not_changed(hall: World, key: str) -> None:
    opens(hall, "change")
    hall.lays(key)
    hall.sees("change.which")
    hall.sees_button("card:1", enabled=False)
    hall.reads("没有可以换的卡", "已经挂失")


@pytest.mark.rule("CHANGE.OLD_RETURNED")
def test_where_no_card_can_be_kept_nobody_pays_first(world: World) -> None:
    opens(world, "change")
    world.lays("chen")
    world.sees("change.reason")
    world.sees_button("damaged", enabled=False)
    world.reads("不能收回旧卡", "网点")


@pytest.mark.rule("OFFLINE.HONEST", "CHANGE.OLD_RETURNED")
def test_who_handed_the_card_in_and_heard_no_more_goes_on_without_it(hall: World) -> None:
    begins_to_change(hall)
    pays_for_it(hall, "change")
    hall.presses("go_on")
    hall.sees("change.hand_in")
    hall.inserts("chen")
    hall.sees("change.asking")
    hall.bank.mood = BankMood.SILENT
    hall.sees("change.result")
    hall.reads("不知道办没办成", "旧卡认领号")
    ends(hall)
    hall.waits(60)
    hall.bank.mood = BankMood.WELL
    hall.waits(600)
    assert states(hall, "chen") == [CardState.ACTIVE]
    begins_to_change(hall)
    hall.sees("change.decide")
    hall.reads("您上次已经付款")
    hall.presses("go_on")
    hall.sees("change.result")
    hall.reads("办好了")
    assert states(hall, "chen") == [CardState.SUSPENDED]
    assert money(hall) == [(2_000, 1, None)]


def test_who_gives_up_keeps_the_card_and_the_money(hall: World) -> None:
    begins_to_change(hall)
    pays_for_it(hall, "change")
    hall.presses("give_up")
    hall.sees("change.result")
    hall.reads("申请已取消", "¥ 20.00")
    assert states(hall, "chen") == [CardState.ACTIVE]
    assert money(hall) == [(2_000, 0, "abandoned")]
