"""What the simulated PIN pad computes inside itself: ISO 9564-1 format 0 under 3DES."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

_BLOCK_BYTES = 8


def format_0_block(pin: str, pan_digits: str) -> bytes:
    """The clear block of 8 bytes: PIN field XOR account number field (ISO 9564-1, format 0).

    `pan_digits` are the 12 rightmost digits of the account number without its check digit.
    """
    pin_field = int(f"0{len(pin):X}{pin}".ljust(16, "F"), 16)
    return (pin_field ^ int(pan_digits, 16)).to_bytes(_BLOCK_BYTES, "big")


def encrypt(key: bytes, data: bytes) -> bytes:
    """3DES in ECB mode over whole blocks; `key` of 8, 16 or 24 bytes. Raises `ValueError`."""
    encryptor = _cipher(key).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def decrypt(key: bytes, data: bytes) -> bytes:
    """The inverse of `encrypt`. Raises `ValueError`."""
    decryptor = _cipher(key).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def check_value(key: bytes) -> str:
    """The whole zero block under `key`, 16 hex digits, as the pads return it."""
    return encrypt(key, bytes(_BLOCK_BYTES)).hex().upper()


def _cipher(key: bytes) -> Cipher[modes.ECB]:
    whole = {8: key * 3, 16: key + key[:8], 24: key}.get(len(key))
    if whole is None:
        raise ValueError("a DES key has 8, 16 or 24 bytes")
    return Cipher(TripleDES(whole), modes.ECB())  # noqa: S305  # single blocks, as the standard has it
