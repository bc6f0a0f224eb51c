"""Certificates in a PKCS #7 "certs-only" message (RFC 5652; EST's answers, RFC 7030, 4.1.3).

The message holds a set: DER sorts it, so nothing follows from the order. Whoever reads one picks
out its leaf by the key it asked with.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from provisioning.pki.unreadable import UNREADABLE

_CERTIFICATES_MAX = 16


def write_bundle(certificates: Iterable[x509.Certificate]) -> bytes:
    """Base 64 of the message, the body of an answer."""
    return b64encode(pkcs7.serialize_certificates(list(certificates), Encoding.DER))


def read_bundle(body: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of an answer's body, in no order. Raises `ValueError`."""
    try:
        found = pkcs7.load_der_pkcs7_certificates(
            b64decode(body.replace(b"\n", b""), validate=True)
        )
    except UNREADABLE as error:
        raise ValueError("not a message of certificates alone") from error
    if not 0 < len(found) <= _CERTIFICATES_MAX:
        raise ValueError("a bundle has 1 to 16 certificates")
    return tuple(found)


def leaf_and_issuers(
    certificates: Sequence[x509.Certificate], public_key: ec.EllipticCurvePublicKey
) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The certificate of `public_key` and, in order, those above it. Raises `ValueError`.

    Only puts in order; `trust` judges.
    """
    leaves = [each for each in certificates if each.public_key() == public_key]
    if len(leaves) != 1:
        raise ValueError("the bundle has not one certificate of this key")
    above: list[x509.Certificate] = []
    last = leaves[0]
    for _ in certificates:
        found = [each for each in certificates if each.subject == last.issuer and each != last]
        if not found or last.subject == last.issuer:
            break
        last = found[0]
        above.append(last)
    return leaves[0], tuple(above)
