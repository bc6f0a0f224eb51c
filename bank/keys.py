"""The bank's secrets: unsealing keys, verdict key, and of two worlds the pads' PIN keys and pepper;
of the social security world also the key that the cards' own are made from.

A real bank keeps its own in a hardware security module, and the social security side keeps the
medical password's in another; the reference gateway stands in for both, and reads them from one
file that only its user may read. No key may be in both worlds (CARD.TWO_ENVIRONMENTS).

    python -m bank.keys FILE TERMINAL...      writes new keys, with two PIN keys for each terminal
    python -m bank.keys --next FILE           adds the next unsealing key, before the last one ends
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from bank.key_service import CARD_KEY_BYTES, KeyService
from bank.pin import Vault
from offline_queue.formats.envelope import new_unsealing_key, sealing_bytes, unsealing_key
from offline_queue.formats.keys import KeyList, new_sealing_key
from sscard.cards import Account

_KEY_DAYS = 365
_LISTED_MAX = 16
_VERSION_MAX = 2**53
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
class PasswordKeys:
    """One world's keys for passwords. `pin_keys`: terminal to its pad's 3DES key, 16 bytes.

    `card_key`: what the chips' own keys are made from; only the social security world has one.
    """

    pin_keys: Mapping[str, bytes] = field(repr=False)
    pepper: bytes = field(repr=False)
    card_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BankKeys:
    """All secrets of the gateway: `bank` for the financial password, `social_security` for the
    medical one.

    `version` counts the changes of `unsealing`: terminals take no list of a lower one.
    """

    unsealing: Mapping[str, UnsealingKey]
    verdict: Ed25519PrivateKey = field(repr=False)
    bank: PasswordKeys
    social_security: PasswordKeys
    version: int = 1

    @property
    def peppers(self) -> Mapping[Account, bytes]:
        """Each account's pepper, that of its world."""
        return {
            Account.MEDICAL: self.social_security.pepper,
            Account.FINANCIAL: self.bank.pepper,
        }

    def vault(self, account: Account, terminal: str) -> Vault:
        """What opens the blocks that a terminal's pad makes of an account's password."""
        match account:
            case Account.MEDICAL:
                world = self.social_security
            case Account.FINANCIAL:
                world = self.bank
        return Vault(world.pin_keys.get(terminal), world.pepper)

    @property
    def key_service(self) -> KeyService:
        """What speaks to the chips' social security application; no key of the bank's is in it."""
        return KeyService(self.social_security.card_key)

    @property
    def verdict_public(self) -> Ed25519PublicKey:
        """What terminals check verdicts and the key list with."""
        return self.verdict.public_key()


def read_unsealing_key(key_id: str, raw: bytes, not_after: datetime) -> UnsealingKey:
    """An unsealing key from its 96 bytes. Raises `BadEnvelope`."""
    return UnsealingKey(key_id, unsealing_key(raw), sealing_bytes(raw), not_after)


def published(keys: BankKeys, now: datetime) -> KeyList:
    """The keys that terminals may still seal to, the one to use now first, the next one behind.

    A list is never empty: when all have ended it names the last, which still opens.
    """
    ordered = sorted(keys.unsealing.values(), key=lambda key: key.not_after)
    good = [key for key in ordered if key.not_after > now] or ordered[-1:]
    return KeyList(
        keys.version,
        tuple(new_sealing_key(key.key_id, key.public, key.not_after) for key in good[:_LISTED_MAX]),
    )


def new_keys_toml(terminals: Iterable[str], now: datetime) -> str:
    """The text of a new keys file: one unsealing key good for a year, two PIN keys a terminal."""
    names = list(terminals)
    lines = [
        "version = 1",
        f'verdict_key = "{secrets.token_hex(_SECRET_BYTES)}"',
        "",
        *_new_unsealing(now, now + timedelta(days=_KEY_DAYS)),
        *_new_password_keys("bank", names),
        *_new_password_keys(
            "social_security", names, f'card_key = "{secrets.token_hex(CARD_KEY_BYTES)}"'
        ),
    ]
    return "\n".join(lines) + "\n"


def _new_password_keys(world: str, terminals: Iterable[str], *more: str) -> list[str]:
    return [
        "",
        f"[{world}]",
        f'pepper = "{secrets.token_hex(_SECRET_BYTES)}"',
        *more,
        f"[{world}.pin_keys]",
        *(f'"{terminal}" = "{secrets.token_hex(_PIN_KEY_BYTES)}"' for terminal in terminals),
    ]


