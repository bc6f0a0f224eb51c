"""Who the terminal is: its key and the certificate for it, in use together or not at all.

Keys stand in numbered folders and never leave them; a certificate is kept in a set of files that
names its key's folder. A renewal makes a new key and a new certificate beside those in use, and
takes them into use only when the office has been reached with them.
"""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning.pki import profiles
from provisioning.pki.bundles import leaf_and_issuers, read_bundle
from provisioning.pki.trust import Trust, judge
from provisioning.terminal.keys.choice import PROVIDERS, choose
from provisioning.terminal.keys.key import (
    IdentityKey,
    KeyFailed,
    KeyProvider,
    KeyReason,
    KeyTrouble,
    Kind,
)
from provisioning.terminal.versions import Versions

CHAIN, KEY_NUMBER = "chain.pem", "key"
RENEW_AT = 2 / 3  # of a certificate's life
SPREAD = timedelta(days=1)  # renewals of a fleet do not fall on one hour


class BadCertificate(ValueError):
    """What the office sent is not a certificate for this key. `trust` says how it was judged."""

    def __init__(self, trust: Trust | None) -> None:
        super().__init__("no certificate of this key" if trust is None else trust.value)
        self.trust = trust


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate with those above it, and its key."""

    key: IdentityKey
    chain: tuple[x509.Certificate, ...]  # leaf first, without the root

    @property
    def leaf(self) -> x509.Certificate:
        """The terminal's own certificate."""
        return self.chain[0]

    @property
    def terminal(self) -> str:
        """The name that the office gave the terminal."""
        (name,) = self.leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(name.value)

    @property
    def uri(self) -> str:
        """The terminal's SPIFFE id."""
        names = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        (uri,) = names.get_values_for_type(x509.UniformResourceIdentifier)
        return uri

    def client_context(self, root: bytes) -> ssl.SSLContext:
        """See `office_line.Credentials`. Raises `KeyFailed`."""
        return self.key.client_context(root, _pem(self.chain), no_check_time=True)

    def renew_from(self, spread: float) -> datetime:
        """From when it is to be renewed. `spread`: this terminal's place in the fleet, in [-1, 1]."""
        start, end = self.leaf.not_valid_before_utc, self.leaf.not_valid_after_utc
        return start + (end - start) * RENEW_AT + SPREAD * spread


class Identity:
    """Keys and certificates of one terminal in a folder.

    `roots` are the bank's, in PEM; `wanted` and `offered` say where keys may be kept (`keys.choice`).
    Methods raise `KeyFailed` for a key that cannot be made, opened or used, and `OSError` for the disk.
    """

    def __init__(
        self,
        folder: Path,
        roots: bytes,
        wanted: Kind | None = None,
        offered: Sequence[KeyProvider] = PROVIDERS,
    ) -> None:
        self._keys = folder / "keys"
        self._sets = Versions(folder / "certificates")
        self._wanted = wanted
        self._offered = offered
        self.where = ""  # the key last opened is kept, and why nowhere better: one sentence
        self._roots = tuple(x509.load_pem_x509_certificates(roots))

    @property
    def in_use(self) -> Credentials | None:
        """The certificate in use and its key; None before the first."""
        here = self._sets.current
        return None if here is None else self._read(here)

    def waiting_key(self) -> IdentityKey:
        """The key of the next certificate: made, if none has been made since the last one.

        The same one is given until a certificate for it is in use, so that a request whose answer
        was lost is asked again and not anew.
        """
        number = self._number_in_use() + 1
        try:
            return self._key(number)
        except KeyFailed as failed:
            if failed.trouble.reason is not KeyReason.DAMAGED:
                raise
        # Nothing was ever issued for it: another one is as good.
        shutil.rmtree(self._keys / str(number))
        return self._key(number)

    def received(self, bundle: bytes, now: datetime) -> Credentials:
        """Keep the office's answer for the waiting key, not yet in use. Raises `BadCertificate`."""
        key = self.waiting_key()
        try:
            leaf, above = leaf_and_issuers(read_bundle(bundle), key.public_key)
        except ValueError as error:
            raise BadCertificate(None) from error
        judged = judge(leaf, above, self._roots, profiles.Kind.TERMINALS, now)
        if judged.trust is not Trust.TRUSTED:
            raise BadCertificate(judged.trust)
        chain = judged.chain[:-1]
        found = Credentials(key, chain)
        number = str(self._number_in_use() + 1)
        files = {CHAIN: _pem(chain), KEY_NUMBER: number.encode()}
        self._sets.put(_name_of(number, leaf), files)
        return found

    def take_into_use(self, new: Credentials) -> None:
        """From now on this one; called when the office has been reached with it."""
        number = self._number_in_use() + 1
        self._sets.use(_name_of(str(number), new.leaf))
        for folder in self._keys.iterdir():
            if folder.name.isdecimal() and int(folder.name) < number - 1:
                shutil.rmtree(folder, ignore_errors=True)

    def _number_in_use(self) -> int:
        here = self._sets.current
        return 0 if here is None else int((here / KEY_NUMBER).read_bytes())

    def _read(self, here: Path) -> Credentials:
        number = int((here / KEY_NUMBER).read_bytes())
        if not (self._keys / str(number)).exists():
            raise KeyFailed(KeyTrouble(KeyReason.NO_KEY, "The key of the certificate is gone."))
        chain = x509.load_pem_x509_certificates((here / CHAIN).read_bytes())
        return Credentials(self._key(number), tuple(chain))

    def _key(self, number: int) -> IdentityKey:
        found = choose(self._keys / str(number), self._wanted, self._offered)
        if isinstance(found, KeyTrouble):
            raise KeyFailed(found)
        self.where = found.said
        return found.key


def _name_of(number: str, leaf: x509.Certificate) -> str:
    return f"{number}-{leaf.serial_number:x}"[:60]


def _pem(chain: Sequence[x509.Certificate]) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in chain)
