"""Python's own `ssl` with a private key that it never sees: each handshake asks us for the signature.

OpenSSL lets a key bring its own way of signing (EC_KEY_METHOD_new(3)); `ssl` has no door for such a key, so it is put into
the context through the libraries that `ssl` itself is linked to. Tried and left: OpenSSL's `tpm2`
provider. To sign with its keys it wants to be preferred in the whole process (``?provider=tpm2``), and then every
software key of that process fails, the old one at a renewal among them; it also needs a
configuration before the process starts and holds a connection to the chip for as long as it runs.

Two things here are not promised for ever. Where an `SSLContext` keeps its SSL_CTX: right behind the object's header, in
every CPython that has had one. EC_KEY_METHOD: deprecated, and present in all of OpenSSL 3. What does not
fit is refused before it is touched, and a fresh key is tried out in a handshake before anything is built on it.
"""

from __future__ import annotations

import _ssl
import ctypes
import ssl
import sys
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_size_t, c_uint, c_void_p
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.terminal.keys.key import KeyFailed
from provisioning.terminal.keys.tls import in_memory

SignDigest = Callable[[bytes], bytes]

_P256 = 415  # NID_X9_62_prime256v1 (OpenSSL, obj_mac.h)
_SIGNATURE_BYTES_MAX = 72  # ECDSA on P-256 in DER: two integers of at most 33 bytes
_NEEDED = {
    "EC_KEY_OpenSSL": (c_void_p,),
    "EC_KEY_METHOD_new": (c_void_p, c_void_p),
    "EC_KEY_METHOD_get_sign": (None, c_void_p, c_void_p, c_void_p, c_void_p),
    "EC_KEY_METHOD_set_sign": (None, c_void_p, c_void_p, c_void_p, c_void_p),
    "EC_KEY_new_by_curve_name": (c_void_p, c_int),
    "EC_KEY_oct2key": (c_int, c_void_p, c_char_p, c_size_t, c_void_p),
    "EC_KEY_set_method": (c_int, c_void_p, c_void_p),
    "EVP_PKEY_new": (c_void_p,),
    "EVP_PKEY_set1_EC_KEY": (c_int, c_void_p, c_void_p),
    "SSL_CTX_use_certificate_chain_file": (c_int, c_void_p, c_char_p),
    "SSL_CTX_use_PrivateKey": (c_int, c_void_p, c_void_p),
    "ERR_clear_error": (None,),
}
_DIGEST_BYTES = (32, 48, 64)  # SHA-256, SHA-384, SHA-512
# int sign(int type, const unsigned char *dgst, int dlen, unsigned char *sig, unsigned int *siglen,
#          const BIGNUM *kinv, const BIGNUM *r, EC_KEY *eckey)
_SIGN = ctypes.CFUNCTYPE(
    c_int,
    c_int,
    c_void_p,
    c_int,
    c_void_p,
    ctypes.POINTER(c_uint),
    c_void_p,
    c_void_p,
    c_void_p,
)
# What is given to OpenSSL once is never freed: a process has one identity, or two at a renewal.
_keys: dict[bytes, tuple[int, int]] = {}  # EC_KEY and EVP_PKEY by public point
_signers: dict[int, SignDigest] = {}  # by EC_KEY


def load_foreign_key(
    context: ssl.SSLContext,
    chain_pem: bytes,
    public_key: ec.EllipticCurvePublicKey,
    sign_digest: SignDigest,
) -> None:
    """`load_cert_chain` for a key that only `sign_digest` (digest in, DER out) can use.

    Raises `ssl.SSLError`. A `KeyFailed` of `sign_digest` ends the handshake as an `ssl.SSLError`.
    """
    crypto = _libraries()
    inside = c_void_p.from_address(id(context) + object.__basicsize__)
    key = _foreign_key(_point(public_key), sign_digest)
    with in_memory(chain_pem) as name:
        done = crypto.SSL_CTX_use_certificate_chain_file(inside, name.encode())
    if not done or not crypto.SSL_CTX_use_PrivateKey(inside, key):
        crypto.ERR_clear_error()
        raise ssl.SSLError("key and certificates were not taken")


@cache
def _libraries() -> ctypes.CDLL:
    """libssl and libcrypto as `ssl` has them. Raises `ssl.SSLError` if they are not as expected."""
    file = getattr(_ssl, "__file__", None)
    if sys.implementation.name != "cpython" or ssl.OPENSSL_VERSION_INFO[0] != 3 or file is None:
        raise ssl.SSLError("this Python's ssl takes no keys of others")
    try:
        libraries = ctypes.CDLL(file)
        for name, (result, *arguments) in _NEEDED.items():
            function = getattr(libraries, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        raise ssl.SSLError("this Python's OpenSSL takes no keys of others") from None
    return libraries


def _point(public_key: ec.EllipticCurvePublicKey) -> bytes:
    return public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _foreign_key(point: bytes, sign_digest: SignDigest) -> int:
    """The EVP_PKEY of a public point; one for each key that the process ever uses."""
    crypto = _libraries()
    if point not in _keys:
        ec_key = crypto.EC_KEY_new_by_curve_name(_P256)
        made = crypto.EVP_PKEY_new()
        right = (
            crypto.EC_KEY_oct2key(ec_key, point, len(point), None)
            and crypto.EC_KEY_set_method(ec_key, _method())
            and crypto.EVP_PKEY_set1_EC_KEY(made, ec_key)
        )
        assert right, "a public key of our own"
        _keys[point] = ec_key, made
    ec_key, made = _keys[point]
    _signers[ec_key] = sign_digest
    return made


@cache
def _method() -> int:
    """OpenSSL's own way of handling keys on a curve, but for signing a digest."""
    crypto = _libraries()
    method: int = crypto.EC_KEY_METHOD_new(crypto.EC_KEY_OpenSSL())
    setup, by_parts = c_void_p(), c_void_p()
    crypto.EC_KEY_METHOD_get_sign(method, None, ctypes.byref(setup), ctypes.byref(by_parts))
    crypto.EC_KEY_METHOD_set_sign(method, ctypes.cast(_callback(), c_void_p), setup, by_parts)
    return method


def _sign(
    _kind: int,
    digest: int,
    digest_bytes: int,
    signature: int,
    signature_bytes: ctypes._Pointer[c_uint],
    _inverse: int | None,
    _r: int | None,
    ec_key: int,
) -> int:
    """Called by OpenSSL in the middle of a handshake, with the room that P-256 needs."""
    signature_bytes[0] = 0  # whatever goes wrong, nothing that lies in that memory is sent
    if digest_bytes not in _DIGEST_BYTES:
        return 0
    try:
        made = _signers[ec_key](ctypes.string_at(digest, digest_bytes))
    except KeyFailed:
        return 0
    assert len(made) <= _SIGNATURE_BYTES_MAX
    ctypes.memmove(signature, made, len(made))
    signature_bytes[0] = len(made)
    return 1


@cache  # kept: OpenSSL calls it as long as the process lives
def _callback() -> ctypes._FuncPointer:
    """`_sign` for C. Made when it is needed only: most terminals have no TPM."""
    try:
        return _SIGN(_sign)
    except MemoryError:  # a unit that may not make code, with a libffi that would have to
        raise ssl.SSLError("this process may not be called back") from None
