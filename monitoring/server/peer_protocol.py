"""The name in the certificate that a terminal showed in its TLS handshake, brought to the application.

ASGI has no settled place for it, so uvicorn's own HTTP/1.1 protocol is told which application to
call: one that puts the name into the scope of each request of this connection.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cryptography import x509
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

PEER = "monitoring.peer"  # the certificate's common name, or ""


class PeerProtocol(H11Protocol):
    """HTTP/1.1 over TLS whose requests know the peer's name."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read the certificate once: the handshake is over, and there is no other."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        name = common_name(None if tls is None else tls.getpeercert(binary_form=True))
        inner = self.app

        async def with_peer(
            scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
        ) -> None:
            named: dict[str, Any] = {**scope, PEER: name}
            await inner(named, receive, send)

        self.app = with_peer


def common_name(shown: bytes | None) -> str:
    """The one common name of a certificate (DER) whose chain TLS has checked, or ""."""
    if shown is None:
        return ""
    names = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(
        x509.NameOID.COMMON_NAME
    )
    return str(names[0].value) if len(names) == 1 else ""
