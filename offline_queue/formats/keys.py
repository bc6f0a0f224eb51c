"""The keys a terminal's queue works with, and the bank's signed list of its sealing keys."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from offline_queue.formats.envelope import BadEnvelope, sealing_key

KEY_FLOOR = "key_list_floor"  # in the store: the bank's key list was at least of this version
_KEYS_MAX = 16


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A public key of the bank that requests are sealed to, until `not_after`."""

    key_id: str
    key: MLKEM768X25519PublicKey = field(repr=False)
    not_after: datetime
    public: bytes = field(repr=False)  # the same key, 1,216 bytes


@dataclass(frozen=True, slots=True)
class KeyList:
    """The bank's sealing keys, the one to use first. `version` never goes back."""

    version: int
    keys: tuple[SealingKey, ...]


@dataclass(frozen=True, slots=True)
class TerminalKeys:
    """What the queue needs to seal, to sign and to believe.

    `sealing` is the key shipped in the settings: the first request may come before the first
    line. `lane_key` never leaves the terminal.
    """

    terminal: str
    signing: Ed25519PrivateKey = field(repr=False)
    verdict: Ed25519PublicKey
    lane_key: bytes = field(repr=False)
    sealing: SealingKey


def read_sealing_key(key_id: object, public: object, not_after: object) -> SealingKey:
    """A sealing key from its texts (`public` in base 64, `not_after` ISO 8601 with offset).

    Raises `BadEnvelope`.
    """
    if not (isinstance(key_id, str) and isinstance(public, str) and isinstance(not_after, str)):
        raise BadEnvelope("a sealing key is three texts")
    try:
        until = datetime.fromisoformat(not_after)
        raw = b64decode(public, validate=True)
        key = sealing_key(raw)
    except ValueError as error:
        raise BadEnvelope("not a sealing key") from error
    if until.tzinfo is None:
        raise BadEnvelope("a sealing key ends at a time with an offset")
    return SealingKey(key_id, key, until, raw)


def new_sealing_key(key_id: str, public: bytes, not_after: datetime) -> SealingKey:
    """A sealing key from its 1,216 public bytes. Raises `BadEnvelope`."""
    return SealingKey(key_id, sealing_key(public), not_after, public)


def read_key_list(fields: object) -> KeyList:
    """The bank's keys from their wire form; that the bank signed them is the greeting's affair.

    Raises `BadEnvelope`, `KeyError` or `TypeError`.
    """
    if not isinstance(fields, dict) or not isinstance(fields["keys"], list):
        raise BadEnvelope("not a key list")
    version, listed = fields["version"], fields["keys"]
    if type(version) is not int or not 0 <= version < 2**53:
        raise BadEnvelope("a key list's version is a whole number")
    if not 0 < len(listed) <= _KEYS_MAX:
        raise BadEnvelope(f"a key list has 1 to {_KEYS_MAX} keys")
    return KeyList(
        version,
        tuple(read_sealing_key(key["id"], key["public"], key["not_after"]) for key in listed),
    )


def current_key(keys: tuple[SealingKey, ...], wall: datetime) -> SealingKey:
    """The first key still good at `wall`; else the last one: the bank opens stale keys too."""
    for key in keys:
        if wall < key.not_after:
            return key
    return keys[-1]
