"""The configuration in use: taken over whole or not at all, the one before it kept.

A set has the signed file as it came and the two settings files that are made from it, for the screen
process and for the queue's; both processes read them through one link, so they never see two versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.settings import BadSettings, load_settings
from provisioning.configuration.items import Value, completed
from provisioning.configuration.signed import (
    Document,
    Flaw,
    SignedConfiguration,
    Unusable,
    read_configuration,
    read_signed,
)
from provisioning.terminal import handing
from provisioning.terminal.handing import give
from provisioning.terminal.versions import Versions

SIGNED, KIOSK, QUEUE = "configuration.json", "kiosk.toml", "queue.toml"

OPTIONAL = ("readiness", "staff_secret", "staff_state", "export_dir")

Places = Mapping[str, str]
"""Paths of the machine that the settings files name: what a package decides, not an office."""


class Configured:
    """The configurations of one terminal in a folder. `keys` are those that may sign one.

    `places` has fonts, queue_socket, journal, banks, database, ca, client_cert, client_key,
    signing_key and lane_key; and, where there is a technician mode, those of `OPTIONAL`.
    """

    def __init__(
        self, folder: Path, terminal: str, keys: Sequence[Ed25519PublicKey], places: Places
    ) -> None:
        self._sets = Versions(folder)
        self._terminal = terminal
        self._keys = keys
        self._places = places

    @property
    def in_use(self) -> SignedConfiguration | None:
        """The one in use. None where there is none; one that was altered on the disk is none."""
        here = self._sets.current
        try:
            return None if here is None else read_signed((here / SIGNED).read_bytes(), self._keys)
        except (OSError, Unusable):
            return None

    @property
    def version(self) -> int:
        """The version in use; 0: none."""
        return 0 if self.in_use is None else self.in_use.document.version

    def take(
        self, file: bytes, now: datetime, is_good: Callable[[Path], bool] = lambda _: True
    ) -> SignedConfiguration:
        """Use this file from now on; the same again changes nothing. Raises `Unusable` or `OSError`.

        `is_good` looks at the new set's folder before it is in use.
        """
        before = self.in_use
        found = read_configuration(file, self._keys, self._terminal, now, before)
        if before is not None and found.document == before.document:
            return before
        document = found.document
        name = f"{document.version}-{sha256(file).hexdigest()[:12]}"
        here = self._sets.put(
            name,
            {
                SIGNED: file,
                KIOSK: _toml(kiosk_settings(document, self._places)),
                QUEUE: _toml(queue_settings(document, self._places)),
            },
        )
        for folder in (self._sets.folder, here):
            give(folder, 0o711)  # who knows a name may go through
        give(here / KIOSK, 0o640, group=handing.KIOSK)
        give(here / QUEUE, 0o640, group=handing.QUEUE)
        try:
            load_settings(here / KIOSK)
        except BadSettings as error:
            raise Unusable(Flaw.BAD_VALUES, str(error)) from error
        if not is_good(here):
            raise Unusable(Flaw.BAD_VALUES, "the terminal does not start with them")
        self._sets.use(name)
        return found


Tables = dict[str, dict[str, Value]]


def kiosk_settings(document: Document, places: Places) -> Tables:
    """The settings of the screen process, by table."""
    tables = _tables(completed(document.values))
    staff: dict[str, Value] = {
        name: places[place]
        for name, place in (
            ("secret", "staff_secret"),
            ("state", "staff_state"),
            ("export_dir", "export_dir"),
        )
        if place in places
    }
    return {
        "terminal": {"id": document.terminal, **tables["terminal"]},
        "screen": {**tables["screen"], "fonts_dir": places["fonts"]},
        "queue": {"socket": places["queue_socket"]},
        "journal": {"path": places["journal"]},
        "banks": {"file": places["banks"]},
        **{name: tables[name] for name in ("card_reader", "id_scanner", "pin_pad")},
        **{name: tables[name] for name in ("receipt_printer", "camera")},
        **({"readiness": {"path": places["readiness"]}} if "readiness" in places else {}),
        **({"staff": staff} if staff else {}),
    }


def queue_settings(document: Document, places: Places) -> Tables:
    """The settings of the queue's process, by table."""
    tables = _tables(completed(document.values))
    bank = tables["bank"]
    return {
        "queue": {
            "terminal": document.terminal,
            "database": places["database"],
            "socket": places["queue_socket"],
            **tables["queue"],
        },
        "bank": {"url": bank["url"], "ca": places["ca"], "verdict_key": bank["verdict_key"]},
        "bank.sealing_key": {
            "id": bank["sealing_key_id"],
            "public": bank["sealing_key"],
            "not_after": bank["sealing_key_not_after"],
        },
        "keys": {
            name: places[name] for name in ("client_cert", "client_key", "signing_key", "lane_key")
        },
    }


def _tables(values: Mapping[str, Value]) -> Tables:
    found: Tables = {}
    for key, value in values.items():
        table, _, name = key.partition(".")
        found.setdefault(table, {})[name] = value
    return found


def _toml(tables: Tables) -> bytes:
    """TOML of tables whose values are texts and whole numbers. A JSON text is a TOML text."""
    lines: list[str] = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_said(value)}" for key, value in table.items()), ""]
    return "\n".join(lines).encode()


def _said(value: Value) -> str:
    return msgspec.json.encode(value).decode()
