"""The medical password is set on the chip, and whatever breaks off in the middle heals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.drivers.events import CardTrouble
from kiosk.fsm.visit import SessionTrouble
from simulators.models.social_security_card import SocialSecurityCard
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import Account
from sscard.requests import RefusalCode
from tests.stories.acts import card_of as on_card
from tests.stories.acts import opens, trouble
from tests.stories.chips import (
    CHIP_APDUS,
    NEW,
    SERVICE,
    a_card,
    agree,
    bank_has,
    goes_to_the_chip,
    goes_to_the_chip_when,
    goes_to_the_second_entry,
    heals,
    is_uncertain,
    on_chip,
    sound,
    until_torn,
)
from tests.stories.passwords import card_of, ends_the_visit, types_twice

# --- it goes well -------------------------------------------------------------------------------


@pytest.mark.rule("PIN.UNLOCK")
@pytest.mark.parametrize("tries_left", [0, 6], ids=["blocked", "forgotten"])
def test_a_medical_password_is_set_on_the_chip_and_at_the_bank(
    world: World, tries_left: int
) -> None:
    card = a_card(tries_left=tries_left)
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.result")
    world.reads("密码已解锁，新密码已生效", "医保个人账户")
    assert (card.data.pin, card.tries_left) == (NEW, 6)
    assert bank_has(world, NEW)
    world.presses("print")
    world.reads("凭条已打印")
    assert "PIN.UNLOCK" in world.receipts()[-1]
    ends_the_visit(world)


def test_a_card_of_the_third_generation_speaks_another_cipher(world: World) -> None:
    card = SocialSecurityCard(replace(on_card("chen"), version="3.00"))
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.result")
    assert card.data.pin == NEW
    assert bank_has(world, NEW)


def test_in_english_it_is_said_as_well(world: World) -> None:
    world.presses("language")
    goes_to_the_chip(world, a_card())
    world.sees(f"{SERVICE}.result")
    world.reads("Unlocked, and the new password holds")


@pytest.mark.rule("CARD.TWO_ACCOUNTS")
def test_the_financial_password_does_not_touch_the_chip(world: World) -> None:
    card = a_card()
    opens(world, SERVICE)
    world.lays("chen")
    world.sees(f"{SERVICE}.card")
    world.slot.insert(card)
    world.sees(f"{SERVICE}.account")
    world.presses(Account.FINANCIAL)
    types_twice(world, f"{SERVICE}.new", NEW)
    world.sees(f"{SERVICE}.result")
    assert card.data.pin == card_of("chen").medical_password
    assert agree(world, card)
    assert ("step", f"{SERVICE}.chip") not in world.records


def test_the_chip_has_no_power_once_the_visit_is_over(world: World) -> None:
    card = a_card()
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.result")
    assert not world.slot.connected
    ends_the_visit(world)


# --- it is refused ------------------------------------------------------------------------------


def test_a_password_that_is_unfit_is_typed_anew_and_nothing_was_set(world: World) -> None:
    card = a_card()
    goes_to_the_chip(world, card, "111111")
    world.sees("trouble")
    world.reads("这个密码不能用")
    assert agree(world, card)
    world.waits(0.1)
    assert not world.slot.connected, "nobody waits for a command any more"
    world.presses("again")
    types_twice(world, f"{SERVICE}.new", NEW)
    world.sees(f"{SERVICE}.result")
    assert card.data.pin == NEW
    assert agree(world, card)


def test_a_card_that_refuses_is_said_to_refuse_and_nothing_was_set(world: World) -> None:
    card = a_card()
    card.faults.refuses_reload = b"\x69\x85"
    goes_to_the_chip(world, card)
    world.sees("trouble")
    world.reads("卡没有接受新密码", "卡里的密码没有变")
    assert trouble(world) == RefusalCode.CHIP_REFUSED
    assert agree(world, card)
    assert not is_uncertain(world)


def test_a_card_of_another_citys_keys_refuses(world: World) -> None:
    card = SocialSecurityCard(replace(on_card("chen"), city_key=bytes(16)))
    goes_to_the_chip(world, card)
    world.sees("trouble")
    world.reads("卡没有接受新密码")
    assert agree(world, card)


def test_a_card_that_was_changed_before_the_chip_was_opened_is_found_out(world: World) -> None:
    card = a_card()
    opens(world, SERVICE)
    world.lays("chen")
    world.sees(f"{SERVICE}.card")
    world.slot.insert(card)
    world.sees(f"{SERVICE}.account")
    world.pulls()
    other = a_card("ho")
    world.slot.insert(other)
    world.presses(Account.MEDICAL)
    types_twice(world, f"{SERVICE}.new", NEW)
    world.sees("trouble")
    assert trouble(world) == SessionTrouble.OTHER_CARD
    world.reads("这不是刚才那张卡")
    assert other.data.pin == card_of("ho").medical_password


# --- the card leaves ----------------------------------------------------------------------------


def test_a_card_pulled_while_the_bank_is_asked_is_as_it_was(world: World) -> None:
    card = a_card()
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.chip_command")
    world.pulls()
    world.sees("trouble")
    assert trouble(world) == CardTrouble.PULLED
    assert agree(world, card)
    world.presses("leave")
    heals(world, card)


def test_a_blocked_card_that_left_too_early_shows_that_it_was_done(world: World) -> None:
    card = a_card(tries_left=0)
    on_chip(card, CHIP_APDUS, after=True)
    until_torn(world, card)
    world.reads("请把同一张卡再插入")
    world.slot.insert(sound(card))
    world.sees(f"{SERVICE}.result")
    world.reads("密码已解锁，新密码已生效")
    assert card.data.pin == NEW
    assert agree(world, card)
    assert not is_uncertain(world)


def test_a_blocked_card_that_left_too_early_shows_that_it_was_not_done(world: World) -> None:
    card = a_card(tries_left=0)
    on_chip(card, CHIP_APDUS)
    until_torn(world, card)
    world.slot.insert(sound(card))
    world.sees("trouble")
    world.reads("卡没有接受新密码", "卡里的密码没有变")
    assert card.tries_left == 0
    assert agree(world, card)
    assert not is_uncertain(world)
    world.presses("again")
    types_twice(world, f"{SERVICE}.new", NEW)
    world.sees(f"{SERVICE}.result")
    assert agree(world, card)
    assert card.data.pin == NEW


@pytest.mark.rule("OFFLINE.HONEST")
@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
def test_a_card_that_shows_nothing_is_said_to_be_unknown(world: World, after: bool) -> None:
    card = a_card()
    on_chip(card, CHIP_APDUS, after=after)
    until_torn(world, card)
    world.slot.insert(sound(card))
    world.sees(f"{SERVICE}.result")
    world.reads("还不知道卡里是新密码还是旧密码", "再办一次")
    assert is_uncertain(world)
    world.presses("print")
    world.reads("凭条已打印")
    assert "不知道卡里是新密码还是旧密码" in world.receipts()[-1]
    ends_the_visit(world)
    heals(world, card)


def test_another_card_is_not_taken_for_the_one_that_left(world: World) -> None:
    card = a_card(tries_left=0)
    on_chip(card, CHIP_APDUS, after=True)
    until_torn(world, card)
    other = a_card("ho", tries_left=0)
    world.slot.insert(other)
    world.reads("这不是刚才那张卡")
    world.pulls()
    world.slot.insert(sound(card))
    world.sees(f"{SERVICE}.result")
    assert agree(world, card)
    assert other.data.pin == card_of("ho").medical_password


def test_a_card_that_never_comes_back_is_unknown_and_the_bank_keeps_it_open(world: World) -> None:
    card = a_card(tries_left=0)
    on_chip(card, CHIP_APDUS, after=True)
    until_torn(world, card)
    world.sees(f"{SERVICE}.result")
    world.reads("还不知道卡里是新密码还是旧密码")
    assert is_uncertain(world)
    ends_the_visit(world)
    heals(world, card)


def test_whoever_leaves_with_the_torn_card_is_healed_the_next_time(world: World) -> None:
    card = a_card()
    on_chip(card, CHIP_APDUS, after=True)
    until_torn(world, card)
    world.presses("leave")
    world.sees("goodbye")
    assert is_uncertain(world)
    heals(world, card)


# --- reader, power, line, queue -----------------------------------------------------------------


def test_a_reader_lost_with_the_command_is_found_and_the_card_looked_at(world: World) -> None:
    card = a_card(tries_left=0)
    card.faults.slow_s = 0.5
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.chip_setting")
    world.waits(0.2)
    world.slot.lose_reader(service=True)
    world.sees(f"{SERVICE}.chip_torn")
    world.waits(3)
    world.slot.find_reader()
    world.sees(f"{SERVICE}.result")
    assert card.data.pin == NEW
    assert agree(world, card)


@pytest.mark.parametrize("state", ["chip", "chip_command", "chip_setting", "chip_torn"])
def test_a_power_cut_anywhere_heals_at_the_next_visit(world: World, state: str) -> None:
    card = a_card()
    card.faults.slow_s = 0.2
    goes_to_the_second_entry(world, card)
    if state == "chip_torn":
        on_chip(card, CHIP_APDUS, after=True)
    world.types(f"{NEW}e")
    world.sees(f"{SERVICE}.{state}")
    world.loses_power()
    world.waits(60)
    if world.slot.occupied:
        world.pulls()
    card.faults.slow_s = 0.0
    assert agree(world, card) or is_uncertain(world)
    heals(world, card)


@pytest.mark.rule("OFFLINE.ONCE", "OFFLINE.HONEST")
def test_a_line_lost_before_the_bank_is_told_is_told_later(world: World) -> None:
    card = a_card()
    card.faults.slow_s = 0.5
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.chip_setting")
    world.cuts_line()
    world.sees(f"{SERVICE}.result")
    world.reads("新密码已写入卡里", "会自动告诉银行")
    assert card.data.pin == NEW
    assert is_uncertain(world)
    ends_the_visit(world)
    world.repairs_line()
    world.waits(400)
    assert agree(world, card)
    assert not is_uncertain(world)


@pytest.mark.rule("OFFLINE.NO_PIN")
def test_a_line_lost_before_the_command_came_leaves_everything_as_it_was(world: World) -> None:
    card = a_card()
    card.faults.slow_s = 0.5
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.chip")
    world.cuts_line()
    world.sees("trouble")
    assert agree(world, card)
    world.presses("leave")
    world.pulls()
    heals(world, card)


@pytest.mark.parametrize("mood", [BankMood.SILENT, BankMood.ANSWER_LOST])
def test_a_bank_that_is_silent_leaves_the_chip_as_it_was(world: World, mood: BankMood) -> None:
    card = a_card()
    world.bank.mood = mood
    goes_to_the_chip_when(world, card)
    world.sees("trouble", within_s=60)
    assert card.data.pin == card_of("chen").medical_password
    assert agree(world, card)
    world.presses("leave")
    world.pulls()
    heals(world, card)


def test_a_word_that_arrives_twice_does_nothing_twice(world: World) -> None:
    card = a_card()
    world.bank.mood = BankMood.TWICE
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.result")
    assert card.data.pin == NEW
    assert agree(world, card)


def test_a_queue_that_dies_while_the_chip_is_set_is_said_to_have_kept_nothing(
    world: World,
) -> None:
    card = a_card()
    card.faults.slow_s = 0.5
    goes_to_the_chip(world, card)
    world.sees(f"{SERVICE}.chip_setting")
    world.kills_queue()
    world.sees(f"{SERVICE}.result", within_s=60)
    world.reads("新密码已写入卡里", "本机也没能记下")
    assert card.data.pin == NEW
    ends_the_visit(world)
    world.starts_queue()
    heals(world, card)


# --- whatever happens ---------------------------------------------------------------------------


@pytest.mark.parametrize("tries_left", [0, 3, 6])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("apdu", range(1, CHIP_APDUS + 1))
def test_pulled_at_any_apdu_both_agree_or_it_is_uncertain_and_heals(
    world: World, apdu: int, after: bool, tries_left: int
) -> None:
    card = a_card(tries_left=tries_left)
    goes_to_the_second_entry(world, card)
    on_chip(card, apdu, after=after)
    world.types(f"{NEW}e")
    if world.sees("trouble", f"{SERVICE}.chip_torn") == f"{SERVICE}.chip_torn":
        world.slot.insert(sound(card))
        world.sees("trouble", f"{SERVICE}.result")
    said = "".join(world.view.texts())
    assert agree(world, card) or ("还不知道" in said and is_uncertain(world))
    ends_the_visit(world)
    heals(world, card)
