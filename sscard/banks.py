"""The issuing banks (BANK.SIX): a list in configuration, not in code."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


class BadBankList(ValueError):
    """The configured list of banks is not one."""


@dataclass(frozen=True, slots=True)
class Bank:
    """One issuing bank. `hotline` freezes a card at once, by telephone."""

    bank_id: str
    name_zh: str
    name_en: str
    hotline: str


_FIELDS = ("bank_id", "name_zh", "name_en", "hotline")
_BANKS_MAX = 50


def load_banks(path: Path) -> dict[str, Bank]:
    """The banks of a TOML file (tables ``[[bank]]``), by id, in the file's order.

    Raises `BadBankList` for a file that is not TOML, a missing or empty field, a hotline that
    is no telephone number, an id that comes twice, or an empty list; `OSError` as `open` does.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("bank")
    except ValueError as error:
        raise BadBankList("the list of banks is not TOML") from error
    if not isinstance(tables, list) or not 0 < len(tables) <= _BANKS_MAX:
        raise BadBankList(f"the list of banks has 1 to {_BANKS_MAX} tables [[bank]]")
    banks: dict[str, Bank] = {}
    for number, table in enumerate(tables, 1):
        bank = _bank(table, number)
        if bank.bank_id in banks:
            raise BadBankList(f"bank {number}: its bank_id came before")
        banks[bank.bank_id] = bank
    return banks


def _bank(table: object, number: int) -> Bank:
    if not isinstance(table, dict) or set(table) != set(_FIELDS):
        raise BadBankList(f"bank {number}: its fields are {', '.join(_FIELDS)}")
    for name in _FIELDS:
        if not isinstance(table[name], str) or not table[name].strip():
            raise BadBankList(f"bank {number}: {name} is not a text")
    if not re.fullmatch(r"[0-9][0-9-]{2,19}", table["hotline"]):
        raise BadBankList(f"bank {number}: hotline is not a telephone number")
    return Bank(table["bank_id"], table["name_zh"], table["name_en"], table["hotline"])
