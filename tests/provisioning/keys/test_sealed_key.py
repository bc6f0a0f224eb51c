"""A key sealed by `systemd-creds`, with a secret of a machine that the test invents."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.terminal.keys.key import KeyReason, KeyTrouble
from provisioning.terminal.keys.sealed import SealedProvider
from provisioning.terminal.keys.software import SoftwareKey, private_pem
from tests.provisioning.keys.chips import chip
from tests.provisioning.keys.papers import NAME, URI, ask, office, server
from tests.provisioning.keys.search import found_in

PROVIDER = SealedProvider(with_key="host")


def machine(monkeypatch: pytest.MonkeyPatch, secret: Path) -> None:
    """From here on `systemd-creds` runs on the machine of that secret."""
    monkeypatch.setenv("SYSTEMD_CREDENTIAL_SECRET", str(secret))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    machine(monkeypatch, tmp_path / "secret")
    folder = tmp_path / "keys" / "1"
    found = PROVIDER.make(folder)
    assert isinstance(found, SoftwareKey), found
    return folder


def test_a_sealed_key_opens_on_its_machine_and_is_nowhere_in_the_clear(made: Path) -> None:
    key = PROVIDER.open(made)
    assert isinstance(key, SoftwareKey)
    message = b"a readiness report"
    key.public_key.verify(key.sign(message), message, ec.ECDSA(hashes.SHA256()))
    assert not found_in(made, key.public_key)


def test_a_sealed_key_asks_for_a_certificate_and_carries_mutual_tls(made: Path) -> None:
    key = PROVIDER.open(made)
    assert isinstance(key, SoftwareKey)
    asked = x509.load_der_x509_csr(key.certificate_request(NAME, URI))
    assert asked.is_signature_valid
    here = office()
    chain = here.issue(NAME, key.public_key)
    with server(here) as port:
        assert ask(key.client_context(here.root_pem, chain), port) == NAME


def test_on_another_machine_it_does_not_open_and_says_so(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path / "other secret")
    assert not isinstance(PROVIDER.make(tmp_path / "theirs"), KeyTrouble)  # it seals for itself
    found = PROVIDER.open(made)
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.OTHER_MACHINE
    assert "cannot be unsealed by this machine" in found.said


def test_on_a_machine_without_any_secret_it_does_not_open_either(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path / "nowhere" / "secret")
    found = PROVIDER.open(made)
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.OTHER_MACHINE


def test_a_seal_that_was_altered_is_damage_not_another_machine(made: Path) -> None:
    sealed = bytearray((made / "key.sealed").read_bytes())
    sealed[100] ^= 1
    (made / "key.sealed").write_bytes(sealed)
    found = PROVIDER.open(made)
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.DAMAGED


def test_without_the_program_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = PROVIDER.make(tmp_path / "1")
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.NOT_AVAILABLE
    assert "not installed" in found.said
    assert not (tmp_path / "1").exists()


def test_a_machine_that_cannot_seal_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path / "a file" / "secret")
    (tmp_path / "a file").write_bytes(b"in the way")
    found = PROVIDER.make(tmp_path / "1")
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.NOT_AVAILABLE
    assert not (tmp_path / "1").exists()


def test_a_unit_gets_the_key_from_its_service_manager_without_unsealing(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = PROVIDER.open(made)
    assert isinstance(key, SoftwareKey)
    delivered = tmp_path / "delivered"
    delivered.mkdir()
    other = ec.generate_private_key(ec.SECP256R1())
    (delivered / "identity-key").write_bytes(private_pem(other))  # the one of before
    (delivered / "identity-key-new").write_bytes(private_pem(key.private))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(delivered))
    monkeypatch.setenv("PATH", str(tmp_path))  # no program to unseal with
    again = PROVIDER.open(made)
    assert isinstance(again, SoftwareKey)
    assert again.public_key == key.public_key


def test_what_lies_in_the_folder_is_a_credential_as_systemd_takes_it(made: Path) -> None:
    done = subprocess.run(
        ["systemd-creds", "decrypt", "--name=identity-key", made / "key.sealed", "-"],
        capture_output=True,
        check=True,
        timeout=30,
    )
    private = serialization.load_pem_private_key(done.stdout, None)
    key = PROVIDER.open(made)
    assert isinstance(key, SoftwareKey)
    assert private.public_key() == key.public_key


def test_the_folder_may_be_renamed(made: Path) -> None:
    key = PROVIDER.open(made)
    renamed = made.rename(made.with_name("current"))
    again = PROVIDER.open(renamed)
    assert isinstance(key, SoftwareKey)
    assert isinstance(again, SoftwareKey)
    assert again.public_key == key.public_key


def test_sealed_by_a_tpm_it_opens_with_that_one_and_no_other(tmp_path: Path) -> None:
    with chip(tmp_path / "mine") as mine:
        provider = SealedProvider(with_key="tpm2", tpm2_device=mine)
        key = provider.make(tmp_path / "1")
        assert isinstance(key, SoftwareKey), key
        again = provider.open(tmp_path / "1")
        assert isinstance(again, SoftwareKey), again
        assert again.public_key == key.public_key
        assert not found_in(tmp_path / "1", key.public_key)
    with chip(tmp_path / "other") as other:
        found = SealedProvider(with_key="tpm2", tpm2_device=other).open(tmp_path / "1")
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.OTHER_MACHINE
