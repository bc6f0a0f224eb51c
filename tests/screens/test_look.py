"""Tokens and fonts."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from fontTools.ttLib import TTFont

from kiosk.screens.fonts import FontNotFound, prepare_fonts
from kiosk.screens.icons import ICONS
from kiosk.screens.paint import Brush
from kiosk.screens.pictures import PICTURES, Easel
from kiosk.screens.presses import Box
from kiosk.screens.tokens import (
    INK,
    MACHINE_DARK,
    MACHINE_LIGHT,
    PAPER,
    TEXT_PAIRS,
    Colour,
    Metrics,
    colour,
    contrast,
)


def test_every_text_colour_has_seven_to_one_on_its_ground() -> None:
    assert [pair for pair in TEXT_PAIRS if contrast(*pair) < 7.0] == []


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(colour("#000000"), colour("#FFFFFF")) == pytest.approx(21.0)
    assert contrast(INK, PAPER) == contrast(PAPER, INK)


@pytest.mark.parametrize(
    ("size", "target_px", "landscape"),
    [((1080, 1920), 84, False), ((1280, 800), 62, True), ((800, 480), 37, True)],
)
def test_lengths_scale_by_the_shorter_side(
    size: tuple[int, int], target_px: int, landscape: bool
) -> None:
    metrics = Metrics(*size)
    assert (metrics.px(84), metrics.landscape) == (target_px, landscape)
    assert (metrics.px(0), metrics.px(0.1)) == (0, 1)


def test_the_fonts_are_the_simplified_chinese_faces_with_every_rare_name(tmp_path: Path) -> None:
    fonts = prepare_fonts(tmp_path)
    for path, weight in ((fonts.regular, 400), (fonts.bold, 700)):
        with TTFont(path) as font:
            assert font["name"].getBestFamilyName() == "Noto Sans CJK SC"
            assert font["OS/2"].usWeightClass == weight
            assert not {ord(rare) for rare in "㐂䶮𠮷𬭩镕喆"} - set(font.getBestCmap())
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".otf", ".otf"]


def test_every_ideograph_is_as_wide_as_its_size(tmp_path: Path) -> None:
    fonts = prepare_fonts(tmp_path)
    for path in (fonts.regular, fonts.bold):
        with TTFont(path) as font:
            of_ideographs = {g for c, g in font.getBestCmap().items() if 0x4E00 <= c <= 0x9FFF}
            widths = {font["hmtx"][glyph][0] for glyph in of_ideographs}
            assert widths == {font["head"].unitsPerEm}


def test_fonts_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    first = prepare_fonts(tmp_path).regular.stat().st_ino
    assert prepare_fonts(tmp_path, tmp_path / "nowhere").regular.stat().st_ino == first


def test_a_missing_or_foreign_collection_is_told(tmp_path: Path) -> None:
    with pytest.raises(FontNotFound, match="not installed"):
        prepare_fonts(tmp_path / "cache", tmp_path)
    (tmp_path / "NotoSansCJK-Regular.ttc").write_bytes(b"OTTO" + bytes(64))
    with pytest.raises(FontNotFound, match="not a font collection"):
        prepare_fonts(tmp_path / "cache", tmp_path)


@pytest.mark.parametrize("name", ["reading", "bank", "printer"])
def test_a_picture_of_work_going_on_never_stands_still(name: str) -> None:
    picture = PICTURES[name]
    following = picture.cycle[1:] + picture.cycle[:1]
    steps = [abs(one - two) for one, two in zip(picture.cycle, following, strict=True)]
    assert picture.sway[0] > 0
    assert 0 < min(steps) <= max(steps) < 0.1


def test_every_icon_and_picture_that_a_view_may_name_is_there() -> None:
    icons = "card lock check swap search page phone list alert eye printer id keypad help"
    assert set(icons.split()) <= set(ICONS)
    pictures = """
        lay_id insert_card take_card pin_pad take_receipt hold_code hold_form hold_bars
        look_here copy_front copy_back reading bank printer refused closed
        lost done
    """
    assert set(pictures.split()) == set(PICTURES)


def test_the_pictured_pad_shows_no_digits() -> None:
    class Seen:
        """Takes down the fill of every box; a stroke has none."""

        def __init__(self) -> None:
            self.fills: list[Colour] = []

        def box(self, _group: object, _box: Box, _radius: int, fill: Colour) -> None:
            self.fills.append(fill)

        def stroke(self, *_: object) -> None:
            pass

    picture, seen = PICTURES["pin_pad"], Seen()
    picture.draw(Easel(cast(Brush, seen), None, None, Box(0, 0, 420, 600), picture.field))
    assert MACHINE_DARK in seen.fills
    assert MACHINE_LIGHT not in seen.fills
