"""What a social security card computes with its reload key (LD/T 32.4): session key, cipher, MAC.

Assumed, since it is not published: the card's own key is the city's key over its factor and that
factor's complement; the factor is four digits of the area, the serial number, and 0000.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import xor

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from simulators.models.pin_crypto import decrypt, encrypt

TEST_CARD_KEY = bytes.fromhex("5B0E1C7AD3924F86A1C8E2397D60F4B5")
"""An invented city's key: every simulated card is made with it unless it is told another."""

MAC_SIZE = 4


class ChipKeys:
    """The reload key of one card; its `block` is 8 bytes (3DES) or 16 (SM4)."""

    def __init__(self, city_key: bytes, identification_code: str, *, sm4: bool) -> None:
        self.block = 16 if sm4 else 8
        self._encrypt: Callable[[bytes, bytes], bytes] = _sm4_encrypt if sm4 else encrypt
        self._decrypt: Callable[[bytes, bytes], bytes] = _sm4_decrypt if sm4 else decrypt
        factor = bytes.fromhex(identification_code[:4] + identification_code[16:24] + "0000")
        other = bytes(map(xor, factor, b"\xff" * 8))
        if sm4:
            self._key = self._encrypt(city_key, factor + other)
        else:
            self._key = self._encrypt(city_key, factor) + self._encrypt(city_key, other)

    def __repr__(self) -> str:
        return f"ChipKeys({self.block} bytes a block)"

    def unwrap(self, challenge: bytes, command: bytes) -> bytes | None:
        """The clear data of a protected command; None when its MAC is wrong for this challenge.

        `command` is whole: CLA to the MAC. A command without data gives b"".
        """
        session = self._encrypt(self._key, challenge)
        said, mac = command[:-MAC_SIZE], command[-MAC_SIZE:]
        if self._mac(session, said) != mac:
            return None
        sealed = said[5:]
        size = self.block
        clear = b"".join(
            self._decrypt(session, sealed[at : at + size]) for at in range(0, len(sealed), size)
        )
        return clear[1 : 1 + clear[0]] if clear else b""

    def _mac(self, session: bytes, said: bytes) -> bytes:
        said += b"\x80"
        while len(said) % self.block:
            said += b"\x00"
        chained = bytes(self.block)
        for at in range(0, len(said), self.block):
            mixed = bytes(map(xor, chained, said[at : at + self.block]))
            chained = self._encrypt(session, mixed)
        if self.block == 8:
            return chained[:MAC_SIZE]
        folded = bytes(map(xor, chained[:8], chained[8:]))
        return bytes(map(xor, folded[:4], folded[4:]))


def _sm4_encrypt(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(SM4(key), modes.ECB()).encryptor()  # noqa: S305  # single blocks, as the standard has it
    return encryptor.update(data) + encryptor.finalize()


def _sm4_decrypt(key: bytes, data: bytes) -> bytes:
    decryptor = Cipher(SM4(key), modes.ECB()).decryptor()  # noqa: S305
    return decryptor.update(data) + decryptor.finalize()
