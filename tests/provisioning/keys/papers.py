"""A throwaway authority for these tests, and a server on loopback that demands a certificate of it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning.terminal.keys.software import private_pem
from provisioning.terminal.keys.tls import load_key_and_chain

NAME = "SZ-0001"
URI = "spiffe://bank.example/kiosk/SZ-0001"
LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)


@dataclass
class Office:
    """A root that signs what it is given."""

    private: ec.EllipticCurvePrivateKey
    valid_from: datetime

    @property
    def root_pem(self) -> bytes:
        """The root, in PEM."""
        return self.issue("root", self.private.public_key(), authority=True)

    def issue(
        self, name: str, public_key: ec.EllipticCurvePublicKey, authority: bool = False
    ) -> bytes:
        """A certificate of one year, in PEM."""
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")]))
            .public_key(public_key)
            .serial_number(7)
            .not_valid_before(self.valid_from)
            .not_valid_after(self.valid_from + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.private, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)


def office(valid_from: datetime | None = None) -> Office:
    """A fresh authority; by default valid since yesterday."""
    since = valid_from or datetime.now(UTC) - timedelta(days=1)
    return Office(ec.generate_private_key(ec.SECP256R1()), since)


@contextmanager
def server(office: Office) -> Iterator[int]:
    """Answers each client on the port it yields with the name in the client's certificate."""
    private = ec.generate_private_key(ec.SECP256R1())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= 0x200000  # the office judges the times itself
    context.load_verify_locations(cadata=office.root_pem.decode())
    chain = office.issue("office.example", private.public_key())
    load_key_and_chain(context, private_pem(private), chain)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        thread = threading.Thread(target=_serve, args=(listening, context))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(30)


def ask(context: ssl.SSLContext, port: int) -> str:
    """The name that the server read in our certificate. Raises `ssl.SSLError`."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="office.example") as line,
    ):
        return line.recv(200).decode()


def _serve(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:  # the test is over
            return
        plain.settimeout(30)
        try:
            with plain, context.wrap_socket(plain, server_side=True) as line:
                shown = line.getpeercert(binary_form=True)
                assert shown is not None
                names = x509.load_der_x509_certificate(shown).subject
                line.sendall(
                    str(names.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value).encode()
                )
        except OSError:  # a client that went away, or an impostor
            continue
