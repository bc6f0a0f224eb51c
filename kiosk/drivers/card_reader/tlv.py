"""BER-TLV as chip cards write it (ISO/IEC 7816-4, 5.2.2): strict, and bounded."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

MOST_OBJECTS = 128
"""Data objects in one answer. A full EMV record holds some twenty."""

DEEPEST = 6
"""Templates within templates. EMV needs four (70, 61, 73, and the object)."""


class BadTlv(ValueError):
    """The bytes are no whole number of data objects, or too many of them."""


class DataObject(Struct, frozen=True):
    """One data object: its tag as a number (0x5A, 0x9F38), whether it is a template, its value."""

    tag: int
    constructed: bool
    value: bytes

    def __repr__(self) -> str:
        return f"DataObject(tag={self.tag:X}, {len(self.value)} bytes)"


def parse(data: bytes) -> list[DataObject]:
    """The data objects that `data` is made of; 00 bytes between them are filling.

    Raises `BadTlv` when a tag or length is cut short, is not definite, or runs past the end.
    """
    found: list[DataObject] = []
    at = 0
    while at < len(data):
        if data[at] == 0x00:
            at += 1
            continue
        if len(found) == MOST_OBJECTS:
            raise BadTlv("too many data objects")
        constructed = bool(data[at] & 0x20)
        tag, at = _tag(data, at)
        length, at = _length(data, at)
        if at + length > len(data):
            raise BadTlv(f"tag {tag:X} is cut short")
        found.append(DataObject(tag, constructed, data[at : at + length]))
        at += length
    return found


def walk(data: bytes, depth: int = DEEPEST) -> Iterator[DataObject]:
    """Every data object in `data`, templates before what they hold. Raises `BadTlv`."""
    if depth == 0:
        raise BadTlv("templates too deep")
    for item in parse(data):
        yield item
        if item.constructed:
            yield from walk(item.value, depth - 1)


def first(data: bytes, tag: int) -> bytes | None:
    """The value of the first data object with `tag`, however deep. Raises `BadTlv`."""
    return next((item.value for item in walk(data) if item.tag == tag), None)


def parse_dol(data: bytes) -> list[tuple[int, int]]:
    """A data object list (EMV book 3, 5.4): pairs of tag and length. Raises `BadTlv`."""
    wanted: list[tuple[int, int]] = []
    at = 0
    while at < len(data):
        if len(wanted) == MOST_OBJECTS:
            raise BadTlv("data object list too long")
        tag, at = _tag(data, at)
        length, at = _length(data, at)
        wanted.append((tag, length))
    return wanted


def _tag(data: bytes, at: int) -> tuple[int, int]:
    tag = data[at]
    at += 1
    if tag & 0x1F == 0x1F:
        while True:
            if at == len(data):
                raise BadTlv("tag is cut short")
            if tag > 0xFFFF:
                raise BadTlv("tag longer than three bytes")
            tag = tag << 8 | data[at]
            at += 1
            if not tag & 0x80:
                break
    return tag, at


def _length(data: bytes, at: int) -> tuple[int, int]:
    if at == len(data):
        raise BadTlv("length is missing")
    length = data[at]
    at += 1
    if length < 0x80:
        return length, at
    size = length & 0x7F
    if not 1 <= size <= 2:
        raise BadTlv("length is not definite, or longer than two bytes")
    if at + size > len(data):
        raise BadTlv("length is cut short")
    return int.from_bytes(data[at : at + size], "big"), at + size
