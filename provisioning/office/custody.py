"""The authorities' files: the root on a medium of its own, the issuing ones in the office's folder.

Issuing authorities are numbered (``terminals-1``). A new one takes over at once; what the old one issued
stays good, as everybody trusts the root.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning.pki.authority import Authority, IssueFault, new_key, new_root
from provisioning.pki.key_files import read_key, write_key, write_whole
from provisioning.pki.profiles import ROOT_CRL_LIFE, Kind

ROOT = "root"
_FOLDER = "authorities"
_NAME = re.compile(r"(terminals|servers|code)-([1-9][0-9]{0,3})")


def root_certificate(folder: Path) -> x509.Certificate:
    """The office's copy of the root's certificate. Raises `OSError` or `ValueError`."""
    return _read_certificate(folder / _FOLDER / f"{ROOT}.pem")


def open_root(
    medium: Path, bank: str, passphrase: bytes, now: datetime, *, make: bool
) -> Authority:
    """The root from its own medium, made there first if it is new and `make`.

    Raises `BadKeyFile` (a wrong passphrase), `FileNotFoundError` or another `OSError`.
    """
    key_file, certificate_file = medium / f"{ROOT}.key", medium / f"{ROOT}.pem"
    if make and not certificate_file.exists():
        medium.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = new_root(bank, new_key(), now)
        write_key(key_file, root.key, passphrase)
        write_whole(certificate_file, root.certificate.public_bytes(Encoding.PEM))
    certificate = _read_certificate(certificate_file)
    return Authority(ROOT, None, certificate, read_key(key_file, passphrase))


def add_issuer(
    folder: Path, root: Authority, kind: Kind, passphrase: bytes | None, now: datetime
) -> Authority | IssueFault:
    """Make the next issuing authority of a kind. Its key is written before its certificate."""
    issuers = folder / _FOLDER
    issuers.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = 1 + max((_number(name) for name in names(folder, kind)), default=0)
    made = root.issue_authority(f"{kind}-{number}", kind, new_key(), now)
    if isinstance(made, IssueFault):
        return made
    write_key(issuers / f"{made.name}.key", made.key, passphrase)
    write_whole(issuers / f"{made.name}.pem", made.certificate.public_bytes(Encoding.PEM))
    return made


def keep_root(folder: Path, root: Authority, now: datetime) -> IssueFault | None:
    """Leave the root's certificate and its own revocation list, which is empty, in the office."""
    issuers = folder / _FOLDER
    issuers.mkdir(mode=0o700, parents=True, exist_ok=True)
    crl = root.crl((), int(now.timestamp()), now, ROOT_CRL_LIFE)
    if isinstance(crl, IssueFault):
        return crl
    write_whole(issuers / f"{ROOT}.crl", crl.public_bytes(Encoding.DER))
    write_whole(issuers / f"{ROOT}.pem", root.certificate.public_bytes(Encoding.PEM))
    return None


def root_crl(folder: Path) -> bytes:
    """The root's revocation list, DER. Raises `OSError`."""
    return (folder / _FOLDER / f"{ROOT}.crl").read_bytes()


def read_issuers(folder: Path, passphrase: bytes | None) -> tuple[Authority, ...]:
    """All issuing authorities, of each kind the newest first. Raises `BadKeyFile` or `OSError`."""
    issuers = folder / _FOLDER
    return tuple(
        Authority(
            name,
            kind,
            _read_certificate(issuers / f"{name}.pem"),
            read_key(issuers / f"{name}.key", passphrase),
        )
        for kind in Kind
        for name in sorted(names(folder, kind), key=_number, reverse=True)
    )


def names(folder: Path, kind: Kind) -> list[str]:
    """The names of the issuing authorities of a kind."""
    stems = (path.stem for path in (folder / _FOLDER).glob("*.pem"))
    found = ((stem, _NAME.fullmatch(stem)) for stem in stems)
    return [stem for stem, match in found if match and match[1] == kind]


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _read_certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())
