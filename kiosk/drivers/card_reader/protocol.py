"""The social security application of the card, read as the national specification lays it out.

LD/T 32.3 (files, selection), LD/T 32.5 (commands), and the file structure V2.0 of notice
人社信息函〔2012〕37号. Items are read by tag: record numbers differ between card versions.
"""

from __future__ import annotations

import re
from datetime import date

from msgspec.structs import replace

from kiosk.drivers.card_reader.apdu import Answer, Exchange, OutOfBounds, Unreadable
from kiosk.drivers.card_reader.bank_application import read_pan
from kiosk.drivers.card_reader.status import (
    RECORD_NOT_FOUND,
    SECURITY_STATE,
    StatusWord,
    pin_state,
    record_trouble,
    select_trouble,
)
from kiosk.drivers.card_reader.tlv import BadTlv, walk
from kiosk.drivers.events import CardFacts, CardTrouble, ChallengeGiven
from kiosk.drivers.links.ops import Talk

ENVIRONMENT_NAME = b"sx1.sh." + "社会保障".encode("gbk")
"""The name of the social security environment (SSSE)."""

REGISTERED_ID = bytes.fromhex("D156000005")
"""Stands in bytes 4 to 8 of every card identification code."""

KNOWN_VERSIONS = ("1.00", "2.00", "3.00")

ISSUER_FILE, HOLDER_FILE = 0xEF05, 0xEF06

# Tags and lengths of the items, notice 人社信息函〔2012〕37号.
IDENTIFICATION_CODE, VERSION, EXPIRY, CARD_NUMBER = 0x01, 0x03, 0x06, 0x07
SOCIAL_SECURITY_NUMBER, NAME, NAME_CONTINUED = 0x08, 0x09, 0x4E
ITEM_LENGTHS = {
    IDENTIFICATION_CODE: 16,
    VERSION: 4,
    EXPIRY: 4,
    CARD_NUMBER: 9,
    SOCIAL_SECURITY_NUMBER: 18,
    NAME: 30,
    NAME_CONTINUED: 20,
}

ASK_PASSWORD_STATE = bytes.fromhex("0020000000")
"""VERIFY without a password: tells the state and spends no try."""

ISSUER_DATA = 0x9F0C
"""In the answer to the environment's selection; its last byte names the block cipher."""

DES, SSF33, SM4 = "01", "02", "03"
CHALLENGE_LENGTHS = {DES: 8, SSF33: 16, SM4: 16}
"""One block of the cipher. A challenge may be shorter (LD/T 32.4); a whole one needs no filling."""

CHECK_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def read_card(exchange: Exchange) -> Talk[CardFacts]:
    """Read the card whole: identity, holder, password state, bank account number.

    A card of version 3 keeps its dates and holder to itself until the other side has proved
    who it is; they are None then, and the card number alone identifies the card. The two
    applications are independent: whatever is wrong with the bank's costs only the PAN.
    Raises `Unreadable`, and what `Exchange.send` raises but `OutOfBounds`.
    """
    try:
        facts = yield from _social_security(exchange)
    except OutOfBounds:
        raise Unreadable(CardTrouble.MUTE, "no end within the bounds") from None
    pan = yield from read_pan(exchange)
    return replace(facts, pan=pan)


def open_chip(exchange: Exchange) -> Talk[ChallengeGiven]:
    """Select the environment, see which chip it is and how its password stands, take a challenge.

    The challenge comes last: it is good for the very next command only. Raises as `read_card`.
    """
    try:
        return (yield from _opened(exchange))
    except OutOfBounds:
        raise Unreadable(CardTrouble.MUTE, "no end within the bounds") from None


def run_command(exchange: Exchange, apdu: bytes) -> Talk[StatusWord]:
    """Pass on a protected command to the chip of `open_chip`; what it says to it.

    Raises what `Exchange.send` raises.
    """
    answer = yield from exchange.send(apdu)
    return answer.word


