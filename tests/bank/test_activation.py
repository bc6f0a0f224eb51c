"""Activation at the bank, asked directly: both accounts and both passwords, or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bank.people import PersonCard, person
from sscard.cards import Account, CardState, LossKind
from sscard.requests import (
    Activated,
    Activation,
    Answer,
    BalanceCheck,
    Balances,
    CardFound,
    CardLook,
    Companion,
    LossReport,
    PasswordChange,
    PasswordSet,
    Presence,
    Refusal,
    RefusalCode,
    to_wire,
)
from sscard.rules import Rule
from tests.bank.terminal import Rows, Terminal, evidence

AT = "2026-03-02T17:30:00.000+08:00"
STILL = Presence(b"\xff\xd8\xff\xe0 a picture \xff\xd9")
MEDICAL, FINANCIAL = "135246", "802461"
CARDS = "select state from cards where card_number = :card"
EVERYTHING = (
    "select card_number, state, account, salt, password_hash, wrong_in_a_row"
    " from accounts join cards using (card_id) order by card_number, account"
)


def card(key: str, number: int = 0) -> PersonCard:
    return person(key).cards[number]


def activation(key: str, number: int = 0, old: int | None = None) -> Activation:
    """The request for a person's card, with the old one handed in or without."""
    return Activation(
        evidence(key),
        STILL,
        card(key, number).card_number,
        None if old is None else card(key, old).card_number,
        None if old is None else "K-0001",
    )


def passwords(
    terminal: Terminal, on: PersonCard, medical: str = MEDICAL, financial: str = FINANCIAL
) -> Companion:
    """Both new passwords of a card, each under the key of its world."""
    return Companion(
        None,
        terminal.block(Account.MEDICAL, on, medical),
        terminal.block(Account.FINANCIAL, on, financial),
    )


def activate(terminal: Terminal, key: str, number: int = 0, old: int | None = None) -> Answer:
    return terminal.ask(activation(key, number, old), passwords(terminal, card(key, number)))


def why(answer: Answer) -> tuple[RefusalCode, Rule]:
    assert isinstance(answer, Refusal)
    return answer.code, answer.rule


def state(rows: Rows, of: PersonCard) -> CardState:
    ((found,),) = rows(CARDS, card=of.card_number)
    return CardState(found)


@pytest.mark.rule("ACTIVATE.BOTH_OR_NEITHER", "CARD.TWO_ACCOUNTS")
def test_a_collected_card_comes_to_life_with_both_its_passwords(
    terminal: Terminal, rows: Rows
) -> None:
    assert activate(terminal, "wang") == Activated("dongguan", "5488", AT)
    mine = card("wang")
    assert state(rows, mine) is CardState.ACTIVE
    check = BalanceCheck(evidence("wang"), mine.card_number)
    block = terminal.block(Account.FINANCIAL, mine, FINANCIAL)
    assert isinstance(terminal.ask(check, Companion(block)), Balances)
    changes = PasswordChange(evidence("wang"), mine.card_number, Account.MEDICAL)
    old = terminal.block(Account.MEDICAL, mine, MEDICAL)
    new = terminal.block(Account.MEDICAL, mine, "246813")
    assert isinstance(terminal.ask(changes, Companion(old, new)), PasswordSet)


@pytest.mark.rule("ACTIVATE.BOTH_OR_NEITHER")
@pytest.mark.parametrize("missing", ["medical", "financial", "both", "companion"])
def test_with_one_password_only_nothing_at_all_is_done(
    terminal: Terminal, rows: Rows, missing: str
) -> None:
    before = rows(EVERYTHING)
    whole = passwords(terminal, card("wang"))
    companion = {
        "medical": Companion(None, None, whole.new_financial),
        "financial": Companion(None, whole.new_medical, None),
        "both": Companion(),
        "companion": None,
    }[missing]
    assert why(terminal.ask(activation("wang"), companion))[0] is RefusalCode.MALFORMED
    assert rows(EVERYTHING) == before


