"""The one place that judges a certificate: chain, purpose, time and revocation, at a time given.

Wraps `cryptography.x509.verification`, whose interface its makers do not call stable, and which
knows no revocation lists. Every answer is a word; nothing is raised for a bad certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from provisioning.pki.profiles import PURPOSES, Kind
from provisioning.pki.unreadable import UNREADABLE

_DEPTH_MAX = 1  # authorities between a leaf and the root


class Trust(StrEnum):
    """The verdict on a certificate. The first that holds, in this order, is given."""

    MALFORMED = "malformed"
    UNTRUSTED = "untrusted"  # no chain to the root
    WRONG_KIND = "wrong_kind"  # of another purpose than the one asked for
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOCATION_UNKNOWN = "revocation_unknown"  # lists were given, none is good at this time
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the chain from the leaf to the root if there is one."""

    trust: Trust
    chain: tuple[x509.Certificate, ...] = ()


def judge(
    leaf: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    kind: Kind,
    at: datetime,
    crls: Sequence[x509.CertificateRevocationList] | None = None,
) -> Judged:
    """Whether `leaf` is a good certificate of `kind` at `at` (aware).

    `issuers` are authorities that may stand between; only `roots` are believed. With `crls` the
    leaf's issuer must have one there that is good at `at`; a list of the root is used if there is
    one. Without them (None) revocation is somebody else's affair. Who the leaf belongs to is the
    caller's question.
    """
    assert at.tzinfo is not None, "times are aware"
    try:
        start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
        # Looked at within its own life, so that one long expired is told from a forgery.
        inside = min(max(at, start), end)
        chain = _chain(leaf, issuers, roots, kind, inside)
        if chain is None:
            others = (each for each in Kind if each is not kind)
            found = any(_chain(leaf, issuers, roots, each, inside) for each in others)
            return Judged(Trust.WRONG_KIND if found else Trust.UNTRUSTED)
        return Judged(_of_chain(chain, at, crls), chain)
    except UNREADABLE:
        return Judged(Trust.MALFORMED)


def read_certificate(der: bytes) -> x509.Certificate | None:
    """A certificate from DER, None if it is none."""
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE:
        return None


def _of_chain(
    chain: tuple[x509.Certificate, ...],
    at: datetime,
    crls: Sequence[x509.CertificateRevocationList] | None,
) -> Trust:
    links = list(pairwise(chain))
    good = [_list_of(issuer, crls or ()) for _, issuer in links]
    for (below, _), crl in zip(links, good, strict=True):
        if crl is not None and crl.get_revoked_certificate_by_serial_number(below.serial_number):
            return Trust.REVOKED
    if at < chain[0].not_valid_before_utc:
        return Trust.NOT_YET_VALID
    if at > chain[0].not_valid_after_utc:
        return Trust.EXPIRED
    own = good[0] if good else None  # an empty list is false: ask for None
    if crls is not None and (own is None or not _is_current(own, at)):
        return Trust.REVOCATION_UNKNOWN
    return Trust.TRUSTED


def _list_of(
    issuer: x509.Certificate, crls: Sequence[x509.CertificateRevocationList]
) -> x509.CertificateRevocationList | None:
    """The issuer's newest list. A stale one still counts for what it has: nobody is unrevoked."""
    key = issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey), (
        "the verifier lets no other authority through"
    )
    own = [crl for crl in crls if crl.issuer == issuer.subject and crl.is_signature_valid(key)]
    return max(own, key=lambda crl: crl.last_update_utc, default=None)


def _is_current(crl: x509.CertificateRevocationList, at: datetime) -> bool:
    return crl.next_update_utc is not None and crl.last_update_utc <= at <= crl.next_update_utc


def _chain(
    leaf: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    kind: Kind,
    at: datetime,
) -> tuple[x509.Certificate, ...] | None:
    builder = PolicyBuilder().store(Store(list(roots))).time(at).max_chain_depth(_DEPTH_MAX)
    builder = builder.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca().may_be_present(
            x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _only_for(kind)
        ),
        ee_policy=ExtensionPolicy.webpki_defaults_ee().require_present(
            x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _only_for(kind)
        ),
    )
    try:
        return tuple(builder.build_client_verifier().verify(leaf, list(issuers)).chain)
    except VerificationError:
        return None


def _only_for(
    kind: Kind,
) -> Callable[[Policy, x509.Certificate, x509.ExtendedKeyUsage | None], None]:
    def check(
        policy: Policy, certificate: x509.Certificate, usage: x509.ExtendedKeyUsage | None
    ) -> None:
        """The root has no purpose; whoever has one has exactly this."""
        if usage is not None and list(usage) != [PURPOSES[kind]]:
            raise ValueError("of another purpose")

    return check
