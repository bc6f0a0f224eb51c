"""Setting an office up: the root on its own medium, the issuing authorities, the settings.

The only two acts that need the root's key. Interrupted anywhere, the next try finishes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from provisioning.office import audit, custody
from provisioning.office.clock import utc_now
from provisioning.office.database import writing
from provisioning.office.desk import No
from provisioning.office.office import DATABASE, open_office
from provisioning.office.revocation import refresh
from provisioning.office.settings import (
    FILE,
    BadSettings,
    OfficeSettings,
    check,
    read_settings,
    write_settings,
)
from provisioning.pki.authority import Authority, IssueFault
from provisioning.pki.key_files import BadKeyFile
from provisioning.pki.profiles import Kind

_CLOCK = No("clock", "the clock is outside the root's life: set it and try again")
_NO_ROOT = No("root", "put the root's medium in and give its passphrase")
_MEDIUM = No("medium", "keep the root's key on a medium of its own, outside the office's folder")
_PASSPHRASE_MIN = 12


def set_up(
    folder: Path,
    settings: OfficeSettings,
    root_medium: Path,
    root_passphrase: bytes,
    who: str,
    *,
    passphrase: bytes | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> dict[str, Any] | No:
    """Found an office in `folder`, or finish founding it. `passphrase` is for the issuing keys.

    The root is made on its medium if there is none. Its medium goes into the safe afterwards.
    """
    try:
        check(settings)
        before = read_settings(folder) if (folder / FILE).exists() else None
    except BadSettings as error:
        return No("settings", str(error))
    if before is not None and before.bank != settings.bank:
        return No("bank", "this folder is another bank's office: choose another folder")
    if root_medium.resolve().is_relative_to(folder.resolve()):
        return _MEDIUM
    if len(root_passphrase) < _PASSPHRASE_MIN:
        return No("passphrase", f"the root's passphrase has at least {_PASSPHRASE_MIN} bytes")
    missing = [kind for kind in Kind if not custody.names(folder, kind)]
    if before == settings and not missing and (folder / DATABASE).exists():
        return {"folder": str(folder), "made": [], "changed": False}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[str] = []
    if missing:
        root = _root(root_medium, settings.bank, root_passphrase, clock(), make=True)
        if isinstance(root, No):
            return root
        if custody.keep_root(folder, root, clock()) is not None:
            return _CLOCK
        for kind in missing:
            authority = custody.add_issuer(folder, root, kind, passphrase, clock())
            if isinstance(authority, IssueFault):
                return _CLOCK
            made.append(authority.name)
    write_settings(folder, settings)
    with open_office(folder, passphrase, clock) as office:
        with writing(office.engine) as connection:
            names = " ".join(made)
            audit.note(connection, clock(), who, "set up", settings.bank, authorities=names)
        refresh(office)
    return {"folder": str(folder), "made": made, "changed": True}


def roll_issuer(
    folder: Path,
    kind: Kind,
    root_medium: Path,
    root_passphrase: bytes,
    who: str,
    *,
    passphrase: bytes | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> dict[str, Any] | No:
    """A new issuing authority takes over; what the old one issued stays good.

    The server works with it from its next start on. Each call makes one more: it is not for
    repeating, and the answer says which one was made.
    """
    settings = read_settings(folder)
    root = _root(root_medium, settings.bank, root_passphrase, clock(), make=False)
    if isinstance(root, No):
        return root
    if root.certificate != custody.root_certificate(folder):
        return No("root", "this is another root than the office's: put the right medium in")
    if custody.keep_root(folder, root, clock()) is not None:
        return _CLOCK
    made = custody.add_issuer(folder, root, kind, passphrase, clock())
    if isinstance(made, IssueFault):
        return _CLOCK
    with open_office(folder, passphrase, clock) as office:
        with writing(office.engine) as connection:
            audit.note(connection, clock(), who, "rolled authority", made.name)
        refresh(office)
    return {"made": made.name, "next": "restart the office's server", "changed": True}


def _root(
    medium: Path, bank: str, passphrase: bytes, now: datetime, *, make: bool
) -> Authority | No:
    try:
        return custody.open_root(medium, bank, passphrase, now, make=make)
    except (BadKeyFile, FileNotFoundError):
        return _NO_ROOT
