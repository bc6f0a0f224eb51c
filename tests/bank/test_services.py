"""What the bank answers, through the whole gateway, on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from bank.people import PEOPLE, person
from sscard.cards import CardState, LossKind
from sscard.codes import receipt_code
from sscard.requests import (
    BalanceByOwnChannel,
    BalanceCheck,
    Balances,
    CardList,
    Cards,
    Companion,
    Evidence,
    LossInForce,
    LossReport,
    Refusal,
    RefusalCode,
    ReportFound,
    ReportState,
    ReportStatus,
)
from sscard.rules import Rule
from tests.bank.terminal import NOW, Rows, Terminal, evidence, lost

AT = "2026-03-02T17:30:00.000+08:00"
IN_FIVE_DAYS = "2026-03-07T17:30:00.000+08:00"


def balance_of(key: str, card: int = 0) -> BalanceCheck:
    return BalanceCheck(evidence(key), person(key).cards[card].card_number)


def refusal(answer: object) -> tuple[RefusalCode, Rule, int | None]:
    assert isinstance(answer, Refusal)
    return answer.code, answer.rule, answer.tries_left


# --- balances ------------------------------------------------------------------------------


def test_the_holder_with_the_password_sees_both_balances(terminal: Terminal) -> None:
    answer = terminal.ask(balance_of("chen"), terminal.companion("chen"))
    assert answer == Balances(123_456, 3_208_150, "guangfa", "1372", AT)


@pytest.mark.parametrize("key", [each.key for each in PEOPLE if not each.cards])
def test_who_has_no_card_gets_nothing_of_anybody_elses(terminal: Terminal, key: str) -> None:
    request = BalanceCheck(evidence(key), person("chen").cards[0].card_number)
    answer = terminal.ask(request, terminal.companion("chen"))
    assert refusal(answer) == (RefusalCode.NOT_SAME_PERSON, Rule.ACTIVATE_ORIGINALS, None)


@pytest.mark.parametrize("key", [each.key for each in PEOPLE if each.cards])
def test_everybody_gets_what_their_card_stands_for(terminal: Terminal, key: str) -> None:
    expected = {
        CardState.ACTIVE: None,
        CardState.INACTIVE: (RefusalCode.CARD_INACTIVE, Rule.ACTIVATE_BEFORE_USE, None),
        CardState.LOST_ORAL: (RefusalCode.CARD_LOST, Rule.LOSS_ORAL_LAPSE, None),
        CardState.LOST_WRITTEN: (RefusalCode.CARD_LOST, Rule.LOSS_WRITTEN_NOW, None),
        CardState.SUSPENDED: (RefusalCode.CARD_SUSPENDED, Rule.REPLACE_SUSPENDED, None),
        CardState.SUPERSEDED: (RefusalCode.CARD_SUPERSEDED, Rule.REPLACE_OLD_IS_DEAD, None),
    }[person(key).cards[0].state]
    answer = terminal.ask(balance_of(key), terminal.companion(key))
    if key == "zhang":
        assert refusal(answer) == (RefusalCode.PASSWORD_LOCKED, Rule.PIN_LOCK, 0)
    elif expected is None:
        assert isinstance(answer, Balances)
    else:
        assert refusal(answer) == expected


def test_without_a_password_the_banks_own_channel_tells(terminal: Terminal, rows: Rows) -> None:
    op = terminal.op(balance_of("chen"))
    (verdict,) = terminal.send(op)
    assert verdict.answer == {"kind": "balance_by_own_channel", "at": AT}
    told = rows("select op_id, c.card_number, at from own_channel join cards c using (card_id)")
    assert told == [(op.header.op_id, person("chen").cards[0].card_number, AT)]


def test_another_persons_document_opens_nothing(terminal: Terminal) -> None:
    request = BalanceCheck(evidence("li"), person("chen").cards[0].card_number)
    answer = terminal.ask(request, terminal.companion("chen"))
    assert refusal(answer) == (RefusalCode.NOT_SAME_PERSON, Rule.ACTIVATE_ORIGINALS, None)


def test_the_right_number_with_another_name_opens_nothing(terminal: Terminal) -> None:
    chen = person("chen")
    request = BalanceCheck(
        Evidence("resident", chen.id_number, "陈美铃"), chen.cards[0].card_number
    )
    assert refusal(terminal.ask(request))[0] is RefusalCode.NOT_SAME_PERSON


def test_blanks_around_number_and_name_do_not_count(terminal: Terminal) -> None:
    chen = person("chen")
    padded = Evidence("resident", f"{chen.id_number} ", f"{chen.name}   ")
    request = BalanceCheck(padded, chen.cards[0].card_number)
    assert isinstance(terminal.ask(request), BalanceByOwnChannel)
    assert isinstance(terminal.ask(CardList(padded)), Cards)


def test_a_stranger_does_not_learn_the_state_of_a_lost_card(terminal: Terminal) -> None:
    request = BalanceCheck(evidence("chen"), person("huang").cards[0].card_number)
    assert refusal(terminal.ask(request))[0] is RefusalCode.NOT_SAME_PERSON


def test_a_card_nobody_issued_is_unknown(terminal: Terminal) -> None:
    request = BalanceCheck(evidence("chen"), "H99999994")
    assert refusal(terminal.ask(request))[:2] == (RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)


# --- passwords -----------------------------------------------------------------------------


def test_six_wrong_entries_in_a_row_lock_and_the_right_one_comes_too_late(
    terminal: Terminal,
) -> None:
    wrong = [
        refusal(terminal.ask(balance_of("chen"), terminal.companion("chen", "111111")))
        for _ in range(6)
    ]
    assert [(code, left) for code, _, left in wrong] == [
        (RefusalCode.WRONG_PASSWORD, 5),
        (RefusalCode.WRONG_PASSWORD, 4),
        (RefusalCode.WRONG_PASSWORD, 3),
        (RefusalCode.WRONG_PASSWORD, 2),
        (RefusalCode.WRONG_PASSWORD, 1),
        (RefusalCode.PASSWORD_LOCKED, 0),
    ]
    assert {rule for _, rule, _ in wrong} == {Rule.PIN_LOCK}
    late = terminal.ask(balance_of("chen"), terminal.companion("chen"))
    assert refusal(late) == (RefusalCode.PASSWORD_LOCKED, Rule.PIN_LOCK, 0)


def test_a_right_entry_between_wrong_ones_starts_the_count_anew(terminal: Terminal) -> None:
    for _ in range(5):
        terminal.ask(balance_of("chen"), terminal.companion("chen", "111111"))
    assert isinstance(terminal.ask(balance_of("chen"), terminal.companion("chen")), Balances)
    again = terminal.ask(balance_of("chen"), terminal.companion("chen", "111111"))
    assert refusal(again) == (RefusalCode.WRONG_PASSWORD, Rule.PIN_LOCK, 5)


def test_wrong_entries_count_on_the_financial_account_alone(terminal: Terminal, rows: Rows) -> None:
    terminal.ask(balance_of("chen"), terminal.companion("chen", "111111"))
    counts = rows("select account from accounts where wrong_in_a_row = 1")
    assert counts == [("financial",)]


def test_the_medical_password_is_not_the_one_asked_for(terminal: Terminal) -> None:
    medical = person("chen").cards[0].medical_password
    answer = terminal.ask(balance_of("chen"), terminal.companion("chen", medical))
    assert refusal(answer)[0] is RefusalCode.WRONG_PASSWORD


@pytest.mark.parametrize("block", ["0" * 16, "zz", "00" * 9])
def test_a_block_that_does_not_open_spends_no_try(
    terminal: Terminal, rows: Rows, block: str
) -> None:
    answer = terminal.ask(balance_of("chen"), Companion(block))
    assert refusal(answer)[0] is RefusalCode.MALFORMED
    assert rows("select sum(wrong_in_a_row) from accounts") == [(12,)]  # zhang's and tang's


# --- lists ---------------------------------------------------------------------------------


def test_a_persons_cards_come_first_issued_first_and_masked(terminal: Terminal) -> None:
    answer = terminal.ask(CardList(evidence("li")))
    assert isinstance(answer, Cards)
    assert [(card.bank_id, card.card_tail, card.state) for card in answer.cards] == [
        ("boc", "2746", CardState.ACTIVE),
        ("icbc", "4119", CardState.ACTIVE),
    ]
    numbers = {card.card_number for card in person("li").cards}
    assert not numbers & {card.card_id for card in answer.cards}


def test_the_list_says_when_an_oral_report_lapses_and_that_it_has(terminal: Terminal) -> None:
    def listed(days: float) -> tuple[CardState, str | None]:
        answer = terminal.ask(CardList(evidence("liu")), now=NOW + timedelta(days=days))
        assert isinstance(answer, Cards)
        return answer.cards[0].state, answer.cards[0].lapses_at

    assert listed(0) == (CardState.LOST_ORAL, "2026-03-06T17:30:00.000+08:00")
    assert listed(3.99) == (CardState.LOST_ORAL, "2026-03-06T17:30:00.000+08:00")
    assert listed(4) == (CardState.ACTIVE, None)


def test_a_superseded_card_is_not_listed(terminal: Terminal) -> None:
    answer = terminal.ask(CardList(evidence("wu")))
    assert isinstance(answer, Cards)
    assert [card.card_tail for card in answer.cards] == ["3701"]


def test_nobody_is_known_by_an_id_number_that_is_not_there(terminal: Terminal) -> None:
    stranger = Evidence("resident", "990000199001010017", "无名氏")
    for request in (CardList(stranger), LossReport(stranger, LossKind.ORAL)):
        assert refusal(terminal.ask(request))[0] is RefusalCode.PERSON_UNKNOWN


# --- loss reports ----------------------------------------------------------------------------


def test_an_oral_report_freezes_at_once_and_lapses_after_five_days(terminal: Terminal) -> None:
    answer = terminal.ask(LossReport(evidence("chen"), LossKind.ORAL))
    assert isinstance(answer, LossInForce)
    (frozen,) = answer.frozen
    assert (frozen.loss, frozen.since, frozen.lapses_at, frozen.rule) == (
        LossKind.ORAL,
        AT,
        IN_FIVE_DAYS,
        Rule.LOSS_ORAL_LAPSE,
    )
    just_before = NOW + timedelta(days=5) - timedelta(seconds=1)
    assert refusal(terminal.ask(balance_of("chen"), now=just_before))[0] is RefusalCode.CARD_LOST
    after = terminal.ask(balance_of("chen"), terminal.companion("chen"), NOW + timedelta(days=5))
    assert isinstance(after, Balances)


def test_a_report_for_all_cards_freezes_each_of_them(terminal: Terminal) -> None:
    answer = terminal.ask(lost("li", LossKind.WRITTEN))
    assert isinstance(answer, LossInForce)
    assert [card.bank_id for card in answer.frozen] == ["boc", "icbc"]
    assert all(card.lapses_at is None for card in answer.frozen)


def test_a_report_for_one_card_leaves_the_other_alone(terminal: Terminal) -> None:
    cards = terminal.ask(CardList(evidence("li")))
    assert isinstance(cards, Cards)
    terminal.ask(LossReport(evidence("li"), LossKind.ORAL, (cards.cards[1].card_id,)))
    after = terminal.ask(CardList(evidence("li")))
    assert isinstance(after, Cards)
    assert [card.state for card in after.cards] == [CardState.ACTIVE, CardState.LOST_ORAL]


def test_another_persons_card_cannot_be_reported(terminal: Terminal) -> None:
    cards = terminal.ask(CardList(evidence("li")))
    assert isinstance(cards, Cards)
    answer = terminal.ask(LossReport(evidence("chen"), LossKind.ORAL, (cards.cards[0].card_id,)))
    assert refusal(answer)[0] is RefusalCode.CARD_UNKNOWN


def test_a_written_report_carries_an_oral_one_on_without_a_gap(terminal: Terminal) -> None:
    answer = terminal.ask(lost("liu", LossKind.WRITTEN))
    assert isinstance(answer, LossInForce)
    (frozen,) = answer.frozen
    assert frozen.rule is Rule.LOSS_WRITTEN_UPGRADES_ORAL
    assert (frozen.since, frozen.lapses_at) == ("2026-03-01T17:30:00.000+08:00", None)
    much_later = NOW + timedelta(days=400)
    assert refusal(terminal.ask(balance_of("liu"), now=much_later))[0] is RefusalCode.CARD_LOST


def test_repeating_an_oral_report_does_not_extend_it(terminal: Terminal) -> None:
    terminal.ask(LossReport(evidence("chen"), LossKind.ORAL))
    again = terminal.ask(LossReport(evidence("chen"), LossKind.ORAL), now=NOW + timedelta(days=3))
    assert isinstance(again, LossInForce)
    assert (again.frozen[0].since, again.frozen[0].lapses_at) == (AT, IN_FIVE_DAYS)


def test_all_cards_means_all_that_can_be_reported(terminal: Terminal) -> None:
    answer = terminal.ask(LossReport(evidence("wu"), LossKind.ORAL))
    assert isinstance(answer, LossInForce)
    assert [card.card_tail for card in answer.frozen] == ["3701"]


@pytest.mark.parametrize(
    ("key", "code", "rule"),
    [
        ("wang", RefusalCode.CARD_INACTIVE, Rule.ACTIVATE_BEFORE_USE),
        ("zhou", RefusalCode.CARD_SUSPENDED, Rule.REPLACE_SUSPENDED),
    ],
)
def test_who_has_nothing_to_report_is_told_why(
    terminal: Terminal, key: str, code: RefusalCode, rule: Rule
) -> None:
    answer = terminal.ask(LossReport(evidence(key), LossKind.ORAL))
    assert refusal(answer) == (code, rule, None)


def test_no_card_to_report_when_the_reasons_differ(terminal: Terminal, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("update cards set state = 'inactive' where card_number = :number"),
            {"number": person("wu").cards[1].card_number},
        )
    answer = terminal.ask(LossReport(evidence("wu"), LossKind.ORAL))
    assert refusal(answer) == (RefusalCode.NO_CARD_TO_REPORT, Rule.CARD_STATES, None)


# --- the code of a receipt ---------------------------------------------------------------------


def report(terminal: Terminal, key: str, loss: LossKind) -> str:
    op = terminal.op(lost(key, loss))
    terminal.send(op)
    return receipt_code(bytes.fromhex(op.header.op_id))


def found(terminal: Terminal, code: str, days: float = 0) -> ReportFound:
    answer = terminal.ask(ReportStatus(code), now=NOW + timedelta(days=days))
    assert isinstance(answer, ReportFound)
    return answer


def test_the_code_finds_the_report_in_force_and_then_lapsed(terminal: Terminal) -> None:
    code = report(terminal, "chen", LossKind.ORAL)
    assert found(terminal, code) == ReportFound(
        ReportState.IN_FORCE, LossKind.ORAL, AT, IN_FIVE_DAYS
    )
    assert found(terminal, code, 5).state is ReportState.LAPSED


def test_the_oral_reports_code_tells_of_the_written_one_that_carried_it_on(
    terminal: Terminal,
) -> None:
    code = report(terminal, "chen", LossKind.ORAL)
    report(terminal, "chen", LossKind.WRITTEN)
    assert found(terminal, code, 30) == ReportFound(
        ReportState.IN_FORCE, LossKind.WRITTEN, AT, None
    )


def test_a_report_undone_at_the_counter_is_cancelled(terminal: Terminal, engine: Engine) -> None:
    code = report(terminal, "chen", LossKind.WRITTEN)
    with engine.begin() as connection:
        connection.execute(
            text(
                "update cards set state = 'active', lost_since = null where card_number = :number"
            ),
            {"number": person("chen").cards[0].card_number},
        )
    assert found(terminal, code).state is ReportState.CANCELLED


def test_of_a_report_for_two_cards_the_weaker_part_is_told(terminal: Terminal) -> None:
    code = report(terminal, "li", LossKind.ORAL)
    cards = terminal.ask(CardList(evidence("li")))
    assert isinstance(cards, Cards)
    terminal.ask(lost("li", LossKind.WRITTEN, (cards.cards[0].card_id,)))
    assert found(terminal, code).lapses_at == IN_FIVE_DAYS
    assert found(terminal, code, 6).state is ReportState.LAPSED


def test_a_code_the_bank_never_received_is_unknown(terminal: Terminal) -> None:
    answer = terminal.ask(ReportStatus("000000000"))
    assert refusal(answer)[:2] == (RefusalCode.CODE_UNKNOWN, Rule.LOSS_FREEZE_ON_RECEIPT)
