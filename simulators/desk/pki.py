"""The desk's invented authority: a root, the bank's server, and one terminal.

Everything is made anew for each desk and trusted by nobody else. TLS certificates are EC P-256
(RFC 5480), signatures of batches and verdicts Ed25519 (RFC 8032).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from provisioning.pki.profiles import key_usage, name_of

_VALID = timedelta(days=30)
_SKEW = timedelta(minutes=5)  # a clock that is a little behind still accepts them


@dataclass(frozen=True, slots=True)
class Pki:
    """Where the PEM files are."""

    root: Path
    server: Path
    server_key: Path
    terminal: Path
    terminal_key: Path


def make_pki(folder: Path, terminal_id: str) -> Pki:
    """Make root, server and terminal certificates in `folder`; keys are readable by the owner alone.

    The server's certificate is good for 127.0.0.1 and localhost, the terminal's carries its id
    as common name and as the URI `urn:sscard:terminal:<id>`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = name_of("Desk root, not for use")
    root = (
        _certificate(root_name, root_name, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    pki = Pki(
        root=folder / "root.pem",
        server=folder / "server.pem",
        server_key=folder / "server.key",
        terminal=folder / "terminal.pem",
        terminal_key=folder / "terminal.key",
    )
    pki.root.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    _issue(
        root,
        root_key,
        "localhost",
        [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))],
        ExtendedKeyUsageOID.SERVER_AUTH,
        (pki.server, pki.server_key),
    )
    _issue(
        root,
        root_key,
        terminal_id,
        [x509.UniformResourceIdentifier(f"urn:sscard:terminal:{terminal_id}")],
        ExtendedKeyUsageOID.CLIENT_AUTH,
        (pki.terminal, pki.terminal_key),
    )
    return pki


def new_signing_key() -> ed25519.Ed25519PrivateKey:
    """A new Ed25519 key, for a terminal's batches or the bank's verdicts."""
    return ed25519.Ed25519PrivateKey.generate()


def write_secret(path: Path, content: bytes) -> Path:
    """Write `content` into a new file that only its owner may read (0600)."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(content)
    return path


def private_pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """A private key as unencrypted PKCS #8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _issue(
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    common_name: str,
    names: list[x509.GeneralName],
    purpose: x509.ObjectIdentifier,
    files: tuple[Path, Path],
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _certificate(name_of(common_name), root.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    write_secret(files[1], private_pem(key))


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _SKEW,
        not_valid_after=now + _VALID,
    )
