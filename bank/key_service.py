"""The key service: makes the one command that sets the password on one card's chip, once.

A real one is a hardware security module of the social security side; its keys are of that world
alone (CARD.TWO_ENVIRONMENTS), and neither the password nor a key ever leaves it. The reference
gateway stands in for it. The terminal passes on what comes out of it unread.

The command is PIN reload, 84 24 00 01, under the secure messaging of LD/T 32.4 and 32.5. Assumed,
since it is not published: that a card's own key is made from the city's as bank cards make theirs
(PBOC 2.0 part 5), and which of its number the factor is. No vector of a real card was available.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from sscard.requests import ChipCipher

CARD_KEY_BYTES = 16
_RELOAD = bytes.fromhex("84240001")
_MAC_BYTES = 4
_SIZES = {ChipCipher.DES: 8, ChipCipher.SM4: 16}  # of one block


class NoCommand(ValueError):
    """The key service makes no command of this. Never quotes what it was given."""


@dataclass(frozen=True, slots=True)
class KeyService:
    """`card_key`: the city's key that each card's own is made from; None: there is none here."""

    card_key: bytes | None = field(repr=False)

    def reload_command(
        self, identification_code: str, cipher: ChipCipher, challenge: str, password: str
    ) -> str:
        """The command (hex) that sets `password` on the card that gave this challenge.

        `identification_code` and `challenge` are hex. Raises `NoCommand`.
        """
        if self.card_key is None:
            raise NoCommand("no key for cards")
        code, given, size = _hex(identification_code), _hex(challenge), _SIZES[cipher]
        if len(code) != 16 or len(given) != size:
            raise NoCommand("a code has 16 bytes, a challenge one block")
        if not (password.isascii() and password.isdecimal() and 2 <= len(password) <= 12):
            raise NoCommand("not a password")
        key = _session_key(_own_key(self.card_key, code, cipher), given, cipher)
        digits = bytes.fromhex(password + "F" * (len(password) % 2))
        clear = _padded(bytes([len(digits)]) + digits, size, always=False)
        sealed = _encrypt(key, clear, cipher)
        header = _RELOAD + bytes([len(sealed) + _MAC_BYTES])
        return (header + sealed + _mac(key, header + sealed, cipher)).hex().upper()


def _own_key(card_key: bytes, code: bytes, cipher: ChipCipher) -> bytes:
    """A card's own key: of its factor and of the factor's complement, under the city's key.

    The factor: the first four digits of the area, the serial number, 0000 (LD/T 32.7, of PSAMs).
    """
    factor = code[:2] + code[8:12] + bytes(2)
    complement = bytes(byte ^ 0xFF for byte in factor)
    return _encrypt(card_key, factor + complement, cipher)


def _session_key(own_key: bytes, challenge: bytes, cipher: ChipCipher) -> bytes:
    """The key of one command: the challenge under the card's own key (LD/T 32.4)."""
    return _encrypt(own_key, challenge, cipher)


def _mac(key: bytes, text: bytes, cipher: ChipCipher) -> bytes:
    """CBC from a block of zeros; DES: the last block's left half, SM4: its four quarters, XORed."""
    size = _SIZES[cipher]
    chaining = modes.CBC(bytes(size))
    encryptor = Cipher(_algorithm(key, cipher), chaining).encryptor()
    last = encryptor.update(_padded(text, size, always=True))[-size:]
    if cipher is ChipCipher.DES:
        return last[:_MAC_BYTES]
    quarters = [int.from_bytes(last[at : at + 4], "big") for at in range(0, size, 4)]
    return (quarters[0] ^ quarters[1] ^ quarters[2] ^ quarters[3]).to_bytes(_MAC_BYTES, "big")


def _padded(text: bytes, size: int, *, always: bool) -> bytes:
    """80 00 … up to whole blocks; what is full already gets a block more only if `always`."""
    if not always and len(text) % size == 0:
        return text
    text += b"\x80"
    return text + bytes(-len(text) % size)


def _encrypt(key: bytes, blocks: bytes, cipher: ChipCipher) -> bytes:
    encryptor = Cipher(_algorithm(key, cipher), modes.ECB()).encryptor()  # noqa: S305  # each block alone, as the standard has it
    return encryptor.update(blocks) + encryptor.finalize()


def _algorithm(key: bytes, cipher: ChipCipher) -> TripleDES | SM4:
    if cipher is ChipCipher.SM4:
        return SM4(key)
    # A key of 8 bytes is single DES: three times the same.
    return TripleDES(key * 3 if len(key) == 8 else key + key[:8])


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NoCommand("not hex digits") from None
