"""Makes the lean faces, once, at set-up: `python -m kiosk.screens.lean_fonts DIR`.

They hold the characters of GB 2312, Latin-1 and our own messages, without the CFF table's
subroutines, of which FreeType would read all 44,000 for every size. The kiosk never imports this.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from fontTools import subset

from kiosk.messages.catalogue import messages
from kiosk.screens.fonts import lean_files, prepare_fonts

_ROWS: Final = range(0xA1, 0xFF)


def everyday_characters() -> frozenset[str]:
    """GB 2312, Latin-1, and whatever else our messages use."""
    characters = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
    for row in _ROWS:
        for cell in _ROWS:
            characters |= set(bytes((row, cell)).decode("gb2312", errors="ignore"))
    for language in ("zh", "en"):
        for text in messages(language).texts.values():
            characters |= {character for character in text if character.isprintable()}
    return frozenset(characters)


def make_lean_fonts(cache_dir: Path) -> None:
    """Write the lean faces into `cache_dir`; the list of characters comes last and makes it whole."""
    fonts = prepare_fonts(cache_dir)
    regular, bold, listed = lean_files(cache_dir)
    listed.unlink(missing_ok=True)
    held = everyday_characters()
    for whole, lean in ((fonts.regular, regular), (fonts.bold, bold)):
        held &= _subset(whole, lean, held)
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