@pytest.mark.rule("ACTIVATE.BOTH_OR_NEITHER")
@pytest.mark.parametrize(
    ("medical", "financial"),
    [("123456", FINANCIAL), (MEDICAL, "123456"), (MEDICAL, "200401"), ("777777", FINANCIAL)],
)
def test_one_weak_password_of_two_and_nothing_at_all_is_done(
    terminal: Terminal, rows: Rows, medical: str, financial: str
) -> None:
    before = rows(EVERYTHING)
    companion = passwords(terminal, card("wang"), medical, financial)
    answer = terminal.ask(activation("wang"), companion)
    assert why(answer) == (RefusalCode.PASSWORD_UNFIT, Rule.ACTIVATE_BOTH_OR_NEITHER)
    assert rows(EVERYTHING) == before


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
@pytest.mark.parametrize("world", ["both", "medical", "financial"])
def test_a_password_under_the_other_worlds_key_activates_nothing(
    terminal: Terminal, rows: Rows, world: str
) -> None:
    before = rows(EVERYTHING)
    keys = terminal.keys
    swapped = replace(keys, bank=keys.social_security, social_security=keys.bank)
    wrong = passwords(Terminal(terminal.gateway, swapped, terminal.signing), card("wang"))
    right = passwords(terminal, card("wang"))
    companion = Companion(
        None,
        right.new_medical if world == "financial" else wrong.new_medical,
        right.new_financial if world == "medical" else wrong.new_financial,
    )
    assert why(terminal.ask(activation("wang"), companion))[0] is RefusalCode.MALFORMED
    assert rows(EVERYTHING) == before


@pytest.mark.rule("CARD.STATES", "ACTIVATE.BEFORE_USE")
@pytest.mark.parametrize(
    ("key", "code", "rule"),
    [
        ("chen", RefusalCode.CARD_ACTIVE, Rule.CARD_STATES),
        ("liu", RefusalCode.CARD_LOST, Rule.LOSS_ORAL_LAPSE),
        ("huang", RefusalCode.CARD_LOST, Rule.LOSS_WRITTEN_NOW),
        ("zhou", RefusalCode.CARD_SUSPENDED, Rule.REPLACE_SUSPENDED),
        ("wu", RefusalCode.CARD_SUPERSEDED, Rule.REPLACE_OLD_IS_DEAD),
    ],
)
def test_a_card_in_any_other_state_is_not_activated(
    terminal: Terminal, rows: Rows, key: str, code: RefusalCode, rule: Rule
) -> None:
    before = rows(EVERYTHING)
    assert why(activate(terminal, key)) == (code, rule)
    assert rows(EVERYTHING) == before


@pytest.mark.rule("OFFLINE.ONCE")
def test_asked_again_after_a_lost_answer_it_is_active_and_its_passwords_stay(
    terminal: Terminal, rows: Rows
) -> None:
    activate(terminal, "wang")
    before = rows(EVERYTHING)
    again = terminal.ask(activation("wang"), passwords(terminal, card("wang"), "246813", "531864"))
    assert why(again) == (RefusalCode.CARD_ACTIVE, Rule.CARD_STATES)
    assert rows(EVERYTHING) == before


@pytest.mark.rule("ACTIVATE.ORIGINALS", "ACTIVATE.IN_PERSON")
def test_somebody_elses_document_activates_nothing_and_learns_nothing(
    terminal: Terminal, rows: Rows
) -> None:
    before = rows(EVERYTHING)
    for key in ("wang", "chen"):
        agents = replace_evidence(activation(key), "li")
        answer = terminal.ask(agents, passwords(terminal, card(key)))
        assert why(answer) == (RefusalCode.NOT_SAME_PERSON, Rule.ACTIVATE_ORIGINALS)
    assert rows(EVERYTHING) == before


def replace_evidence(request: Activation, key: str) -> Activation:
    return Activation(evidence(key), request.presence, request.card_number)


@pytest.mark.rule("ACTIVATE.IN_PERSON")
def test_without_a_picture_of_the_person_nothing_is_activated(
    terminal: Terminal, rows: Rows
) -> None:
    before = rows(EVERYTHING)
    request = Activation(evidence("wang"), Presence(b"no picture"), card("wang").card_number)
    answer = terminal.ask(request, passwords(terminal, card("wang")))
    assert why(answer) == (RefusalCode.NOT_IN_PERSON, Rule.ACTIVATE_IN_PERSON)
    assert rows(EVERYTHING) == before


@pytest.mark.rule("ACTIVATE.IN_PERSON")
def test_a_request_that_names_an_agent_is_none(terminal: Terminal, rows: Rows) -> None:
    before = rows(EVERYTHING)
    wire = to_wire(activation("wang")) | {"agent": to_wire(activation("li"))["evidence"]}
    op = terminal.op(wire, passwords(terminal, card("wang")), kind="activation")
    (verdict,) = terminal.send(op)
    assert verdict.answer is not None
    assert verdict.answer["code"] == "malformed"
    assert rows(EVERYTHING) == before


# --- the old card --------------------------------------------------------------------------


