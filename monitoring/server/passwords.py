"""Passwords of local accounts: scrypt (RFC 7914) with a salt of their own."""

from __future__ import annotations

import hashlib
import hmac
from secrets import token_bytes

_COST, _BLOCK, _LANES = 2**15, 8, 1
_MEMORY_MAX = 64 * 1024 * 1024
_NOBODY = "00" * 16 + ":" + "00" * 32  # so that an unknown name takes as long as a known one


def hashed(password: str) -> str:
    """What is kept of a password: salt and hash, hexadecimal."""
    salt = token_bytes(16)
    return f"{salt.hex()}:{_hash(password, salt).hex()}"


def matches(password: str, kept: str) -> bool:
    """Whether the password is the one that was kept; never for an account without one."""
    salt, _, wanted = (kept or _NOBODY).partition(":")
    same = hmac.compare_digest(_hash(password, bytes.fromhex(salt)), bytes.fromhex(wanted))
    return same and bool(kept)


def _hash(password: str, salt: bytes) -> bytes:
    content = password.encode()
    return hashlib.scrypt(
        content, salt=salt, n=_COST, r=_BLOCK, p=_LANES, maxmem=_MEMORY_MAX, dklen=32
    )
