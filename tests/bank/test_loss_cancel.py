"""In person, with a copy, with the card and its form: cancelling a loss report, asked of the bank
directly, with no terminal between.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from bank.people import person
from sscard.cards import CardState, LossKind
from sscard.codes import receipt_code
from sscard.requests import (
    CardFound,
    CardKept,
    CardLook,
    Kept,
    LossCancel,
    LossCancelled,
    LossInForce,
    LossReport,
    Noted,
    Presence,
    Refusal,
    RefusalCode,
    ReportFound,
    ReportState,
    ReportStatus,
)
from sscard.rules import Rule
from tests.bank.terminal import NOW, SHOWN, Rows, Terminal, evidence, lost

DAY = timedelta(days=1)
STILL_ONLY = Presence(SHOWN.still)


def number(key: str) -> str:
    return person(key).cards[0].card_number


def reports(terminal: Terminal, key: str, loss: LossKind, now: datetime = NOW) -> str:
    """Report every card of a person; the receipt's code."""
    op = terminal.op(lost(key, loss))
    terminal.send(op, now=now)
    return receipt_code(bytes.fromhex(op.header.op_id))


def cancels(
    terminal: Terminal,
    key: str,
    form: str | None = None,
    *,
    who: str | None = None,
    shown: Presence = SHOWN,
    now: datetime = NOW,
) -> object:
    return terminal.ask(LossCancel(evidence(who or key), shown, number(key), form), now=now)


def no(answer: object) -> tuple[RefusalCode, Rule]:
    assert isinstance(answer, Refusal)
    return answer.code, answer.rule


def state(terminal: Terminal, key: str, now: datetime = NOW) -> CardState:
    found = terminal.ask(CardLook(evidence(key), number(key)), now=now)
    assert isinstance(found, CardFound)
    return found.card.state


# --- reporting in person -------------------------------------------------------------------------


@pytest.mark.rule("LOSS.IN_PERSON")
def test_a_written_report_without_a_still_is_none(terminal: Terminal) -> None:
    answer = terminal.ask(LossReport(evidence("chen"), LossKind.WRITTEN))
    assert no(answer) == (RefusalCode.NOT_IN_PERSON, Rule.LOSS_IN_PERSON)
    assert state(terminal, "chen") is CardState.ACTIVE


@pytest.mark.rule("LOSS.IN_PERSON")
def test_a_still_that_is_no_picture_shows_nobody(terminal: Terminal) -> None:
    blank = replace_still(b"not a picture")
    answer = terminal.ask(LossReport(evidence("chen"), LossKind.WRITTEN, (), blank))
    assert no(answer) == (RefusalCode.NOT_IN_PERSON, Rule.LOSS_IN_PERSON)


@pytest.mark.rule("LOSS.WRITTEN_NOW")
@pytest.mark.parametrize("shown", [STILL_ONLY, Presence(SHOWN.still, SHOWN.front)])
def test_a_written_report_without_both_sides_of_the_id_card_is_none(
    terminal: Terminal, shown: Presence
) -> None:
    answer = terminal.ask(LossReport(evidence("chen"), LossKind.WRITTEN, (), shown))
    assert no(answer) == (RefusalCode.NO_COPY, Rule.LOSS_WRITTEN_NOW)
    assert state(terminal, "chen") is CardState.ACTIVE


@pytest.mark.rule("LOSS.IN_PERSON")
@pytest.mark.parametrize("shown", [None, STILL_ONLY])
def test_an_oral_report_is_taken_with_a_still_or_without_as_over_the_telephone(
    terminal: Terminal, shown: Presence | None
) -> None:
    answer = terminal.ask(LossReport(evidence("chen"), LossKind.ORAL, (), shown))
    assert isinstance(answer, LossInForce)
    assert state(terminal, "chen") is CardState.LOST_ORAL


def replace_still(still: bytes) -> Presence:
    return Presence(still, SHOWN.front, SHOWN.back)


# --- what works ----------------------------------------------------------------------------------


@pytest.mark.rule("LOSS.CANCEL")
def test_an_oral_report_is_cancelled_without_a_form_and_the_card_works_again(
    terminal: Terminal,
) -> None:
    code = reports(terminal, "chen", LossKind.ORAL)
    answer = cancels(terminal, "chen")
    assert isinstance(answer, LossCancelled)
    assert (answer.bank_id, answer.card_tail) == ("guangfa", "1372")
    assert state(terminal, "chen") is CardState.ACTIVE
    followed = terminal.ask(ReportStatus(code))
    assert isinstance(followed, ReportFound)
    assert followed.state is ReportState.CANCELLED


