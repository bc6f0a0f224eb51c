"""The bank's secrets: unsealing keys, verdict key, the pads' PIN keys, the password pepper.

A real bank keeps all of these in a hardware security module; the reference gateway reads them
from one file that only its user may read.

    python -m bank.keys FILE TERMINAL...      writes new keys, with a PIN key for each terminal
"""

from __future__ import annotations

import secrets
import sys
import tomllib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from offline_queue.envelope import (
    canonical,
    new_unsealing_key,
    sealing_bytes,
    sign,
    unsealing_key,
)

_KEY_DAYS = 365
_SECRET_BYTES = 32
_PIN_KEY_BYTES = 16


class BadKeys(ValueError):
    """The keys file is not one. Never quotes it."""


@dataclass(frozen=True, slots=True)
class UnsealingKey:
    """One key that terminals seal requests to. It opens what it sealed even after `not_after`."""

    key_id: str
    private: MLKEM768X25519PrivateKey = field(repr=False)
    public: bytes = field(repr=False)
    not_after: datetime


@dataclass(frozen=True, slots=True)
class BankKeys:
    """All secrets of the bank. `pin_keys`: terminal to its pad's 3DES key, 16 bytes."""

    unsealing: Mapping[str, UnsealingKey]
    verdict: Ed25519PrivateKey = field(repr=False)
    pin_keys: Mapping[str, bytes] = field(repr=False)
    pepper: bytes = field(repr=False)

    @property
    def verdict_public(self) -> Ed25519PublicKey:
        """What terminals check verdicts and the key list with."""
        return self.verdict.public_key()


def read_unsealing_key(key_id: str, raw: bytes, not_after: datetime) -> UnsealingKey:
    """An unsealing key from its 96 bytes. Raises `BadEnvelope`."""
    return UnsealingKey(key_id, unsealing_key(raw), sealing_bytes(raw), not_after)


def key_list(keys: BankKeys, now: datetime) -> bytes:
    """The signed list of the keys that terminals may still seal to.

    Canonical JSON ``{"keys": [{"id", "public", "not_after"}], "signature"}``; `public` is
    base64 of the 1,216 bytes, the signature (hex, verdict key) covers the canonical JSON
    without itself. The key to use is the first.
    """
    current = [key for key in keys.unsealing.values() if key.not_after > now]
    listed = {
        "keys": [
            {
                "id": key.key_id,
                "public": b64encode(key.public).decode(),
                "not_after": key.not_after.isoformat(),
            }
            for key in sorted(current, key=lambda key: key.not_after)
        ]
    }
    return canonical({**listed, "signature": sign(canonical(listed), keys.verdict)})


def new_keys_toml(terminals: Iterable[str], now: datetime) -> str:
    """The text of a new keys file: one unsealing key good for a year, a PIN key a terminal."""
    lines = [
        f'verdict_key = "{secrets.token_hex(_SECRET_BYTES)}"',
        f'pepper = "{secrets.token_hex(_SECRET_BYTES)}"',
        "",
        "[[unsealing]]",
        f'id = "{now:%Y%m%d}-{secrets.token_hex(2)}"',
        f'private = "{new_unsealing_key().hex()}"',
        f"not_after = {(now + timedelta(days=_KEY_DAYS)).isoformat(timespec='seconds')}",
        "",
        "[pin_keys]",
        *(f'"{terminal}" = "{secrets.token_hex(_PIN_KEY_BYTES)}"' for terminal in terminals),
    ]
    return "\n".join(lines) + "\n"


def keys_from_toml(text: str) -> BankKeys:
    """Read a keys file. Raises `BadKeys`."""
    try:
        fields = tomllib.loads(text)
        unsealing = [
            read_unsealing_key(each["id"], bytes.fromhex(each["private"]), each["not_after"])
            for each in fields["unsealing"]
        ]
        keys = BankKeys(
            unsealing={key.key_id: key for key in unsealing},
            verdict=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(fields["verdict_key"])),
            pin_keys={name: bytes.fromhex(key) for name, key in fields["pin_keys"].items()},
            pepper=bytes.fromhex(fields["pepper"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # Nothing of the cause is kept: its text may quote a key.
        raise BadKeys("the keys file is malformed") from None
    if not unsealing or any(not _is_aware(key.not_after) for key in unsealing):
        raise BadKeys("an unsealing key is missing, or its not_after has no offset")
    if any(len(key) != _PIN_KEY_BYTES for key in keys.pin_keys.values()):
        raise BadKeys("a PIN key has 16 bytes")
    if len(keys.pepper) < _SECRET_BYTES:
        raise BadKeys("the pepper has at least 32 bytes")
    return keys


def _is_aware(instant: object) -> bool:
    return isinstance(instant, datetime) and instant.tzinfo is not None


def write_new_keys(path: Path, terminals: Iterable[str], now: datetime) -> None:
    """Write a new keys file that only its owner may read. Raises `FileExistsError`."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(new_keys_toml(terminals, now), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m bank.keys FILE [TERMINAL ...]")
    write_new_keys(Path(sys.argv[1]), sys.argv[2:], datetime.now(UTC))
