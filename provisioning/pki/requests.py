"""A request for a certificate (PKCS #10, RFC 2986) as EST sends it, read without believing its names."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning.pki.unreadable import UNREADABLE

_NAMES_MAX = 8


class RequestFault(StrEnum):
    """Why a request is none."""

    MALFORMED = "malformed"
    UNPROVEN = "unproven"  # not signed by the key that it names
    KEY = "key"  # not on P-256, or not signed with SHA-256


@dataclass(frozen=True, slots=True)
class Request:
    """A proven key, and the names that the request claims for it."""

    public_key: ec.EllipticCurvePublicKey
    claimed: frozenset[str]


def read_request(body: bytes) -> Request | RequestFault:
    """Read base 64 of DER (RFC 8951, 3.1: line breaks do not matter)."""
    try:
        der = b64decode(body.translate(None, b" \t\r\n"), validate=True)
        request = x509.load_der_x509_csr(der)
        public_key = request.public_key()
        signed_with = request.signature_hash_algorithm
        if not _is_p256(public_key) or not isinstance(signed_with, hashes.SHA256):
            return RequestFault.KEY
        if not request.is_signature_valid:
            return RequestFault.UNPROVEN
        claimed = _claimed(request)
    except UNREADABLE:
        return RequestFault.MALFORMED
    if len(claimed) > _NAMES_MAX:
        return RequestFault.MALFORMED
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    return Request(public_key, claimed)


def key_hash(public_key: ec.EllipticCurvePublicKey) -> str:
    """Names a public key: SHA-256 of its SubjectPublicKeyInfo, 64 hex digits."""
    spki = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    return digest.finalize().hex()


def _is_p256(key: object) -> bool:
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _claimed(request: x509.CertificateSigningRequest) -> frozenset[str]:
    """Every name that a certificate could carry further; one of a form we never give as its type."""
    wanted = (NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER)
    claimed = {
        str(attribute.value)
        for oid in wanted
        for attribute in request.subject.get_attributes_for_oid(oid)
    }
    try:
        extension = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset(claimed)
    for name in extension.value:
        if isinstance(name, x509.DNSName | x509.UniformResourceIdentifier):
            claimed.add(name.value)
        else:
            claimed.add(type(name).__name__)
    return frozenset(claimed)
