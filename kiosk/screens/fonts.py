"""The faces of Noto Sans CJK SC, taken out of Debian's collections.

Debian ships the family as `.ttc` collections whose first face is Japanese, and SDL2 opens the
first face only. So the Simplified Chinese face is copied, table by table and unchanged, into a
file of its own (OpenType 1.9, "Font collections" and "Table directory"). It takes a fraction of
a second, needs no library, and every character of the family stays in.

A whole face costs 2.4 MB and many milliseconds for every size it is opened in, and a screen uses a
dozen sizes. So set-up lays lean faces beside the whole ones (`lean_fonts.py`): the same outlines of
fewer characters. A text is set in the leanest face that has all of its characters.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final

from msgspec import Struct

_COLLECTIONS: Final = Path("/usr/share/fonts/opentype/noto")
_FAMILY: Final = "Noto Sans CJK SC"
_TABLES: Final = frozenset(
    (b"CFF ", b"OS/2", b"cmap", b"head", b"hhea", b"hmtx", b"maxp", b"name", b"post", b"GPOS")
)
_FACES_MAX: Final = 64
_TABLES_MAX: Final = 64

LEAN: Final = ("our-texts", "everyday")
"""The lean faces by name, the leanest first."""

_Table = tuple[bytes, int, int, int]  # tag, checksum, offset, length


class FontNotFound(Exception):
    """The collection is missing or holds no Simplified Chinese face; the package is broken."""


class LeanFaces(Struct, frozen=True):
    """The two weights with `characters` alone."""

    regular: Path
    bold: Path
    characters: frozenset[str]


class Fonts(Struct, frozen=True):
    """Font files that SDL2 can open: the whole family, and leaner faces, the leanest first."""

    regular: Path
    bold: Path
    lean: tuple[LeanFaces, ...] = ()

    def file(self, text: str, *, bold: bool) -> Path:
        """The face to set `text` in."""
        for faces in self.lean:
            if faces.characters.issuperset(text):
                return faces.bold if bold else faces.regular
        return self.bold if bold else self.regular


def lean_files(cache_dir: Path, name: str) -> tuple[Path, Path, Path]:
    """Where lean faces (regular, bold) and the list of their characters are."""
    return (
        cache_dir / f"{name}-Regular.otf",
        cache_dir / f"{name}-Bold.otf",
        cache_dir / f"{name}.txt",
    )


def prepare_fonts(cache_dir: Path, collections_dir: Path = _COLLECTIONS) -> Fonts:
    """The two faces as files in `cache_dir`, written there if they are not there yet.

    The lean faces come along when set-up has made them.

    A file appears whole or not at all, so a power cut leaves nothing half-written.
    Raises `FontNotFound` when the family is not installed.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    made = []
    for weight in ("Regular", "Bold"):
        face = cache_dir / f"NotoSansCJKsc-{weight}.otf"
        source = collections_dir / f"NotoSansCJK-{weight}.ttc"
        if not face.exists():
            _extract(source, face)
        made.append(face)
    whole_regular, whole_bold = made
    lean = []
    for name in LEAN:
        regular, bold, listed = lean_files(cache_dir, name)
        if listed.exists():
            characters = frozenset(listed.read_text(encoding="utf-8"))
            lean.append(LeanFaces(regular, bold, characters))
    return Fonts(whole_regular, whole_bold, tuple(lean))


def _extract(source: Path, target: Path) -> None:
    try:
        collection = source.read_bytes()
    except FileNotFoundError as missing:
        raise FontNotFound(f"{source.name} is not installed") from missing
    tables = _tables_of_face(collection, source.name)
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(_font_file(collection, tables))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(target)


def _tables_of_face(collection: bytes, name: str) -> list[_Table]:
    tag, _, faces = struct.unpack_from(">4sII", collection)
    if tag != b"ttcf" or faces > _FACES_MAX:
        raise FontNotFound(f"{name} is not a font collection")
    for start in struct.unpack_from(f">{faces}I", collection, 12):
        (count,) = struct.unpack_from(">H", collection, start + 4)
        if count > _TABLES_MAX:
            raise FontNotFound(f"{name} has a face with {count} tables")
        tables: list[_Table] = [
            struct.unpack_from(">4sIII", collection, start + 12 + 16 * index)
            for index in range(count)
        ]
        if _family(collection, tables) == _FAMILY:
            return [table for table in tables if table[0] in _TABLES]
    raise FontNotFound(f"{name} has no face named {_FAMILY}")


def _family(collection: bytes, tables: list[_Table]) -> str:
    """The family name: name ID 16 where there is one, else 1 (OpenType, `name` table)."""
    start = next(offset for tag, _, offset, _ in tables if tag == b"name")
    _, count, strings = struct.unpack_from(">HHH", collection, start)
    found: dict[int, str] = {}
    for index in range(count):
        platform, _, language, ident, length, offset = struct.unpack_from(
            ">HHHHHH", collection, start + 6 + 12 * index
        )
        if platform == 3 and language == 0x409 and ident in (1, 16):
            text = collection[start + strings + offset : start + strings + offset + length]
            found[ident] = text.decode("utf-16-be")
    return found.get(16, found.get(1, ""))


def _font_file(collection: bytes, tables: list[_Table]) -> bytes:
    tables = sorted(tables)
    power = len(tables).bit_length() - 1
    span = 16 << power
    head = struct.pack(">4sHHHH", b"OTTO", len(tables), span, power, 16 * len(tables) - span)
    directory, body = b"", b""
    offset = len(head) + 16 * len(tables)
    for tag, checksum, start, length in tables:
        directory += struct.pack(">4sIII", tag, checksum, offset + len(body), length)
        body += collection[start : start + length] + b"\0" * (-length % 4)
    return head + directory + body
