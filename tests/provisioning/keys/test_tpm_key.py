"""A key in a TPM 2 (swtpm): it asks for a certificate, signs and carries mutual TLS, and is in no file."""

from __future__ import annotations

import base64
import gc
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.pki.requests import Request, read_request
from provisioning.terminal.keys.choice import Chosen, choose
from provisioning.terminal.keys.file import FileProvider
from provisioning.terminal.keys.key import KeyFailed, KeyReason, KeyTrouble, Kind
from provisioning.terminal.keys.software import SoftwareKey
from provisioning.terminal.keys.tpm import TpmKey, TpmProvider
from tests.provisioning.keys.chips import chip
from tests.provisioning.keys.papers import LONG_AGO, NAME, URI, ask, office, server
from tests.provisioning.keys.search import found_in


@pytest.fixture(scope="module")
def tcti(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chip(tmp_path_factory.mktemp("chip")) as door:
        yield door


@pytest.fixture
def key(tcti: str, tmp_path: Path) -> TpmKey:
    made = TpmProvider(tcti).make(tmp_path / "1")
    assert isinstance(made, TpmKey), made
    return made


def test_a_key_of_the_tpm_is_chosen_and_said(tcti: str, tmp_path: Path) -> None:
    found = choose(tmp_path / "1", offered=(TpmProvider(tcti), FileProvider()))
    assert isinstance(found, Chosen), found
    assert found.key.kind is Kind.TPM
    assert found.said == (
        "The identity key is in the TPM of this machine and cannot be read by anybody."
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_carries_mutual_tls(key: TpmKey, version: ssl.TLSVersion) -> None:
    here = office()
    chain = here.issue(NAME, key.public_key)
    context = key.client_context(here.root_pem, chain)
    context.maximum_version = context.minimum_version = version
    with server(here) as port:
        assert [ask(context, port) for _ in range(5)] == [NAME] * 5


def test_it_carries_the_contact_that_sets_the_clock_and_refuses_an_impostor(key: TpmKey) -> None:
    then, theirs = office(LONG_AGO), office()
    context = key.client_context(then.root_pem, then.issue(NAME, key.public_key), True)
    with server(then) as port, server(theirs) as impostor:
        assert ask(context, port) == NAME
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(context, impostor)


def test_keys_of_both_kinds_and_two_of_the_tpm_connect_side_by_side(
    key: TpmKey, tmp_path: Path
) -> None:
    here = office()
    new, soft = key.provider.make(tmp_path / "2"), FileProvider().make(tmp_path / "3")
    assert isinstance(new, TpmKey)
    assert isinstance(soft, SoftwareKey)
    contexts = {
        name: each.client_context(here.root_pem, here.issue(name, each.public_key))
        for name, each in (("OLD", key), ("NEW", new), ("SOFT", soft))
    }
    gc.collect()
    with server(here) as port:
        for name in ("SOFT", "OLD", "NEW", "OLD", "SOFT"):
            assert ask(contexts[name], port) == name


def test_many_contexts_of_one_key_come_and_go(key: TpmKey) -> None:
    here = office()
    chain = here.issue(NAME, key.public_key)
    with server(here) as port:
        for _ in range(5):
            assert ask(key.client_context(here.root_pem, chain), port) == NAME
            gc.collect()


def test_several_threads_connect_at_once(key: TpmKey) -> None:
    here = office()
    context = key.client_context(here.root_pem, here.issue(NAME, key.public_key))
    with server(here) as port, ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: ask(context, port), range(8))) == [NAME] * 8


def test_a_chip_that_is_gone_ends_the_handshake_as_an_error_of_the_line(tmp_path: Path) -> None:
    here = office()
    with chip(tmp_path / "chip") as door:
        made = TpmProvider(door).make(tmp_path / "1")
        assert isinstance(made, TpmKey)
    context = made.client_context(here.root_pem, here.issue(NAME, made.public_key))
    with server(here) as port, pytest.raises(ssl.SSLError):
        ask(context, port)


