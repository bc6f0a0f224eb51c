"""The bank of a simulated story: the real gateway on a database that notes every effect, and can die.

What happened is read from notes that the database itself makes (triggers), in the transaction of
the effect; so neither the replies nor the gateway's own book of operations are taken at their word.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256, shake_256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from bank.database import memory_database
from bank.gateway import Gateway
from bank.keys import BankKeys, PasswordKeys, UnsealingKey, read_unsealing_key
from bank.people import PEOPLE, Person
from bank.seeding import seed
from offline_queue.formats.keys import TerminalKeys, new_sealing_key
from simulators.models.pin_crypto import encrypt, format_0_block
from simulators.models.pin_pad import TEST_PIN_KEY
from sscard.cards import Account
from sscard.working_days import CHINA_TIME

START = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA_TIME)  # a Monday
TERMINALS = 4
PEPPERS = {Account.MEDICAL: b"q" * 32, Account.FINANCIAL: b"p" * 32}
_KEYS = 4  # sealing keys the bank has in its life
_KEYS_LAST = timedelta(days=3_650)
_TOKENS_A_CARD = 3  # itself, and the salts of its two accounts
_PEOPLE = ("chen", "li", "xu", "zhao")
# Amounts that do not stand in a database by chance.
_MEDICAL_FEN, _FINANCIAL_FEN = 7_719_345_281, 9_264_817_353

_NOTES = """
CREATE TABLE notes (n INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT, op_id TEXT, card_id TEXT);
CREATE TRIGGER note_claim AFTER INSERT ON operations BEGIN
    INSERT INTO notes (what, op_id) VALUES ('claim', NEW.op_id); END;
CREATE TRIGGER note_loss AFTER INSERT ON loss_reports BEGIN
    INSERT INTO notes (what, op_id, card_id) VALUES ('loss', NEW.op_id, NEW.card_id); END;
CREATE TRIGGER note_told AFTER INSERT ON own_channel BEGIN
    INSERT INTO notes (what, op_id, card_id) VALUES (
    CASE NEW.what WHEN 'balances' THEN 'told' ELSE 'notice' END, NEW.op_id, NEW.card_id); END;
CREATE TRIGGER note_wrong AFTER UPDATE OF wrong_in_a_row ON accounts
    WHEN NEW.wrong_in_a_row > OLD.wrong_in_a_row BEGIN
    INSERT INTO notes (what, card_id) VALUES ('wrong', NEW.card_id); END;
CREATE TRIGGER note_right AFTER UPDATE OF wrong_in_a_row ON accounts
    WHEN NEW.wrong_in_a_row <= OLD.wrong_in_a_row BEGIN
    INSERT INTO notes (what, card_id) VALUES ('right', NEW.card_id); END;
"""


class BankDied(BaseException):
    """The bank's process is gone in the middle of what it did."""


@dataclass(frozen=True, slots=True)
class Note:
    """One effect: `what` is claim, loss, told, notice, wrong or right; in the order of the commits.

    `op_id` is that of the last claim before it, where the effect's own row names none.
    """

    what: str
    op_id: str
    card_id: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the gateway's book says of one operation."""

    outcome: str | None
    answer: str | None = field(repr=False)
    at_s: float  # of the bank's clock, in seconds of the story


def terminal_name(number: int) -> str:
    """The name of a terminal of the story."""
    return f"sync-{number:04d}"


@cache
def people() -> tuple[Person, ...]:
    """The people of every story, all with a card in use."""
    found = {each.key: each for each in PEOPLE}
    return tuple(
        replace(
            found[key],
            cards=tuple(
                replace(card, medical_fen=_MEDICAL_FEN, financial_fen=_FINANCIAL_FEN)
                for card in found[key].cards
            ),
        )
        for key in _PEOPLE
    )


@cache
def _signing(name: str) -> Ed25519PrivateKey:
    """An invented key, the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


@cache
def _unsealing(number: int) -> UnsealingKey:
    raw = shake_256(f"unsealing {number}".encode()).digest(96)
    # The bank lists first what ends first.
    return read_unsealing_key(f"sync-{number}", raw, START + _KEYS_LAST - timedelta(days=number))


@cache
def terminal_keys(number: int) -> TerminalKeys:
    """What a terminal holds; the shipped key is the bank's first."""
    first = _unsealing(0)
    shipped = new_sealing_key(first.key_id, first.public, first.not_after)
    name = terminal_name(number)
    lane_key = sha256(f"lane {number}".encode()).digest()
    return TerminalKeys(name, _signing(name), _signing("bank").public_key(), lane_key, shipped)


def foreign_key() -> Ed25519PrivateKey:
    """A key that nobody in the story believes."""
    return _signing("somebody else")


def pin_block(person: Person, *, right: bool) -> str:
    """The encrypted block of the password of the person's first card, or of a wrong one."""
    card = person.cards[0]
    password = card.password if right else "000000"
    return encrypt(TEST_PIN_KEY, format_0_block(password, card.pan[-13:-1])).hex().upper()


def card_id(number: int) -> str:
    """The token of the n-th card that was put in, from 0."""
    return f"{number * _TOKENS_A_CARD:032x}"


