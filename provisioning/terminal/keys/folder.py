"""A key's folder: written whole or not at all, and read back with suspicion.

It holds the key as its provider stores it (`key.tss2`, `key.sealed` or `key.pem`), its public half, and the
SHA-256 of both in `sums`, as ``sha256sum --check`` reads it. With the sums, a file that was cut short is told
from one that belongs to another machine. The folder is made under another name and then renamed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.terminal.keys.key import KeyReason, KeyTrouble, Kind

FILE_BYTES_MAX = 65_536
PUBLIC = "public.pem"
SUMS = "sums"
KEY_FILES = {Kind.TPM: "key.tss2", Kind.SEALED: "key.sealed", Kind.FILE: "key.pem"}


@dataclass(frozen=True)
class Stored:
    """What a whole folder holds: the key as its provider stores it, and its public half."""

    key: bytes = field(repr=False)
    public_key: ec.EllipticCurvePublicKey


def kind_kept(folder: Path) -> Kind | KeyTrouble | None:
    """Which kind of key lies in the folder; None: none."""
    try:
        return next((kind for kind, name in KEY_FILES.items() if (folder / name).exists()), None)
    except PermissionError:
        return _not_ours(folder)


def taken(folder: Path) -> KeyTrouble | None:
    """Why no key can be made in the folder: something already lies there."""
    try:
        used = any(folder.iterdir())
    except FileNotFoundError:
        return None
    except OSError as error:
        return KeyTrouble(KeyReason.FOLDER_TAKEN, f"{folder} is not a folder: {error.strerror}.")
    if used:
        return KeyTrouble(
            KeyReason.FOLDER_TAKEN, f"{folder} is not empty; a new key needs a folder of its own."
        )
    return None


def store(
    folder: Path, kind: Kind, key: bytes, public_key: ec.EllipticCurvePublicKey
) -> KeyTrouble | None:
    """Write a key's folder, on disk when this returns None. A cut at any moment leaves no `folder`."""
    files = {KEY_FILES[kind]: key, PUBLIC: public_pem(public_key)}
    files[SUMS] = _sums(files)
    half = folder.with_name(f".{folder.name}.half")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if half.exists():  # of a start that was cut short
            shutil.rmtree(half)
        half.mkdir(mode=0o700)
        for name, content in files.items():
            _write(half / name, content)
        sync_folder(half)
        half.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        return KeyTrouble(
            KeyReason.NOT_WRITTEN, f"The key could not be written to {folder}: {error.strerror}."
        )
    return None


def fetch(folder: Path, kind: Kind) -> Stored | KeyTrouble:
    """Read a key's folder. Nobody but its owner may have been able to read or change it."""
    kept = kind_kept(folder)
    if isinstance(kept, KeyTrouble):
        return kept
    if kept is None and not (folder / PUBLIC).exists():
        return KeyTrouble(KeyReason.NO_KEY, f"There is no key in {folder}.")
    if kept is not None and kept is not kind:
        return KeyTrouble(
            KeyReason.OTHER_KIND, f"The key in {folder} is of the kind {kept}, not {kind}."
        )
    names = (KEY_FILES[kind], PUBLIC, SUMS)
    try:
        if who := _open_to_others(folder.stat()):
            return KeyTrouble(KeyReason.OPEN_TO_OTHERS, f"The folder {folder} {who}.")
        files = {}
        for name in names:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(folder / name, flags), "rb") as file:
                if who := _open_to_others(os.fstat(file.fileno())):
                    return KeyTrouble(KeyReason.OPEN_TO_OTHERS, f"The file {folder / name} {who}.")
                files[name] = file.read(FILE_BYTES_MAX)
    except PermissionError:
        return _not_ours(folder)
    except OSError as error:
        return _damaged(folder, error.strerror or "unreadable")
    if files.pop(SUMS) != _sums(files):
        return _damaged(folder, "its files do not fit their sums")
    try:
        public_key = serialization.load_pem_public_key(files[PUBLIC])
    except ValueError:
        return _damaged(folder, "its public half is unreadable")
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not on_p256(public_key):
        return _damaged(folder, "it is not on P-256")
    return Stored(files[KEY_FILES[kind]], public_key)


def halves_do_not_fit(folder: Path) -> KeyTrouble:
    """What a provider says when the key in a whole folder is not that of its public half."""
    return _damaged(folder, "its halves do not fit")


def on_p256(key: ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) -> bool:
    """Whether a key is on the curve of identities."""
    return isinstance(key.curve, ec.SECP256R1)


def public_pem(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """SubjectPublicKeyInfo in PEM."""
    return public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def sync_folder(folder: Path) -> None:
    """Put names in a folder on disk. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sums(files: dict[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return "".join(lines).encode("ascii")


def _open_to_others(found: os.stat_result) -> str:
    """What is wrong with owner or mode, to follow the name; empty: nothing."""
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        return "belongs to another user"
    if found.st_mode & 0o077:
        return f"is open to other users (mode {stat.S_IMODE(found.st_mode):04o}); the key counts as known to them: make a new one"
    return ""


def _not_ours(folder: Path) -> KeyTrouble:
    return KeyTrouble(
        KeyReason.NOT_AVAILABLE, f"This user may not read the key in {folder}; its owner may."
    )


def _damaged(folder: Path, why: str) -> KeyTrouble:
    return KeyTrouble(KeyReason.DAMAGED, f"The key in {folder} is damaged: {why}.")
