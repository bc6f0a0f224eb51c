"""The terminal's identity key as the rest of provisioning sees it, wherever it is kept.

A `KeyProvider` makes keys in a folder and opens them again; what it hands out is an `IdentityKey`, on the
curve P-256. The private half never leaves the terminal and, wherever the hardware allows, never leaves
the chip. Current and new key stand side by side in folders of their own; who promotes one is the caller.

Trouble that a technician may meet when a key is made or opened is returned as a `KeyTrouble`. A key that was
opened and then fails in use (the chip is gone) raises `KeyFailed`, which carries one.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec


class Kind(StrEnum):
    """Where a key is kept, best first."""

    TPM = "tpm"
    SEALED = "sealed"
    FILE = "file"


class KeyReason(StrEnum):
    """Why there is no key to work with."""

    NO_KEY = "no-key"  # the folder holds none
    FOLDER_TAKEN = "folder-taken"  # a key was to be made where something already lies
    DAMAGED = "damaged"  # cut short, altered, or a part is missing
    OPEN_TO_OTHERS = "open-to-others"  # more users than its own could read or change it
    OTHER_MACHINE = "other-machine"  # whole, but this machine cannot open it
    OTHER_KIND = "other-kind"  # the folder holds a key of another kind than was asked for
    NOT_AVAILABLE = "not-available"  # this machine, or this user, has no such place for keys
    NOT_WRITTEN = "not-written"  # the disk refused
    WRONG_CERTIFICATE = "wrong-certificate"  # not readable, or of another key


@dataclass(frozen=True)
class KeyTrouble:
    """What is wrong with a key, in one plain sentence for the technician."""

    reason: KeyReason
    said: str


class KeyFailed(Exception):
    """An opened key could not do its work."""

    def __init__(self, trouble: KeyTrouble) -> None:
        super().__init__(trouble.said)
        self.trouble = trouble


class IdentityKey(Protocol):
    """A key that can be used. Each method raises `KeyFailed`."""

    @property
    def provider(self) -> KeyProvider:
        """Who keeps it; `provider.make(folder)` makes the next one of its kind."""

    @property
    def kind(self) -> Kind:
        """Where it is kept."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-256 over the message, DER (RFC 3279, 2.2.3)."""

    def certificate_request(self, common_name: str, uri: str) -> bytes:
        """A PKCS#10 request (RFC 2986) in DER: the common name, and both names for the SAN.

        A board that nobody has named yet has no `uri`: then it is empty.
        """

    def client_context(
        self, root_pem: bytes, certificate_chain_pem: bytes, no_check_time: bool = False
    ) -> ssl.SSLContext:
        """Mutual TLS with this key: trusts only `root_pem`, shows the chain (leaf first).

        `no_check_time` leaves validity periods out, for the one contact that sets the clock.
        """


class KeyProvider(Protocol):
    """A place to keep keys."""

    @property
    def kind(self) -> Kind:
        """Which one."""

    def make(self, folder: Path) -> IdentityKey | KeyTrouble:
        """A new key in a folder that does not exist yet or is empty; whole, or not there at all."""

    def open(self, folder: Path) -> IdentityKey | KeyTrouble:
        """The key that was made there."""
