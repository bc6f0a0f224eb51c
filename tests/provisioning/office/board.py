"""A bare board as the office meets it: its own key, real requests, real TLS; and an office for tests."""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import httpx
import msgspec
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning import wire
from provisioning.office import desk
from provisioning.office.founding import set_up
from provisioning.office.office import Office
from provisioning.office.server import server_config
from provisioning.office.settings import OfficeSettings
from provisioning.pki.bundles import leaf_and_issuers, read_bundle
from provisioning.wire import Reason

BANK = "demo-bank.example"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WHO = "clerk-1"
TERMINAL, BOARD, SITE, TECHNICIAN = "T0001", "BRD-0001", "lobby-1", "tech-1"
ROOT_PASSPHRASE = b"only for tests, in no safe"
SETTINGS = OfficeSettings(BANK, ("localhost", "127.0.0.1"), "https://localhost:8443")
NO_CHECK_TIME = 0x200000
PATIENCE_S = 20


@dataclass
class Clock:
    """A clock that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


def found(folder: Path, clock: Clock) -> None:
    said = set_up(folder / "office", SETTINGS, folder / "safe", ROOT_PASSPHRASE, WHO, clock=clock)
    assert isinstance(said, dict), said


def furnish(office: Office) -> None:
    """A site, a terminal and a technician."""
    done = [
        desk.put_site(office, WHO, SITE, "大堂", "Lobby", "https://gateway", "mqtts://broker"),
        desk.add_terminal(office, WHO, TERMINAL, BOARD, "kiosk-a", SITE),
        desk.put_technician(office, WHO, TECHNICIAN),
    ]
    assert all(isinstance(said, dict) for said in done), done


def token(office: Office, terminal: str = TERMINAL) -> str:
    said = desk.make_token(office, WHO, terminal, TECHNICIAN)
    assert isinstance(said, dict), said
    return str(said["token"])


class Server(uvicorn.Server):
    """Ends when it is told to; uvicorn's own looks ten times a second whether it was."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told: Future[None] = Future()

    async def main_loop(self) -> None:
        await asyncio.wrap_future(self._told)

    def end(self) -> None:
        self._told.set_result(None)


@contextmanager
def serving(office: Office, listening: socket.socket) -> Iterator[Server]:
    """The real server in a thread, on a socket that listens already."""
    server = Server(server_config(office, "127.0.0.1", 0))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield server
    finally:
        server.end()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@contextmanager
def running(office: Office) -> Iterator[int]:
    """The office served on a port of its own; the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening, serving(office, listening):
        yield int(listening.getsockname()[1])


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def request(
    key: ec.EllipticCurvePrivateKey, name: str = "", names: tuple[x509.GeneralName, ...] = ()
) -> bytes:
    """Base 64 of a request."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    der = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return b64encode(der)


@dataclass
class Board:
    """Speaks to the office on `port`. `folder` holds what TLS wants as files."""

    folder: Path
    root: x509.Certificate
    port: int
    serial_number: str = BOARD
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    leaf: x509.Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()

    def enrols(self, token: str, body: bytes | None = None) -> Reason | None:
        """Ask for the first certificate; the reason of a refusal, None if it was given."""
        answer = self.asks_to_enrol(token, body)
        return self._takes(answer, self.key)

    def asks_to_enrol(self, token: str, body: bytes | None = None) -> httpx.Response:
        basic = b64encode(f"{self.serial_number}:{token}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"} if token else {}
        sent = request(self.key) if body is None else body
        with self.line() as line:
            return line.post(wire.ENROLL_PATH, content=sent, headers=headers)

    def renews(
        self, key: ec.EllipticCurvePrivateKey | None = None, body: bytes | None = None
    ) -> Reason | None:
        """Ask for the next certificate with a new key."""
        key = key or new_key()
        with self.line() as line:
            answer = line.post(wire.REENROLL_PATH, content=body or request(key))
        return self._takes(answer, key)

    def assignment(self) -> wire.Assignment | Reason:
        with self.line() as line:
            answer = line.get(wire.ASSIGNMENT_PATH)
        if answer.status_code == 200:
            return wire.read_assignment(answer.content)
        return reason_of(answer)

    def reports(
        self,
        report: wire.ReadinessReport | wire.WipeReport,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> wire.ReportTaken | Reason:
        path = wire.READINESS_PATH if isinstance(report, wire.ReadinessReport) else wire.WIPED_PATH
        return self.hands_in(path, signed(report, key or self.key))

    def hands_in(self, path: str, body: bytes) -> wire.ReportTaken | Reason:
        with self.line() as line:
            answer = line.post(path, content=body)
        if answer.status_code == 200:
            return msgspec.json.decode(answer.content, type=wire.ReportTaken)
        return reason_of(answer)

    def line(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"https://localhost:{self.port}", verify=self.context(), timeout=PATIENCE_S
        )

    def wears(self, leaf: x509.Certificate, *chain: x509.Certificate) -> None:
        self.leaf, self.chain = leaf, chain

    def _takes(self, answer: httpx.Response, key: ec.EllipticCurvePrivateKey) -> Reason | None:
        if answer.status_code != 200:
            return reason_of(answer)
        assert answer.headers["Content-Type"].startswith("application/pkcs7-mime")
        self.leaf, self.chain = leaf_and_issuers(read_bundle(answer.content), key.public_key())
        self.key = key
        return None

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
        pem = serialization.Encoding.PEM
        context.load_verify_locations(cadata=self.root.public_bytes(pem).decode())
        if self.leaf is not None:
            private = self.key.private_bytes(
                pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file = self.folder / "shown.pem"
            chain = b"".join(each.public_bytes(pem) for each in (self.leaf, *self.chain))
            file.write_bytes(private + chain)
            context.load_cert_chain(file)
        return context


def reason_of(answer: httpx.Response) -> Reason:
    refusal = wire.read_refusal(answer.content)
    assert len(refusal.remedy) > 10, "a refusal names its remedy"
    return refusal.reason


def signed(
    report: wire.ReadinessReport | wire.WipeReport, key: ec.EllipticCurvePrivateKey
) -> bytes:
    content = wire.report_bytes(report)
    signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
    return msgspec.json.encode(wire.SignedReport(content, signature))
