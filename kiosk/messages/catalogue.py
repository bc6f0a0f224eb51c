"""The messages of one language, by dotted key."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


class MissingMessage(KeyError):
    """A text was asked for that the catalogue does not have."""


class Messages:
    """Texts of one language. Calling it with a key and values answers the finished text."""

    def __init__(self, language: str, texts: dict[str, str]) -> None:
        self.language = language
        self.texts = texts

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key` with its values filled in. Raises `MissingMessage`."""
        try:
            text = self.texts[key]
        except KeyError:
            raise MissingMessage(f"{self.language}: {key}") from None
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether the catalogue has this key."""
        return key in self.texts


@cache
def messages(language: str) -> Messages:
    """The catalogue of ``zh`` or ``en``: all files of its folder, each key in one of them."""
    texts: dict[str, str] = {}
    for file in sorted((_FOLDER / language).glob("*.toml")):
        found: dict[str, str] = {}
        _flatten(tomllib.loads(file.read_text(encoding="utf-8")), "", found)
        assert not found.keys() & texts.keys(), f"{file.name}: a key that another file has"
        texts |= found
    return Messages(language, texts)


def _flatten(table: dict[str, Any], prefix: str, into: dict[str, str]) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{key}.", into)
        else:
            into[f"{prefix}{key}"] = value
