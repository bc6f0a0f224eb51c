"""What the queue's process works with: the key that signs, the one that orders, and the way to the bank.

The signing key (Ed25519) and the lane key are made here once and never leave; the bank learns of the
public half through the office. To the bank the queue is the terminal: certificate and key are those
of its identity, put where the queue's process alone can read them, anew after each renewal.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from provisioning import wire
from provisioning.terminal.handing import KIOSK, QUEUE, hand
from provisioning.terminal.identity import Credentials
from provisioning.terminal.keys.key import KeyFailed, KeyReason, KeyTrouble
from provisioning.terminal.keys.software import SoftwareKey, private_pem

_LANE_KEY_BYTES = 32


def keys_of_queue(places: Mapping[str, str]) -> Ed25519PrivateKey:
    """The signing key; it and the lane key are made where they are missing. Raises `KeyFailed`, `OSError`."""
    lane = Path(places["lane_key"])
    if not lane.exists():
        hand(lane, os.urandom(_LANE_KEY_BYTES), 0o600, QUEUE, QUEUE)
    signing = Path(places["signing_key"])
    if not signing.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        hand(signing, pem, 0o600, QUEUE, QUEUE)
    try:
        key = load_pem_private_key(signing.read_bytes(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        said = f"{signing} is not the key that signs for the queue."
        raise KeyFailed(KeyTrouble(KeyReason.DAMAGED, said))
    return key


def hand_over(credentials: Credentials, places: Mapping[str, str]) -> bool:
    """Put the identity where the queue's process reads it; whether it was another. Raises `KeyFailed`, `OSError`.

    A key in a TPM cannot be handed to another process: such a board keeps its key sealed instead.
    """
    if not isinstance(credentials.key, SoftwareKey):
        said = 'The queue cannot use a key in the TPM: say keys = "sealed" in the image\'s file.'
        raise KeyFailed(KeyTrouble(KeyReason.OTHER_KIND, said))
    chain = b"".join(each.public_bytes(Encoding.PEM) for each in credentials.chain)
    key = private_pem(credentials.key.private)
    paths = (Path(places["client_key"]), Path(places["client_cert"]))
    handed = paths[1].with_name(
        f"{paths[1].name}.sha256"
    )  # what was handed over we may not read again
    digest = sha256(key + chain).hexdigest().encode()
    if handed.exists() and handed.read_bytes() == digest and all(path.exists() for path in paths):
        return False
    for path, content in zip(paths, (key, chain), strict=True):
        hand(path, content, 0o600, QUEUE, QUEUE)
    hand(handed, digest, 0o600)
    return True


def keep_staff_secret(secret: bytes, places: Mapping[str, str]) -> None:
    """Keep the secret of the staff's codes for the screen process. Raises `OSError`."""
    if secret and "staff_secret" in places:
        hand(Path(places["staff_secret"]), secret, 0o640, "root", KIOSK)


def proven(terminal: str, signing: Ed25519PrivateKey, places: Mapping[str, str]) -> wire.ProvenKeys:
    """What the office is told of these keys, signed by the key it is about."""
    held = Path(places["staff_secret"]) if "staff_secret" in places else None
    secret_hash = sha256(held.read_bytes()).hexdigest() if held and held.exists() else ""
    public = signing.public_key().public_bytes_raw()
    content = wire.report_bytes(wire.Keys(terminal, public, secret_hash))
    return wire.ProvenKeys(content, signing.sign(content))
