"""The number under which a terminal keeps a card: six letters and digits with a check character.

Short enough for the telephone. The letters are Crockford's, which leave out those taken for digits,
without the nought: 31 of them, and 31 is a prime, so the weighted sum shows every single wrong
character and every two that changed places.
"""

from __future__ import annotations

_ALPHABET = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BODY = 5
_WEIGHTS = (6, 5, 4, 3, 2)


def claim_number(chance: int) -> str:
    """A claim number made of a random number of 32 bits or more."""
    assert chance >= 0
    letters = []
    for _ in range(_BODY):
        chance, index = divmod(chance, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    body = "".join(letters)
    return body + check_character(body)


def check_character(body: str) -> str:
    """The check character of a claim number's first five. Raises `ValueError` for a foreign one."""
    total = sum(
        weight * _ALPHABET.index(letter) for weight, letter in zip(_WEIGHTS, body, strict=True)
    )
    return _ALPHABET[-total % len(_ALPHABET)]


def claim_from_text(text: str) -> str | None:
    """The claim number in what was said or typed, or None when it is none: case, blanks and dots
    between do not count.
    """
    claim = "".join(letter for letter in text.upper() if letter not in " ·-.")
    if len(claim) != _BODY + 1 or any(letter not in _ALPHABET for letter in claim):
        return None
    return claim if check_character(claim[:-1]) == claim[-1] else None
