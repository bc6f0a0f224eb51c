"""Who holds the card: a card that nobody takes is kept, one that is handed in is kept, and whatever
is cut off in between, the books balance and the number stays.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bank.people import person
from kiosk.claims import Where
from kiosk.custody import Slot
from kiosk.fsm.limits import Limit
from simulators.models.retain_bin import RETAIN_S, RetainBin
from simulators.models.social_security_card import CardFaults
from simulators.world.world import World
from sscard.codes import spaced
from sscard.requests import Kept
from tests.stories.acts import card_of, goes_to_the_password, says
from tests.stories.conftest import comes_to_rest, keeps_nothing_personal
from tests.stories.passwords import activates

PATIENCE_S = Limit.TAKE_CARD.seconds + Limit.LAST_CALL.seconds


@pytest.fixture
def bin_() -> RetainBin:
    return RetainBin()


@pytest.fixture
def motor(bin_: RetainBin) -> Iterator[World]:
    """A terminal whose reader can keep cards."""
    with World(bin_=bin_) as world:
        yield world
        comes_to_rest(world)
        keeps_nothing_personal(world)


def forgets_the_card(world: World, key: str = "chen") -> None:
    """See the balances, say "done", and walk away without the card."""
    goes_to_the_password(world, key)
    world.types(f"{person(key).cards[0].password}e")
    world.sees("balance.result")
    world.presses("done")
    world.sees("take_card")


def only_claim(world: World) -> str:
    (claim,) = world.book.claims()
    assert claim.where is Where.KEPT
    return claim.number


def told(world: World) -> list[tuple[str, str | None, str]]:
    """What the bank knows of kept cards: claim, card number, why."""
    asked = (
        "SELECT claim, card_number, why FROM kept_cards LEFT JOIN cards USING (card_id) ORDER BY at"
    )
    with world.bank.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(asked))]


def hands_in_until_the_motor_runs(world: World) -> None:
    """Activation, with the old card of the same bank laid into the slot."""
    activates(world, "gao", 2)
    world.sees("activate.hand_in")
    world.reads("请先取出这张卡")
    world.pulls()
    world.reads("请插入要交回的旧卡")
    world.inserts("gao", 1)
    world.sees("activate.keeping")


# --- a card that nobody takes -------------------------------------------------------------------


def test_a_forgotten_card_is_kept_after_two_warnings_and_its_bank_is_told(motor: World) -> None:
    forgets_the_card(motor)
    motor.sees("last_call", within_s=Limit.TAKE_CARD.seconds + 1)
    motor.reads("请马上取卡", "本机会把卡收起来保管")
    assert motor.terminal.session.situation.visit is None
    motor.sees("keeping", within_s=Limit.LAST_CALL.seconds + 1)
    motor.sees("card_kept")
    claim = only_claim(motor)
    motor.reads("卡已由本机保管", spaced(claim))
    motor.waits(5)
    assert told(motor) == [(claim, person("chen").cards[0].card_number, "forgotten")]
    assert [each.is_told for each in motor.book.claims()] == [True]
    motor.sees("idle", within_s=Limit.CARD_KEPT.seconds + 1)


def test_whoever_comes_back_in_time_takes_the_card_and_nothing_is_kept(motor: World) -> None:
    forgets_the_card(motor)
    motor.sees("last_call", within_s=60)
    motor.pulls()
    motor.sees("goodbye")
    motor.sees("idle")
    assert motor.book.claims() == ()
    assert told(motor) == []


def test_whoever_comes_back_too_late_reads_the_number_and_prints_it(motor: World) -> None:
    motor.presses("language")
    forgets_the_card(motor)
    motor.sees("card_kept", within_s=PATIENCE_S + 10)
    motor.reads("The card is kept here", spaced(only_claim(motor)))
    motor.presses("print")
    motor.reads("The receipt is printed")
    (paper,) = motor.receipts()
    assert "Card kept" in paper
    assert spaced(only_claim(motor)) in paper
    for personal in ("陈美玲", "H99001372", "1372"):
        assert personal not in paper
        assert not says(motor, personal)
    motor.presses("done")
    motor.sees("idle")


def test_the_number_that_did_not_print_can_be_printed_again_or_written_down(motor: World) -> None:
    forgets_the_card(motor)
    motor.sees("card_kept", within_s=PATIENCE_S + 10)
    motor.printer.paper_lines = 0.0
    motor.presses("print")
    motor.reads("凭条没有打出来", "纸用完了", spaced(only_claim(motor)))
    motor.printer.load_paper()
    motor.sees_button("print")
    motor.presses("print")
    motor.reads("凭条已打印")


def test_a_card_put_in_before_any_service_and_left_is_kept_too(motor: World) -> None:
    motor.inserts("chen")
    motor.sees("card_first")
    motor.sees("last_call", within_s=Limit.CARD_FIRST.seconds + 1)
    motor.sees("card_kept", within_s=60)
    motor.waits(5)
    assert told(motor) == [(only_claim(motor), person("chen").cards[0].card_number, "forgotten")]


def test_a_mute_card_is_kept_and_the_bank_hears_that_one_is_there(motor: World) -> None:
    motor.inserts_card(card_of("chen"), CardFaults(mute=True))
    motor.sees("card_first")
    motor.sees("card_kept", within_s=150)
    motor.waits(5)
    assert told(motor) == [(only_claim(motor), None, "forgotten")]


def test_without_a_line_the_card_is_kept_and_the_bank_is_told_when_it_is_back(
    motor: World,
) -> None:
    motor.cuts_line()
    motor.waits(20)
    motor.inserts("chen")
    motor.sees("card_kept", within_s=150)
    assert told(motor) == []
    motor.repairs_line()
    motor.waits(60)
    assert [each[0] for each in told(motor)] == [only_claim(motor)]


def test_without_a_queue_the_card_is_kept_and_the_book_says_that_nobody_was_told(
    motor: World,
) -> None:
    motor.inserts("chen")
    motor.sees("card_first")
    motor.kills_queue()
    motor.sees("card_kept", within_s=150)
    assert [each.is_told for each in motor.book.claims()] == [False]
    motor.starts_queue()


def test_the_next_person_can_begin_while_the_number_is_still_shown(motor: World) -> None:
    forgets_the_card(motor)
    motor.sees("card_kept", within_s=PATIENCE_S + 10)
    motor.inserts("li")
    motor.sees("card_first")
    motor.pulls()
    motor.sees("idle")


@pytest.mark.parametrize("fault", ["full", "jams"])
def test_a_reader_that_cannot_take_the_card_in_goes_on_asking_for_it(
    motor: World, bin_: RetainBin, fault: str
) -> None:
    if fault == "full":
        bin_.capacity = 0
    bin_.jams = fault == "jams"
    motor.waits(10)
    forgets_the_card(motor)
    motor.sees("card_left", within_s=PATIENCE_S + 30)
    assert motor.book.claims() == ()
    motor.waits(600)
    assert motor.state == "card_left"
    motor.pulls()
    motor.sees("idle")


def test_a_reader_without_a_bin_waits_for_ever_as_it_always_did(world: World) -> None:
    forgets_the_card(world)
    world.sees("card_left", within_s=Limit.TAKE_CARD.seconds + 1)
    world.waits(600)
    assert world.state == "card_left"


@pytest.mark.parametrize("part", [0.1, 0.4, 0.6, 0.9])
def test_the_power_fails_while_the_motor_has_the_card(motor: World, part: float) -> None:
    motor.inserts("chen")
    motor.sees("last_call", within_s=90)
    motor.sees("keeping", within_s=60)
    while motor.terminal.custody.slot is not Slot.MOVING:
        motor.waits(0.01)
    motor.waits(RETAIN_S * part)
    motor.loses_power()
    motor.sees("card_first", "idle", "out_of_service", "card_left")
    motor.waits(30)
    assert motor.slot.bin is not None
    in_bin = len(motor.slot.bin.cards)
    assert in_bin == (part > 0.5)
    assert [each.where for each in motor.book.claims()] == [Where.KEPT] * in_bin
    assert motor.slot.occupied is not bool(in_bin)


# --- a card that is handed in -------------------------------------------------------------------


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_the_old_card_is_kept_under_a_number_that_screen_paper_book_and_bank_share(
    motor: World,
) -> None:
    hands_in_until_the_motor_runs(motor)
    motor.sees("activate.result")
    claim = only_claim(motor)
    motor.presses("print")
    motor.sees("activate.result")
    assert claim in motor.receipts()[-1].replace(" · ", "")
    motor.waits(5)
    assert told(motor) == [(claim, person("gao").cards[0].card_number, "old_card")]
    assert [(each.why, each.tail) for each in motor.book.claims()] == [(Kept.OLD_CARD, "0008")]


def test_another_card_than_the_old_one_is_given_back(motor: World) -> None:
    activates(motor, "gao", 2)
    motor.sees("activate.hand_in")
    motor.pulls()
    motor.inserts("chen")
    motor.reads("这不是要交回的旧卡")
    motor.waits(10)
    assert motor.slot.occupied
    motor.pulls()
    motor.inserts("gao", 2)
    motor.reads("请先取出这张卡")
    motor.pulls()
    motor.inserts("gao", 1)
    motor.sees("activate.result")
    assert len(motor.book.claims()) == 1


def test_a_card_pulled_away_from_the_motor_is_asked_for_again(motor: World) -> None:
    hands_in_until_the_motor_runs(motor)
    motor.pulls()
    motor.sees("activate.hand_in")
    assert motor.book.claims() == ()
    motor.inserts("gao", 1)
    motor.sees("activate.result")


def test_a_jam_is_said_and_the_card_can_be_taken(motor: World, bin_: RetainBin) -> None:
    bin_.jams = True
    hands_in_until_the_motor_runs(motor)
    motor.sees("trouble")
    motor.reads("卡没有收进去")
    motor.presses("leave")
    motor.sees("take_card")
    motor.pulls()
    motor.sees("idle")
    assert motor.book.claims() == ()


@pytest.mark.parametrize("part", [0.2, 0.8])
def test_a_reader_that_falls_silent_with_the_card_says_so_with_its_number(
    motor: World, part: float
) -> None:
    hands_in_until_the_motor_runs(motor)
    motor.waits(RETAIN_S * part)
    motor.slot.lose_reader()
    motor.sees("trouble")
    (claim,) = motor.book.claims()
    motor.reads("不知道旧卡收好没有", spaced(claim.number))
    motor.slot.find_reader()
    motor.waits(10)
    assert len(motor.book.claims()) == (part > 0.5)


def test_a_book_that_cannot_be_written_keeps_no_card(
    motor: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(motor.book, "begin", full)
    activates(motor, "gao", 2)
    motor.sees("activate.hand_in")
    motor.pulls()
    motor.inserts("gao", 1)
    motor.sees("trouble")
    motor.reads("本机不能收回旧卡")
    assert motor.slot.occupied
    assert ("claims.failed", "OSError") in motor.records


def test_the_terminal_dies_with_the_card_kept_and_still_knows_it(motor: World) -> None:
    hands_in_until_the_motor_runs(motor)
    motor.waits(RETAIN_S + 0.1)
    claim = only_claim(motor)
    motor.kills_kiosk()
    motor.sees("idle")
    assert only_claim(motor) == claim


def test_whoever_walks_away_after_handing_in_leaves_a_card_that_is_booked(motor: World) -> None:
    hands_in_until_the_motor_runs(motor)
    motor.cuts_line()
    motor.sees("idle", "trouble", "activate.result", within_s=60)
    motor.sees("idle", within_s=300)
    motor.repairs_line()
    motor.waits(60)
    assert [each[0] for each in told(motor)] == [only_claim(motor)]


def test_a_technician_takes_the_cards_out_and_the_count_agrees(
    motor: World, bin_: RetainBin
) -> None:
    forgets_the_card(motor)
    motor.sees("idle", within_s=300)
    found = len(bin_.take_out())
    count = motor.book.emptied(found, motor.agenda.wall())
    assert count.agrees
    assert motor.book.claims() == ()


def test_every_visit_ends_with_its_cards_accounted_for(motor: World) -> None:
    forgets_the_card(motor)
    motor.sees("idle", within_s=300)
    motor.presses("balance")
    motor.lays("li")
    motor.sees("balance.card")
    motor.inserts("li")
    motor.sees("balance.password")
    motor.presses("leave")
    motor.pulls()
    motor.sees("idle")
    tallies = [detail for what, detail in motor.records if what == "custody"]
    assert tallies == [
        "in 1 out 0 kept 0 unsure 0 inside 1 id 1",
        "in 1 out 0 kept 1 unsure 0 inside 0 id 0",
        "in 1 out 1 kept 0 unsure 0 inside 0 id 1",
    ]
    words = [what for what, _ in motor.records if what.startswith("card.")]
    assert words == ["card.in", "card.kept", "card.in", "card.out"]
