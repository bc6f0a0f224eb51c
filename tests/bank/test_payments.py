"""Money for a new card: late, twice, of the wrong amount, for nobody. It is never lost or doubled."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Engine

from bank.payments import CONFIRM_DAYS, PAY_HOURS, Why
from sscard.requests import FeeDue, PaymentState, RefusalCode
from tests.bank.reissuing import Counter, books, refusal
from tests.bank.terminal import Rows, Terminal

LATE = timedelta(hours=PAY_HOURS)


@pytest.fixture
def counter(terminal: Terminal, engine: Engine) -> Counter:
    return Counter(terminal, engine)


def test_money_that_comes_twice_is_kept_once(counter: Counter) -> None:
    due = counter.begins()
    assert counter.pays(due).why is None
    assert counter.pays(due).why is Why.TWICE
    assert books(counter.engine) == (4_000, 2_000, 2_000)


def test_one_arrival_that_is_told_twice_is_one(counter: Counter) -> None:
    due = counter.begins()
    first = counter.pays(due, arrival="one")
    assert counter.pays(due, arrival="one") == first
    assert books(counter.engine) == (2_000, 2_000, 0)


@pytest.mark.parametrize("fen", [1, 1_999, 2_001, 20_000])
def test_another_amount_goes_back_whole_and_pays_nothing(counter: Counter, fen: int) -> None:
    due = counter.begins()
    assert counter.pays(due, fen).why is Why.AMOUNT
    assert counter.looks(due).state is PaymentState.OPEN
    assert books(counter.engine) == (fen, 0, fen)


def test_money_for_nobody_goes_back(counter: Counter) -> None:
    assert counter.sends("000000000", 2_000).why is Why.UNKNOWN
    assert books(counter.engine) == (2_000, 0, 2_000)


def test_what_nobody_paid_lapses_and_nothing_has_changed(counter: Counter, rows: Rows) -> None:
    due = counter.begins()
    counter.now += LATE - timedelta(seconds=1)
    assert counter.looks(due).state is PaymentState.OPEN
    counter.now += timedelta(seconds=1)
    assert counter.looks(due).state is PaymentState.LAPSED
    assert refusal(counter.tries_to_confirm(due))[0] is RefusalCode.PAYMENT_UNKNOWN
    counter.day_passes_at_the_bank()
    assert rows("SELECT progress FROM applications") == [("lapsed",)]
    assert rows("SELECT count(*) FROM cards WHERE state = 'suspended'") == [(1,)]  # zhou's


def test_money_that_comes_too_late_goes_back(counter: Counter) -> None:
    due = counter.begins()
    counter.now += LATE
    assert counter.pays(due).why is Why.TOO_LATE
    assert books(counter.engine) == (2_000, 0, 2_000)


def test_late_money_pays_for_what_was_begun_anew(counter: Counter) -> None:
    lapsed = counter.begins()
    counter.now += LATE
    anew = counter.begins()
    assert anew.application != lapsed.application
    counter.pays(lapsed)
    assert counter.looks(anew).state is PaymentState.PAID
    assert counter.looks(lapsed).state is PaymentState.LAPSED
    counter.confirms(anew)
    assert books(counter.engine) == (2_000, 2_000, 0)


def test_late_money_pays_nothing_twice(counter: Counter) -> None:
    lapsed = counter.begins()
    counter.now += LATE
    anew = counter.begins()
    counter.pays(anew)
    assert counter.pays(lapsed).why is Why.TOO_LATE
    assert books(counter.engine) == (4_000, 2_000, 2_000)


def test_what_is_given_up_is_paid_back(counter: Counter) -> None:
    due = counter.begins()
    counter.pays(due)
    assert counter.abandons(due).refunded_fen == 2_000
    assert counter.looks(due).state is PaymentState.REFUNDED
    assert counter.abandons(due).refunded_fen == 2_000, "asked again, it says the same"
    assert books(counter.engine) == (2_000, 0, 2_000)
    assert refusal(counter.tries_to_confirm(due))[0] is RefusalCode.PAYMENT_UNKNOWN


def test_what_was_never_paid_gives_nothing_back(counter: Counter) -> None:
    due = counter.begins()
    assert counter.abandons(due).refunded_fen == 0
    assert counter.pays(due).why is Why.ABANDONED
    assert books(counter.engine) == (2_000, 0, 2_000)


def test_what_is_paid_and_never_confirmed_goes_back_in_the_end(counter: Counter) -> None:
    due = counter.begins()
    counter.pays(due)
    counter.now += LATE + timedelta(days=CONFIRM_DAYS) - timedelta(seconds=1)
    counter.day_passes_at_the_bank()
    assert counter.looks(due).state is PaymentState.PAID
    counter.now += timedelta(seconds=1)
    counter.day_passes_at_the_bank()
    assert counter.looks(due).state is PaymentState.REFUNDED
    assert books(counter.engine) == (2_000, 0, 2_000)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_every_fen_is_kept_once_or_went_back(counter: Counter, seed: int) -> None:
    """A person who begins, pays, pays again, waits, gives up and confirms in any order."""
    rng = Random(seed)
    seen: list[FeeDue] = []
    for _ in range(60):
        match rng.randrange(7):
            case 0:
                answer = counter.tries_to_begin()
                if isinstance(answer, FeeDue):
                    seen.append(answer)
            case 1 | 2 if seen:
                counter.pays(rng.choice(seen), arrival=f"a{rng.randrange(20)}")
            case 3 if seen:
                counter.pays(rng.choice(seen), fen=rng.choice([1, 2_000, 2_001]))
            case 4 if seen:
                counter.tries_to_abandon(rng.choice(seen))
            case 5 if seen and rng.random() < 0.2:
                counter.tries_to_confirm(rng.choice(seen))
            case 6:
                counter.now += timedelta(hours=rng.choice([1, 12, 24, 24 * 31]))
                counter.day_passes_at_the_bank()
        came, kept, back = books(counter.engine)
        assert came == kept + back, "a fen is lost or counted twice"
        with counter.engine.connect() as connection:
            paid = connection.exec_driver_sql(
                "SELECT count(*) FROM payments WHERE state = 'paid'"
            ).scalar_one()
        assert kept == 2_000 * paid, "every paid payment has its money, once"
