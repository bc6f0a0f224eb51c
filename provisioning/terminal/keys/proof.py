"""Try out a fresh key the way it will be used, before a terminal's identity is built on it.

It signs, it asks for a certificate, and it carries a mutual TLS connection between two ends in memory, with
certificates that are thrown away. A chip that does not get on with TLS is found here and not in the lobby.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning.terminal.keys.key import IdentityKey, KeyFailed, KeyReason, KeyTrouble
from provisioning.terminal.keys.software import new_private, private_pem
from provisioning.terminal.keys.tls import NO_CHECK_TIME, load_key_and_chain

_MESSAGE = b"a fresh key is tried out"
_NAME = "proof.invalid"  # RFC 2606: nobody's
_FROM = datetime(1970, 1, 1, tzinfo=UTC)
_UNTIL = datetime(9999, 12, 31, tzinfo=UTC)
_ROUNDS_MAX = 10  # a handshake in memory takes three


def prove(key: IdentityKey) -> KeyTrouble | None:
    """Use the key for all that it is for. None: it works."""
    try:
        key.public_key.verify(key.sign(_MESSAGE), _MESSAGE, ec.ECDSA(hashes.SHA256()))
        asked = x509.load_der_x509_csr(key.certificate_request(_NAME, f"spiffe://{_NAME}/kiosk"))
        if not asked.is_signature_valid or asked.public_key() != key.public_key:
            return _trouble("its request for a certificate is not valid")
        return _connect(key)
    except KeyFailed as failed:
        return failed.trouble
    except InvalidSignature:
        return _trouble("its signature is not valid")
    except ssl.SSLError as error:
        return _trouble(f"no TLS connection ({error.reason or error})")


def _connect(key: IdentityKey) -> KeyTrouble | None:
    issuer, server = new_private(), new_private()
    root = _certificate("root", issuer.public_key(), issuer, authority=True)
    leaf = _certificate(_NAME, key.public_key, issuer)
    served = _certificate(_NAME, server.public_key(), issuer)

    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.verify_mode = ssl.CERT_REQUIRED
    server_context.verify_flags |= NO_CHECK_TIME
    server_context.load_verify_locations(cadata=_pem(root).decode("ascii"))
    load_key_and_chain(server_context, private_pem(server), _pem(served))
    client_context = key.client_context(_pem(root), _pem(leaf), no_check_time=True)

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = server_context.wrap_bio(to_server, to_client, server_side=True)
    here = client_context.wrap_bio(to_client, to_server, server_hostname=_NAME)
    waiting = {here, there}
    for _ in range(_ROUNDS_MAX):
        for end in (here, there):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.discard(end)
        if not waiting:
            break
    shown = None if waiting else there.getpeercert(binary_form=True)
    if shown != leaf.public_bytes(serialization.Encoding.DER):
        return _trouble("a TLS connection did not come about")
    return None


def _certificate(
    name: str,
    public_key: ec.EllipticCurvePublicKey,
    issuer: ec.EllipticCurvePrivateKey,
    authority: bool = False,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(issuer, hashes.SHA256())
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _trouble(why: str) -> KeyTrouble:
    return KeyTrouble(KeyReason.NOT_AVAILABLE, f"The key does not work: {why}.")
