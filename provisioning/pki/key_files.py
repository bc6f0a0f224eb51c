"""Keys and certificates in files: whole or not there, and keys readable by their owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


class BadKeyFile(ValueError):
    """The file has no P-256 key, or the passphrase is wrong. Never quotes either."""


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file that a power cut leaves old or new, never between. Raises `OSError`."""
    written = path.with_name(f".{path.name}.new")
    written.unlink(missing_ok=True)
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_key(path: Path, key: ec.EllipticCurvePrivateKey, passphrase: bytes | None) -> None:
    """PKCS #8 PEM, sealed under `passphrase` if there is one. Raises `OSError`."""
    sealing: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        sealing = serialization.BestAvailableEncryption(passphrase)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing)
    write_whole(path, pem, 0o600)


def read_key(path: Path, passphrase: bytes | None) -> ec.EllipticCurvePrivateKey:
    """Raises `BadKeyFile` or `OSError`."""
    pem = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError):
        # Nothing of the cause is kept: a traceback must not lead to the key.
        raise BadKeyFile(f"{path.name} does not open") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadKeyFile(f"{path.name} is no P-256 key")
    return key
