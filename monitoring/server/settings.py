"""The collector's settings file.

    database = "sqlite:///monitoring.db"    # or postgresql+psycopg://…
    order_key = "orders.pem"                # Ed25519, PKCS 8; terminals know its public half
    bundles = "bundles"                     # folder for journals and support bundles
    bundles_bytes_max = 1_073_741_824
    series = "http://127.0.0.1:8428"        # a store with the VictoriaMetrics import API; "": none
    metrics_port = 9400                     # own `/metrics`, on loopback; 0: none

    [broker]
    host = "broker.example"
    port = 8883
    ca = "root.pem"
    certificate = "collector.pem"
    key = "collector.key"
    part = 0                                # this collector takes part 0 …
    parts = 1                               # … of 1; part 0 also keeps the alerts

    [door]                                  # HTTPS for terminals; without it there are no orders
    host = "0.0.0.0"
    port = 8460
    certificate = "server.pem"
    key = "server.key"
    terminals_ca = "root.pem"

    [mail]
    host = "mail.example"
    port = 25
    sender = "desk@example"

    [[tell]]                                # in this order, until somebody acknowledges
    after_s = 300
    least = "critical"
    webhook = "https://…"
    email_to = "night@example"

Relative files lie beside the settings file.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

from monitoring.server.telling import Level, Mail


class BadSettings(ValueError):
    """The settings file says something that cannot be."""


class Broker(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the messages come from, and which of them are this collector's."""

    host: str
    ca: Path
    certificate: Path
    key: Path
    port: int = 8883
    part: int = 0
    parts: int = 1


class Door(Struct, frozen=True, forbid_unknown_fields=True):
    """Where terminals ask for their orders."""

    certificate: Path
    key: Path
    terminals_ca: Path
    host: str = "127.0.0.1"
    port: int = 8460


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says; its paths are whole."""

    database: str
    order_key: Path
    bundles: Path
    broker: Broker
    door: Door | None = None
    bundles_bytes_max: int = 1_073_741_824
    series: str = ""
    metrics_port: int = 0
    mail: Mail = Mail()
    tell: tuple[Level, ...] = ()


def load_settings(path: Path) -> Settings:
    """Read the file. Raises `BadSettings` or `OSError`."""
    beside = path.resolve().parent
    try:
        told = msgspec.toml.decode(
            path.read_bytes(), type=Settings, dec_hook=lambda kind, text: kind(beside / text)
        )
    except msgspec.DecodeError as error:
        raise BadSettings(str(error)) from None
    if not 0 <= told.broker.part < told.broker.parts:
        raise BadSettings("broker: `part` is counted from 0 and less than `parts`")
    if any(level.email_to for level in told.tell) and not told.mail.host:
        raise BadSettings("tell: e-mail without a [mail] host")
    return told


def load_order_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs orders. Raises `BadSettings` or `OSError`."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSettings(f"order_key: {type(error).__name__}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSettings("order_key: not an Ed25519 key")
    return key
