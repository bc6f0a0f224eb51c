"""An office that says whatever a test wants, over real TLS on loopback."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from provisioning.pki.authority import Authority, new_key, new_root
from provisioning.pki.profiles import Kind, Profile

Answer = bytes | Callable[[ssl.SSLSocket], None]
HOST = "127.0.0.1"


@dataclass
class FakeOffice:
    """Where it listens, what it was told, and what it says next."""

    url: str
    root: bytes
    heard: list[bytes] = field(default_factory=list)
    answer: Answer = b""


def authorities(now: datetime, kind: Kind = Kind.SERVERS) -> tuple[Authority, Authority]:
    """A root and one that issues for `kind`."""
    root = new_root("bank.example", new_key(), now)
    below = root.issue_authority(kind.value, kind, new_key(), now)
    assert isinstance(below, Authority)
    return root, below


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


@contextmanager
def fake_office(
    folder: Path, made: datetime, kind: Kind = Kind.SERVERS, host: str = HOST
) -> Iterator[FakeOffice]:
    """An office whose certificate was made at `made`, for `kind` of work, in the name of `host`."""
    root, below = authorities(made, kind)
    key = new_key()
    names = (x509.IPAddress(IPv4Address(host)) if host[0].isdecimal() else x509.DNSName(host),)
    leaf = below.issue(key.public_key(), Profile(kind, "office", names), made)
    assert isinstance(leaf, x509.Certificate)
    chain, key_file = folder / "chain.pem", folder / "office.key"
    chain.write_bytes(pem(leaf) + pem(below.certificate))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key_file)
    with socket.create_server((HOST, 0)) as listening:
        office = FakeOffice(f"https://{HOST}:{listening.getsockname()[1]}", pem(root.certificate))
        thread = threading.Thread(target=_serve, args=(listening, context, office))
        thread.start()
        try:
            yield office
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, context: ssl.SSLContext, office: FakeOffice) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as line:
            line.settimeout(10)
            heard = b""
            while not _is_whole(heard) and (piece := line.recv(65_536)):
                heard += piece
            if not heard:
                continue
            office.heard.append(heard)
            if callable(office.answer):
                office.answer(line)
            else:
                line.sendall(office.answer)


def _is_whole(heard: bytes) -> bool:
    head, end, body = heard.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: *([0-9]+)", head)
    return bool(end) and len(body) >= (int(found[1]) if found else 0)


def said(
    body: bytes = b"",
    status: str = "200 OK",
    date: str = "Mon, 23 Nov 2026 09:00:00 GMT",
    more: str = "",
) -> bytes:
    """An answer's bytes."""
    head = f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body
