"""The gateway over HTTP: `POST /v1/batches` and `GET /v1/keys`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from bank.gateway import Gateway
from offline_queue.batch import BATCHES_PATH, KEYS_PATH, SIGNATURE_HEADER
from offline_queue.envelope import BATCH_BYTES_MAX, canonical

_JSON = "application/json"
_SAID: dict[int | str, dict[str, Any]] = {
    400: {"description": "Not a batch"},
    401: {"description": "Not signed by a known terminal"},
    413: {"description": "Larger than 65,536 bytes"},
    503: {"description": "The database does not serve now; send it again"},
}
_BODY = {"requestBody": {"required": True, "content": {_JSON: {"schema": {"type": "object"}}}}}


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def create_app(gateway: Gateway, clock: Callable[[], datetime] = _wall_clock) -> FastAPI:
    """The application around one gateway. `clock` is the bank's, aware."""
    app = FastAPI(title="Bank gateway", docs_url=None, redoc_url=None)

    @app.post(BATCHES_PATH, responses=_SAID, openapi_extra=_BODY)
    async def batches(
        request: Request, signature: Annotated[str, Header(alias=SIGNATURE_HEADER)] = ""
    ) -> Response:
        """Take one signed batch and give a signed verdict for each of its operations."""
        body = await _bounded_body(request)
        if body is None:
            return Response(canonical({"error": "too large"}), 413, media_type=_JSON)
        status, answer = await run_in_threadpool(gateway.receive, body, signature, clock())
        return Response(answer, status, media_type=_JSON)

    @app.get(KEYS_PATH, responses={400: {"description": "Not a request"}})
    def keys() -> Response:
        """The signed list of the keys that requests are to be sealed to."""
        return Response(gateway.key_list(clock()), media_type=_JSON)

    return app


async def _bounded_body(request: Request) -> bytes | None:
    """The whole body, or None as soon as it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BATCH_BYTES_MAX:
            return None
    return bytes(body)
