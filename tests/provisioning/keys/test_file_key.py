"""A key in a file at work: a request, a signature, and mutual TLS at the right and at the wrong time."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.pki.requests import Request, read_request
from provisioning.terminal.keys.file import FileProvider
from provisioning.terminal.keys.key import KeyFailed, KeyReason
from provisioning.terminal.keys.software import SoftwareKey
from tests.provisioning.keys.papers import LONG_AGO, NAME, URI, ask, office, server
from tests.provisioning.keys.search import found_in


@pytest.fixture
def key(tmp_path: Path) -> SoftwareKey:
    made = FileProvider().make(tmp_path / "1")
    assert isinstance(made, SoftwareKey)
    return made


def test_the_search_for_private_keys_finds_one_that_is_there(
    key: SoftwareKey, tmp_path: Path
) -> None:
    assert found_in(tmp_path, key.public_key)


def test_its_request_is_one_that_the_office_believes(key: SoftwareKey) -> None:
    found = read_request(base64.b64encode(key.certificate_request(NAME, URI)))
    assert isinstance(found, Request)
    assert found.public_key == key.public_key
    assert found.claimed == {NAME, URI}


def test_its_request_names_the_terminal_as_the_certificate_will(key: SoftwareKey) -> None:
    asked = x509.load_der_x509_csr(key.certificate_request(NAME, URI))
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [URI]
    assert names.get_values_for_type(x509.DNSName) == [NAME]


def test_its_signature_fits_the_message_and_no_other(key: SoftwareKey) -> None:
    signature = key.sign(b"passed")
    key.public_key.verify(signature, b"passed", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.public_key.verify(signature, b"failed", ec.ECDSA(hashes.SHA256()))


def test_it_carries_mutual_tls_and_leaves_no_file_open(key: SoftwareKey) -> None:
    here = office()
    chain = here.issue(NAME, key.public_key)
    with server(here) as port:
        before = len(list(Path("/proc/self/fd").iterdir()))
        context = key.client_context(here.root_pem, chain)
        assert len(list(Path("/proc/self/fd").iterdir())) == before
        assert ask(context, port) == NAME


def test_an_expired_world_is_refused_unless_the_clock_is_what_is_being_set(
    key: SoftwareKey,
) -> None:
    long_ago = office(LONG_AGO)
    chain = long_ago.issue(NAME, key.public_key)
    with server(long_ago) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            ask(key.client_context(long_ago.root_pem, chain), port)
        assert ask(key.client_context(long_ago.root_pem, chain, no_check_time=True), port) == NAME


def test_an_impostor_is_refused_even_while_the_clock_is_being_set(key: SoftwareKey) -> None:
    mine, theirs = office(), office()
    chain = mine.issue(NAME, key.public_key)
    with server(theirs) as port, pytest.raises(ssl.SSLCertVerificationError):
        ask(key.client_context(mine.root_pem, chain, no_check_time=True), port)


@pytest.mark.parametrize("chain", [b"", b"not a certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_chain_that_cannot_be_read_is_said_so(key: SoftwareKey, chain: bytes) -> None:
    with pytest.raises(KeyFailed, match="cannot be read") as failed:
        key.client_context(office().root_pem, chain)
    assert failed.value.trouble.reason is KeyReason.WRONG_CERTIFICATE


def test_a_certificate_of_another_key_is_said_so(key: SoftwareKey) -> None:
    here = office()
    chain = here.issue(NAME, ec.generate_private_key(ec.SECP256R1()).public_key())
    with pytest.raises(KeyFailed, match="another key") as failed:
        key.client_context(here.root_pem, chain)
    assert failed.value.trouble.reason is KeyReason.WRONG_CERTIFICATE
