"""A key in this process's memory: what a file or a sealed file becomes once it is open."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.terminal.keys import request, tls
from provisioning.terminal.keys.folder import on_p256
from provisioning.terminal.keys.key import KeyProvider, Kind


@dataclass(frozen=True)
class SoftwareKey:
    """An `IdentityKey` that `cryptography` holds."""

    provider: KeyProvider
    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def kind(self) -> Kind:
        """Where it is kept."""
        return self.provider.kind

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self.private.public_key()

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-256, DER."""
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))

    def certificate_request(self, common_name: str, uri: str) -> bytes:
        """A PKCS#10 request in DER."""
        return request.request(common_name, uri, self.private)

    def client_context(
        self, root_pem: bytes, certificate_chain_pem: bytes, no_check_time: bool = False
    ) -> ssl.SSLContext:
        """Mutual TLS with this key. Raises `KeyFailed` when the chain is not its own."""
        chain = certificate_chain_pem

        def load(context: ssl.SSLContext) -> None:
            tls.load_key_and_chain(context, private_pem(self.private), chain)

        return tls.client_context(root_pem, chain, self.public_key, no_check_time, load)


def new_private() -> ec.EllipticCurvePrivateKey:
    """A fresh key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS#8 in PEM, in the clear."""
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def read_private(
    pem: bytes, public_key: ec.EllipticCurvePublicKey
) -> ec.EllipticCurvePrivateKey | None:
    """The private key of `public_key` from PEM; None if this is not it."""
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        return None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not on_p256(private):
        return None
    return private if private.public_key() == public_key else None