@pytest.mark.rule("LOSS.CANCEL")
def test_a_written_report_is_cancelled_with_its_own_receipt(terminal: Terminal) -> None:
    code = reports(terminal, "chen", LossKind.WRITTEN)
    assert isinstance(cancels(terminal, "chen", code), LossCancelled)
    assert state(terminal, "chen") is CardState.ACTIVE


@pytest.mark.rule("LOSS.WRITTEN_UPGRADES_ORAL", "LOSS.CANCEL")
def test_a_written_report_that_carried_an_oral_one_on_asks_for_the_written_ones_receipt(
    terminal: Terminal,
) -> None:
    oral = reports(terminal, "chen", LossKind.ORAL)
    written = reports(terminal, "chen", LossKind.WRITTEN, NOW + DAY)
    answer = cancels(terminal, "chen", oral, now=NOW + DAY)
    assert no(answer) == (RefusalCode.FORM_NOT_YOURS, Rule.LOSS_CANCEL)
    assert isinstance(cancels(terminal, "chen", written, now=NOW + DAY), LossCancelled)


@pytest.mark.rule("LOSS.ORAL_LAPSE")
def test_a_card_reported_anew_after_a_cancelling_has_a_term_of_its_own(terminal: Terminal) -> None:
    reports(terminal, "chen", LossKind.ORAL)
    cancels(terminal, "chen", now=NOW + DAY)
    reports(terminal, "chen", LossKind.ORAL, NOW + 2 * DAY)
    assert state(terminal, "chen", NOW + 6 * DAY) is CardState.LOST_ORAL
    assert state(terminal, "chen", NOW + 7 * DAY) is CardState.ACTIVE


# --- what does not -------------------------------------------------------------------------------


@pytest.mark.rule("LOSS.CANCEL")
def test_a_written_report_without_its_form_stays(terminal: Terminal) -> None:
    reports(terminal, "chen", LossKind.WRITTEN)
    assert no(cancels(terminal, "chen")) == (RefusalCode.NEEDS_FORM, Rule.LOSS_CANCEL)
    assert state(terminal, "chen") is CardState.LOST_WRITTEN


@pytest.mark.rule("LOSS.CANCEL")
def test_the_receipt_of_somebody_elses_report_is_no_form(terminal: Terminal) -> None:
    reports(terminal, "chen", LossKind.WRITTEN)
    theirs = reports(terminal, "li", LossKind.WRITTEN)
    answer = cancels(terminal, "chen", theirs)
    assert no(answer) == (RefusalCode.FORM_NOT_YOURS, Rule.LOSS_CANCEL)
    assert state(terminal, "chen") is CardState.LOST_WRITTEN


@pytest.mark.rule("LOSS.CANCEL")
def test_the_receipt_of_an_earlier_report_that_was_cancelled_is_no_form(terminal: Terminal) -> None:
    earlier = reports(terminal, "chen", LossKind.WRITTEN)
    cancels(terminal, "chen", earlier)
    reports(terminal, "chen", LossKind.WRITTEN, NOW + DAY)
    answer = cancels(terminal, "chen", earlier, now=NOW + DAY)
    assert no(answer) == (RefusalCode.FORM_NOT_YOURS, Rule.LOSS_CANCEL)


@pytest.mark.rule("LOSS.CANCEL")
def test_a_code_that_nobody_knows_is_no_form(terminal: Terminal) -> None:
    reports(terminal, "chen", LossKind.WRITTEN)
    assert no(cancels(terminal, "chen", "000000000"))[0] is RefusalCode.CODE_UNKNOWN


@pytest.mark.rule("LOSS.CANCEL")
@pytest.mark.parametrize(
    ("shown", "code"),
    [
        (STILL_ONLY, RefusalCode.NO_COPY),
        (replace_still(b"not a picture"), RefusalCode.NOT_IN_PERSON),
    ],
)
def test_nothing_is_cancelled_without_the_person_and_the_copy(
    terminal: Terminal, shown: Presence, code: RefusalCode
) -> None:
    reports(terminal, "chen", LossKind.ORAL)
    assert no(cancels(terminal, "chen", shown=shown)) == (code, Rule.LOSS_CANCEL)
    assert state(terminal, "chen") is CardState.LOST_ORAL


