"""The gateway over HTTP: `POST /v1/hello` and `/v1/batches` of terminals, `/v1/payments` of money."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from bank.gateway import Gateway
from bank.payment_notices import NOTICE_BYTES_MAX, PAYMENTS_PATH
from offline_queue.formats.batch import BATCHES_PATH, SIGNATURE_HEADER
from offline_queue.formats.envelope import LONE_BYTES_MAX, canonical
from offline_queue.formats.hello import HELLO_BYTES_MAX, HELLO_PATH

_JSON = "application/json"
_NOT_NOW = 503
_Take = Callable[[bytes, str, datetime], tuple[int, bytes]]
_SAID: dict[int | str, dict[str, Any]] = {
    400: {"description": "Not such a message"},
    401: {"description": "Not signed by a known terminal"},
    413: {"description": "Too large"},
    503: {"description": "Not now: come again after `Retry-After` seconds"},
}
_BODY = {"requestBody": {"required": True, "content": {_JSON: {"schema": {"type": "object"}}}}}


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def create_app(gateway: Gateway, clock: Callable[[], datetime] = _wall_clock) -> FastAPI:
    """The application around one gateway. `clock` is the bank's, aware."""
    app = FastAPI(title="Bank gateway", docs_url=None, redoc_url=None)

    @app.post(HELLO_PATH, responses=_SAID, openapi_extra=_BODY)
    async def hello(
        request: Request, signature: Annotated[str, Header(alias=SIGNATURE_HEADER)] = ""
    ) -> Response:
        """Greet a terminal: the bank's time, its keys, how far it has seen the terminal's books."""
        body = await _bounded_body(request, HELLO_BYTES_MAX)
        return await _answered(gateway.hello, body, signature)

    @app.post(BATCHES_PATH, responses=_SAID, openapi_extra=_BODY)
    async def batches(
        request: Request, signature: Annotated[str, Header(alias=SIGNATURE_HEADER)] = ""
    ) -> Response:
        """Take one signed batch and give a signed verdict for each of its operations."""
        body = await _bounded_body(request, LONE_BYTES_MAX)
        return await _answered(gateway.receive, body, signature)

    @app.post(PAYMENTS_PATH, responses=_SAID, openapi_extra=_BODY)
    async def payments(
        request: Request, signature: Annotated[str, Header(alias=SIGNATURE_HEADER)] = ""
    ) -> Response:
        """Take a signed notice of the payment network: money has arrived."""
        body = await _bounded_body(request, NOTICE_BYTES_MAX)
        return await _answered(gateway.take_money, body, signature)

    async def _answered(take: _Take, body: bytes | None, signature: str) -> Response:
        if body is None:
            return Response(canonical({"error": "too large"}), 413, media_type=_JSON)
        status, answer = await run_in_threadpool(take, body, signature, clock())
        headers = {"Retry-After": _seconds(answer)} if status == _NOT_NOW else None
        return Response(answer, status, headers, media_type=_JSON)

    return app


def _seconds(not_now: bytes) -> str:
    """`Retry-After` knows whole seconds (RFC 9110, 10.2.3): rounded up, as nobody is to be early."""
    return str(-(-json.loads(not_now)["next_slot_ms"] // 1000))


async def _bounded_body(request: Request, bytes_max: int) -> bytes | None:
    """The whole body, or None as soon as it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            return None
    return bytes(body)