def looked_at(terminal: Terminal, key: str, number: int) -> CardFound:
    found = terminal.ask(CardLook(evidence(key), card(key, number).card_number))
    assert isinstance(found, CardFound)
    return found


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_an_old_card_of_the_same_bank_must_be_handed_in(terminal: Terminal, rows: Rows) -> None:
    old = looked_at(terminal, "gao", 1).old_card
    assert old is not None
    assert (old.bank_id, old.card_tail, old.state) == ("ccb", "0008", CardState.ACTIVE)
    before = rows(EVERYTHING)
    assert why(activate(terminal, "gao", 1)) == (
        RefusalCode.OLD_CARD_MISSING,
        Rule.ACTIVATE_OLD_CARD,
    )
    assert rows(EVERYTHING) == before


@pytest.mark.rule("ACTIVATE.OLD_CARD", "REPLACE.OLD_IS_DEAD")
def test_the_old_card_that_was_handed_in_never_works_again(terminal: Terminal, rows: Rows) -> None:
    assert activate(terminal, "gao", 1, old=0) == Activated("ccb", "0016", AT, "0008")
    assert state(rows, card("gao", 1)) is CardState.ACTIVE
    assert state(rows, card("gao", 0)) is CardState.SUPERSEDED
    check = BalanceCheck(evidence("gao"), card("gao", 0).card_number)
    block = terminal.block(Account.FINANCIAL, card("gao", 0), card("gao", 0).password)
    answer = terminal.ask(check, Companion(block))
    assert why(answer) == (RefusalCode.CARD_SUPERSEDED, Rule.REPLACE_OLD_IS_DEAD)


@pytest.mark.rule("ACTIVATE.OLD_CARD")
@pytest.mark.parametrize("handed_in", [("gao", "K-1"), ("chen", "K-1"), ("old", None)])
def test_any_other_card_and_one_that_no_terminal_keeps_is_not_the_old_one(
    terminal: Terminal, rows: Rows, handed_in: tuple[str, str | None]
) -> None:
    key, claim = handed_in
    numbers = {
        "gao": card("gao", 1).card_number,  # the new one itself
        "chen": card("chen").card_number,
        "old": card("gao", 0).card_number,
    }
    before = rows(EVERYTHING)
    new = card("gao", 1)
    request = Activation(evidence("gao"), STILL, new.card_number, numbers[key], claim)
    answer = terminal.ask(request, passwords(terminal, new))
    assert why(answer) == (RefusalCode.OLD_CARD_MISSING, Rule.ACTIVATE_OLD_CARD)
    assert rows(EVERYTHING) == before


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_a_card_of_another_bank_is_not_handed_in_and_goes_on(
    terminal: Terminal, rows: Rows
) -> None:
    assert looked_at(terminal, "song", 1).old_card is None
    assert isinstance(activate(terminal, "song", 1), Activated)
    assert state(rows, card("song", 0)) is CardState.ACTIVE


@pytest.mark.rule("ACTIVATE.OLD_CARD", "REPLACE.OLD_IS_DEAD")
def test_a_lost_card_need_not_be_handed_in_and_is_dead_all_the_same(
    terminal: Terminal, rows: Rows
) -> None:
    assert looked_at(terminal, "luo", 1).old_card is None
    assert isinstance(activate(terminal, "luo", 1), Activated)
    assert state(rows, card("luo", 0)) is CardState.SUPERSEDED


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_an_old_card_that_was_reported_lost_meanwhile_does_not_lapse_back_to_life(
    terminal: Terminal, rows: Rows
) -> None:
    terminal.ask(LossReport(evidence("gao"), LossKind.ORAL, ()))
    assert isinstance(activate(terminal, "gao", 1), Activated)
    assert state(rows, card("gao", 0)) is CardState.SUPERSEDED
    assert rows(
        "select lapses_at from cards where card_number = :card", card=card("gao", 0).card_number
    ) == [(None,)]


def test_nobody_looks_at_somebody_elses_card(terminal: Terminal) -> None:
    for key in ("chen", "wang"):
        answer = terminal.ask(CardLook(evidence("li"), card(key).card_number))
        assert why(answer) == (RefusalCode.NOT_SAME_PERSON, Rule.ACTIVATE_ORIGINALS)
    answer = terminal.ask(CardLook(evidence("li"), "H99999994"))
    assert why(answer) == (RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)


def test_locked_passwords_are_told_to_the_holder(terminal: Terminal) -> None:
    assert looked_at(terminal, "zhang", 0).locked == (Account.FINANCIAL,)
    assert looked_at(terminal, "tang", 0).locked == (Account.MEDICAL,)
    assert looked_at(terminal, "chen", 0).locked == ()
