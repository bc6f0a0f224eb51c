"""The request for a certificate, for any key."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def request(common_name: str, uri: str, private: ec.EllipticCurvePrivateKey) -> bytes:
    """A PKCS#10 request (RFC 2986) in DER, signed by the key it is for. `uri` may be empty.

    Raises `ValueError` for names that a certificate cannot carry.
    """
    names: list[x509.GeneralName] = [x509.DNSName(common_name)]
    if uri:
        names.append(x509.UniformResourceIdentifier(uri))
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(private, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)
