"""The text record of an identity document, GA 490-2013: 256 bytes, UTF-16 little-endian.

Which of four layouts it has is said by the two bytes at offset 248. They are looked at
first: a permanent residence card of the 2017 pattern read as a citizen's gives a nonsense
name and no error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from kiosk.drivers.events import DocumentKind, IdDocument, IdTrouble
from kiosk.drivers.id_scanner.protocol import TEXT_SIZE


class Place(NamedTuple):
    """Where a field stands in the record, in bytes."""

    offset: int
    size: int


# In every layout.
VALID_FROM, VALID_UNTIL = Place(188, 16), Place(204, 16)
TYPE_FLAG = Place(248, 2)

# A citizen's, the permit's and, where nothing else is named, the foreigner's of 2023.
NAME, BIRTH, NUMBER = Place(0, 30), Place(36, 16), Place(122, 36)

# The foreigner's of 2017.
ENGLISH_NAME_2017, NUMBER_2017, CHINESE_NAME_2017 = Place(0, 120), Place(122, 30), Place(158, 30)
BIRTH_2017 = Place(220, 16)

# The foreigner's of 2023: an English name is cut in two.
ENGLISH_NAME_2023, ENGLISH_NAME_REST_2023 = Place(52, 70), Place(220, 22)

NO_END = "长期"
HMT_AREAS = ("810000", "820000", "830000")  # Hong Kong, Macau, Taiwan


class _Bad(Exception):
    """A field does not hold. Carries no text: every field is personal."""


def parse(text: bytes) -> IdDocument | IdTrouble:
    """The document in a text record of 256 bytes.

    Result: `NOT_ACCEPTED` for a type flag that no layout has, `MALFORMED` when a field or
    the number's check digit does not hold.
    """
    assert len(text) == TEXT_SIZE
    layout = LAYOUTS.get(flag_of(text))
    if layout is None:
        return IdTrouble.NOT_ACCEPTED
    try:
        return layout(text)
    except _Bad:
        return IdTrouble.MALFORMED


def flag_of(text: bytes) -> bytes:
    """The two bytes that say which layout a record has. Nothing personal."""
    return text[TYPE_FLAG.offset : TYPE_FLAG.offset + TYPE_FLAG.size]


def _citizen(text: bytes) -> IdDocument:
    """The resident ID card."""
    birth = _date(text, BIRTH)
    number = _field(text, NUMBER)
    _check_number(number, birth)
    return _document(DocumentKind.RESIDENT, number, _field(text, NAME), birth, text)


def _hmt_permit(text: bytes) -> IdDocument:
    """The residence permit of Hong Kong, Macau and Taiwan residents: fields as a citizen's."""
    birth = _date(text, BIRTH)
    number = _field(text, NUMBER)
    if not number.startswith(HMT_AREAS):
        raise _Bad
    _check_number(number, birth)
    return _document(DocumentKind.HMT_PERMIT, number, _field(text, NAME), birth, text)


def _foreigner_2017(text: bytes) -> IdDocument:
    """The permanent residence card of the 2017 pattern; its number has 15 characters."""
    number = _field(text, NUMBER_2017)
    if not re.fullmatch(r"[A-Z0-9]{15}", number):
        raise _Bad
    name = _field(text, CHINESE_NAME_2017) or _field(text, ENGLISH_NAME_2017)
    return _document(DocumentKind.FOREIGNER_2017, number, name, _date(text, BIRTH_2017), text)


def _foreigner_2023(text: bytes) -> IdDocument:
    """The permanent residence card of the 2023 pattern: 18 digits, the first of them a 9."""
    number = _field(text, NUMBER)
    if not number.startswith("9"):
        raise _Bad
    _check_number(number, None)
    english = _field(text, ENGLISH_NAME_2023) + _field(text, ENGLISH_NAME_REST_2023)
    name = _field(text, NAME) or english.strip()
    return _document(DocumentKind.FOREIGNER_2023, number, name, _date(text, BIRTH), text)


LAYOUTS: dict[bytes, Callable[[bytes], IdDocument]] = {
    b"\x20\x00": _citizen,
    b"\x00\x00": _citizen,
    b"J\x00": _hmt_permit,
    b"I\x00": _foreigner_2017,
    b"Y\x00": _foreigner_2023,
}


def _document(kind: DocumentKind, number: str, name: str, birth: date, text: bytes) -> IdDocument:
    """The document with its validity, which stands at the same place in every layout."""
    valid_from = _date(text, VALID_FROM)
    endless = _field(text, VALID_UNTIL) == NO_END
    valid_until = None if endless else _date(text, VALID_UNTIL)
    if not name or (valid_until is not None and valid_until < valid_from):
        raise _Bad
    return IdDocument(kind, number, name, birth, valid_from, valid_until)


def _field(text: bytes, place: Place) -> str:
    """One field without its padding of spaces (some cards: NUL)."""
    try:
        value = text[place.offset : place.offset + place.size].decode("utf-16-le")
    except UnicodeDecodeError:
        raise _Bad from None
    value = value.strip(" \0\u3000")
    # Rare characters of names stand in the private use area; only controls are refused.
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise _Bad
    return value


def _date(text: bytes, place: Place) -> date:
    return _day(_field(text, place))


def _day(digits: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise _Bad
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise _Bad from None


def _check_number(number: str, birth: date | None) -> None:
    """GB 11643: 17 digits and a check character of ISO 7064 MOD 11-2.

    The area is not looked up: permits (81, 82, 83) and foreigners (9) have areas that no
    table of birthplaces holds. `birth`, where the number is known to carry it, must agree.
    """
    from stdnum.cn import ric  # slow to load, and not needed to stand ready

    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise _Bad
    if ric.calc_check_digit(number) != number[-1]:
        raise _Bad
    if birth is not None and _day(number[6:14]) != birth:
        raise _Bad
