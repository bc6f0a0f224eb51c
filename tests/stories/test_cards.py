"""Every card a person may put in, in every way, and one that is left in the slot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bank.people import person
from simulators.models.bank_application import BankData
from simulators.models.social_security_card import CardFaults, Malformation
from simulators.world.world import World
from tests.stories.acts import card_of, goes_to_the_card

# --- cards that work ------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["zhao", "chen", "xu"])
def test_cards_of_versions_1_2_and_3_all_work(world: World, key: str) -> None:
    password = person(key).cards[0].password
    goes_to_the_card(world, key)
    world.inserts(key)
    world.sees("balance.password")
    world.types(f"{password}e")
    world.sees("balance.result")
    world.reads(person(key).cards[0].card_number[-4:])


def test_a_name_split_over_two_items_is_the_holders_name(world: World) -> None:
    goes_to_the_card(world, "meulen")
    world.inserts("meulen")
    world.sees("balance.password")
    card = world.terminal.session.situation.person.card
    assert card is not None
    assert card.name == person("meulen").name
    world.types("135790e")
    world.sees("balance.result")


def test_a_residence_permit_of_hong_kong_is_as_good_as_an_id_card(world: World) -> None:
    goes_to_the_card(world, "ho")
    world.inserts("ho")
    world.sees("balance.password")
    world.types("135790e")
    world.sees("balance.result")
    world.reads("中国银行")


def test_a_bank_application_without_a_directory_is_found_by_its_name(world: World) -> None:
    data = card_of("chen")
    assert data.bank is not None
    goes_to_the_card(world)
    world.inserts_card(replace(data, bank=replace(data.bank, has_directory=False)))
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")


def test_the_bank_compares_a_version_3_card_because_the_terminal_cannot(world: World) -> None:
    goes_to_the_card(world, "chen")
    world.inserts("xu")
    world.sees("balance.password")
    world.types("135790e")
    world.sees("trouble")
    world.reads("卡和身份证不是同一个人")
    world.presses("why")
    world.reads("ACTIVATE.ORIGINALS")


# --- cards that do not ----------------------------------------------------------------------


def test_a_card_upside_down_is_asked_to_be_turned_and_then_works(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen", upside_down=True)
    world.reads("芯片朝上、朝前再插一次")
    world.sees("balance.card")
    world.pulls()
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")


def test_what_was_said_of_an_upside_down_card_is_not_said_of_the_password(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen", upside_down=True)
    world.reads("这张卡读不出来")
    world.pulls()
    world.inserts("chen")
    world.sees("balance.password")
    assert not any("这张卡读不出来" in text for text in world.view.texts())


def test_a_mute_chip_is_said_to_be_mute(world: World) -> None:
    goes_to_the_card(world)
    world.inserts_card(card_of("chen"), CardFaults(mute=True))
    world.reads("这张卡读不出来")
    world.presses("leave")
    world.sees("take_card")
    world.pulls()
    world.sees("idle")


@pytest.mark.parametrize(
    ("faults", "title"),
    [
        (CardFaults(foreign=True), "这不是社会保障卡"),
        (CardFaults(blocked=True), "卡的社保应用已锁定"),
        *[
            (CardFaults(malformed=how), "没有读清楚")
            for how in Malformation
            if how is not Malformation.NONE
        ],
    ],
    ids=lambda value: None if isinstance(value, str) else value.malformed,
)
def test_a_card_that_is_wrong_is_named_for_what_is_wrong_with_it(
    world: World, faults: CardFaults, title: str
) -> None:
    goes_to_the_card(world)
    world.inserts_card(card_of("chen"), faults)
    world.sees("trouble")
    world.reads(title)
    world.pulls()
    world.sees("balance.card")  # taking the wrong card out is as good as "try again"
    world.inserts("chen")
    world.sees("balance.password")


def test_an_unknown_version_is_not_guessed_at(world: World) -> None:
    goes_to_the_card(world)
    world.inserts_card(replace(card_of("chen"), version="9.00"))
    world.sees("trouble")
    world.reads("本机不认识这种卡")


def test_an_expired_card_is_sent_to_the_bank(world: World) -> None:
    goes_to_the_card(world, "lin")
    world.inserts("lin")
    world.sees("trouble")
    world.reads("卡已过有效期")
    world.presses("leave")
    world.sees("take_card")
    world.pulls()
    world.sees("idle")


def test_a_card_is_good_to_the_end_of_its_last_day(world: World) -> None:
    goes_to_the_card(world)
    world.inserts_card(replace(card_of("chen"), expires=f"{world.agenda.wall():%Y%m%d}"))
    world.sees("balance.password")


def test_a_card_without_a_bank_application_cannot_check_a_password(world: World) -> None:
    goes_to_the_card(world)
    world.inserts_card(replace(card_of("chen"), bank=None))
    world.sees("trouble")
    world.reads("读不到卡的金融账户")


def test_a_card_without_a_bank_application_is_never_taken_to_the_pad(world: World) -> None:
    """The line comes back between a request that was not kept and the next try."""
    world.cuts_line()
    world.waits(20)
    goes_to_the_card(world)
    world.kills_queue()
    world.inserts_card(replace(card_of("chen"), bank=None))
    world.sees("trouble")
    world.reads("没有登记成功")
    world.repairs_line()
    world.starts_queue()
    world.waits(30)
    world.presses("again")
    world.waits(15)
    world.reads("读不到卡的金融账户")


def test_someone_elses_card_is_refused_before_any_password(world: World) -> None:
    goes_to_the_card(world, "chen")
    world.inserts("li")
    world.sees("trouble")
    world.reads("卡和身份证不是同一个人")
    assert ("step", "balance.password") not in world.records
    world.pulls()
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")


def test_trying_again_with_the_wrong_card_still_in_is_no_better(world: World) -> None:
    goes_to_the_card(world, "chen")
    world.inserts("li")
    world.sees("trouble")
    world.presses("again")
    world.sees("balance.reading")
    world.sees("trouble")
    world.reads("卡和身份证不是同一个人")


def test_a_card_of_another_pan_than_the_bank_knows_does_not_open_anything(world: World) -> None:
    """The block is bound to the card's account number: another number spoils it."""
    goes_to_the_card(world)
    world.inserts_card(replace(card_of("chen"), bank=BankData(pan="6200000000000158386")))
    world.sees("balance.password")
    world.types("246810e")
    world.sees("trouble", "balance.password")
    world.waits(5)
    assert world.state != "balance.result"


