"""The gateway's settings file.

    database = "sqlite:///bank.db"          # or postgresql+psycopg://…
    keys = "keys.toml"                      # written by `python -m bank.keys`
    host = "127.0.0.1"
    port = 8450                             # 0: any free one, named in the log
    oral_days = 5
    pin_tries = 6
    unlock_hours = 24.0                     # how long a password unlock may wait
    reissue_fen = 2000                      # what a card in place of another costs (FEE.REISSUE_20)
    pay_hours = 24.0                        # how long its payment code is good for
    banks = "banks.toml"                    # the issuing banks and their outlets; none: no applications
    next_slot_ms = 0
    retry_after_s = 5.0
    batches_per_s = 0.0                     # what the whole bank serves; 0: not paced
    hellos_per_s = 0.0
    payment_network = "…"                   # who tells of money, an Ed25519 public key; none: nobody
    share = 1.0                             # of both, for this one of several processes

    [tls]
    certificate = "server.pem"
    key = "server.key"
    terminals_ca = "root.pem"               # who signs the terminals' certificates

    [terminals]                             # Ed25519 public keys, 64 hex digits
    T0001 = "…"

Relative files lie beside the settings file; the database is named as SQLAlchemy does.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bank.gateway import GatewaySettings
from bank.settling import Terms
from sscard.banks import BadBankList, Bank, load_banks


class BadSettings(ValueError):
    """The settings file says something that cannot be."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The PEM files of mutual TLS."""

    certificate: Path
    key: Path
    terminals_ca: Path


@dataclass(frozen=True, slots=True)
class BankSettings:
    """Everything `python -m bank` needs."""

    database: str
    keys: Path
    host: str
    port: int
    tls: Tls
    terminals: Mapping[str, Ed25519PublicKey]
    gateway: GatewaySettings


_KNOWN = {
    "database", "keys", "host", "port", "tls", "terminals",
    "oral_days", "pin_tries", "unlock_hours", "reissue_fen", "pay_hours", "banks", "next_slot_ms", "retry_after_s",
    "batches_per_s", "hellos_per_s", "share", "payment_network",
}  # fmt: skip


def load_settings(path: Path) -> BankSettings:
    """Read the settings file. Raises `BadSettings`, and `OSError` as `open` does."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadSettings("the settings are not TOML") from error
    unknown = set(fields) - _KNOWN
    if unknown:
        raise BadSettings(f"unknown settings: {', '.join(sorted(unknown))}")
    tls = _of(fields, "tls", dict)
    folder = path.parent
    return BankSettings(
        database=_of(fields, "database", str),
        keys=folder / _of(fields, "keys", str),
        host=_of(fields, "host", str, "127.0.0.1"),
        port=_of(fields, "port", int, 8450),
        tls=Tls(
            certificate=folder / _of(tls, "certificate", str),
            key=folder / _of(tls, "key", str),
            terminals_ca=folder / _of(tls, "terminals_ca", str),
        ),
        terminals={
            name: _public_key(name, text) for name, text in _of(fields, "terminals", dict).items()
        },
        gateway=_gateway(fields, folder),
    )


def _gateway(fields: dict[str, Any], folder: Path) -> GatewaySettings:
    usual, usual_terms = GatewaySettings(), Terms()
    terms = Terms(
        oral_days=_of(fields, "oral_days", int, usual_terms.oral_days),
        pin_tries=_of(fields, "pin_tries", int, usual_terms.pin_tries),
        unlock_hours=_of(fields, "unlock_hours", float, usual_terms.unlock_hours),
        reissue_fen=_of(fields, "reissue_fen", int, usual_terms.reissue_fen),
        pay_hours=_of(fields, "pay_hours", float, usual_terms.pay_hours),
        banks=_banks(folder / _of(fields, "banks", str)) if "banks" in fields else {},
    )
    settings = GatewaySettings(
        terms=terms,
        next_slot_ms=_of(fields, "next_slot_ms", int, usual.next_slot_ms),
        retry_after_s=_of(fields, "retry_after_s", float, usual.retry_after_s),
        batches_per_s=_of(fields, "batches_per_s", float, usual.batches_per_s),
        hellos_per_s=_of(fields, "hellos_per_s", float, usual.hellos_per_s),
        share=_of(fields, "share", float, usual.share),
        payment_network=_network(fields),
    )
    if terms.oral_days < 1 or terms.pin_tries < 1 or not 0 < terms.unlock_hours < math.inf:
        raise BadSettings("oral_days and pin_tries are at least 1, unlock_hours above 0")
    if terms.reissue_fen < 1 or not 0 < terms.pay_hours < math.inf:
        raise BadSettings("reissue_fen is at least 1, pay_hours above 0")
    counts = (settings.next_slot_ms, settings.retry_after_s)
    rates = (settings.batches_per_s, settings.hellos_per_s)
    if not all(0 <= value < math.inf for value in (*counts, *rates)):
        raise BadSettings("times and rates are at least 0, and not without end")
    if not 0 < settings.share <= 1:
        raise BadSettings("share is above 0 and at most 1")
    return settings


def _banks(path: Path) -> dict[str, Bank]:
    try:
        return load_banks(path)
    except BadBankList as error:
        raise BadSettings(str(error)) from error


def _of(fields: dict[str, Any], name: str, kind: type, usual: Any = None) -> Any:
    value = fields.get(name, usual)
    if type(value) is not kind:
        raise BadSettings(f"{name} is missing or not {kind.__name__}")
    return value


def _network(fields: dict[str, Any]) -> Ed25519PublicKey | None:
    text = fields.get("payment_network")
    return None if text is None else _public_key("payment_network", text)


def _public_key(name: str, text: object) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(text)))
    except ValueError as error:
        raise BadSettings(f"the key of terminal {name} is not 64 hex digits") from error
