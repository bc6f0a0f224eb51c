"""Certificates a second on one core: a terminal's request in, its certificate out.

All that the authority does for one: read the request, prove its key, check its names, build the leaf,
sign it. Against the bare cryptography of it, one verification and one signature on P-256.
"""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.figures import Figure, spread
from provisioning.pki.authority import Authority, new_key, new_root
from provisioning.pki.profiles import Kind, terminal_profile
from provisioning.pki.requests import Request, key_hash, read_request

TARGET = 1_000
_BANK = "bench-bank"


def issuing(rounds: int = 5, requests: int = 1_000) -> list[Figure]:
    """Requests of as many different terminals, one after the other, in one thread."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    root = new_root(_BANK, new_key(), now)
    issuer = root.issue_authority("terminals-1", Kind.TERMINALS, new_key(), now)
    assert isinstance(issuer, Authority)
    bodies = [_body(number) for number in range(requests)]
    rates, floors = [], []
    for _ in range(rounds):
        begun_s = time.perf_counter()
        made = {_issue(issuer, number, body, now) for number, body in enumerate(bodies)}
        rates.append(requests / (time.perf_counter() - begun_s))
        assert len(made) == requests, "each has a serial number of its own"
        floors.append(_floor(issuer.key, bodies))
    return [
        Figure(
            name="certificates issued on one core",
            against=f"what was promised ({rounds} rounds of {requests} requests)",
            unit="/s",
            ours=spread(rates),
            target=TARGET,
            at_least=True,
            digits=0,
            notes=(f"one verification and one signature alone: {spread(floors).text(0)}/s",),
        )
    ]


def _body(number: int) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"T{number:04}")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return b64encode(builder.sign(new_key(), hashes.SHA256()).public_bytes(Encoding.DER))


def _issue(issuer: Authority, number: int, body: bytes, now: datetime) -> int:
    request = read_request(body)
    assert isinstance(request, Request) and request.claimed == {f"T{number:04}"}
    leaf = issuer.issue(request.public_key, terminal_profile(_BANK, f"T{number:04}"), now)
    assert isinstance(leaf, x509.Certificate)
    assert key_hash(request.public_key) and leaf.public_bytes(Encoding.DER)
    return leaf.serial_number


def _floor(key: ec.EllipticCurvePrivateKey, bodies: list[bytes]) -> float:
    requests = [x509.load_der_x509_csr(b64decode(body)) for body in bodies]
    begun_s = time.perf_counter()
    for request in requests:
        assert request.is_signature_valid
        key.sign(request.tbs_certrequest_bytes, ec.ECDSA(hashes.SHA256()))
    return len(bodies) / (time.perf_counter() - begun_s)
