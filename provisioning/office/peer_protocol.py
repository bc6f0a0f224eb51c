"""The certificate that a client showed in its TLS handshake, brought to the application.

ASGI has no settled place for it, so uvicorn's own HTTP/1.1 protocol is told which application to
call: one that puts the certificate into the scope of each request of this connection.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

PEER = "office.peer_certificate"  # DER, or None if none was shown


class PeerProtocol(H11Protocol):
    """HTTP/1.1 over TLS whose requests know the peer's certificate."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read the certificate once: the handshake is over, and there is no other."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        shown = None if tls is None else tls.getpeercert(binary_form=True)
        inner = self.app

        async def with_peer(
            scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
        ) -> None:
            named: dict[str, Any] = {**scope, PEER: shown}
            await inner(named, receive, send)

        self.app = with_peer
