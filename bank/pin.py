"""Checking a password: the PIN block of ISO 9564-1 format 0 under 3DES, and the stored hash.

A real bank does both inside a hardware security module, and the clear password never leaves it;
the social security side has a module of its own (CARD.TWO_ENVIRONMENTS). The reference gateway
stands in for both: a `Vault` is one of them, with the keys of its world alone. A hash is one
HMAC-SHA256 over salt and password, keyed with a pepper that is not in the database. A slow hash
would add nothing, as six digits can be tried through whoever holds the pepper; the pepper is
what protects them.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

_BLOCK_BYTES = 8
_FORMAT_0 = "0"
_LENGTHS = range(4, 13)


class BadPinBlock(ValueError):
    """The block does not open to a password under this key and account number."""


@dataclass(frozen=True, slots=True)
class Vault:
    """One world's keys for one terminal's passwords: its pad's PIN key of that world, the pepper."""

    pin_key: bytes | None = field(repr=False)  # None: the world knows no pad of this terminal
    pepper: bytes = field(repr=False)

    def opened(self, block: str, number: str) -> str:
        """The password in a block that is bound to `number`. Raises `BadPinBlock`."""
        if self.pin_key is None:
            raise BadPinBlock("no key for this pad")
        return password_from_block(block, number, self.pin_key)

    def hashed(self, password: str, salt: str) -> str:
        """What the database holds of a password."""
        return password_hash(password, salt, self.pepper)

    def is_right(self, password: str, salt: str, stored: str) -> bool:
        """Whether `password` is the one behind `stored`."""
        return is_password(password, salt, self.pepper, stored)


def password_from_block(block: str, pan: str, key: bytes) -> str:
    """The digits in an encrypted format 0 block (16 hex digits). Raises `BadPinBlock`.

    `key` is the pad's double length 3DES key, 16 bytes.
    """
    try:
        sealed = bytes.fromhex(block)
    except ValueError:
        raise BadPinBlock("not hex digits") from None
    if len(sealed) != _BLOCK_BYTES:
        raise BadPinBlock("a PIN block has 8 bytes")
    decryptor = Cipher(TripleDES(key + key[:8]), modes.ECB()).decryptor()  # noqa: S305 - one block, as the standard has it
    clear = decryptor.update(sealed) + decryptor.finalize()
    account = int(pan[-13:-1], 16)  # the 12 rightmost digits without the check digit
    digits = f"{int.from_bytes(clear, 'big') ^ account:016X}"
    length = int(digits[1], 16)
    password, filler = digits[2 : 2 + length], digits[2 + length :]
    if digits[0] != _FORMAT_0 or length not in _LENGTHS:
        raise BadPinBlock("not a block of format 0")
    if not password.isdecimal() or filler.strip("F"):
        raise BadPinBlock("not digits and filler")
    return password


def password_hash(password: str, salt: str, pepper: bytes) -> str:
    """What the database holds of a password: HMAC-SHA256 under the pepper, hex."""
    return hmac.new(pepper, f"{salt}:{password}".encode(), sha256).hexdigest()


def is_password(password: str, salt: str, pepper: bytes, stored: str) -> bool:
    """Whether `password` is the one behind `stored`, compared in constant time."""
    return hmac.compare_digest(password_hash(password, salt, pepper), stored)
