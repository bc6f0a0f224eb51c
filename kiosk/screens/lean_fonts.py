"""Makes the lean faces, once, at set-up: `python -m kiosk.screens.lean_fonts DIR`.

Two of them: the characters of our own messages, which open in a fifth of a millisecond, and those of
GB 2312 besides, which take fifteen times as long. Both are without the CFF table's subroutines, of
which FreeType would read all 44,000 for every size. The kiosk never imports this.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from fontTools import subset

from kiosk.messages.catalogue import messages
from kiosk.screens.fonts import LEAN, lean_files, prepare_fonts

_ROWS: Final = range(0xA1, 0xFF)


def our_characters() -> frozenset[str]:
    """Latin-1, and whatever else our messages use."""
    characters = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
    for language in ("zh", "en"):
        for text in messages(language).texts.values():
            characters |= {character for character in text if character.isprintable()}
    return frozenset(characters)


def everyday_characters() -> frozenset[str]:
    """Ours and GB 2312."""
    rows = (bytes((row, cell)) for row in _ROWS for cell in _ROWS)
    return our_characters().union(*(row.decode("gb2312", errors="ignore") for row in rows))


def make_lean_fonts(cache_dir: Path) -> None:
    """Write the lean faces into `cache_dir`; the list of characters comes last and makes them whole."""
    fonts = prepare_fonts(cache_dir)
    for name, wanted in zip(LEAN, (our_characters(), everyday_characters()), strict=True):
        regular, bold, listed = lean_files(cache_dir, name)
        listed.unlink(missing_ok=True)
        held = wanted & _subset(fonts.regular, regular, wanted)
        held &= _subset(fonts.bold, bold, held)
        listed.write_text("".join(sorted(held)), encoding="utf-8")


def _subset(whole: Path, lean: Path, characters: frozenset[str]) -> frozenset[str]:
    """Write the lean face; the characters that it really has."""
    options = subset.Options(
        desubroutinize=True, layout_features=["kern"], notdef_outline=True, hinting=True
    )
    font = subset.load_font(str(whole), options)
    known = frozenset(map(chr, font.getBestCmap()))
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(characters & known))
    subsetter.subset(font)
    subset.save_font(font, str(lean), options)
    return known


def main() -> None:
    """Make them in the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    make_lean_fonts(parser.parse_args().dir)


if __name__ == "__main__":
    main()
