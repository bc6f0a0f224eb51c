"""The one-use token as text: short enough to type, and a slip of the finger is told from a wrong one.

``SSK1-`` and 28 characters of Crockford's base 32 (no I, L, O, U) in groups of four: 26 carry the
128 bits, two are check characters of a Reed-Solomon code over GF(32). Its distance is three, so any
one or two wrong characters, and any two that changed places, are found. Capitals, digits and dashes
alone: a QR code stores them in its alphanumeric mode (ISO/IEC 18004).
"""

from __future__ import annotations

from enum import StrEnum

TOKEN_BYTES = 16
PREFIX = "SSK1"

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_BODY, _CHECKS, _GROUP = 26, 2, 4
_SPARE_BITS = _BODY * 5 - TOKEN_BYTES * 8
_TEXT_MAX = 80
_REDUCTION = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)
_ROOTS = (2, 4)  # α and α², the generator's


class TokenFault(StrEnum):
    """Why a text is not a token. None of them needs the office to be asked."""

    OTHER_TEXT = "other_text"  # does not begin like one: another QR code, another paper
    LENGTH = "length"  # a character is missing or too many
    LETTER = "letter"  # a character that no token has
    CHECK = "check"  # the check characters do not fit: mistyped


def token_text(secret: bytes) -> str:
    """The text of a token of 16 bytes, as printed, shown as a QR code and typed."""
    assert len(secret) == TOKEN_BYTES
    number = int.from_bytes(secret, "big") << _SPARE_BITS
    symbols = [number >> 5 * place & 31 for place in reversed(range(_BODY))]
    letters = "".join(_ALPHABET[symbol] for symbol in symbols + _check_symbols(symbols))
    groups = [letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP)]
    return "-".join((PREFIX, *groups))


def read_token(text: str) -> bytes | TokenFault:
    """The token's 16 bytes. Small letters, blanks and dashes do not matter, nor O for 0, I and L for 1."""
    bare = text[: _TEXT_MAX + 1].upper().replace("-", "").replace(" ", "").strip()
    if not bare.startswith(PREFIX):
        return TokenFault.OTHER_TEXT
    letters = bare[len(PREFIX) :]
    if len(text) > _TEXT_MAX or len(letters) != _BODY + _CHECKS:
        return TokenFault.LENGTH
    if any(letter not in _VALUES for letter in letters):
        return TokenFault.LETTER
    symbols = [_VALUES[letter] for letter in letters]
    number = 0
    for symbol in symbols[:_BODY]:
        number = number << 5 | symbol
    if symbols[_BODY:] != _check_symbols(symbols[:_BODY]) or number % (1 << _SPARE_BITS):
        return TokenFault.CHECK
    return (number >> _SPARE_BITS).to_bytes(TOKEN_BYTES, "big")


def _check_symbols(symbols: list[int]) -> list[int]:
    """The remainder of symbols·x² by (x - α)(x - α²)."""
    linear, constant = _ROOTS[0] ^ _ROOTS[1], _times(*_ROOTS)
    high = low = 0
    for symbol in symbols:
        factor = symbol ^ high
        high, low = low ^ _times(factor, linear), _times(factor, constant)
    return [high, low]


def _times(one: int, other: int) -> int:
    """The product in GF(32)."""
    product = 0
    for _ in range(5):
        product ^= one * (other & 1)
        other >>= 1
        one <<= 1
        one ^= _REDUCTION if one & 32 else 0
    return product
