"""The desk's invented authority, proven by a real TLS handshake."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from simulators.desk.pki import Pki, make_pki, write_secret


def _server_context(pki: Pki) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pki.root)
    context.load_cert_chain(pki.server, pki.server_key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> dict[str, object]:
    """The terminal's certificate as the server sees it; raises what either side raised."""
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    theirs.settimeout(10)
    seen: list[object] = []

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as end:
                seen.append(end.getpeercert())
                end.sendall(b"!")
        except (ssl.SSLError, OSError) as error:
            seen.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as end:
            end.recv(1)
    finally:
        ours.close()
        thread.join()
    assert isinstance(seen[0], dict), seen[0]
    return seen[0]


def test_bank_and_terminal_trust_each_other(tmp_path: Path) -> None:
    pki = make_pki(tmp_path, "T0001")
    client = ssl.create_default_context(cafile=pki.root)
    client.load_cert_chain(pki.terminal, pki.terminal_key)
    for name in ("127.0.0.1", "localhost"):
        seen = _shake_hands(_server_context(pki), client, name)
        assert seen["subject"] == ((("commonName", "T0001"),),)
        assert seen["subjectAltName"] == (("URI", "urn:sscard:terminal:T0001"),)


def test_a_terminal_of_another_desk_is_turned_away(tmp_path: Path) -> None:
    ours, other = make_pki(tmp_path / "a", "T0001"), make_pki(tmp_path / "b", "T0001")
    client = ssl.create_default_context(cafile=ours.root)
    client.load_cert_chain(other.terminal, other.terminal_key)
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        _shake_hands(_server_context(ours), client, "127.0.0.1")


def test_the_server_certificate_does_not_serve_as_a_terminal(tmp_path: Path) -> None:
    pki = make_pki(tmp_path, "T0001")
    client = ssl.create_default_context(cafile=pki.root)
    client.load_cert_chain(pki.server, pki.server_key)
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        _shake_hands(_server_context(pki), client, "127.0.0.1")


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    pki = make_pki(tmp_path, "T0001")
    again = write_secret(pki.server_key, b"new")
    for key in (again, pki.terminal_key):
        assert key.stat().st_mode & 0o777 == 0o600
