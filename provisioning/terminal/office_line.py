"""The terminal's line to the office: HTTPS that trusts the bank's own root and nobody else.

The handshake never looks at the machine's clock, for a board may wake in 1970. Who answers is proven by
the root that came with the image; whether the certificate is in its time is judged afterwards, by
the trusted clock and before anything secret is sent. The first contact of all has no time to go by: it
asks for nothing but public certificates, and takes the time from the answer.
"""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
from cryptography import x509

from provisioning import wire
from provisioning.terminal.clock import TrustedClock

Taken = TypeVar("Taken", wire.ReportTaken, wire.KeysTaken)
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME
PATIENCE_S = 10.0  # for each wait on the line; the technician stands there
ANSWER_S = 30.0  # for the whole of an answer
RETRY_AFTER_MAX_S = 600.0
LEAST_MOMENT = timedelta(minutes=5)  # clocks of office and authority may differ by this


class Trouble(StrEnum):
    """Why the office did not do what it was asked."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    IMPOSTOR = "impostor"  # not under the bank's root, or another name
    OUT_OF_DATE = "out-of-date"  # its certificate, by the trusted clock
    NO_TIME = "no-time"  # its answer tells no time that can be
    NOT_AN_ANSWER = "not-an-answer"
    BUSY = "busy"
    REFUSED = "refused"


_REMEDIES: Mapping[Trouble, str] = {
    Trouble.UNREACHABLE: "check the network cable and the address of the office, then try again",
    Trouble.SLOW: "wait a minute, then try again",
    Trouble.IMPOSTOR: "stop: this is not the bank's office; check the network and tell the bank",
    Trouble.OUT_OF_DATE: "tell the bank: the office's certificate is out of date or revoked",
    Trouble.NO_TIME: "tell the bank: the office's clock is wrong",
    Trouble.NOT_AN_ANSWER: "check the address of the office, then try again",
    Trouble.BUSY: "wait as long as is said, then try again",
}


class OfficeFailed(Exception):
    """What was asked was not done, or nobody knows whether: asking again does no harm."""

    def __init__(
        self, trouble: Trouble, refusal: wire.Refusal | None = None, retry_after_s: float = 0.0
    ) -> None:
        super().__init__(trouble.value if refusal is None else f"{trouble}: {refusal.reason}")
        self.trouble = trouble
        self.reason = None if refusal is None else refusal.reason
        self.remedy = _REMEDIES[trouble] if refusal is None else refusal.remedy
        self.retry_after_s = retry_after_s


class Credentials(Protocol):
    """A certificate and its key, as a TLS context of the terminal needs them."""

    def client_context(self, root: bytes) -> ssl.SSLContext:
        """A context that trusts this root alone (PEM), at any time, and shows the certificate."""


class OfficeLine:
    """Asks the office. `url` is https, `root` the bank's private root in PEM. Raises `OfficeFailed`."""

    def __init__(self, url: str, root: bytes, clock: TrustedClock) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError("the office is reached by https only")
        self._host, self._port = parts.hostname, parts.port or 443
        self._root = root
        self._clock = clock

    def first_contact(self) -> bytes:
        """The authorities' certificates (PKCS#7, base 64); the clock goes by the answer's `Date`."""
        connection = self._connected(None)
        try:
            leaf = _peer(connection)
            answer = _asked(connection, "GET", wire.CACERTS_PATH)
            body = _body(answer)
            told = self._clock.said(answer.headers["Date"] or "")
        except ValueError as error:
            raise OfficeFailed(Trouble.NO_TIME) from error
        finally:
            connection.close()
        _in_its_time(leaf, told)
        self._clock.over(leaf.not_valid_before_utc)
        return body

    def enroll(self, serial_number: str, token: str, request: bytes) -> bytes:
        """A certificate for a request (DER) against a token: PKCS#7, base 64."""
        basic = b64encode(f"{serial_number}:{token}".encode()).decode()
        headers = {"Content-Type": wire.PKCS10_TYPE, "Authorization": f"Basic {basic}"}
        return self._ask("POST", wire.ENROLL_PATH, b64encode(request), headers)

    def enroll_again(self, shown: Credentials, request: bytes) -> bytes:
        """A certificate for a request (DER) against the one that the terminal has."""
        headers = {"Content-Type": wire.PKCS10_TYPE}
        return self._ask("POST", wire.REENROLL_PATH, b64encode(request), headers, shown)

    def assignment(self, shown: Credentials) -> bytes:
        """What the office has for this terminal, as `wire.read_assignment` reads it."""
        return self._ask("GET", wire.ASSIGNMENT_PATH, shown=shown)

    def report(self, shown: Credentials, signed: wire.SignedReport) -> wire.ReportTaken:
        """Hand a readiness report in."""
        return self._hand_in(wire.READINESS_PATH, signed, shown, wire.ReportTaken)

    def wiped(self, shown: Credentials, signed: wire.SignedReport) -> wire.ReportTaken:
        """Hand the proof in that the terminal wiped itself: the last that is heard of it."""
        return self._hand_in(wire.WIPED_PATH, signed, shown, wire.ReportTaken)

    def register(self, shown: Credentials, keys: wire.ProvenKeys) -> wire.KeysTaken:
        """Register the key that signs for the queue."""
        return self._hand_in(wire.KEYS_PATH, keys, shown, wire.KeysTaken)

    def _hand_in(
        self, path: str, told: msgspec.Struct, shown: Credentials, expected: type[Taken]
    ) -> Taken:
        headers = {"Content-Type": wire.JSON_TYPE}
        body = self._ask("POST", path, msgspec.json.encode(told), headers, shown)
        try:
            return msgspec.json.decode(body, type=expected)
        except msgspec.MsgspecError as error:
            raise OfficeFailed(Trouble.NOT_AN_ANSWER) from error

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] = {},
        shown: Credentials | None = None,
    ) -> bytes:
        connection = self._connected(shown)
        try:
            _in_its_time(_peer(connection), self._clock.now())
            return _body(_asked(connection, method, path, body, headers))
        finally:
            connection.close()

    def _connected(self, shown: Credentials | None) -> HTTPSConnection:
        context = self._nameless() if shown is None else shown.client_context(self._root)
        connection = HTTPSConnection(self._host, self._port, timeout=PATIENCE_S, context=context)
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise OfficeFailed(Trouble.IMPOSTOR) from error
        except TimeoutError as error:
            raise OfficeFailed(Trouble.SLOW) from error
        except OSError as error:
            raise OfficeFailed(Trouble.UNREACHABLE) from error
        return connection

    def _nameless(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
        context.load_verify_locations(cadata=self._root.decode("ascii"))
        return context


def _peer(connection: HTTPSConnection) -> x509.Certificate:
    assert isinstance(connection.sock, ssl.SSLSocket)
    der = connection.sock.getpeercert(binary_form=True)
    assert der is not None, "the handshake asks for it"
    return x509.load_der_x509_certificate(der)


def _in_its_time(leaf: x509.Certificate, now: datetime) -> None:
    """Raises `OfficeFailed` for a certificate that is not valid now."""
    if not leaf.not_valid_before_utc - LEAST_MOMENT <= now <= leaf.not_valid_after_utc:
        raise OfficeFailed(Trouble.OUT_OF_DATE)


def _asked(
    connection: HTTPSConnection,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] = {},
) -> HTTPResponse:
    try:
        connection.request(method, path, body or None, dict(headers))
        return connection.getresponse()
    except TimeoutError as error:
        raise OfficeFailed(Trouble.SLOW) from error
    except OSError as error:
        raise OfficeFailed(Trouble.UNREACHABLE) from error
    except HTTPException as error:
        raise OfficeFailed(Trouble.NOT_AN_ANSWER) from error


