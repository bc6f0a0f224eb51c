"""The one judge of certificates, at times given: chain, purpose, time, revocation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from provisioning.pki.authority import (
    Authority,
    IssueFault,
    RevocationReason,
    Revoked,
    new_key,
    new_root,
)
from provisioning.pki.profiles import (
    Kind,
    Profile,
    code_profile,
    server_profile,
    terminal_name,
    terminal_profile,
)
from provisioning.pki.trust import Trust, judge, read_certificate

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BANK = "demo-bank.example"
PROFILES: dict[Kind, Profile] = {
    Kind.TERMINALS: terminal_profile(BANK, "T0001"),
    Kind.SERVERS: server_profile(("localhost", "127.0.0.1")),
    Kind.CODE: code_profile(BANK, "RELEASE-1"),
}


@cache
def root() -> Authority:
    return new_root(BANK, new_key(), NOW)


@cache
def issuer(kind: Kind) -> Authority:
    made = root().issue_authority(f"{kind}-1", kind, new_key(), NOW)
    assert isinstance(made, Authority)
    return made


def leaf(kind: Kind = Kind.TERMINALS, now: datetime = NOW) -> x509.Certificate:
    made = issuer(kind).issue(new_key().public_key(), PROFILES[kind], now)
    assert isinstance(made, x509.Certificate)
    return made


def trust(
    certificate: x509.Certificate,
    kind: Kind = Kind.TERMINALS,
    at: datetime = NOW,
    crls: list[x509.CertificateRevocationList] | None = None,
) -> Trust:
    issuers = [issuer(each).certificate for each in Kind]
    return judge(certificate, issuers, [root().certificate], kind, at, crls).trust


def crl(*revoked: x509.Certificate, now: datetime = NOW) -> x509.CertificateRevocationList:
    entries = [Revoked(each.serial_number, now, RevocationReason.LOST) for each in revoked]
    made = issuer(Kind.TERMINALS).crl(entries, 1, now)
    assert isinstance(made, x509.CertificateRevocationList)
    return made


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("asked", list(Kind))
def test_each_kind_is_good_for_itself_alone(kind: Kind, asked: Kind) -> None:
    wanted = Trust.TRUSTED if kind is asked else Trust.WRONG_KIND
    assert trust(leaf(kind), asked) is wanted


def test_the_profile_has_no_critical_extension_but_two() -> None:
    for kind in Kind:
        for certificate in (leaf(kind), issuer(kind).certificate, root().certificate):
            critical = {type(each.value) for each in certificate.extensions if each.critical}
            assert critical == {x509.BasicConstraints, x509.KeyUsage}


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), Trust.NOT_YET_VALID),
        (NOW - timedelta(hours=24, seconds=1), Trust.NOT_YET_VALID),
        (NOW - timedelta(hours=24), Trust.TRUSTED),
        (NOW + timedelta(days=90), Trust.TRUSTED),
        (NOW + timedelta(days=90, seconds=1), Trust.EXPIRED),
        (datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), Trust.EXPIRED),
    ],
)
def test_time_is_the_one_given(at: datetime, wanted: Trust) -> None:
    assert trust(leaf(), at=at) is wanted


def test_2038_is_a_year_like_any_other() -> None:
    over = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
    late = new_root(BANK, new_key(), datetime(2037, 1, 1, tzinfo=UTC))
    below = late.issue_authority("terminals-1", Kind.TERMINALS, new_key(), over)
    assert isinstance(below, Authority)
    made = below.issue(new_key().public_key(), PROFILES[Kind.TERMINALS], over)
    assert isinstance(made, x509.Certificate)
    for at in (over, over + timedelta(seconds=1), over + timedelta(days=89)):
        judged = judge(made, [below.certificate], [late.certificate], Kind.TERMINALS, at)
        assert judged.trust is Trust.TRUSTED and len(judged.chain) == 3


def test_an_authority_issues_only_within_its_life_and_never_beyond() -> None:
    key = new_key().public_key()
    authority, profile = issuer(Kind.TERMINALS), PROFILES[Kind.TERMINALS]
    end = authority.certificate.not_valid_after_utc
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert authority.issue(key, profile, epoch) is IssueFault.NOT_YET
    assert authority.issue(key, profile, end) is IssueFault.ENDED
    assert authority.crl((), 1, epoch) is IssueFault.NOT_YET
    assert root().issue_authority("code-2", Kind.CODE, new_key(), epoch) is IssueFault.NOT_YET
    made = leaf(now=end - timedelta(days=1))
    assert made.not_valid_after_utc == end


def test_a_revoked_one_is_refused_even_when_expired_and_by_a_stale_list() -> None:
    lost, kept = leaf(), leaf()
    assert trust(lost, crls=[crl(lost)]) is Trust.REVOKED
    assert trust(kept, crls=[crl(lost)]) is Trust.TRUSTED
    assert trust(lost, at=NOW + timedelta(days=200), crls=[crl(lost)]) is Trust.REVOKED


def test_a_list_must_be_there_fresh_and_the_issuers_own() -> None:
    good = leaf()
    assert trust(good, crls=[]) is Trust.REVOCATION_UNKNOWN
    old = crl(now=NOW - timedelta(hours=12))
    assert trust(good, crls=[old]) is Trust.TRUSTED
    assert trust(good, at=NOW + timedelta(hours=13), crls=[old]) is Trust.REVOCATION_UNKNOWN
    forger = Authority("x", Kind.TERMINALS, issuer(Kind.TERMINALS).certificate, new_key())
    forged = forger.crl((), 9, NOW)
    assert isinstance(forged, x509.CertificateRevocationList)
    assert trust(good, crls=[forged]) is Trust.REVOCATION_UNKNOWN


def test_the_newest_list_counts() -> None:
    lost = leaf()
    newer = crl(lost, now=NOW + timedelta(hours=2))
    assert trust(lost, at=NOW + timedelta(hours=2), crls=[newer, crl()]) is Trust.REVOKED


def test_a_revoked_authority_takes_its_leaves_along() -> None:
    gone = issuer(Kind.TERMINALS).certificate
    entry = Revoked(gone.serial_number, NOW, RevocationReason.LOST)
    of_root = root().crl([entry], 1, NOW)
    assert isinstance(of_root, x509.CertificateRevocationList)
    assert trust(leaf(), crls=[crl(), of_root]) is Trust.REVOKED


def test_another_root_an_authority_as_leaf_and_a_leaf_as_authority_are_not_believed() -> None:
    stranger = new_root(BANK, new_key(), NOW)
    made = leaf()
    judged = judge(
        made,
        [issuer(Kind.TERMINALS).certificate],
        [stranger.certificate],
        Kind.TERMINALS,
        NOW,
    )
    assert judged.trust is Trust.UNTRUSTED and judged.chain == ()
    assert trust(issuer(Kind.TERMINALS).certificate) is Trust.UNTRUSTED
    key = new_key()
    parent = issuer(Kind.TERMINALS).issue(key.public_key(), PROFILES[Kind.TERMINALS], NOW)
    assert isinstance(parent, x509.Certificate)
    child = Authority("x", Kind.TERMINALS, parent, key).issue(
        new_key().public_key(), PROFILES[Kind.TERMINALS], NOW
    )
    assert isinstance(child, x509.Certificate)
    issuers = [parent, issuer(Kind.TERMINALS).certificate]
    judged = judge(child, issuers, [root().certificate], Kind.TERMINALS, NOW)
    assert judged.trust is Trust.UNTRUSTED


def test_a_terminals_authority_cannot_make_a_servers_certificate() -> None:
    thief = Authority(
        "x", Kind.SERVERS, issuer(Kind.TERMINALS).certificate, issuer(Kind.TERMINALS).key
    )
    made = thief.issue(new_key().public_key(), PROFILES[Kind.SERVERS], NOW)
    assert isinstance(made, x509.Certificate)
    assert trust(made, Kind.SERVERS) is Trust.UNTRUSTED


@given(st.data())
def test_a_certificate_with_any_byte_changed_is_never_trusted(data: st.DataObject) -> None:
    der = bytearray(_GOOD.public_bytes(Encoding.DER))
    place = data.draw(st.integers(0, len(der) - 1))
    der[place] ^= data.draw(st.integers(1, 255))
    changed = read_certificate(bytes(der))
    if changed is not None:
        assert trust(changed) is not Trust.TRUSTED


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(der: bytes) -> None:
    assert read_certificate(der) is None


def test_whose_it_is_comes_from_one_uri() -> None:
    name = terminal_name(leaf())
    assert name is not None and (name.bank, name.terminal) == (BANK, "T0001")
    assert terminal_name(leaf(Kind.CODE)) is None
    assert terminal_name(leaf(Kind.SERVERS)) is None
    assert terminal_name(root().certificate) is None


_GOOD = leaf()
