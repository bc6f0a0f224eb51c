"""What travels between a terminal's queue and the bank, sealed and signed.

* A request is sealed with AES-256-GCM under a key of its own, which comes from a seed that is sealed
  to the bank's key with HPKE (`one_use`). The clear header of its row and the sealed seed are the
  associated data, so a sealed text cannot be moved under another header.
* A batch of rows is signed by the terminal, each verdict by the bank (Ed25519), over one
  canonical JSON form.

HPKE's base mode does not say who sealed; the signatures of row and batch do.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from offline_queue.formats.one_use import PROOF_BYTES, SUITE, OneUseKey, Ratchet, open_key
from offline_queue.formats.timeline import TimeMark

BATCH_OPS_MAX = 50
BATCH_BYTES_MAX = 65_536  # of rows that travel together
LONE_BYTES_MAX = 262_144  # of a batch of one row, which has pictures


class BadEnvelope(ValueError):
    """What was sealed or signed does not open, or is not ours. Never quotes the content."""


_CANONICAL = msgspec.json.Encoder(order="sorted")


def canonical(message: object) -> bytes:
    """The one JSON form that is signed and hashed: sorted keys, no spaces, UTF-8.

    Raises `UnicodeEncodeError` for a text that is none.
    """
    return _CANONICAL.encode(message)


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


@lru_cache(maxsize=8)  # the bank says the same few again with each greeting
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
        """What a sealed text is bound to: the header and what it is for."""
        return canonical({"purpose": purpose, **self.to_wire()})


_FORM = b"KSQ2"  # a text of the first form begins with random bytes
_SEED_AT = len(_FORM) + 1  # before it stands the number of the step
TEXT_AT = len(_FORM) + PROOF_BYTES  # before it stands what the key is made again from
_NONCE_BYTES = 12


def seal(plain: object, key: MLKEM768X25519PublicKey, header: Header, purpose: str) -> bytes:
    """Seal a JSON value to the bank. `purpose` is ``request`` or ``companion``."""
    one = Ratchet(header.key_id, key).next()
    return _seal(canonical(plain), one, header.bound(purpose))


def seal_request(plain: bytes, one: OneUseKey, header: Header) -> tuple[bytes, str]:
    """Seal a request's canonical bytes; the sealed text and its `request_hash`, at one go."""
    assert one.key_id == header.key_id
    bound = header.bound("request")
    sealed = _seal(plain, one, bound)
    return sealed, sha256(bound + sealed).hexdigest()


def unseal(sealed: bytes, key: MLKEM768X25519PrivateKey, header: Header, purpose: str) -> Any:
    """Open what `seal` made under the same header and purpose. Raises `BadEnvelope`.

    Also opens the first form, HPKE over the text itself, which older rows have.
    """
    bound = header.bound(purpose)
    try:
        if not sealed.startswith(_FORM):
            return json.loads(SUITE.decrypt(sealed, key, info=bound))
        start, text = sealed[:TEXT_AT], sealed[TEXT_AT:]
        one_use = open_key(start[len(_FORM) :], header.key_id, key)
        return json.loads(AESGCM(one_use).decrypt(_nonce(bound), text, start + bound))
    except (InvalidTag, ValueError, RecursionError) as error:
        raise BadEnvelope("the sealed text does not open under its header") from error


def _seal(plain: bytes, one: OneUseKey, bound: bytes) -> bytes:
    start = _FORM + one.proof  # always as long: what follows cannot be taken for a part of it
    return start + AESGCM(one.key).encrypt(_nonce(bound), plain, start + bound)


def parted(sealed: bytes) -> tuple[bytes, bytes] | None:
    """The sealed seed that a text shares with others, and the rest; None for the first form."""
    if not sealed.startswith(_FORM) or len(sealed) <= TEXT_AT:
        return None
    return sealed[_SEED_AT:TEXT_AT], sealed[len(_FORM) : _SEED_AT] + sealed[TEXT_AT:]


def has_seed(sealed: bytes, seed: bytes) -> bool:
    """Whether `parted` would find this sealed seed in a text."""
    return sealed.startswith(_FORM) and sealed.startswith(seed, _SEED_AT)


def joined(seed: bytes, rest: bytes) -> bytes:
    """What `parted` took apart."""
    return _FORM + rest[:1] + seed + rest[1:]


def _nonce(bound: bytes) -> bytes:
    """The header's own: a key that a copied machine used twice would still meet no nonce twice."""
    return sha256(bound).digest()[:_NONCE_BYTES]


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
