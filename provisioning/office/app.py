"""The office over HTTPS: EST's four paths, what a terminal fetches and hands in, the revocation lists.

Each request does its work in a thread; more than a few at a time are told to come again. Nothing of a
request is logged: a header may hold a token.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode, b64encode
from collections.abc import Callable
from email.utils import format_datetime
from threading import BoundedSemaphore
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import OperationalError

from provisioning import wire
from provisioning.office.assigning import assignment
from provisioning.office.enrolment import Issued, enrol, enrol_again
from provisioning.office.office import Office
from provisioning.office.peer_protocol import PEER
from provisioning.office.readiness import take_report, take_wiped
from provisioning.office.remedies import refusal, status
from provisioning.office.revocation import current_list
from provisioning.office.terminal_keys import take_keys
from provisioning.pki.bundles import write_bundle
from provisioning.wire import Reason

AT_ONCE_MAX = 32
RETRY_AFTER_S = 2
BODY_S = 20.0  # to send a body in
# CsrAttrs (RFC 7030, 4.5.2): a key on P-256, signed with ECDSA and SHA-256.
_CSRATTRS = bytes.fromhex(
    "3021"
    "301506072a8648ce3d0201310a06082a8648ce3d030107"  # id-ecPublicKey { prime256v1 }
    "06082a8648ce3d040302"  # ecdsa-with-SHA256
)
_log = logging.getLogger(__name__)
_Work = Callable[[], Response]


def create_app(office: Office) -> FastAPI:
    """The application around one open office."""
    app = FastAPI(title="Provisioning office", docs_url=None, redoc_url=None, openapi_url=None)
    places = BoundedSemaphore(AT_ONCE_MAX)

    async def answered(work: _Work) -> Response:
        if not places.acquire(blocking=False):
            return dated(_refused(Reason.BUSY))
        try:
            said = await run_in_threadpool(work)
        except OperationalError:
            said = _refused(Reason.BUSY)  # the database is locked, or its disk is full
        except Exception as error:  # noqa: BLE001  # whatever it is, the technician gets a sentence
            _log.error("a request failed: %s", type(error).__name__)
            said = _refused(Reason.OFFICE_FAULT)
        finally:
            places.release()
        return dated(said)

    def dated(said: Response) -> Response:
        said.headers["Date"] = format_datetime(office.clock(), usegmt=True)
        return said

    async def with_body(
        request: Request, bytes_max: int, work: Callable[[bytes], Response]
    ) -> Response:
        body = await _body(request, bytes_max)
        if isinstance(body, Reason):
            return dated(_refused(body))
        return await answered(lambda: work(body))

    @app.get(wire.CACERTS_PATH)
    async def cacerts() -> Response:
        """The root and every issuing authority."""

        def work() -> Response:
            issuers = [each.certificate for each in office.issuers]
            return Response(write_bundle([office.root, *issuers]), media_type=wire.PKCS7_TYPE)

        return await answered(work)

    @app.get(wire.CSRATTRS_PATH)
    async def csrattrs() -> Response:
        """What a request for a certificate is to be like."""
        return await answered(lambda: Response(b64encode(_CSRATTRS), media_type=wire.CSRATTRS_TYPE))

    @app.post(wire.ENROLL_PATH)
    async def simpleenroll(request: Request) -> Response:
        """A first certificate, against a token."""
        named = _basic(request.headers.get("Authorization", ""))

        def work(body: bytes) -> Response:
            if named is None:
                return _refused(Reason.TOKEN_MISSING)
            return _issued(enrol(office, *named, body))

        return await with_body(request, wire.REQUEST_BYTES_MAX, work)

    @app.post(wire.REENROLL_PATH)
    async def simplereenroll(request: Request) -> Response:
        """The next certificate, against the one shown."""
        return await with_body(
            request,
            wire.REQUEST_BYTES_MAX,
            lambda body: _issued(enrol_again(office, _peer(request), body)),
        )

    @app.get(wire.ASSIGNMENT_PATH)
    async def assigned(request: Request) -> Response:
        """Where the terminal stands and what it works with."""
        return await answered(lambda: _json(assignment(office, _peer(request))))

    @app.post(wire.READINESS_PATH)
    async def readiness(request: Request) -> Response:
        """Take a signed readiness report."""
        return await with_body(
            request,
            wire.REPORT_BYTES_MAX,
            lambda body: _json(take_report(office, _peer(request), body)),
        )

    @app.post(wire.KEYS_PATH)
    async def keys(request: Request) -> Response:
        """Take the public key that signs for the terminal's queue."""
        return await with_body(
            request,
            wire.REQUEST_BYTES_MAX,
            lambda body: _json(take_keys(office, _peer(request), body)),
        )

    @app.post(wire.WIPED_PATH)
    async def wiped(request: Request) -> Response:
        """Take the signed proof that a terminal wiped itself."""
        return await with_body(
            request,
            wire.REPORT_BYTES_MAX,
            lambda body: _json(take_wiped(office, _peer(request), body)),
        )

    @app.get("/crl/{name}.crl")
    async def crl(name: str) -> Response:
        """A revocation list, DER."""

        def work() -> Response:
            der = current_list(office, name)
            if der is None:
                return _refused(Reason.NOT_FOUND)
            return Response(der, media_type=wire.CRL_TYPE)

        return await answered(work)

    @app.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
    async def nothing(rest: str) -> Response:
        """There is no other page."""
        return dated(_refused(Reason.NOT_FOUND))

    return app


def _peer(request: Request) -> bytes | None:
    shown = request.scope.get(PEER)
    assert shown is None or isinstance(shown, bytes)
    return shown


async def _body(request: Request, bytes_max: int) -> bytes | Reason:
    """The whole body, unless it is too large or does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > bytes_max:
                    return Reason.REQUEST_TOO_LARGE
    except TimeoutError:
        return Reason.REQUEST_MALFORMED
    return bytes(body)


def _basic(header: str) -> tuple[str, str] | None:
    """User and password of HTTP Basic (RFC 7617)."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(coded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon and user and password else None


def _issued(said: Issued | Reason) -> Response:
    if isinstance(said, Reason):
        return _refused(said)
    return Response(write_bundle([said.leaf, said.issuer]), media_type=wire.PKCS7_TYPE)


def _json(said: Any) -> Response:
    if isinstance(said, Reason):
        return _refused(said)
    return Response(msgspec.json.encode(said), media_type=wire.JSON_TYPE)


def _refused(reason: Reason) -> Response:
    code = status(reason)
    headers = {}
    if reason is Reason.BUSY:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if code == 401:
        headers["WWW-Authenticate"] = 'Basic realm="enrolment"'
    body = msgspec.json.encode(refusal(reason))
    return Response(body, code, headers, media_type=wire.JSON_TYPE)
