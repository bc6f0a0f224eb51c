"""The card is pulled out: at every moment of its reading, and on every screen after it."""

from __future__ import annotations

from simulators.models.social_security_card import CardFaults
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import card_of, goes_to_the_card


def apdus_of_a_reading() -> int:
    """How many APDUs the whole reading of a card takes: the first one too many tells."""
    for number in range(1, 60):
        with World() as world:
            goes_to_the_card(world)
            world.inserts_card(card_of("chen"), CardFaults(pulled_at_apdu=number))
            if world.sees("trouble", "balance.password") == "balance.password":
                return number - 1
    raise AssertionError("a card is never read whole")


def test_a_card_pulled_at_any_moment_of_the_reading_is_said_to_be_pulled() -> None:
    total = apdus_of_a_reading()
    assert total > 10  # two applications do not come in less
    for number in range(1, total + 1):
        with World() as world:
            goes_to_the_card(world)
            world.inserts_card(card_of("chen"), CardFaults(pulled_at_apdu=number))
            world.sees("trouble")
            world.reads("卡被取出了")
            world.inserts("chen")
            world.sees("balance.password")  # putting it back in is as good as "try again"


def test_a_card_pulled_while_the_password_is_typed_ends_the_entry(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246")
    world.pulls()
    world.sees("trouble")
    world.reads("卡被取出了")
    world.waits(1)
    assert not world.pad.holds_digits
    world.types("810e")
    world.sees("trouble")


def test_a_card_swapped_while_the_password_is_typed_is_read_anew(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.pulls()
    world.inserts("li")
    world.sees("balance.reading")
    world.sees("trouble")
    world.reads("卡和身份证不是同一个人")


def test_a_card_pulled_while_the_bank_is_asked_still_gets_its_answer(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.asking")
    world.pulls()
    world.sees("balance.result")
    world.presses("done")
    world.sees("goodbye")


def test_a_card_pulled_while_a_wrong_password_is_asked_about_must_come_back(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("111111e")
    world.sees("balance.asking")
    world.pulls()
    world.sees("trouble")
    world.reads("卡被取出了")
    world.inserts("chen")
    world.sees("balance.password")


def test_a_card_pulled_from_the_result_leaves_the_person_their_time_to_read(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")
    world.pulls()
    world.sees("balance.result")
    world.presses("done")
    world.sees("goodbye")


def test_a_card_pulled_while_the_receipt_is_printed_does_not_stop_the_paper(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")
    world.presses("print")
    world.sees("balance.printing")
    world.pulls()
    world.sees("balance.result")
    world.reads("凭条已打印")


def test_a_card_pulled_from_a_refusal_that_nothing_helps_leaves_it_readable(world: World) -> None:
    goes_to_the_card(world, "lin")
    world.inserts("lin")
    world.sees("trouble")
    world.pulls()
    world.reads("卡已过有效期")
    world.presses("leave")
    world.sees("goodbye")


def test_whoever_takes_the_card_because_nothing_was_kept_is_not_asked_for_it(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.kills_queue()
    world.types("246810e")
    world.sees("trouble")
    world.reads("没有登记成功")
    world.pulls()
    world.waits(5)
    world.sees("trouble")
    world.starts_queue()


def test_the_day_goes_on_when_a_bank_is_silent_and_the_card_is_pulled(world: World) -> None:
    goes_to_the_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.bank.mood = BankMood.SILENT
    world.types("246810e")
    world.sees("balance.asking")
    world.pulls()
    world.sees("balance.result")
    world.presses("done")
    world.sees("idle")
