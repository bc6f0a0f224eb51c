"""Chinese and English, large text, and a hand before the amounts: for one visit, not the next."""

from __future__ import annotations

import re

import pytest

from kiosk.drivers.events import CardTrouble, IdTrouble, PinStop, PrintTrouble
from kiosk.fsm.session import Session
from kiosk.fsm.visit import SessionTrouble
from kiosk.messages.catalogue import messages
from kiosk.screens.view import Role, View
from simulators.world.world import World
from sscard.cards import LossKind
from sscard.requests import RefusalCode, ReportState
from sscard.rules import Rule
from tests.stories.ways import goes_to

STATES = Session().plan.chart().states
_CHINESE = re.compile("[\u4e00-\u9fff]")
_SOMEBODYS_OWN = re.compile(
    "[\u4e00-\u9fff]+＊+[0-9号]*"
)  # a masked name or address stays as it is


def own_words(view: View) -> list[str]:
    """Every text in the language of the view: all but the second lines in the other one."""
    tiles = [each for each in view.options if each.role in (Role.TILE, Role.URGENT)]
    return sorted(set(view.texts()) - {view.second, *(tile.second for tile in tiles)})


# --- no message is missing ----------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_every_screen_can_be_read_in_both_languages(world: World, state: str) -> None:
    goes_to(world, state)
    chinese = world.view
    assert chinese.language == "zh"
    assert chinese.title
    assert chinese.second
    world.presses("language")
    english = world.view
    assert english.state == chinese.state
    assert english.language == "en"
    assert english.title == chinese.second
    assert english.second == chinese.title
    assert not [
        text for text in own_words(english) if _CHINESE.search(_SOMEBODYS_OWN.sub("", text))
    ]
    for view in (chinese, english):
        assert not [text for text in view.texts() if "{" in text or "}" in text]
    assert [each.id for each in english.buttons()] == [each.id for each in chinese.buttons()]


def test_both_catalogues_have_the_same_messages_with_the_same_places_to_fill() -> None:
    chinese, english = messages("zh").texts, messages("en").texts
    assert set(chinese) == set(english)
    places = re.compile(r"{(\w+)}")
    for key, text in chinese.items():
        assert set(places.findall(text)) == set(places.findall(english[key])), key


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_that_may_go_wrong_has_its_words(language: str) -> None:
    words = messages(language)
    # These are said as a hint, on a screen that goes on, or end the visit without a word.
    hinted = {
        IdTrouble.MOVED,
        IdTrouble.NOT_ACCEPTED,
        PinStop.TOO_SHORT,
        SessionTrouble.NOT_ALIKE,
        SessionTrouble.NOT_OLD_CARD,
        SessionTrouble.SAME_ID_CARD,
    }
    silent = {PinStop.CANCELLED, PinStop.TIMED_OUT}
    for code in (*SessionTrouble, *CardTrouble, *IdTrouble, *PinStop, *RefusalCode):
        if code in silent:
            continue
        if code in hinted:
            assert words.has(f"hint.{code}"), code
            continue
        for part in ("title", "what", "do"):
            assert words.has(f"trouble.{code}.{part}"), code
    for rule in Rule:
        assert words.has(f"rule.{rule}"), rule
    for trouble in set(PrintTrouble) - {PrintTrouble.NO_ANSWER}:
        assert words.has(f"print_trouble.{trouble}"), trouble
    for kind in LossKind:
        assert words.has(f"loss_kind.{kind}"), kind
    for state in ReportState:
        assert words.has(f"receipt_check.{state}"), state


def test_a_receipt_is_printed_in_the_language_of_the_visit(world: World) -> None:
    world.presses("language")
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    (receipt,) = world.receipts()
    assert "China Guangfa Bank" in receipt
    assert not _CHINESE.search(receipt)


# --- for this person only -----------------------------------------------------------------------


def test_the_language_holds_for_the_whole_visit_and_not_for_the_next(world: World) -> None:
    world.presses("language")
    world.presses("large_text")
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    assert (world.view.language, world.view.large_text) == ("en", True)
    world.presses("leave")
    world.sees("goodbye")
    assert world.view.language == "en"
    world.sees("idle")
    assert (world.view.language, world.view.large_text) == ("zh", False)


def test_a_language_chosen_on_the_idle_screen_goes_with_the_person(world: World) -> None:
    world.presses("language")
    world.presses("large_text")
    world.waits(30)
    assert (world.view.language, world.view.large_text) == ("en", True)
    world.waits(35)
    assert (world.view.language, world.view.large_text) == ("zh", False)
    assert world.state == "idle"


def test_the_idle_screen_never_shows_a_time_running_out(world: World) -> None:
    world.presses("language")
    assert world.view.time_left is None


def test_a_language_chosen_before_a_visit_does_not_end_in_the_middle_of_it(world: World) -> None:
    world.presses("language")
    world.waits(40)
    world.presses("balance")
    world.waits(40)
    assert world.view.language == "en"


def test_the_language_can_be_changed_back(world: World) -> None:
    world.presses("language")
    world.presses("language")
    assert world.view.language == "zh"


def test_changing_the_language_takes_no_time_and_no_entry_away(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246")
    world.presses("language")
    world.presses("large_text")
    world.types("810e")
    world.sees("balance.result")
    assert world.view.language == "en"


# --- the shield ---------------------------------------------------------------------------------


def goes_to_the_balances(world: World) -> None:
    """Both amounts on the screen."""
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")


def amounts(world: World) -> str:
    """The digits of both amounts, as far as the screen shows them."""
    said = " ".join(world.view.texts())
    return " ".join(amount for amount in ("1,234.56", "32,081.50") if amount in said)


def test_the_shield_hides_the_amounts_and_shows_them_again(world: World) -> None:
    goes_to_the_balances(world)
    assert amounts(world) == "1,234.56 32,081.50"
    world.presses("shield")
    assert amounts(world) == ""
    world.reads("¥ ＊＊＊＊", "显示金额")
    world.presses("shield")
    assert amounts(world) == "1,234.56 32,081.50"


def test_the_shield_stays_while_the_receipt_is_printed_and_in_the_other_language(
    world: World,
) -> None:
    goes_to_the_balances(world)
    world.presses("shield")
    world.presses("language")
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    assert amounts(world) == ""


def test_the_shield_of_one_person_does_not_hide_the_next_ones_amounts(world: World) -> None:
    goes_to_the_balances(world)
    world.presses("shield")
    world.presses("done")
    world.pulls()
    world.lifts()
    world.sees("idle")
    goes_to_the_balances(world)
    assert amounts(world) == "1,234.56 32,081.50"


def test_the_reason_is_opened_and_closed_and_does_not_open_the_next_one(world: World) -> None:
    goes_to_the_balances(world)
    world.presses("why")
    world.reads("CARD.TWO_ACCOUNTS")
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    assert not any("CARD.TWO_ACCOUNTS" in text for text in world.view.texts())
