"""What the bank does once a day, however often it is run."""

from datetime import timedelta

from sqlalchemy import Engine

from bank.daily import Day, run
from bank.production import Advanced, card_number, pan
from kiosk.drivers.card_reader.bank_application import luhn_ok
from kiosk.drivers.card_reader.protocol import check_character
from tests.bank.reissuing import Counter
from tests.bank.terminal import NOW, Rows, Terminal


def test_a_day_that_is_run_twice_is_run_once(
    terminal: Terminal, engine: Engine, rows: Rows
) -> None:
    reissued = Counter(terminal, engine).replaces()
    tomorrow = NOW + timedelta(days=1)
    assert run(engine, tomorrow) == Day(0, Advanced(in_production=1))
    assert run(engine, tomorrow) == Day(0, Advanced())
    there = NOW + (reissued.collection.due - NOW.date())
    assert run(engine, there) == Day(0, Advanced(at_bank=1))
    assert run(engine, there) == Day(0, Advanced())
    assert rows("SELECT count(*) FROM cards WHERE card_number LIKE 'N%'") == [(1,)]


def test_days_on_which_it_was_not_run_are_made_good(
    terminal: Terminal, engine: Engine, rows: Rows
) -> None:
    reissued = Counter(terminal, engine).replaces()
    much_later = NOW + (reissued.collection.due - NOW.date()) + timedelta(days=181)
    assert run(engine, much_later) == Day(0, Advanced(at_bank=1, destroyed=1))
    assert rows("SELECT stage, at_bank_on FROM applications") == [
        ("destroyed", reissued.collection.due.isoformat())
    ]


def test_what_nobody_paid_lapses(terminal: Terminal, engine: Engine) -> None:
    Counter(terminal, engine).begins()
    assert run(engine, NOW + timedelta(hours=23)).lapsed == 0
    assert run(engine, NOW + timedelta(hours=24)).lapsed == 1
    assert run(engine, NOW + timedelta(hours=24)).lapsed == 0


def test_the_numbers_of_the_cards_made_have_their_check_characters() -> None:
    for serial in (1, 2, 99, 12_345, 9_999_999):
        number = card_number(serial)
        assert check_character(number[:-1]) == number[-1]
        assert luhn_ok(pan(serial))
        assert len(pan(serial)) == 19
