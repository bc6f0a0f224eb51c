"""A configuration as the office signs it, for one terminal, and what keeps another one out.

Ed25519 (RFC 8032) over the canonical JSON of the document. Versions only go up: an older one counts
only with a permit, signed the same way, that names the step back, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from offline_queue.formats.envelope import canonical, is_signed, sign
from provisioning.configuration.items import Value, troubles

FILE_BYTES_MAX = 65_536


class Permit(msgspec.Struct, frozen=True, tag_field="form", tag="rollback-permit-1"):
    """Lets one terminal go back from one version to one older version."""

    terminal: str
    from_version: int
    to_version: int


class Document(msgspec.Struct, frozen=True, tag_field="form", tag="configuration-1"):
    """What is signed. Times are aware, in ISO 8601."""

    terminal: str
    version: int
    valid_from: datetime
    valid_until: datetime
    values: dict[str, Value]


class SignedConfiguration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document as it travels. `signature` and `permit_signature` are hex, by key `key_id`."""

    document: Document
    key_id: str
    signature: str
    permit: Permit | None = None
    permit_signature: str = ""


class Flaw(StrEnum):
    """Why a configuration is not used."""

    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"  # by a key that may not, or altered since
    FOR_ANOTHER = "for-another-terminal"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    OLDER = "older"
    SAME_VERSION = "same-version"  # with other values
    BAD_VALUES = "bad-values"


REMEDIES: Mapping[Flaw, str] = {
    Flaw.UNREADABLE: "fetch the configuration from the office again",
    Flaw.UNSIGNED: "ask the office to sign it anew, with the key that this terminal knows",
    Flaw.FOR_ANOTHER: "ask the office for the configuration of this terminal",
    Flaw.NOT_YET_VALID: "set the clock: enrol again, or wait until the configuration begins",
    Flaw.EXPIRED: "ask the office for a new configuration",
    Flaw.OLDER: "ask the office for a permit to go back, or for a newer version",
    Flaw.SAME_VERSION: "ask the office to give the changed values a new version",
    Flaw.BAD_VALUES: "ask the office to correct the values that are named",
}


class Unusable(ValueError):
    """A configuration that is not used. `said` names keys, never values."""

    def __init__(self, flaw: Flaw, said: str = "") -> None:
        super().__init__(f"{flaw.value}: {said}" if said else flaw.value)
        self.flaw = flaw
        self.said = said

    @property
    def remedy(self) -> str:
        """What the technician does about it."""
        return REMEDIES[self.flaw]


def key_id_of(key: Ed25519PublicKey) -> str:
    """The name of a signing key: the start of its hash, 16 hex digits."""
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def sign_configuration(
    document: Document, key: Ed25519PrivateKey, permit: Permit | None = None
) -> bytes:
    """The file of a configuration. Raises `Unusable` for values that no terminal would take."""
    found = troubles(document.values)
    if found:
        raise Unusable(Flaw.BAD_VALUES, "; ".join(found))
    return msgspec.json.encode(
        SignedConfiguration(
            document,
            key_id_of(key.public_key()),
            sign(canonical(document), key),
            permit,
            "" if permit is None else sign(canonical(permit), key),
        )
    )


def read_configuration(
    file: bytes,
    keys: Sequence[Ed25519PublicKey],
    terminal: str,
    now: datetime,
    in_use: SignedConfiguration | None = None,
) -> SignedConfiguration:
    """Check a file whole, against what is in use. `now` is aware. Raises `Unusable`."""
    found = read_signed(file, keys)
    document = found.document
    if document.terminal != terminal:
        raise Unusable(Flaw.FOR_ANOTHER)
    if now < document.valid_from:
        raise Unusable(Flaw.NOT_YET_VALID)
    if now >= document.valid_until:
        raise Unusable(Flaw.EXPIRED)
    wrong = troubles(document.values)
    if wrong:
        raise Unusable(Flaw.BAD_VALUES, "; ".join(wrong))
    if in_use is not None:
        _must_follow(found, in_use.document)
    return found


def read_signed(file: bytes, keys: Sequence[Ed25519PublicKey]) -> SignedConfiguration:
    """A file whose signatures are right, whatever it says. Raises `Unusable`."""
    if len(file) > FILE_BYTES_MAX:
        raise Unusable(Flaw.UNREADABLE, "it is too long")
    try:
        found = msgspec.json.decode(file, type=SignedConfiguration)
        if found.document.valid_from.tzinfo is None or found.document.valid_until.tzinfo is None:
            raise Unusable(Flaw.UNREADABLE, "a time has no offset")
        document, permit = canonical(found.document), canonical(found.permit)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unusable(Flaw.UNREADABLE) from error
    key = next((each for each in keys if key_id_of(each) == found.key_id), None)
    if key is None or not is_signed(document, found.signature, key):
        raise Unusable(Flaw.UNSIGNED)
    if found.permit is not None and not is_signed(permit, found.permit_signature, key):
        raise Unusable(Flaw.UNSIGNED, "its permit to go back")
    return found


def _must_follow(found: SignedConfiguration, before: Document) -> None:
    """Never backwards without a permit for just this step."""
    document = found.document
    if document.version == before.version and document != before:
        raise Unusable(Flaw.SAME_VERSION)
    permit = Permit(document.terminal, before.version, document.version)
    if document.version < before.version and found.permit != permit:
        raise Unusable(Flaw.OLDER)