def check_character(body: str) -> str:
    """The check character of a card number's first eight characters (digits, A to Z).

    Raises `ValueError` for another length and for any other character.
    """
    total = sum(
        weight * int(letter, 36) for weight, letter in zip(CHECK_WEIGHTS, body, strict=True)
    )
    check = 11 - total % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def _social_security(exchange: Exchange) -> Talk[CardFacts]:
    """All of the social security application; the facts have no PAN yet.

    Raises `Unreadable`, and what `Exchange.send` raises.
    """
    yield from _select_environment(exchange)
    yield from _select_file(exchange, ISSUER_FILE)
    version = _version((yield from _needed(exchange, VERSION)))
    identification = _identification((yield from _needed(exchange, IDENTIFICATION_CODE)))
    card_number = _card_number((yield from _needed(exchange, CARD_NUMBER)))
    expires = _expiry((yield from _allowed(exchange, EXPIRY)))
    number, name = yield from _holder(exchange, version)
    answer = yield from exchange.send(ASK_PASSWORD_STATE)
    state, tries_left = pin_state(answer.word)
    return CardFacts(
        version=version,
        card_number=card_number,
        identification_code=identification.hex().upper(),
        area_code=identification[:3].hex(),
        expires=expires,
        social_security_number=number,
        name=name,
        pin_state=state,
        pin_tries_left=tries_left,
    )


def _opened(exchange: Exchange) -> Talk[ChallengeGiven]:
    selected = yield from _select_environment(exchange)
    cipher = _cipher(selected.data)
    yield from _select_file(exchange, ISSUER_FILE)
    identification = _identification((yield from _needed(exchange, IDENTIFICATION_CODE)))
    asked = yield from exchange.send(ASK_PASSWORD_STATE)
    state, tries_left = pin_state(asked.word)
    length = CHALLENGE_LENGTHS[cipher]
    answer = yield from exchange.send(b"\x00\x84\x00\x00" + bytes([length]))
    if not answer.word.ok or len(answer.data) != length:
        raise Unreadable(CardTrouble.MALFORMED, f"challenge: {answer.word}")
    return ChallengeGiven(
        identification.hex().upper(), cipher, answer.data.hex().upper(), state, tries_left
    )


def _select_environment(exchange: Exchange) -> Talk[Answer]:
    select = b"\x00\xa4\x04\x00" + bytes([len(ENVIRONMENT_NAME)]) + ENVIRONMENT_NAME
    answer = yield from exchange.send(select)
    if not answer.word.ok:
        raise Unreadable(select_trouble(answer.word), str(answer.word))
    return answer


def _cipher(selected: bytes) -> str:
    """The cipher that the issuer data of the selection name; a card that names none has 3DES."""
    try:
        named = [each.value for each in walk(selected) if each.tag == ISSUER_DATA]
    except BadTlv:
        raise Unreadable(CardTrouble.MALFORMED, "selection malformed") from None
    cipher = f"{named[0][-1]:02X}" if named and len(named[0]) == 3 else DES
    if cipher not in CHALLENGE_LENGTHS:
        raise Unreadable(CardTrouble.UNKNOWN_VERSION, f"cipher {cipher}")
    return cipher


def _holder(exchange: Exchange, version: str) -> Talk[tuple[str | None, str | None]]:
    """Social security number and name; None for both where the card keeps them to itself."""
    if not (yield from _select_file(exchange, HOLDER_FILE, may_refuse=True)):
        return None, None
    number = yield from _allowed(exchange, SOCIAL_SECURITY_NUMBER)
    if number is None:
        return None, None
    name = yield from _allowed(exchange, NAME)
    if name is None:
        return _social_security_number(number), None
    name = name.rstrip(b"\x00")
    if version != "1.00":  # the continuation came with version 2.00
        # A character may be cut in two between the items, so the bytes are joined first.
        more = yield from _allowed(exchange, NAME_CONTINUED)
        name += (more or b"").rstrip(b"\x00")
    return _social_security_number(number), _name(name)


# --- files and records -----------------------------------------------------------------


