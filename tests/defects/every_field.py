"""Every field of a message, however deep, each changed in its turn: a new one is among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_type_hints


def fields_of(kind: type) -> list[str]:
    """The dotted path of each field of a data class, of what is in it, and of its parts as a whole."""
    return list(_fields_of(kind, ""))


def _fields_of(kind: type, before: str) -> Iterator[str]:
    hints = get_type_hints(kind)
    for each in fields(kind):
        path, hint = before + each.name, hints[each.name]
        parts = [part for part in (hint, *get_args(hint)) if is_dataclass(part)]
        if hint not in parts:
            yield path
        for part in parts:
            assert isinstance(part, type)
            yield from _fields_of(part, path + ".")


def changed(message: Any, path: str) -> Any:
    """The message with one field changed; in a list of parts, that of the first one."""
    name, _, rest = path.partition(".")
    value = getattr(message, name)
    if isinstance(value, tuple):
        new: Any = (changed(value[0], rest), *value[1:]) if rest else value[:-1]
    else:
        new = changed(value, rest) if rest else _other(value)
    return replace(message, **{name: new})


def _other(value: Any) -> Any:
    """Another value of the same kind; a part that may be missing is."""
    match value:
        case bool():
            return not value
        case Enum():
            return next(other for other in type(value) if other is not value)
        case int() | float():
            return value + 1
        case str():
            return value[:-1] + ("1" if value[-1] == "0" else "0")
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case datetime():
            return value + timedelta(days=1)
        case dict():
            return {**value, "at": "another day"}
    assert is_dataclass(value), f"a sample should have no {value!r}"
    return None
