"""The code of a receipt: nine letters and digits that name one operation to people.

It is the first 45 bits of the operation's random id in Crockford's base 32, which leaves out
the letters that are taken for digits, so that it can be read out over the telephone.
"""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 9
_BITS = _LENGTH * 5
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def receipt_code(op_id: bytes) -> str:
    """The code of the operation with this 16-byte id, without separators."""
    if len(op_id) != 16:
        raise ValueError("an operation id has 16 bytes")
    value = int.from_bytes(op_id, "big") >> (128 - _BITS)
    pairs = [_PAIRS[value >> shift & 1023] for shift in (35, 25, 15, 5)]
    return "".join(pairs) + _ALPHABET[value & 31]


def spaced(code: str) -> str:
    """The code as people read it: ``7K4 · 2MX · 9QD``."""
    return " · ".join(code[start : start + 3] for start in range(0, len(code), 3))


def code_from_text(text: str) -> str | None:
    """The code in what was scanned or typed, or None when it is not one of ours.

    A receipt's QR code holds ``SSC-LOSS:`` and the code.
    """
    head, colon, code = text.strip().upper().partition(":")
    if head != "SSC-LOSS" or not colon:
        return None
    if len(code) != _LENGTH or any(letter not in _ALPHABET for letter in code):
        return None
    return code


def qr_text(code: str) -> str:
    """What the receipt's QR code holds."""
    return f"SSC-LOSS:{code}"
