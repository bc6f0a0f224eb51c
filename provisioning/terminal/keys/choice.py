"""Where a terminal keeps its identity key: the best place that works, found out by trying, and said."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from provisioning.terminal.keys.file import FileProvider
from provisioning.terminal.keys.folder import kind_kept, sync_folder, taken
from provisioning.terminal.keys.key import IdentityKey, KeyProvider, KeyReason, KeyTrouble, Kind
from provisioning.terminal.keys.proof import prove
from provisioning.terminal.keys.sealed import SealedProvider
from provisioning.terminal.keys.tpm import TpmProvider

PROVIDERS: tuple[KeyProvider, ...] = (TpmProvider(), SealedProvider(), FileProvider())

_PLACES = {
    Kind.TPM: "is in the TPM of this machine and cannot be read by anybody",
    Kind.SEALED: "is sealed to this machine by systemd-creds",
    Kind.FILE: "is in a file that only this user can read",
}
_NAMES = {Kind.TPM: "a TPM", Kind.SEALED: "systemd-creds", Kind.FILE: "a file"}


class Chosen(NamedTuple):
    """A key that works, and one sentence on where it is and why nowhere better."""

    key: IdentityKey
    said: str


def choose(
    folder: Path, wanted: Kind | None = None, offered: Sequence[KeyProvider] = PROVIDERS
) -> Chosen | KeyTrouble:
    """The key in `folder`, or a new one from the best of `offered` (best first) that works.

    A key that is there is opened or its trouble returned, never replaced: it is the terminal's identity. A new
    one is made beside the folder, proven, and only then given its name. `wanted` takes that kind or none.
    """
    kept = kind_kept(folder)
    if isinstance(kept, KeyTrouble):
        return kept
    if kept is not None:
        return _open(folder, kept, wanted, offered)
    if trouble := taken(folder):
        return trouble
    trial = folder.with_name(f".{folder.name}.trial")
    refusals: list[tuple[Kind, str]] = []
    for provider in offered:
        if wanted is not None and provider.kind is not wanted:
            continue
        key = _make(provider, trial, folder)
        if not isinstance(key, KeyTrouble):
            return Chosen(key, _said(provider.kind, refusals))
        refusals.append((provider.kind, key.said.rstrip(".")))
    if not refusals:
        return KeyTrouble(KeyReason.NOT_AVAILABLE, f"No keys of the kind {wanted} are on offer.")
    reasons = "; ".join(f"{_NAMES[kind]}: {why}" for kind, why in refusals)
    return KeyTrouble(KeyReason.NOT_AVAILABLE, f"There is no place for the key. {reasons}.")


def _open(
    folder: Path, kept: Kind, wanted: Kind | None, offered: Sequence[KeyProvider]
) -> Chosen | KeyTrouble:
    if wanted is not None and kept is not wanted:
        return KeyTrouble(
            KeyReason.OTHER_KIND,
            f"{folder} already holds a key, and it {_PLACES[kept]}; make the other in a new folder.",
        )
    provider = next((each for each in offered if each.kind is kept), None)
    if provider is None:
        return KeyTrouble(KeyReason.NOT_AVAILABLE, f"No keys of the kind {kept} are on offer.")
    key = provider.open(folder)
    if isinstance(key, KeyTrouble):
        return key
    return Chosen(key, f"The identity key that was already there {_PLACES[kept]}.")


def _make(provider: KeyProvider, trial: Path, folder: Path) -> IdentityKey | KeyTrouble:
    """A key under its final name, after it was opened from the disk once more and proven."""
    try:
        if trial.exists():  # of a start that was cut short, or of the provider before
            shutil.rmtree(trial)
        made = provider.make(trial)
        if isinstance(made, KeyTrouble):
            return made
        key = provider.open(trial)
        if not isinstance(key, KeyTrouble):
            key = prove(key) or key
        if isinstance(key, KeyTrouble):
            shutil.rmtree(trial)
            return key
        trial.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        return KeyTrouble(
            KeyReason.NOT_WRITTEN, f"The key could not be written to {folder}: {error.strerror}."
        )
    return key


def _said(kind: Kind, refusals: Sequence[tuple[Kind, str]]) -> str:
    said = f"The identity key {_PLACES[kind]}"
    if not refusals:
        return f"{said}."
    reasons = ", and ".join(f"not {_NAMES[better]} ({why})" for better, why in refusals)
    return f"{said}; {reasons}."