def _new_unsealing(now: datetime, not_after: datetime) -> list[str]:
    return [
        "[[unsealing]]",
        f'id = "{now:%Y%m%d}-{secrets.token_hex(2)}"',
        f'private = "{new_unsealing_key().hex()}"',
        f"not_after = {not_after.isoformat(timespec='seconds')}",
    ]


def with_next_key(text: str, now: datetime) -> str:
    """A keys file with one more unsealing key, good for a year beyond the last one's end.

    Its version is one higher. Terminals go on with the old key until that ends. Raises
    `BadKeys`.
    """
    keys = keys_from_toml(text)
    last = max(now, *(key.not_after for key in keys.unsealing.values()))
    added = "\n".join(_new_unsealing(now, last + timedelta(days=_KEY_DAYS)))
    counted, changed = re.subn(
        r"(?m)^version = \d+$", f"version = {keys.version + 1}", text, count=1
    )
    if changed != 1:
        raise BadKeys("the keys file has no line with its version")
    return f"{counted.rstrip()}\n\n{added}\n"


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
            bank=_password_keys(fields["bank"]),
            social_security=_password_keys(
                fields["social_security"], _card_key(fields["social_security"])
            ),
            version=fields["version"],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # Nothing of the cause is kept: its text may quote a key.
        raise BadKeys("the keys file is malformed") from None
    if type(keys.version) is not int or not 0 < keys.version < _VERSION_MAX:
        raise BadKeys("the version is a whole number from 1 on")
    if not unsealing or any(not _is_aware(key.not_after) for key in unsealing):
        raise BadKeys("an unsealing key is missing, or its not_after has no offset")
    worlds = (keys.bank, keys.social_security)
    if any(len(key) != _PIN_KEY_BYTES for world in worlds for key in world.pin_keys.values()):
        raise BadKeys("a PIN key has 16 bytes")
    if keys.social_security.card_key and len(keys.social_security.card_key) != CARD_KEY_BYTES:
        raise BadKeys("the key for cards has 16 bytes")
    if any(len(world.pepper) < _SECRET_BYTES for world in worlds):
        raise BadKeys("a pepper has at least 32 bytes")
    if _secrets_of(keys.bank) & _secrets_of(keys.social_security):
        raise BadKeys("a key is in both worlds")
    return keys


def _password_keys(table: Mapping[str, Any], card_key: bytes | None = None) -> PasswordKeys:
    return PasswordKeys(
        {name: bytes.fromhex(key) for name, key in table["pin_keys"].items()},
        bytes.fromhex(table["pepper"]),
        card_key,
    )


def _card_key(table: Mapping[str, Any]) -> bytes | None:
    """The key for cards; a city whose chips are set elsewhere has none."""
    written = table.get("card_key")
    return None if written is None else bytes.fromhex(written)


def _secrets_of(world: PasswordKeys) -> set[bytes]:
    """The world's secrets; a key without its parity bits, which DES does not look at."""
    cards = [] if world.card_key is None else [world.card_key]
    bare = (bytes(byte & 0xFE for byte in key) for key in (*world.pin_keys.values(), *cards))
    return {world.pepper, *bare}


def _is_aware(instant: object) -> bool:
    return isinstance(instant, datetime) and instant.tzinfo is not None


def write_new_keys(path: Path, terminals: Iterable[str], now: datetime) -> None:
    """Write a new keys file that only its owner may read. Raises `FileExistsError`."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(new_keys_toml(terminals, now), encoding="utf-8")


def add_next_key(path: Path, now: datetime) -> None:
    """Add the next unsealing key to a keys file, in one step. Raises `BadKeys` or `OSError`."""
    written = path.with_name(f"{path.name}.new")
    written.unlink(missing_ok=True)
    written.touch(mode=0o600, exist_ok=False)
    with written.open("w", encoding="utf-8") as new:
        new.write(with_next_key(path.read_text(encoding="utf-8"), now))
        new.flush()
        os.fsync(new.fileno())
    written.replace(path)


def _main(arguments: list[str]) -> None:
    match arguments:
        case ["--next", file]:
            add_next_key(Path(file), datetime.now(UTC))
        case [file, *terminals] if not file.startswith("-"):
            write_new_keys(Path(file), terminals, datetime.now(UTC))
        case _:
            sys.exit("usage: python -m bank.keys FILE [TERMINAL ...] | --next FILE")


if __name__ == "__main__":
    _main(sys.argv[1:])
