"""Keys in files, certificates in bundles, requests, and the names that are let in."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from provisioning.pki.authority import Authority, new_key, new_root
from provisioning.pki.bundles import leaf_and_issuers, read_bundle, write_bundle
from provisioning.pki.key_files import BadKeyFile, read_key, write_key, write_whole
from provisioning.pki.profiles import Kind, is_bank_name, is_host, is_terminal_id, terminal_profile
from provisioning.pki.requests import Request, RequestFault, read_request
from tests.provisioning.office.board import request

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_key_comes_back_with_its_passphrase_and_without_it_not(tmp_path: Path) -> None:
    path, key = tmp_path / "a.key", new_key()
    write_key(path, key, b"a long passphrase")
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path, b"a long passphrase").private_numbers() == key.private_numbers()
    for wrong in (b"another", None):
        with pytest.raises(BadKeyFile) as caught:
            read_key(path, wrong)
        assert "passphrase" not in str(caught.value) and caught.value.__cause__ is None


def test_a_key_of_another_curve_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    key = ec.generate_private_key(ec.SECP384R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_whole(path, pem)
    with pytest.raises(BadKeyFile):
        read_key(path, None)


def test_a_file_is_replaced_whole_and_what_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "a.crl"
    (tmp_path / ".a.crl.new").write_bytes(b"half")
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["a.crl"]


def test_a_bundle_gives_the_chain_of_a_key_whatever_its_order() -> None:
    root, key = new_root("demo-bank", new_key(), NOW), new_key()
    issuer = root.issue_authority("terminals-1", Kind.TERMINALS, new_key(), NOW)
    assert isinstance(issuer, Authority)
    leaf = issuer.issue(key.public_key(), terminal_profile("demo-bank", "T1"), NOW)
    assert isinstance(leaf, x509.Certificate)
    for order in ((root.certificate, leaf, issuer.certificate), (issuer.certificate, leaf)):
        found = read_bundle(write_bundle(order))
        assert leaf_and_issuers(found, key.public_key())[0] == leaf
        assert leaf_and_issuers(found, key.public_key())[1][0] == issuer.certificate
    with pytest.raises(ValueError, match="not one certificate"):
        leaf_and_issuers(found, new_key().public_key())


@given(st.binary(max_size=300))
def test_a_bundle_of_any_bytes_raises_one_error_alone(body: bytes) -> None:
    for form in (body, b64encode(body)):
        with pytest.raises(ValueError):
            read_bundle(form)


@given(st.binary(max_size=300))
def test_a_request_of_any_bytes_is_malformed(body: bytes) -> None:
    assert read_request(body) is RequestFault.MALFORMED
    assert read_request(b64encode(body)) is RequestFault.MALFORMED


@given(st.data())
def test_a_request_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    der = bytearray(b64decode(_GOOD))
    place = data.draw(st.integers(0, len(der) - 1))
    der[place] ^= data.draw(st.integers(1, 255))
    assert isinstance(read_request(b64encode(bytes(der))), RequestFault)


def test_a_request_is_read_with_line_breaks_and_its_names() -> None:
    key = new_key()
    body = request(key, "T0001", (x509.DNSName("t0001.kiosk.demo-bank"),))
    broken = b"\r\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    found = read_request(broken + b"\n")
    assert isinstance(found, Request)
    assert found.public_key == key.public_key()
    assert found.claimed == {"T0001", "t0001.kiosk.demo-bank"}


@pytest.mark.parametrize("bad", ["", "t1", "T--1", "T1-", "T 1", "T1\n", "T" * 65, "Т1"])
def test_a_terminals_id_fits_every_name(bad: str) -> None:
    assert is_terminal_id("SZ-0001") and not is_terminal_id(bad)


@pytest.mark.parametrize("bad", ["", "Bank", "a..b", "-a", "a/b", "a\n"])
def test_a_banks_name_is_a_dns_name(bad: str) -> None:
    assert is_bank_name("demo-bank.example") and not is_bank_name(bad)


def test_a_host_is_a_name_or_an_address() -> None:
    assert all(is_host(host) for host in ("localhost", "a-1.b.example", "10.0.0.1", "::1"))
    assert not any(is_host(host) for host in ("", "a b", "-a", "a/b", "a" * 254, "*.b"))


_GOOD = request(new_key(), "T0001")
