"""What an office is set to: `office.toml` in its folder."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from provisioning.pki.key_files import write_whole
from provisioning.pki.profiles import is_bank_name, is_host

FILE = "office.toml"
_GRACE_DAYS_MAX = 365
_URL = re.compile(r"https://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9./_-]*)?")


class BadSettings(ValueError):
    """The settings are malformed; the text says what."""


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """`hosts`: the server's names. `url`: how terminals reach it. `grace`: how long after its end
    a certificate may still renew itself."""

    bank: str
    hosts: tuple[str, ...]
    url: str
    grace: timedelta = timedelta(days=30)


def check(settings: OfficeSettings) -> None:
    """Raises `BadSettings`."""
    if not is_bank_name(settings.bank):
        raise BadSettings("the bank is a DNS name in small letters")
    if not settings.hosts or not all(is_host(host) for host in settings.hosts):
        raise BadSettings("hosts are DNS names or IP addresses, at least one")
    if _URL.fullmatch(settings.url) is None:
        raise BadSettings("the URL begins with https:// and has no query")
    if not timedelta(0) <= settings.grace <= timedelta(days=_GRACE_DAYS_MAX):
        raise BadSettings(f"the grace is 0 to {_GRACE_DAYS_MAX} days")


def write_settings(folder: Path, settings: OfficeSettings) -> None:
    """Raises `BadSettings` or `OSError`."""
    check(settings)
    lines = [
        f"bank = {json.dumps(settings.bank)}",
        f"hosts = {json.dumps(list(settings.hosts))}",
        f"url = {json.dumps(settings.url)}",
        f"grace_days = {settings.grace.days}",
    ]
    write_whole(folder / FILE, ("\n".join(lines) + "\n").encode())


def read_settings(folder: Path) -> OfficeSettings:
    """Raises `BadSettings` or `OSError`."""
    try:
        fields = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
        settings = _from_fields(fields)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadSettings(f"{FILE} is malformed") from error
    check(settings)
    return settings


def _from_fields(fields: Mapping[str, Any]) -> OfficeSettings:
    bank, hosts, url = fields["bank"], fields["hosts"], fields["url"]
    if not (isinstance(bank, str) and isinstance(url, str) and isinstance(hosts, list)):
        raise TypeError("texts are wanted")
    if not all(isinstance(host, str) for host in hosts):
        raise TypeError("hosts are texts")
    return OfficeSettings(bank, tuple(hosts), url, timedelta(days=fields["grace_days"]))