def test_a_certificate_of_another_key_is_said_so(key: TpmKey) -> None:
    here = office()
    chain = here.issue(NAME, ec.generate_private_key(ec.SECP256R1()).public_key())
    with pytest.raises(KeyFailed, match="another key"):
        key.client_context(here.root_pem, chain)


def test_without_the_libraries_of_the_tpm_the_reason_is_said(tcti: str, tmp_path: Path) -> None:
    without = "import sys; sys.modules['tpm2_pytss'] = None; "
    told = "from pathlib import Path; from provisioning.terminal.keys.tpm import TpmProvider; "
    ask_for = f"print(TpmProvider({tcti!r}).make(Path({str(tmp_path / '1')!r})))"
    command = [sys.executable, "-c", without + told + ask_for]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "The libraries for the TPM are not installed" in done.stdout
    assert not (tmp_path / "1").exists()


def test_its_request_is_one_that_the_office_believes(key: TpmKey) -> None:
    found = read_request(base64.b64encode(key.certificate_request(NAME, URI)))
    assert isinstance(found, Request)
    assert found.public_key == key.public_key
    assert found.claimed == {NAME, URI}


def test_its_request_is_one_that_cryptography_reads(key: TpmKey) -> None:
    asked = x509.load_der_x509_csr(key.certificate_request(NAME, URI))
    assert asked.is_signature_valid
    assert asked.public_key() == key.public_key


def test_it_signs_more_often_than_the_chip_has_slots(key: TpmKey) -> None:
    for number in range(8):
        message = f"report {number}".encode()
        key.public_key.verify(key.sign(message), message, ec.ECDSA(hashes.SHA256()))


def test_the_private_key_is_in_no_file(key: TpmKey, tmp_path: Path) -> None:
    assert not found_in(tmp_path, key.public_key)


def test_a_new_key_stands_beside_the_current_one(key: TpmKey, tmp_path: Path) -> None:
    new = key.provider.make(tmp_path / "2")
    assert isinstance(new, TpmKey)
    assert new.public_key != key.public_key
    for folder, made in ((tmp_path / "1", key), (tmp_path / "2", new)):
        opened = key.provider.open(folder)
        assert isinstance(opened, TpmKey)
        opened.public_key.verify(made.sign(b"mine"), b"mine", ec.ECDSA(hashes.SHA256()))


def test_the_tpm_of_another_machine_refuses_it_and_that_is_said(
    key: TpmKey, tmp_path: Path
) -> None:
    with chip(tmp_path / "other") as other:
        found = TpmProvider(other).open(tmp_path / "1")
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.OTHER_MACHINE
    assert found.said == "The key was made by another TPM, or this one has been cleared since."


def test_a_tpm_that_is_gone_is_said_when_the_key_is_used(tmp_path: Path) -> None:
    with chip(tmp_path / "chip") as door:
        made = TpmProvider(door).make(tmp_path / "1")
        assert isinstance(made, TpmKey)
    with pytest.raises(KeyFailed) as failed:
        made.sign(b"report")
    assert failed.value.trouble.reason is KeyReason.NOT_AVAILABLE
    found = made.provider.open(tmp_path / "1")
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.NOT_AVAILABLE


def test_a_key_outlives_a_restart_of_its_tpm(tmp_path: Path) -> None:
    with chip(tmp_path / "chip") as door:
        made = TpmProvider(door).make(tmp_path / "1")
        assert isinstance(made, TpmKey)
    with chip(tmp_path / "chip"):
        made.public_key.verify(made.sign(b"report"), b"report", ec.ECDSA(hashes.SHA256()))


def test_a_blob_cut_short_is_damage(key: TpmKey, tmp_path: Path) -> None:
    blob = (tmp_path / "1" / "key.tss2").read_bytes()
    for length in range(0, len(blob), 16):
        (tmp_path / "1" / "key.tss2").write_bytes(blob[:length])
        found = key.provider.open(tmp_path / "1")
        assert isinstance(found, KeyTrouble)
        assert found.reason is KeyReason.DAMAGED
