"""What each kind of certificate says: P-256 throughout, one issuing authority for each purpose.

After RFC 5280 with the demands of the path validation in `cryptography`: BasicConstraints and
KeyUsage are critical and nothing else is, key identifiers link a chain, each leaf has one purpose
and names itself in SubjectAltName. A terminal's names are its id as common name (a broker takes it
for the user name), a DNS name, and a SPIFFE id (SPIFFE-ID, section 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioning.pki.unreadable import UNREADABLE

ROOT_LIFE = timedelta(days=20 * 365)
ISSUER_LIFE = timedelta(days=10 * 365)
LEAF_LIFE = timedelta(days=90)
BACK_DATED = timedelta(hours=24)  # a clock that is a day behind still takes a new certificate
CRL_LIFE = timedelta(hours=24)
ROOT_CRL_LIFE = timedelta(days=400)  # the root is offline; it is fetched out once a year
CRL_BACK_DATED = timedelta(hours=1)

_TERMINAL = re.compile(r"[A-Z0-9](?:-?[A-Z0-9]){0,31}")
_BANK = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?){0,4}"
)
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_HOST_MAX = 253
_COMMON_NAME_MAX = 64  # ub-common-name, RFC 5280, appendix A


class Kind(StrEnum):
    """What an authority issues for. Each kind has issuers of its own."""

    TERMINALS = "terminals"
    SERVERS = "servers"
    CODE = "code"


PURPOSES = {
    Kind.TERMINALS: ExtendedKeyUsageOID.CLIENT_AUTH,
    Kind.SERVERS: ExtendedKeyUsageOID.SERVER_AUTH,
    Kind.CODE: ExtendedKeyUsageOID.CODE_SIGNING,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One leaf's names, purpose and life."""

    kind: Kind
    common_name: str
    names: tuple[x509.GeneralName, ...]
    life: timedelta = LEAF_LIFE


@dataclass(frozen=True, slots=True)
class TerminalName:
    """Whose a terminal's certificate is."""

    bank: str
    terminal: str

    @property
    def uri(self) -> str:
        """The SPIFFE id."""
        return f"spiffe://{self.bank}/kiosk/{self.terminal}"

    @property
    def host(self) -> str:
        """The DNS name."""
        return f"{self.terminal.lower()}.kiosk.{self.bank}"


def is_terminal_id(text: str) -> bool:
    """Capitals, digits and single dashes, 1 to 64 characters: fits every name it is put into."""
    return len(text) <= _COMMON_NAME_MAX and _TERMINAL.fullmatch(text) is not None


def is_bank_name(text: str) -> bool:
    """A DNS name in small letters, the trust domain of all SPIFFE ids."""
    return _BANK.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """A DNS name or an IP address."""
    return (len(text) <= _HOST_MAX and _HOST.fullmatch(text) is not None) or _is_address(text)


def terminal_profile(bank: str, terminal: str) -> Profile:
    """A terminal's certificate, for mutual TLS and for signing its reports."""
    assert is_bank_name(bank) and is_terminal_id(terminal)
    name = TerminalName(bank, terminal)
    names = (x509.UniformResourceIdentifier(name.uri), x509.DNSName(name.host))
    return Profile(Kind.TERMINALS, terminal, names)


def server_profile(hosts: tuple[str, ...]) -> Profile:
    """A server's certificate for its DNS names and IP addresses, the first of which is its name."""
    assert hosts and all(is_host(host) for host in hosts)
    names = tuple(
        x509.IPAddress(ip_address(host)) if _is_address(host) else x509.DNSName(host)
        for host in hosts
    )
    return Profile(Kind.SERVERS, hosts[0][:_COMMON_NAME_MAX], names)


def code_profile(bank: str, signer: str) -> Profile:
    """A certificate that signs software."""
    assert is_bank_name(bank) and is_terminal_id(signer)
    uri = x509.UniformResourceIdentifier(f"spiffe://{bank}/code/{signer}")
    return Profile(Kind.CODE, signer, (uri,))


def terminal_name(certificate: x509.Certificate) -> TerminalName | None:
    """Whose certificate it says it is; None if that is not one terminal. Says nothing of trust."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        uris = extension.value.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None
    match uris:
        case [uri]:
            bank, _, terminal = uri.removeprefix("spiffe://").partition("/kiosk/")
        case _:
            return None
    name = TerminalName(bank, terminal)
    fits = uri == name.uri and is_bank_name(bank) and is_terminal_id(terminal)
    return name if fits else None


def name_of(common_name: str) -> x509.Name:
    """A distinguished name of nothing but a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """An authority signs certificates and lists of revoked ones; a leaf signs what it says."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