def _body(answer: HTTPResponse) -> bytes:
    """The body of an answer that says yes. Raises `OfficeFailed`."""
    body = _read(answer)
    if answer.status == 503:
        rest_s = answer.headers.get("Retry-After", "")
        wait_s = float(rest_s) if rest_s.isdecimal() else 0.0
        raise OfficeFailed(Trouble.BUSY, retry_after_s=min(wait_s, RETRY_AFTER_MAX_S))
    if 400 <= answer.status < 500:
        try:
            raise OfficeFailed(Trouble.REFUSED, wire.read_refusal(body))
        except msgspec.MsgspecError as error:
            raise OfficeFailed(Trouble.NOT_AN_ANSWER) from error
    if answer.status != 200:
        raise OfficeFailed(Trouble.NOT_AN_ANSWER)
    return body


def _read(answer: HTTPResponse) -> bytes:
    """All of an answer, unless it is too long or comes too slowly. Raises `OfficeFailed`."""
    body, until_s = b"", time.monotonic() + ANSWER_S
    try:
        while piece := answer.read1(wire.ANSWER_BYTES_MAX):
            body += piece
            if time.monotonic() > until_s:
                raise OfficeFailed(Trouble.SLOW)
            if len(body) > wire.ANSWER_BYTES_MAX:
                raise OfficeFailed(Trouble.NOT_AN_ANSWER)
    except TimeoutError as error:
        raise OfficeFailed(Trouble.SLOW) from error
    except (OSError, HTTPException) as error:
        raise OfficeFailed(Trouble.UNREACHABLE) from error
    if answer.length:
        raise OfficeFailed(Trouble.UNREACHABLE)  # cut off in the middle
    return body