def test_a_card_that_answers_no_more_is_given_up_on(world: World) -> None:
    goes_to_the_card(world)
    world.inserts_card(card_of("chen"), CardFaults(slow_s=6.0))
    world.sees("balance.reading")
    world.sees("trouble", within_s=25)


# --- before a service, and after it ---------------------------------------------------------


def test_a_card_put_in_first_is_used_by_the_service_chosen_then(world: World) -> None:
    world.inserts("chen")
    world.sees("card_first")
    world.reads("卡已插入，要办什么？")
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")


def test_a_card_put_in_first_and_taken_again_changes_nothing(world: World) -> None:
    world.inserts("chen")
    world.sees("card_first")
    world.pulls()
    world.sees("idle")


def test_a_card_put_in_first_upside_down_is_said_at_once(world: World) -> None:
    world.inserts("chen", upside_down=True)
    world.sees("card_first")
    world.reads("芯片朝上、朝前再插一次")


def test_a_loss_reported_with_a_card_in_the_slot_gives_the_card_back(world: World) -> None:
    world.inserts("chen")
    world.sees("card_first")
    world.presses("loss")
    world.sees("loss.id_card")
    world.presses("leave")
    world.sees("take_card")
    world.pulls()
    world.sees("goodbye")


def test_a_card_nobody_uses_is_asked_to_be_taken(world: World) -> None:
    world.inserts("chen")
    world.sees("card_first")
    world.sees("card_left", within_s=70)
    world.pulls()
    world.sees("idle")


def test_while_a_card_is_left_in_the_slot_nobody_can_start(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")
    world.presses("done")
    world.sees("take_card")
    world.sees("card_left", within_s=45)
    assert world.terminal.session.situation.visit is None
    offered = {button.id for button in world.view.buttons()}
    assert offered == {"large_text", "language"}
    said = " ".join(world.view.texts())
    for personal in ("陈美玲", "1372", "1,234.56", "32,081.50", "广发"):
        assert personal not in said
    world.terminal.press("balance")
    world.terminal.press("loss")
    world.waits(600)
    assert world.state == "card_left"
    world.pulls()
    world.sees("idle")
    world.presses("loss")
    world.sees("loss.id_card")


def test_the_screen_that_asks_to_take_the_card_says_nothing_personal(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")
    world.presses("done")
    world.sees("take_card")
    said = " ".join(world.view.texts())
    for personal in ("陈美玲", "1372", "1,234.56", "32,081.50", "广发"):
        assert personal not in said


def test_whoever_is_quick_may_put_a_card_in_during_the_goodbye(world: World) -> None:
    goes_to_the_card(world)
    world.presses("leave")
    world.sees("goodbye")
    world.inserts("li")
    world.sees("card_first")
    world.presses("balance")
    world.sees("balance.id_card")
