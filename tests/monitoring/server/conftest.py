"""An empty collector's database on SQLite and on a real PostgreSQL, and a real mosquitto with TLS."""

from __future__ import annotations

import datetime
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine, insert, text

from monitoring.server.database import REVISION, open_database
from monitoring.server.facts import Person, Role, Site
from monitoring.server.schema import about, counts, metadata

START_S = 30
NOW = 1_790_000_000
ADMIN = Person("admin", "Admin", Role.ADMIN)
VIEWER = Person("viewer", "Viewer", Role.VIEWER)
SITE = Site("H1", "第一医院", "First Hospital", "示例市", 113.0, 23.0)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of our own in a temporary folder, reachable through its Unix socket alone."""
    asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
    programs = Path(asked.stdout.strip())
    # PostgreSQL refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="monitoring-pg-"))
    if as_user:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=START_S)

    try:
        run("initdb", "-U", "desk", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        run("pg_ctl", "-w", "-o", settings, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql+psycopg://desk@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        fresh = open_database("sqlite://")
        yield fresh
        fresh.dispose()
        return
    fresh = cast(Engine, request.getfixturevalue("postgres"))
    with fresh.begin() as connection:
        tables = ", ".join(table.name for table in metadata.sorted_tables if table is not about)
        connection.execute(text(f"truncate {tables}"))
        connection.execute(insert(counts).values(name=REVISION, value=0))
    yield fresh


@dataclass(frozen=True)
class Paper:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Papers:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test Root")])
        self.root = folder / "root.pem"
        authority = self._builder(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self._skid = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        authority = authority.add_extension(self._skid, critical=False)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        authority = authority.add_extension(usage, critical=True)
        self.root.write_bytes(authority.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def issue(self, name: str) -> Paper:
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        hosts = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._skid)
        leaf = self._builder(subject, key.public_key()).add_extension(hosts, critical=False)
        leaf = leaf.add_extension(identifier, critical=False)
        paper = Paper(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        paper.certificate.write_bytes(leaf.sign(self._key, SHA256()).public_bytes(Encoding.PEM))
        paper.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        for each in (self.root, paper.certificate, paper.key):
            each.chmod(0o644)  # mosquitto gives up root
        return paper

    def _builder(
        self, subject: x509.Name, public_key: EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )


@pytest.fixture(scope="session")
def papers() -> Iterator[Papers]:
    folder = Path(tempfile.mkdtemp(prefix="monitoring-tls-"))
    folder.chmod(0o755)
    yield Papers(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def broker_port(papers: Papers) -> Iterator[int]:
    """A mosquitto with mutual TLS: a terminal writes below its own name, a collector reads all."""
    folder = Path(tempfile.mkdtemp(prefix="monitoring-mqtt-"))
    folder.chmod(0o755)
    server, port = papers.issue("broker"), free_port()
    (folder / "acl").write_text(
        "user collector\ntopic read kiosk/v1/#\ntopic write cmd/v1/#\n\n"
        "pattern write kiosk/v1/%u/#\npattern read cmd/v1/%u/#\n"
    )
    (folder / "mosquitto.conf").write_text(
        f"per_listener_settings true\nlistener {port} 127.0.0.1\nallow_anonymous false\n"
        f"cafile {papers.root}\ncertfile {server.certificate}\nkeyfile {server.key}\n"
        "require_certificate true\nuse_identity_as_username true\n"
        f"acl_file {folder / 'acl'}\nmax_queued_messages 100000\n"
    )
    (folder / "acl").chmod(0o644)
    broker = subprocess.Popen(
        ["/usr/sbin/mosquitto", "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        broker.terminate()
        broker.wait(START_S)
        shutil.rmtree(folder, ignore_errors=True)
