"""One-time codes that let a technician work at a terminal without a line (RFC 4226, RFC 6238).

Office and terminal share 32 secret bytes. A code is eight digits for one person, one role and one
quarter of an hour: HMAC-SHA-256 in place of SHA-1, which RFC 6238 (section 1.2) provides for.
That a code is used once, and how often one may be wrong, the terminal's technician mode sees to.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

SECRET_BYTES = 32
DIGITS = 8
WINDOW_S = 900
_DOMAIN = b"sscard staff code 1"  # no other use of the secret makes the same text


class Role(StrEnum):
    """What a person at a terminal may do; what is sensitive takes two people."""

    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"


class Admission(Struct, frozen=True):
    """A code that fits. `window` counts quarters of an hour from 1970: a code is taken once."""

    role: Role
    window: int


def window_of(at: datetime) -> int:
    """The window of a moment. Raises `ValueError` for a time without offset."""
    if at.tzinfo is None:
        raise ValueError("a time needs its offset")
    return int(at.timestamp() // WINDOW_S)


def staff_code(secret: bytes, technician: str, role: Role, at: datetime) -> str:
    """The code of this person in this role, now and until the end of the next window.

    Raises `ValueError` for a secret of another length or a number that is not printable.
    """
    return _code(secret, technician, role, window_of(at))


def role_of(secret: bytes, technician: str, code: str, at: datetime) -> Admission | None:
    """What this code admits the person to; None: nothing. The present window and the one before.

    All four candidates are compared, whichever fits: the time taken tells nothing.
    """
    present = window_of(at)
    given = code.encode()
    found: Admission | None = None
    for window in (present, present - 1):
        for role in Role:
            right = _code(secret, technician, role, window).encode()
            if hmac.compare_digest(right, given) and found is None:
                found = Admission(role, window)
    return found


def _code(secret: bytes, technician: str, role: Role, window: int) -> str:
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"the secret has {SECRET_BYTES} bytes")
    if not technician.isprintable():
        raise ValueError("a technician's number is printable")
    text = b"\0".join((_DOMAIN, technician.encode(), role.encode(), str(window).encode()))
    digest = hmac.digest(secret, text, sha256)
    at = digest[-1] & 0x0F  # dynamic truncation, RFC 4226 section 5.3
    number = int.from_bytes(digest[at : at + 4]) & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"
