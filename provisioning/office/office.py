"""An office that is open: its folder, database, authorities and clock, for server and desk alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from sqlalchemy import Engine

from provisioning.office import custody
from provisioning.office.clock import utc_now
from provisioning.office.database import open_database
from provisioning.office.pacing import Pace
from provisioning.office.settings import OfficeSettings, read_settings
from provisioning.pki.authority import Authority
from provisioning.pki.profiles import Kind

DATABASE = "office.sqlite"
_REFUSALS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Office:
    """`issuers`: of each kind the newest first. `clock` is aware, in UTC."""

    folder: Path
    settings: OfficeSettings
    engine: Engine
    root: x509.Certificate
    issuers: tuple[Authority, ...]
    clock: Callable[[], datetime]
    refusals: Pace = field(default_factory=lambda: Pace(_REFUSALS_PER_MINUTE))

    def issuer(self, kind: Kind) -> Authority:
        """The authority that issues now."""
        return next(each for each in self.issuers if each.kind is kind)

    def certificates(self, kind: Kind) -> list[x509.Certificate]:
        """Of all authorities of a kind, old ones too."""
        return [each.certificate for each in self.issuers if each.kind is kind]


@contextmanager
def open_office(
    folder: Path,
    passphrase: bytes | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[Office]:
    """Open what `desk.set_up` made. Raises `BadSettings`, `BadKeyFile`, `OtherSchema` or `OSError`."""
    settings = read_settings(folder)
    root, issuers = custody.root_certificate(folder), custody.read_issuers(folder, passphrase)
    if {each.kind for each in issuers} != set(Kind):
        raise FileNotFoundError("an issuing authority is missing: set the office up again")
    engine = open_database(folder / DATABASE)
    try:
        yield Office(folder, settings, engine, root, issuers, clock)
    finally:
        engine.dispose()