def _select_file(exchange: Exchange, file_id: int, *, may_refuse: bool = False) -> Talk[bool]:
    """Select an elementary file; False when the card `may_refuse` and does."""
    answer = None
    for p1 in (0x02, 0x00):  # LD/T 32.5 has 02; some cards know 00 only
        answer = yield from exchange.send(
            bytes([0x00, 0xA4, p1, 0x00, 0x02]) + file_id.to_bytes(2, "big")
        )
        if answer.word.ok:
            return True
        if may_refuse and answer.word.value == SECURITY_STATE:
            return False
    assert answer is not None
    raise Unreadable(record_trouble(answer.word), f"file {file_id:04X}: {answer.word}")


def _needed(exchange: Exchange, tag: int) -> Talk[bytes]:
    """The value of an item that every card gives freely."""
    value = yield from _record(exchange, tag, missing_words=())
    assert value is not None
    return value


def _allowed(exchange: Exchange, tag: int) -> Talk[bytes | None]:
    """The value of an item, None where the card has none or does not let it be read."""
    return (yield from _record(exchange, tag, missing_words=(RECORD_NOT_FOUND, SECURITY_STATE)))


def _record(exchange: Exchange, tag: int, missing_words: tuple[int, ...]) -> Talk[bytes | None]:
    """READ RECORD by tag from the current file. The answer is the record: tag, length, value."""
    length = ITEM_LENGTHS[tag]
    answer = yield from exchange.send(bytes([0x00, 0xB2, tag, 0x00, length + 2]))
    if answer.word.value in missing_words:
        return None
    if not answer.word.ok:
        raise Unreadable(record_trouble(answer.word), f"record {tag:02X}: {answer.word}")
    if answer.data[:2] != bytes([tag, length]) or len(answer.data) != length + 2:
        raise Unreadable(CardTrouble.MALFORMED, f"record {tag:02X}: wrong form")
    return answer.data[2:]


# --- items -----------------------------------------------------------------------------


def _version(value: bytes) -> str:
    version = value.decode("ascii", errors="replace")
    if version not in KNOWN_VERSIONS:
        raise Unreadable(CardTrouble.UNKNOWN_VERSION, f"version {value.hex()}")
    return version


def _identification(value: bytes) -> bytes:
    if value[3:8] != REGISTERED_ID or not value[:3].hex().isdecimal():
        raise Unreadable(CardTrouble.MALFORMED, "identification code malformed")
    return value


def _card_number(value: bytes) -> str:
    number = value.decode("ascii", errors="replace")
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", number):
        raise Unreadable(CardTrouble.MALFORMED, "card number malformed")
    if check_character(number[:8]) != number[8]:
        raise Unreadable(CardTrouble.MALFORMED, "card number fails its check")
    return number


def _expiry(value: bytes | None) -> date | None:
    """YYYYMMDD in BCD. A card whose date was left blank (all 0 or all F) has none."""
    if value is None or value in (bytes(4), b"\xff" * 4):
        return None
    digits = value.hex()
    try:
        if not digits.isdecimal():
            raise ValueError
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise Unreadable(CardTrouble.MALFORMED, "date of expiry malformed") from None


def _social_security_number(value: bytes) -> str:
    number = value.rstrip(b"\x00").decode("ascii", errors="replace")
    if not re.fullmatch(r"[0-9A-Z]{15,18}", number):
        raise Unreadable(CardTrouble.MALFORMED, "social security number malformed")
    return number


def _name(value: bytes) -> str:
    """Decode the joined name. GB18030 holds all of GBK, and the names outside it."""
    try:
        name = value.decode("gb18030")
    except UnicodeDecodeError as error:
        if error.reason != "incomplete multibyte sequence":
            raise Unreadable(CardTrouble.MALFORMED, "name malformed") from None
        # Older cards cut a long name at its last byte, in the middle of a character.
        name = value[: error.start].decode("gb18030")
    name = name.strip()
    if not name or not name.isprintable():
        raise Unreadable(CardTrouble.MALFORMED, "name malformed")
    return name
