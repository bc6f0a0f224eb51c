"""The client's side of mutual TLS, for any key."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.terminal.keys.key import KeyFailed, KeyReason, KeyTrouble

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME (OpenSSL, x509_vfy.h); ssl has no name for it


def client_context(
    root_pem: bytes,
    chain_pem: bytes,
    public_key: ec.EllipticCurvePublicKey,
    no_check_time: bool,
    load: Callable[[ssl.SSLContext], None],
) -> ssl.SSLContext:
    """A context that trusts only `root_pem` and shows the chain, which `load` puts into it with its key.

    Raises `KeyFailed` for certificates that are unreadable or of another key, and for a key that OpenSSL
    cannot use.
    """
    try:
        roots = x509.load_pem_x509_certificates(root_pem)
        leaf = x509.load_pem_x509_certificates(chain_pem)[0]
        theirs = leaf.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _wrong("cannot be read") from None
    if theirs != public_key:
        raise _wrong("were issued for another key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if no_check_time:
        context.verify_flags |= NO_CHECK_TIME
    try:
        for root in roots:
            context.load_verify_locations(cadata=root.public_bytes(serialization.Encoding.DER))
        load(context)
    except ssl.SSLError as error:
        said = f"OpenSSL cannot use the key of this terminal ({error.reason or error})."
        raise KeyFailed(KeyTrouble(KeyReason.NOT_AVAILABLE, said)) from None
    return context


def load_key_and_chain(context: ssl.SSLContext, key_pem: bytes, chain_pem: bytes) -> None:
    """`load_cert_chain` from memory. Raises `ssl.SSLError`."""
    with in_memory(key_pem + b"\n" + chain_pem) as name:
        context.load_cert_chain(name, password="")  # never asks at the console


@contextmanager
def in_memory(content: bytes) -> Iterator[str]:
    """A name for OpenSSL, which reads keys and chains from named files only. What it names is memory
    without a place on any disk, and gone when this ends."""
    with os.fdopen(os.memfd_create("identity", os.MFD_CLOEXEC), "wb", buffering=0) as file:
        file.write(content)
        yield f"/proc/self/fd/{file.fileno()}"


def _wrong(why: str) -> KeyFailed:
    said = f"The certificates at hand {why}."
    return KeyFailed(KeyTrouble(KeyReason.WRONG_CERTIFICATE, said))