def first_card(person: int) -> int:
    """The number of a person's first card."""
    return sum(len(each.cards) for each in people()[:person])


def secrets() -> dict[str, bytes]:
    """What must stand in no stored byte of a terminal, by what it is."""
    found: dict[str, bytes] = {"the answer's kind": b"medical_fen"}
    for fen in (_MEDICAL_FEN, _FINANCIAL_FEN):
        found[f"a balance in digits ({fen % 97})"] = str(fen).encode()
        found[f"a balance in bytes ({fen % 97})"] = fen.to_bytes(8, "big")
    for number, person in enumerate(people()):
        found[f"the ID number of person {number}"] = person.id_number.encode()
        found[f"the name of person {number}"] = person.name.encode()
        found[f"the card number of person {number}"] = person.cards[0].card_number.encode()
        for right in (True, False):
            block = pin_block(person, right=right)
            found[f"a PIN block of person {number}, {right}"] = block.encode()
            found[f"a PIN block in bytes of person {number}, {right}"] = bytes.fromhex(block)
    return found


class SimBank:
    """The gateway with its database, its keys, and its ways to die."""

    def __init__(self) -> None:
        self.engine = memory_database()
        raw = self.engine.raw_connection()
        connection = raw.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.deserialize(_seeded())
        connection.execute("PRAGMA foreign_keys = ON")
        raw.close()
        self._first, self._newest = 0, 0
        self._dies_before: int | None = None
        self._commits = 0
        event.listen(self.engine, "commit", self._at_commit)
        self.gateway = self._start()

    def close(self) -> None:
        """Give the database back."""
        self.engine.dispose()

    def restart(self) -> None:
        """A new process on the same database."""
        self.gateway = self._start()

    def rotate(self, *, forget: bool) -> None:
        """A new key comes first from now on. `forget`: the oldest is held no longer."""
        self._newest = min(self._newest + 1, _KEYS - 1)
        self._first = min(self._first + forget, self._newest)
        self.restart()

    def receive(
        self, body: bytes, signature: str, now: datetime, dies_before: int | None = None
    ) -> tuple[int, bytes]:
        """As the gateway does. `dies_before`: the commit (1, 2, ...) that does not come about.

        Raises `BankDied`; by then the bank has started again. A negative number: from that
        commit on the database does not serve.
        """
        self._commits, self._dies_before = 0, dies_before
        try:
            return self.gateway.receive(body, signature, now)
        except BankDied:
            self.restart()
            raise
        finally:
            self._dies_before = None

    def hello(
        self, body: bytes, signature: str, now: datetime, _: int | None = None
    ) -> tuple[int, bytes]:
        """As the gateway does."""
        return self.gateway.hello(body, signature, now)

    def old_hello(
        self, body: bytes, signature: str, now: datetime, _: int | None = None
    ) -> tuple[int, bytes]:
        """As `hello`, with the list of keys that the bank had first."""
        return _gateway(self.engine, 0, 0).hello(body, signature, now)

    def notes(self) -> list[Note]:
        """Every effect, in the order of the commits."""
        found: list[Note] = []
        latest = ""
        for what, op_id, card in self._ask("SELECT what, op_id, card_id FROM notes ORDER BY n"):
            latest = latest if op_id is None else str(op_id)
            found.append(Note(str(what), latest, None if card is None else str(card)))
        return found

    def stored(self) -> dict[str, Stored]:
        """The gateway's own book, by operation."""
        found = self._ask("SELECT op_id, outcome, answer, at FROM operations")
        return {
            str(op_id): Stored(
                outcome, answer, (datetime.fromisoformat(str(at)) - START).total_seconds()
            )
            for op_id, outcome, answer, at in found
        }

    def _ask(self, query: str) -> list[tuple[str | None, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def _at_commit(self, _: Connection) -> None:
        self._commits += 1
        if self._dies_before is None:
            return
        if self._commits == self._dies_before:
            raise BankDied
        if 0 < -self._dies_before <= self._commits:
            raise OperationalError("", {}, sqlite3.OperationalError("away"))

    def _start(self) -> Gateway:
        return _gateway(self.engine, self._first, self._newest)


def _gateway(engine: Engine, first: int, newest: int) -> Gateway:
    held = [_unsealing(number) for number in range(newest, first - 1, -1)]
    keys = BankKeys(
        {key.key_id: key for key in held},
        _signing("bank"),
        PasswordKeys(
            {terminal_name(number): TEST_PIN_KEY for number in range(TERMINALS)},
            PEPPERS[Account.FINANCIAL],
        ),
        PasswordKeys({}, PEPPERS[Account.MEDICAL]),
        version=newest + 1,
    )
    known = {name: _signing(name).public_key() for name in map(terminal_name, range(TERMINALS))}
    return Gateway(engine, keys, known)


@cache
def _seeded() -> bytes:
    engine = memory_database()
    numbers = iter(range(10_000))
    seed(engine, people(), PEPPERS, START, token=lambda: f"{next(numbers):032x}")
    raw = engine.raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    connection.executescript(_NOTES)
    image = connection.serialize()
    raw.close()
    engine.dispose()
    return image
