"""The authorities: an offline root, and under it those that issue.

A key is anything that is an `ec.EllipticCurvePrivateKey`: from a file, in memory, or one that a TPM
or a PKCS#11 token lends and never shows. What was revoked is in the office's books; an authority
only signs the list of it (CRL, RFC 5280, section 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.pki.profiles import (
    BACK_DATED,
    CRL_BACK_DATED,
    CRL_LIFE,
    ISSUER_LIFE,
    PURPOSES,
    ROOT_LIFE,
    Kind,
    Profile,
    key_usage,
    name_of,
)


class IssueFault(StrEnum):
    """Why an authority cannot issue at this time."""

    NOT_YET = "not_yet"  # before its own life: the clock is behind
    ENDED = "ended"  # after it: the clock is ahead, or the authority is to be replaced


class RevocationReason(StrEnum):
    """Why a certificate was revoked, of CRLReason (RFC 5280, 5.3.1)."""

    LOST = "lost"
    SUPERSEDED = "superseded"
    DECOMMISSIONED = "decommissioned"


_FLAGS = {
    RevocationReason.LOST: x509.ReasonFlags.key_compromise,
    RevocationReason.SUPERSEDED: x509.ReasonFlags.superseded,
    RevocationReason.DECOMMISSIONED: x509.ReasonFlags.cessation_of_operation,
}


@dataclass(frozen=True, slots=True)
class Revoked:
    """An entry of a revocation list."""

    serial: int
    at: datetime
    reason: RevocationReason


@dataclass(frozen=True, slots=True)
class Authority:
    """One that signs certificates. `kind` is None for the root, which issues authorities alone."""

    name: str
    kind: Kind | None
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def issue(
        self, public_key: ec.EllipticCurvePublicKey, profile: Profile, now: datetime
    ) -> x509.Certificate | IssueFault:
        """A leaf that starts 24 h ago and ends no later than its authority."""
        assert profile.kind is self.kind, "each kind has its own authority"
        fault = self.fault(now)
        if fault is not None:
            return fault
        not_before = max(now - BACK_DATED, self.certificate.not_valid_before_utc)
        not_after = min(now + profile.life, self.certificate.not_valid_after_utc)
        return (
            _builder(profile.common_name, public_key, not_before, not_after)
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([PURPOSES[profile.kind]]), critical=False)
            .add_extension(x509.SubjectAlternativeName(profile.names), critical=False)
            .add_extension(_issuer_key_id(self.certificate), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def issue_authority(
        self, name: str, kind: Kind, key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> Authority | IssueFault:
        """A new issuing authority, which can issue leaves of one purpose and nothing else."""
        assert self.kind is None, "only the root makes authorities"
        fault = self.fault(now)
        if fault is not None:
            return fault
        not_after = min(now + ISSUER_LIFE, self.certificate.not_valid_after_utc)
        not_before = max(now - BACK_DATED, self.certificate.not_valid_before_utc)
        certificate = (
            _builder(name, key.public_key(), not_before, not_after)
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([PURPOSES[kind]]), critical=False)
            .add_extension(_issuer_key_id(self.certificate), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return Authority(name, kind, certificate, key)

    def crl(
        self,
        revoked: Iterable[Revoked],
        number: int,
        now: datetime,
        life: timedelta = CRL_LIFE,
    ) -> x509.CertificateRevocationList | IssueFault:
        """The signed list of what this authority issued and took back. `number` only grows."""
        fault = self.fault(now)
        if fault is not None:
            return fault
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(_whole(max(now - CRL_BACK_DATED, self.certificate.not_valid_before_utc)))
            .next_update(_whole(now + life))
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(_issuer_key_id(self.certificate), critical=False)
        )
        for each in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(each.serial)
                .revocation_date(_whole(each.at))
                .add_extension(x509.CRLReason(_FLAGS[each.reason]), critical=False)
                .build()
            )
        return builder.sign(self.key, hashes.SHA256())

    def fault(self, now: datetime) -> IssueFault | None:
        """Whether `now` is outside the authority's own life."""
        if now < self.certificate.not_valid_before_utc:
            return IssueFault.NOT_YET
        if now >= self.certificate.not_valid_after_utc:
            return IssueFault.ENDED
        return None


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key in memory."""
    return ec.generate_private_key(ec.SECP256R1())


def new_root(bank: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> Authority:
    """The bank's private root."""
    name = f"{bank} root"
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, key.public_key(), now - BACK_DATED, now + ROOT_LIFE)
        .issuer_name(name_of(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return Authority("root", None, certificate, key)


def _builder(
    common_name: str,
    public_key: ec.EllipticCurvePublicKey,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name_of(common_name))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_whole(not_before))
        .not_valid_after(_whole(not_after))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _issuer_key_id(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier.value)


def _whole(instant: datetime) -> datetime:
    """X.509 knows whole seconds."""
    return instant.replace(microsecond=0)
