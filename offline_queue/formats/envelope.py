"""What travels between a terminal's queue and the bank, sealed and signed.

* A request is sealed to the bank's key with HPKE (RFC 9180), hybrid ML-KEM-768 + X25519,
  HKDF-SHA256, AES-256-GCM. The clear header of its row is bound in through `info`, so a sealed
  text cannot be moved under another header.
* A batch of rows is signed by the terminal, each verdict by the bank (Ed25519), over one
  canonical JSON form.

HPKE's base mode does not say who sealed; the batch's signature does.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from offline_queue.formats.timeline import TimeMark

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
BATCH_OPS_MAX = 50
BATCH_BYTES_MAX = 65_536


class BadEnvelope(ValueError):
    """What was sealed or signed does not open, or is not ours. Never quotes the content."""


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical(message: object) -> bytes:
    """The one JSON form that is signed and hashed: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(message).encode()


_MLKEM_SEED = 64
_MLKEM_PUBLIC = 1184
_X25519 = 32


def new_unsealing_key() -> bytes:
    """A new private key of the bank, 96 bytes: the ML-KEM-768 seed, then the X25519 scalar."""
    return (
        MLKEM768PrivateKey.generate().private_bytes_raw()
        + X25519PrivateKey.generate().private_bytes_raw()
    )


def _halves(raw: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(raw) != _MLKEM_SEED + _X25519:
        raise BadEnvelope("an unsealing key has 96 bytes")
    return (
        MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED]),
        X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED:]),
    )


def unsealing_key(raw: bytes) -> MLKEM768X25519PrivateKey:
    """The private key from its 96 bytes. Raises `BadEnvelope`."""
    return MLKEM768X25519PrivateKey(*_halves(raw))


def sealing_bytes(raw: bytes) -> bytes:
    """The public half, 1,216 bytes, of an unsealing key's 96 bytes. Raises `BadEnvelope`."""
    mlkem, x25519 = _halves(raw)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def sealing_key(raw: bytes) -> MLKEM768X25519PublicKey:
    """The public key from its 1,216 bytes. Raises `BadEnvelope`."""
    if len(raw) != _MLKEM_PUBLIC + _X25519:
        raise BadEnvelope("a sealing key has 1,216 bytes")
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC]),
        X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC:]),
    )


@dataclass(frozen=True, slots=True)
class Header:
    """The clear part of a row: all that sync needs to know of a request."""

    op_id: str  # 32 hex digits, the idempotency key
    terminal: str
    kind: str  # of the request: it decides priority and how long the row may wait
    lane: str  # 32 hex digits, keyed hash of the person: order is kept within a lane
    epoch: int  # of the terminal's database, from 1
    lane_seq: int  # the number of its journal entry: grows in every lane, never given twice
    key_id: str  # the bank's key the row is sealed to
    accepted: TimeMark

    def to_wire(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "op_id": self.op_id,
            "terminal": self.terminal,
            "kind": self.kind,
            "lane": self.lane,
            "epoch": self.epoch,
            "lane_seq": self.lane_seq,
            "key_id": self.key_id,
            "accepted": self.accepted.to_wire(),
        }

    def bound(self, purpose: str) -> bytes:
        """What HPKE binds the sealed text to: the header and what it is for."""
        return canonical({"purpose": purpose, **self.to_wire()})


def seal(plain: object, key: MLKEM768X25519PublicKey, header: Header, purpose: str) -> bytes:
    """Seal a JSON value to the bank. `purpose` is ``request`` or ``companion``."""
    return SUITE.encrypt(canonical(plain), key, info=header.bound(purpose))


def seal_request(plain: bytes, key: MLKEM768X25519PublicKey, header: Header) -> tuple[bytes, str]:
    """Seal a request's canonical bytes; the sealed text and its `request_hash`, at one go."""
    bound = header.bound("request")
    sealed = SUITE.encrypt(plain, key, info=bound)
    return sealed, sha256(bound + sealed).hexdigest()


def unseal(sealed: bytes, key: MLKEM768X25519PrivateKey, header: Header, purpose: str) -> Any:
    """Open what `seal` made under the same header and purpose. Raises `BadEnvelope`."""
    try:
        return json.loads(SUITE.decrypt(sealed, key, info=header.bound(purpose)))
    except (InvalidTag, ValueError, RecursionError) as error:
        raise BadEnvelope("the sealed text does not open under its header") from error


def request_hash(header: Header, sealed: bytes) -> str:
    """The hash the bank stores with a verdict: the same op_id with another one is refused."""
    return sha256(header.bound("request") + sealed).hexdigest()


class Outcome(StrEnum):
    """The bank's word on one operation."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"  # was applied or refused before: `answer` is the stored one
    SUPERSEDED = "superseded"  # a later loss report of the person covers its card
    REJECTED = "rejected"  # the final no; `answer` is the refusal
    RETRY = "retry"  # not now: send it again, not before `retry_after_s`
    UNKNOWN_KEY = "unknown_key"  # sealed to a key the bank does not hold: park it
    CONFLICT = "conflict"  # this op_id came before with another hash: alarm


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one operation. `answer` is the wire form of `sscard.requests.Answer`."""

    op_id: str
    request_hash: str
    outcome: Outcome
    at: str
    answer: dict[str, Any] | None = None
    retry_after_s: float | None = None
    signature: str = ""  # hex, of the bank over all other fields

    def signed_bytes(self) -> bytes:
        """The bytes the bank's signature covers."""
        fields = asdict(self)
        del fields["signature"]
        return canonical(fields)


def sign(message: bytes, key: Ed25519PrivateKey) -> str:
    """Ed25519 signature (RFC 8032), hex."""
    return key.sign(message).hex()


def is_signed(message: bytes, signature: str, key: Ed25519PublicKey) -> bool:
    """Whether `signature` (hex) is the key's over `message`."""
    try:
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
