"""The one way to the bank: HTTPS, both ends with a certificate, and nothing that waits forever."""

from __future__ import annotations

import asyncio
import ssl

import httpx

from offline_queue.formats.batch import BATCHES_PATH, SIGNATURE_HEADER
from offline_queue.formats.envelope import BATCH_BYTES_MAX
from offline_queue.formats.hello import HELLO_PATH
from offline_queue.sending.greeter import OutgoingHello
from offline_queue.sending.outgoing import Outgoing
from offline_queue.settings import Settings

CONNECT_TIMEOUT_S = 3.0
SILENCE_TIMEOUT_S = 5.0  # between two pieces of one answer
TOTAL_TIMEOUT_S = 8.0  # of one request, so that a dripping answer ends as well
SLOWEST_BYTES_PER_S = 8_000  # of a line that still carries what is larger than a usual batch
REPLY_BYTES_MAX = 1_048_576
_RETRY_AFTER_DIGITS = 6


class NoReply(Exception):
    """The bank gave no answer that counts. `hold_s`: the rest its `Retry-After` asks for."""

    def __init__(self, reason: str, hold_s: float = 0.0) -> None:
        super().__init__(reason)
        self.hold_s = hold_s


class BankClient:
    """Sends batches and says hello. One request at a time; close it at the end.

    Only the bank's own authority is believed, no proxy or setting of the machine's surroundings
    is used, and the connection is kept open between requests.
    """

    def __init__(self, settings: Settings) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(settings.ca_file)
        context.load_cert_chain(settings.client_cert_file, settings.client_key_file)
        self._http = httpx.AsyncClient(
            base_url=settings.bank_url,
            verify=context,
            trust_env=False,
            follow_redirects=False,
            # One piece may be all of a large body: its writing is bounded by the total alone.
            timeout=httpx.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, write=None),
            limits=httpx.Limits(max_connections=1),
        )

    async def send(self, outgoing: Outgoing) -> bytes:
        """The body of the bank's reply to a batch. Raises `NoReply`."""
        return await self._ask(BATCHES_PATH, outgoing.body, outgoing.signature)

    async def hello(self, outgoing: OutgoingHello) -> bytes:
        """The bank's greeting, as it came: see `hello.read_greeting`. Raises `NoReply`."""
        return await self._ask(HELLO_PATH, outgoing.body, outgoing.signature)

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def _ask(self, path: str, body: bytes, signature: str) -> bytes:
        headers = {SIGNATURE_HEADER: signature, "Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(total_timeout_s(len(body))),
                self._http.stream("POST", path, headers=headers, content=body) as reply,
            ):
                if reply.status_code != httpx.codes.OK:
                    raise NoReply(f"the bank said {reply.status_code}", _retry_after_s(reply))
                pieces = bytearray()
                async for piece in reply.aiter_bytes():
                    pieces += piece
                    if len(pieces) > REPLY_BYTES_MAX:
                        raise NoReply("the reply does not end")
                return bytes(pieces)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError) as error:
            raise NoReply(type(error).__name__) from error


def total_timeout_s(body_bytes: int) -> float:
    """How long one request may take: a row with pictures is given the time of a slow line."""
    return TOTAL_TIMEOUT_S + max(0, body_bytes - BATCH_BYTES_MAX) / SLOWEST_BYTES_PER_S


def _retry_after_s(reply: httpx.Response) -> float:
    """The seconds of a `Retry-After` (RFC 9110, 10.2.3); a date counts as none."""
    text = reply.headers.get("Retry-After", "")
    return (
        float(text)
        if text.isascii() and text.isdigit() and len(text) <= _RETRY_AFTER_DIGITS
        else 0.0
    )