def test_a_stranger_with_the_card_learns_nothing_and_cancels_nothing(terminal: Terminal) -> None:
    code = reports(terminal, "chen", LossKind.WRITTEN)
    answers = [cancels(terminal, "chen", form, who="li") for form in (code, None, "000000000")]
    assert {no(each) for each in answers} == {
        (RefusalCode.NOT_SAME_PERSON, Rule.ACTIVATE_ORIGINALS)
    }
    assert state(terminal, "chen") is CardState.LOST_WRITTEN


def test_a_card_that_is_not_lost_has_nothing_to_cancel(terminal: Terminal) -> None:
    assert no(cancels(terminal, "chen")) == (RefusalCode.CARD_NOT_LOST, Rule.LOSS_CANCEL)


@pytest.mark.rule("LOSS.CANCEL")
def test_a_cancelling_that_comes_twice_is_done_once_and_harms_nothing(terminal: Terminal) -> None:
    reports(terminal, "chen", LossKind.ORAL)
    cancels(terminal, "chen")
    assert no(cancels(terminal, "chen"))[0] is RefusalCode.CARD_NOT_LOST
    assert state(terminal, "chen") is CardState.ACTIVE


@pytest.mark.rule("LOSS.ORAL_LAPSE")
def test_an_oral_report_that_lapsed_on_the_way_is_said_to_have_lapsed(terminal: Terminal) -> None:
    reports(terminal, "chen", LossKind.ORAL)
    answer = cancels(terminal, "chen", now=NOW + 5 * DAY)
    assert no(answer) == (RefusalCode.CARD_NOT_LOST, Rule.LOSS_ORAL_LAPSE)
    assert state(terminal, "chen", NOW + 5 * DAY) is CardState.ACTIVE


@pytest.mark.rule("LOSS.NO_CANCEL_AFTER_REPLACEMENT")
@pytest.mark.parametrize("key", ["zhou", "wu"], ids=["being replaced", "replaced"])
def test_after_the_replacement_is_completed_no_report_is_ever_cancelled(
    terminal: Terminal, key: str
) -> None:
    answer = cancels(terminal, key)
    assert no(answer) == (RefusalCode.CARD_REPLACED, Rule.LOSS_NO_CANCEL_AFTER_REPLACEMENT)


@pytest.mark.rule("LOSS.NO_CANCEL_AFTER_REPLACEMENT")
def test_a_replacement_completed_elsewhere_wins_over_a_cancelling_on_its_way(
    terminal: Terminal, engine: Engine
) -> None:
    code = reports(terminal, "chen", LossKind.WRITTEN)
    with engine.begin() as connection:
        suspend = text("update cards set state = 'suspended' where card_number = :number")
        connection.execute(suspend, {"number": number("chen")})
    answer = cancels(terminal, "chen", code)
    assert no(answer) == (RefusalCode.CARD_REPLACED, Rule.LOSS_NO_CANCEL_AFTER_REPLACEMENT)


# --- what terminals keep -------------------------------------------------------------------------


def kept(rows: Rows) -> list[tuple[object, ...]]:
    return rows(
        "select terminal, claim, c.card_number, why from kept_cards left join cards c using (card_id)"
    )


def test_a_card_that_a_terminal_keeps_is_written_down_once(terminal: Terminal, rows: Rows) -> None:
    request = CardKept(number("chen"), "K7M4QX", Kept.OLD_CARD)
    assert isinstance(terminal.ask(request), Noted)
    assert isinstance(terminal.ask(request), Noted)
    assert isinstance(terminal.ask(replace_card(request, number("li"))), Noted)
    assert kept(rows) == [(terminal.name, "K7M4QX", number("chen"), "old_card")]


def replace_card(request: CardKept, card_number: str | None) -> CardKept:
    return CardKept(card_number, request.claim, request.why)


@pytest.mark.parametrize("card_number", [None, "H99999999"], ids=["mute", "no bank's of ours"])
def test_a_card_that_nobody_knows_is_written_down_as_that(
    terminal: Terminal, rows: Rows, card_number: str | None
) -> None:
    assert isinstance(terminal.ask(CardKept(card_number, "K7M4QX", Kept.FORGOTTEN)), Noted)
    assert kept(rows) == [(terminal.name, "K7M4QX", None, "forgotten")]


def test_the_holder_of_a_forgotten_card_is_told_and_of_one_handed_in_is_not(
    terminal: Terminal, rows: Rows
) -> None:
    terminal.ask(CardKept(number("chen"), "K7M4QX", Kept.FORGOTTEN))
    terminal.ask(CardKept(number("li"), "K7M4QY", Kept.OLD_CARD))
    told = rows("select what, c.card_number from own_channel join cards c using (card_id)")
    assert told == [("card_kept", number("chen"))]
