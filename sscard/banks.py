"""The issuing banks (BANK.SIX) and their outlets: a list in configuration, not in code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct


class BadBankList(ValueError):
    """The configured list of banks is not one."""


class Outlet(Struct, frozen=True):
    """One outlet of a bank, with its address."""

    name_zh: str
    address_zh: str
    name_en: str
    address_en: str

    @property
    def text_zh(self) -> str:
        """Name and address in Chinese."""
        return f"{self.name_zh}，{self.address_zh}"

    @property
    def text_en(self) -> str:
        """Name and address in English."""
        return f"{self.name_en}, {self.address_en}"


class Bank(Struct, frozen=True):
    """One issuing bank. `hotline` freezes a card at once, by telephone.

    New cards are collected at the first of its `outlets`.
    """

    bank_id: str
    name_zh: str
    name_en: str
    hotline: str
    outlets: tuple[Outlet, ...] = ()


_FIELDS = ("bank_id", "name_zh", "name_en", "hotline")
_OUTLET_FIELDS = ("name_zh", "address_zh", "name_en", "address_en")
_BANKS_MAX = 50
_OUTLETS_MAX = 200


def load_banks(path: Path) -> dict[str, Bank]:
    """The banks of a TOML file (tables ``[[bank]]``, each with its ``[[bank.outlet]]``), by id, in
    the file's order.

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
    if not isinstance(table, dict) or set(table) - {"outlet"} != set(_FIELDS):
        raise BadBankList(f"bank {number}: its fields are {', '.join(_FIELDS)}, and outlet")
    _check_texts(table, _FIELDS, f"bank {number}")
    if not re.fullmatch(r"[0-9][0-9-]{2,19}", table["hotline"]):
        raise BadBankList(f"bank {number}: hotline is not a telephone number")
    outlets = table.get("outlet", [])
    if not isinstance(outlets, list) or len(outlets) > _OUTLETS_MAX:
        raise BadBankList(f"bank {number}: it has at most {_OUTLETS_MAX} tables [[bank.outlet]]")
    return Bank(
        table["bank_id"],
        table["name_zh"],
        table["name_en"],
        table["hotline"],
        tuple(_outlet(outlet, number) for outlet in outlets),
    )


def _outlet(table: object, number: int) -> Outlet:
    if not isinstance(table, dict) or set(table) != set(_OUTLET_FIELDS):
        raise BadBankList(f"bank {number}: an outlet's fields are {', '.join(_OUTLET_FIELDS)}")
    _check_texts(table, _OUTLET_FIELDS, f"bank {number}, an outlet")
    return Outlet(**table)


def _check_texts(table: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in names:
        if not isinstance(table[name], str) or not table[name].strip():
            raise BadBankList(f"{where}: {name} is not a text")
