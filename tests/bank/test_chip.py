"""The medical password on the chip, asked of the bank directly: steps, replays, other cards' chips."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from bank.key_service import KeyService, NoCommand
from bank.keys import BadKeys, BankKeys, PasswordKeys, keys_from_toml, new_keys_toml
from bank.people import person
from simulators.documents import card_data
from simulators.models.social_security_card import SSSE_NAME, SocialSecurityCard
from sscard.cards import Account
from sscard.chip import outcome
from sscard.requests import (
    Answer,
    ChipCipher,
    ChipCommand,
    ChipUnlock,
    ChipUnlockDone,
    Companion,
    Noted,
    PasswordChange,
    PasswordSet,
    Presence,
    ReadBack,
    Refusal,
    RefusalCode,
)
from sscard.rules import Rule
from tests.bank.terminal import NOW, TERMINAL, Rows, Terminal, evidence

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
COPIED = Presence(JPEG, JPEG, JPEG)
FIRST, SECOND = "802461", "135246"
SELECT = b"\x00\xa4\x04\x00" + bytes([len(SSSE_NAME)]) + SSSE_NAME
REFUSED = Refusal(RefusalCode.CHIP_REFUSED, Rule.PIN_UNLOCK)
_STORED = (
    "select salt, password_hash, wrong_in_a_row from accounts join cards using (card_id)"
    " where card_number = :card and account = 'medical'"
)


class Chip:
    """The card of a person in a reader that does no more than it is told."""

    def __init__(self, key: str, keys: BankKeys, version: str = "2.00") -> None:
        self.holder = person(key)
        self.number = self.holder.cards[0].card_number
        self.code = self.holder.cards[0].identification_code
        data = card_data(self.holder, self.holder.cards[0])
        city_key = keys.social_security.card_key
        assert city_key is not None
        self.card = SocialSecurityCard(replace(data, version=version, city_key=city_key))
        self.cipher = ChipCipher.SM4 if version == "3.00" else ChipCipher.DES

    def challenge(self) -> str:
        self.card.power_on()
        self.card.apdu(SELECT)
        size = b"\x10" if self.cipher is ChipCipher.SM4 else b"\x08"
        return self.card.apdu(b"\x00\x84\x00\x00" + size)[:-2].hex().upper()

    def runs(self, command: ChipCommand) -> str:
        return self.card.apdu(bytes.fromhex(command.apdu)).hex().upper()


@pytest.fixture
def chip(keys: BankKeys) -> Chip:
    return Chip("chen", keys)


def begins(terminal: Terminal, chip: Chip, new: str = FIRST, **changed: object) -> Answer:
    key = chip.holder.key
    asked = ChipUnlock(evidence(key), COPIED, chip.number, chip.code, chip.challenge(), chip.cipher)
    asked = ChipUnlock(**{**{f: getattr(asked, f) for f in asked.__struct_fields__}, **changed})
    block = terminal.block(Account.MEDICAL, chip.holder.cards[0], new)
    return terminal.ask(asked, Companion(new_medical=block))


def command(terminal: Terminal, chip: Chip, new: str = FIRST) -> ChipCommand:
    answer = begins(terminal, chip, new)
    assert isinstance(answer, ChipCommand)
    return answer


def done(
    terminal: Terminal,
    chip: Chip,
    step: str,
    status: str | None = "9000",
    read_back: ReadBack = ReadBack.UNKNOWN,
) -> Answer:
    key = chip.holder.key
    return terminal.ask(ChipUnlockDone(step, evidence(key), chip.number, status, read_back))


class Record:
    """What the bank has of a medical password."""

    def __init__(self, rows: Rows, keys: BankKeys) -> None:
        self._rows = rows
        self._vault = keys.vault(Account.MEDICAL, TERMINAL)

    def of(self, chip: Chip) -> tuple[str, str, int]:
        ((salt, hashed, wrong),) = self._rows(_STORED, card=chip.number)
        return str(salt), str(hashed), int(wrong)

    def holds(self, chip: Chip, password: str) -> bool:
        """Whether it is that password, without asking for it as a holder would."""
        salt, hashed, _ = self.of(chip)
        return self._vault.is_right(password, salt, hashed)


@pytest.fixture
def record(rows: Rows, keys: BankKeys) -> Record:
    return Record(rows, keys)


@pytest.mark.rule("PIN.UNLOCK")
@pytest.mark.parametrize("version", ["2.00", "3.00"])
def test_chip_and_record_agree_after_a_step_that_was_done(
    terminal: Terminal, keys: BankKeys, version: str, record: Record
) -> None:
    chip = Chip("chen", keys, version)
    chip.card.tries_left = 0
    given = command(terminal, chip)
    assert not record.holds(chip, FIRST), "nothing is set before the card has said so"
    assert chip.runs(given) == "9000"
    answer = done(terminal, chip, given.step)
    assert isinstance(answer, PasswordSet)
    assert answer.account is Account.MEDICAL
    assert (chip.card.data.pin, chip.card.tries_left) == (FIRST, 6)
    assert record.holds(chip, FIRST)


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_no_key_of_the_banks_world_opens_a_chip(keys: BankKeys, chip: Chip) -> None:
    candidates = [*keys.bank.pin_keys.values(), keys.bank.pepper[:16], keys.bank.pepper[16:]]
    for key in candidates:
        chip.card.reload_tries_left = 3
        challenge = chip.challenge()
        made = KeyService(key).reload_command(chip.code, chip.cipher, challenge, FIRST)
        assert chip.card.apdu(bytes.fromhex(made)).hex() == "6988"
    assert chip.card.data.pin != FIRST
    assert keys.bank.card_key is None


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_with_the_worlds_swapped_there_is_no_command_at_all(keys: BankKeys, chip: Chip) -> None:
    swapped = replace(keys, bank=keys.social_security, social_security=keys.bank)
    with pytest.raises(NoCommand):
        swapped.key_service.reload_command(chip.code, chip.cipher, chip.challenge(), FIRST)


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_a_card_key_that_is_a_key_of_the_banks_world_too_is_refused() -> None:
    text = new_keys_toml(["T0001"], NOW)
    keys = keys_from_toml(text)
    assert keys.social_security.card_key is not None
    shared = keys.bank.pin_keys["T0001"].hex()
    with pytest.raises(BadKeys, match="both worlds"):
        keys_from_toml(text.replace(keys.social_security.card_key.hex(), shared))


def test_a_command_is_for_one_challenge_and_one_card(
    terminal: Terminal, keys: BankKeys, chip: Chip
) -> None:
    given = command(terminal, chip)
    chip.challenge()
    assert chip.runs(given) == "6988", "an old challenge"
    assert chip.runs(given) == "6984", "no challenge"
    other = Chip("ho", keys)
    other.challenge()
    assert other.runs(given) == "6988", "another card"


@pytest.mark.rule("PIN.UNLOCK")
def test_another_cards_chip_is_not_opened_in_a_holders_name(
    terminal: Terminal, keys: BankKeys, chip: Chip
) -> None:
    other = Chip("ho", keys)
    answer = begins(terminal, chip, identification_code=other.code, challenge=other.challenge())
    assert answer == REFUSED


@pytest.mark.rule("PIN.UNLOCK")
def test_a_stranger_gets_no_command(terminal: Terminal, chip: Chip) -> None:
    answer = begins(terminal, chip, evidence=evidence("ho"))
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.NOT_SAME_PERSON


@pytest.mark.rule("PIN.UNLOCK")
def test_without_the_copy_of_the_id_card_there_is_no_command(
    terminal: Terminal, chip: Chip
) -> None:
    answer = begins(terminal, chip, presence=Presence(JPEG))
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.NO_COPY


@pytest.mark.parametrize("new", ["123456", "111111"])
def test_an_unfit_password_gets_no_command(terminal: Terminal, chip: Chip, new: str) -> None:
    answer = begins(terminal, chip, new)
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.PASSWORD_UNFIT


def test_a_card_that_refused_leaves_the_record_and_says_so(
    terminal: Terminal, chip: Chip, record: Record
) -> None:
    before = record.of(chip)
    given = command(terminal, chip)
    assert done(terminal, chip, given.step, "6988") == REFUSED
    assert done(terminal, chip, given.step, "9000") == REFUSED, "the first word stands"
    assert record.of(chip) == before


def test_a_step_told_twice_does_nothing_twice(
    terminal: Terminal, chip: Chip, record: Record
) -> None:
    given = command(terminal, chip)
    chip.runs(given)
    done(terminal, chip, given.step)
    changed = Companion(
        terminal.block(Account.MEDICAL, chip.holder.cards[0], FIRST),
        terminal.block(Account.MEDICAL, chip.holder.cards[0], SECOND),
    )
    ask = PasswordChange(evidence("chen"), chip.number, Account.MEDICAL)
    assert isinstance(terminal.ask(ask, changed), PasswordSet)
    before = record.of(chip)
    assert isinstance(done(terminal, chip, given.step), PasswordSet)
    assert record.of(chip) == before
    later = command(terminal, chip, "917364")
    assert done(terminal, chip, later.step, "6988") == REFUSED
    assert record.of(chip) == before, "an older step is not followed a second time"


def test_a_step_belongs_to_its_card_and_its_holder(
    terminal: Terminal, keys: BankKeys, chip: Chip, record: Record
) -> None:
    given = command(terminal, chip)
    other = Chip("ho", keys)
    answer = done(terminal, other, given.step)
    assert answer == Refusal(RefusalCode.STEP_UNKNOWN, Rule.PIN_UNLOCK)
    stranger = terminal.ask(ChipUnlockDone(given.step, evidence("ho"), chip.number, "9000"))
    assert isinstance(stranger, Refusal)
    assert stranger.code is RefusalCode.NOT_SAME_PERSON
    assert not record.holds(chip, FIRST)


def test_what_nobody_knows_is_noted_and_settled_by_the_next_step(
    terminal: Terminal, chip: Chip, record: Record
) -> None:
    before = record.of(chip)
    given = command(terminal, chip)
    assert isinstance(done(terminal, chip, given.step, None), Noted)
    assert record.of(chip) == before
    again = command(terminal, chip, SECOND)
    assert chip.runs(again) == "9000"
    assert isinstance(done(terminal, chip, again.step), PasswordSet)
    assert record.holds(chip, SECOND)


def test_a_word_that_comes_late_does_not_undo_a_later_step(
    terminal: Terminal, chip: Chip, record: Record
) -> None:
    late = command(terminal, chip)
    chip.runs(late)
    again = command(terminal, chip, SECOND)
    chip.runs(again)
    done(terminal, chip, again.step)
    assert isinstance(done(terminal, chip, late.step), Noted)
    assert record.holds(chip, SECOND)


# What a chip does with a step, and what a terminal says of it.
_ENDS = {
    "done": (True, "9000", ReadBack.UNKNOWN),
    "done, answer lost, seen later": (True, None, ReadBack.DONE),
    "done, nobody knows": (True, None, ReadBack.UNKNOWN),
    "refused": (False, "6988", ReadBack.UNKNOWN),
    "not done, seen later": (False, None, ReadBack.NOT_DONE),
    "not done, nobody knows": (False, None, ReadBack.UNKNOWN),
    "done, never told": (True, "", ReadBack.UNKNOWN),
    "not done, never told": (False, "", ReadBack.UNKNOWN),
}


@pytest.mark.parametrize(("one", "two"), [*product(_ENDS, repeat=2)])
@pytest.mark.parametrize("swapped", [False, True], ids=["in order", "told the other way round"])
def test_chip_and_record_agree_or_it_is_uncertain_and_the_next_step_heals_it(
    terminal: Terminal, chip: Chip, one: str, two: str, swapped: bool, rows: Rows, record: Record
) -> None:
    words = []
    for name, new in ((one, FIRST), (two, SECOND)):
        runs, status, read_back = _ENDS[name]
        given = command(terminal, chip, new)
        if runs:
            assert chip.runs(given) == "9000"
        words.append((given.step, status, read_back))
    for step, status, read_back in reversed(words) if swapped else words:
        if status != "":
            done(terminal, chip, step, status, read_back)
    pin = chip.card.data.pin
    assert pin is not None
    states = [state for (state,) in rows("select state from chip_steps order by n desc")]
    deciding = next((state for state in states if state != "not_done"), "done")
    if deciding == "done":
        assert record.holds(chip, pin)
    last = command(terminal, chip, "917364")
    assert chip.runs(last) == "9000"
    assert isinstance(done(terminal, chip, last.step), PasswordSet)
    assert record.holds(chip, "917364")
    assert chip.card.data.pin == "917364"


@pytest.mark.parametrize(
    ("status", "came"),
    [
        ("9000", ReadBack.DONE),
        ("6988", ReadBack.NOT_DONE),
        ("6984", ReadBack.NOT_DONE),
        ("6581", ReadBack.UNKNOWN),
    ],
)
def test_a_status_word_says_what_became_of_the_password(status: str, came: ReadBack) -> None:
    assert outcome(status, ReadBack.NOT_DONE) is came


def test_nothing_of_a_password_or_a_key_stands_in_a_repr(keys: BankKeys, chip: Chip) -> None:
    service = KeyService(b"k" * 16)
    world = PasswordKeys({}, b"p" * 32, b"k" * 16)
    for shown in (repr(service), repr(world), repr(keys), repr(chip.card)):
        assert "kkkk" not in shown
        assert chip.code not in shown
    with pytest.raises(NoCommand) as said:
        service.reload_command("zz", ChipCipher.DES, "00", FIRST)
    assert "zz" not in str(said.value)
