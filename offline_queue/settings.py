"""The settings of the queue's process: one TOML file, read once, and the keys it names."""

from __future__ import annotations

import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from offline_queue.formats.keys import SealingKey, TerminalKeys, read_sealing_key
from offline_queue.policy import CAPACITY_BYTES, CAPACITY_ROWS, Limits

_LANE_KEY_BYTES = 32


class BadSettings(ValueError):
    """The settings, or a file they name, cannot be used. Says which, never its content."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the process needs to know. Paths may be relative to the settings file.

    `rescue`, `ballast` and `admin_socket` lie beside database and socket if nothing else is said.

    `verdict_key` and `sealing_key` are the bank's public keys as shipped with the terminal; the
    sealing keys that the bank lists later replace the shipped one.
    """

    terminal: str
    database: Path
    socket: Path
    bank_url: str
    ca_file: Path
    client_cert_file: Path
    client_key_file: Path
    signing_key_file: Path  # Ed25519, PKCS #8 PEM
    lane_key_file: Path  # 32 random bytes
    verdict_key: Ed25519PublicKey
    sealing_key: SealingKey
    admin_socket: Path
    rescue: Path
    ballast: Path
    rescue_bytes: int = 4_194_304
    ballast_bytes: int = 16_777_216
    limits: Limits = field(default_factory=Limits)


def load_settings(path: Path) -> Settings:
    """Read the settings file. Raises `BadSettings`."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings("the settings file cannot be read") from error
    queue, bank, keys = (_table(tables, name) for name in ("queue", "bank", "keys"))
    base = path.parent
    shipped = _table(bank, "sealing_key")
    try:
        sealing = read_sealing_key(
            shipped.get("id"), shipped.get("public"), shipped.get("not_after")
        )
        verdict = Ed25519PublicKey.from_public_bytes(bytes.fromhex(_text(bank, "verdict_key")))
    except ValueError as error:
        raise BadSettings("a key of the bank is not one") from error
    if not _text(bank, "url").startswith("https://"):
        raise BadSettings("the bank is reached by https only")
    database, socket = base / _text(queue, "database"), base / _text(queue, "socket")
    return Settings(
        terminal=_text(queue, "terminal"),
        database=database,
        socket=socket,
        admin_socket=base / queue.get("admin_socket", str(socket) + ".admin"),
        rescue=base / queue.get("rescue", str(database) + ".rescue"),
        ballast=base / queue.get("ballast", str(database) + ".ballast"),
        rescue_bytes=_count(queue, "rescue_bytes", 4_194_304),
        ballast_bytes=_count(queue, "ballast_bytes", 16_777_216),
        limits=Limits(
            capacity_rows=_count(queue, "capacity_rows", CAPACITY_ROWS),
            capacity_bytes=_count(queue, "capacity_bytes", CAPACITY_BYTES),
            unlock_waits_s=_count(queue, "unlock_waits_hours", 24) * 3_600.0,
        ),
        bank_url=_text(bank, "url"),
        ca_file=base / _text(bank, "ca"),
        client_cert_file=base / _text(keys, "client_cert"),
        client_key_file=base / _text(keys, "client_key"),
        signing_key_file=base / _text(keys, "signing_key"),
        lane_key_file=base / _text(keys, "lane_key"),
        verdict_key=verdict,
        sealing_key=sealing,
    )


def load_keys(settings: Settings) -> TerminalKeys:
    """Read the terminal's own keys. Raises `BadSettings`."""
    try:
        signing = load_pem_private_key(_private(settings.signing_key_file), None)
    except ValueError as error:
        raise BadSettings(f"{settings.signing_key_file.name} is not a key") from error
    if not isinstance(signing, Ed25519PrivateKey):
        raise BadSettings(f"{settings.signing_key_file.name} is not an Ed25519 key")
    lane_key = _private(settings.lane_key_file)
    if len(lane_key) != _LANE_KEY_BYTES:
        raise BadSettings(f"{settings.lane_key_file.name} has not {_LANE_KEY_BYTES} bytes")
    _private(settings.client_key_file)
    return TerminalKeys(
        settings.terminal, signing, settings.verdict_key, lane_key, settings.sealing_key
    )


def _private(path: Path) -> bytes:
    """The content of a file that nobody but its owner may read."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadSettings(f"{path.name} is open to others than its owner")
        return path.read_bytes()
    except OSError as error:
        raise BadSettings(f"{path.name} cannot be read") from error


def _table(tables: dict[str, Any], name: str) -> dict[str, Any]:
    table = tables.get(name)
    if not isinstance(table, dict):
        raise BadSettings(f"the settings have no table {name}")
    return table


def _text(table: dict[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise BadSettings(f"the settings have no {name}")
    return value


def _count(table: dict[str, Any], name: str, default: int) -> int:
    value = table.get(name, default)
    if type(value) is not int or value < 1:
        raise BadSettings(f"{name} is not a whole number from 1 on")
    return value
