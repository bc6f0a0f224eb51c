"""Keys for one text each, and how the bank finds each one again.

A random seed is sealed to the bank's key with HPKE (RFC 9180), hybrid ML-KEM-768 + X25519,
HKDF-SHA256, AES-256-GCM. Each step of a ratchet (keyed BLAKE2b, RFC 7693, in the way of the
symmetric ratchet of the Double Ratchet, 2.2) gives a key and the seed of the next step, and the
seed before it is forgotten. So the costly part of sealing is done once for 64 texts and depends
on none of them, and whoever takes the terminal's memory opens nothing that was sealed before.

Every sealed text carries the sealed seed and the number of its step: none needs another one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hashlib import blake2b

from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
STEPS = 64  # of one seed: as many texts could be read by whoever reads the memory before them
_SEED_BYTES = 32
WRAPPED_BYTES = 1_088 + 32 + _SEED_BYTES + 16  # ML-KEM-768, X25519, the seed, GCM's tag
PROOF_BYTES = 1 + WRAPPED_BYTES


@dataclass(frozen=True, slots=True)
class OneUseKey:
    """An AES-256 key for one text, and what the bank makes it again from with its key `key_id`."""

    key_id: str
    key: bytes = field(repr=False)
    proof: bytes = field(repr=False)  # the number of the step, then the sealed seed


class Ratchet:
    """The keys of one seed, sealed to the bank's key `key_id`."""

    def __init__(self, key_id: str, key: MLKEM768X25519PublicKey) -> None:
        self.key_id = key_id
        self._seed = secrets.token_bytes(_SEED_BYTES)
        self._wrapped = SUITE.encrypt(self._seed, key, info=_info(key_id))
        self._step = 0

    @property
    def is_used_up(self) -> bool:
        """Whether it has no key left."""
        return self._step == STEPS

    def next(self) -> OneUseKey:
        """A key that nobody had before. Not to be asked of one that is used up."""
        assert not self.is_used_up
        proof = self._step.to_bytes(1) + self._wrapped
        key, self._seed = _step(self._seed)
        self._step += 1
        return OneUseKey(self.key_id, key, proof)


def open_key(proof: bytes, key_id: str, key: MLKEM768X25519PrivateKey) -> bytes:
    """The key of a proof, for the bank. Raises `InvalidTag` or `ValueError`."""
    if len(proof) != PROOF_BYTES or proof[0] >= STEPS:
        raise ValueError("not a sealed key")
    seed = SUITE.decrypt(proof[1:], key, info=_info(key_id))
    one_use = b""
    for _ in range(proof[0] + 1):
        one_use, seed = _step(seed)
    return one_use


def _step(seed: bytes) -> tuple[bytes, bytes]:
    """A key, and the seed of the next step. Neither tells the other, or the seed before."""
    both = blake2b(key=seed, digest_size=2 * _SEED_BYTES).digest()
    return both[:_SEED_BYTES], both[_SEED_BYTES:]


def _info(key_id: str) -> bytes:
    """What HPKE binds a seed to. The first form's headers, in JSON, cannot say the same."""
    return b"kiosk-queue one-use keys\0" + key_id.encode()
