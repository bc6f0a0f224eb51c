"""An invented authority for a broker on loopback: its certificates are trusted by nobody else."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from provisioning.pki.profiles import key_usage, name_of

_VALID = timedelta(days=30)
_SKEW = timedelta(minutes=5)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class FleetAuthority:
    """A root that issues to the broker, the collectors and the terminals (EC P-256)."""

    def __init__(self, folder: Path) -> None:
        """Make the root, and an empty list of revoked certificates, in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = name_of("Fleet in a box, not for use")
        self._revoked: list[int] = []
        self._root = (
            self._builder(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        self.root = folder / "root.pem"
        self.root.write_bytes(self._root.public_bytes(_PEM))
        self.crl = folder / "crl.pem"
        self._write_crl()

    def server(self) -> Identity:
        """For whoever listens on 127.0.0.1."""
        names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        return self._issue("localhost", ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, name: str) -> Identity:
        """For the terminal or collector of that name; made once."""
        known = Identity(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        if known.key.exists():
            return known
        uri = x509.UniformResourceIdentifier(f"urn:sscard:terminal:{name}")
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, [uri])

    def context(self, name: str) -> ssl.SSLContext:
        """What that client connects with; without a name: with no certificate of its own."""
        context = ssl.create_default_context(cafile=str(self.root))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if name:
            mine = self.client(name)
            context.load_cert_chain(mine.certificate, mine.key)
        return context

    def revoke(self, name: str) -> None:
        """Put the client's certificate on the list; the broker reads it when told to."""
        certificate = x509.load_pem_x509_certificate(self.client(name).certificate.read_bytes())
        self._revoked.append(certificate.serial_number)
        self._write_crl()

    def _write_crl(self) -> None:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(now - _SKEW)
            .next_update(now + _VALID)
        )
        for serial in self._revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(now - _SKEW)
                .build()
            )
        self.crl.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(_PEM))

    def _issue(
        self, common_name: str, purpose: x509.ObjectIdentifier, names: list[x509.GeneralName]
    ) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(name_of(common_name), key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        made = Identity(self._folder / f"{common_name}.pem", self._folder / f"{common_name}.key")
        made.certificate.write_bytes(certificate.public_bytes(_PEM))
        made.key.write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return made

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + _VALID)
        )
