"""The office's server: TLS that asks for a certificate and leaves the judging to `peers`.

OpenSSL checks that a client's certificate chains to the bank's root and is for clients, and not its
time: an expired terminal within its grace must be able to come back. Every hour the revocation lists are
made anew, and the server's own certificate when a third of its life is left.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from provisioning.office.app import create_app
from provisioning.office.office import Office
from provisioning.office.peer_protocol import PeerProtocol
from provisioning.office.revocation import REFRESH, refresh
from provisioning.pki.authority import IssueFault, new_key
from provisioning.pki.key_files import write_whole
from provisioning.pki.profiles import LEAF_LIFE, Kind, server_profile

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME
CERTIFICATE = "server.pem"  # key and chain in one file: they change together
_RENEW_BEFORE = LEAF_LIFE / 3
_STOP_S = 5
_CONNECTIONS_MAX = 512
_LOOKS = 6  # in the time that a list is fresh
_making = Lock()  # of a certificate: the hourly work may come to it as somebody else does
_log = logging.getLogger(__name__)


class ServerFault(RuntimeError):
    """The server cannot be started; the text names the remedy."""


def server_config(office: Office, host: str, port: int) -> uvicorn.Config:
    """How uvicorn runs the office. Raises `ServerFault` or `OSError`."""
    keep_certificate(office)
    context = tls_context(office)
    app = create_app(office)
    app.router.lifespan_context = _housekeeping(office, context)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PeerProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        ssl_certfile=office.folder / CERTIFICATE,
        ssl_context_factory=lambda _config, _default: context,
        timeout_graceful_shutdown=_STOP_S,
        limit_concurrency=_CONNECTIONS_MAX,
        server_header=False,
        date_header=False,  # ours is of the office's clock
        access_log=False,
        proxy_headers=False,
    )


def tls_context(office: Office) -> ssl.SSLContext:
    """TLS 1.2 and up, HTTP/1.1 alone; each connection is a handshake with a certificate of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    trusted = [office.root, *office.certificates(Kind.TERMINALS)]
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in trusted)
    context.load_verify_locations(cadata=pem.decode("ascii"))
    context.load_cert_chain(office.folder / CERTIFICATE)
    return context


def keep_certificate(office: Office) -> bool:
    """Make the server's certificate if it is missing, for other hosts, or soon over. Whether it was.

    Raises `ServerFault` when the clock is outside the authority's life.
    """
    with _making:
        return _kept(office)


def _kept(office: Office) -> bool:
    now, path = office.clock(), office.folder / CERTIFICATE
    issuer = office.issuer(Kind.SERVERS)
    profile = server_profile(office.settings.hosts)
    if path.exists() and _is_good(path, profile.names, issuer.certificate, now):
        return False
    key = new_key()
    leaf = issuer.issue(key.public_key(), profile, now)
    if isinstance(leaf, IssueFault):
        raise ServerFault(
            "the office's clock is outside its authority's life: set the clock, or make a new "
            "issuing authority"
        )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = (leaf, issuer.certificate)
    pem = private + b"".join(each.public_bytes(Encoding.PEM) for each in chain)
    write_whole(path, pem, 0o600)
    return True


def _is_good(
    path: Path, names: tuple[x509.GeneralName, ...], issuer: x509.Certificate, now: datetime
) -> bool:
    try:
        leaf = x509.load_pem_x509_certificates(path.read_bytes())[0]
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound):
        return False
    in_time = leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - _RENEW_BEFORE
    return in_time and leaf.issuer == issuer.subject and list(found.value) == list(names)


def _housekeeping(
    office: Office, context: ssl.SSLContext
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(_hourly(office, context, stop))
        try:
            yield
        finally:
            stop.set()
            await task

    return lifespan


async def _hourly(office: Office, context: ssl.SSLContext, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await asyncio.to_thread(_keep_house, office, context)
        except (OSError, SQLAlchemyError, ServerFault) as error:
            _log.error("the lists or the server's certificate stay old: %s", type(error).__name__)
        try:
            async with asyncio.timeout(REFRESH.total_seconds() / _LOOKS):
                await stop.wait()
        except TimeoutError:
            continue


def _keep_house(office: Office, context: ssl.SSLContext) -> None:
    refresh(office)
    if keep_certificate(office):
        context.load_cert_chain(office.folder / CERTIFICATE)
