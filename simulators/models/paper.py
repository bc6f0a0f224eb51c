"""What stands on a piece of receipt paper, and how it looks.

80 mm paper at 8 dots a millimetre: 640 dots wide, 576 of them printable, 48 columns of 12 dots;
a Chinese character takes two columns.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFilter, ImageFont

PAPER_DOTS, PRINTABLE_DOTS = 640, 576
COLUMN_DOTS, CELL_DOTS = 12, 24
COLUMNS = PRINTABLE_DOTS // COLUMN_DOTS
LINE_DOTS = 30
"""One line feed: a character cell and six dots of space (assumed)."""

LEFT, CENTRE, RIGHT = 0, 1, 2
"""Where an item stands, as ESC a counts."""

_PAPER, _INK = (250, 249, 244), (43, 42, 52)
_EDGE_DOTS, _SHADE_DOTS = 14, 10


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look: their width and height in cells, weight, underline."""

    width: int = 1
    height: int = 1
    bold: bool = False
    underline: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Characters of one style. What they say is a person's business."""

    text: str = field(repr=False)
    style: Style = Style()

    @property
    def columns(self) -> int:
        """The columns of the paper it takes."""
        return sum(columns_of(character) for character in self.text) * self.style.width


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line of text."""

    segments: tuple[Segment, ...] = ()
    align: int = LEFT

    @property
    def text(self) -> str:
        """The line without its styles."""
        return "".join(segment.text for segment in self.segments)

    @property
    def dots(self) -> int:
        """The paper's length that it takes."""
        tallest = max((segment.style.height for segment in self.segments), default=1)
        return tallest * CELL_DOTS + LINE_DOTS - CELL_DOTS


@dataclass(frozen=True, slots=True)
class PrintedQr:
    """A QR code: its text, error correction level (L, M, Q, H), dots a module."""

    text: str = field(repr=False)
    level: str = "L"
    module_dots: int = 3
    align: int = LEFT

    @property
    def dots(self) -> int:
        """Width and height of the code, without a quiet zone."""
        return len(self.rows) * self.module_dots

    @property
    def rows(self) -> tuple[bytearray, ...]:
        """The modules, 1 where dark. Raises `segno.DataOverflowError` for too long a text."""
        return segno.make(self.text, error=self.level, micro=False, boost_error=False).matrix


@dataclass(frozen=True, slots=True)
class PrintedImage:
    """A raster image: one bit a dot, rows of whole bytes, stretched by whole numbers."""

    row_bytes: int
    data: bytes = field(repr=False)
    stretch_x: int = 1
    stretch_y: int = 1
    align: int = LEFT

    @property
    def dots(self) -> int:
        """The paper's length that it takes."""
        return len(self.data) // self.row_bytes * self.stretch_y


@dataclass(frozen=True, slots=True)
class Blank:
    """Paper fed without printing."""

    dots: int


Item = PrintedLine | PrintedQr | PrintedImage | Blank


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """One piece of paper, from edge to edge. `cut` is False for one torn off."""

    items: tuple[Item, ...]
    cut: bool = True

    @property
    def lines(self) -> tuple[PrintedLine, ...]:
        """Its lines of text."""
        return tuple(item for item in self.items if isinstance(item, PrintedLine))

    @property
    def text(self) -> str:
        """All its text, a line a line."""
        return "\n".join(line.text for line in self.lines)

    @property
    def codes(self) -> tuple[PrintedQr, ...]:
        """Its QR codes."""
        return tuple(item for item in self.items if isinstance(item, PrintedQr))

    @property
    def dots(self) -> int:
        """Its length."""
        return sum(item.dots for item in self.items)


def columns_of(character: str) -> int:
    """1 for the narrow characters of ASCII, 2 for every other."""
    return 1 if character.isascii() else 2


# --- drawing ---------------------------------------------------------------------------


def draw(receipt: PrintedReceipt) -> Image.Image:
    """The receipt as a photograph would show it: thermal paper on a light table."""
    ink = Image.new("L", (PAPER_DOTS, receipt.dots + 2 * _EDGE_DOTS), 0)
    pen = ImageDraw.Draw(ink)
    top = _EDGE_DOTS
    for item in receipt.items:
        match item:
            case PrintedLine():
                _draw_line(pen, item, top)
            case PrintedQr():
                _draw_qr(pen, item, top)
            case PrintedImage():
                _draw_image(ink, item, top)
        top += item.dots
    return _on_paper(ink, torn=not receipt.cut)


def save_png(receipt: PrintedReceipt, path: Path) -> None:
    """Draw the receipt into a PNG file."""
    draw(receipt).save(path, format="PNG")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Noto Sans Mono CJK, whose Latin letters are half as wide as its Chinese ones."""
    found = subprocess.run(
        ["fc-match", "--format=%{file}\n%{index}", "Noto Sans Mono CJK SC"],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    file, index = found.stdout.splitlines()
    return ImageFont.truetype(file, (CELL_DOTS - 2) * size, index=int(index))


def _left(width: int, align: int) -> int:
    margin = (PAPER_DOTS - PRINTABLE_DOTS) // 2
    spare = PRINTABLE_DOTS - width
    return margin + {LEFT: 0, CENTRE: spare // 2, RIGHT: spare}[align]


def _draw_line(pen: ImageDraw.ImageDraw, line: PrintedLine, top: int) -> None:
    left = _left(sum(segment.columns for segment in line.segments) * COLUMN_DOTS, line.align)
    tallest = max((segment.style.height for segment in line.segments), default=1)
    for segment in line.segments:
        style = segment.style
        below = (tallest - style.height) * CELL_DOTS
        for character in segment.text:
            width = columns_of(character) * COLUMN_DOTS * style.width
            cell = _cell(character, width, style)
            pen.bitmap((left, top + below), cell, fill=255)
            left += width


@cache
def _cell(character: str, width: int, style: Style) -> Image.Image:
    """One character in a cell of its own, stretched as the printer stretches it."""
    size = style.height
    natural, height = columns_of(character) * COLUMN_DOTS * size, CELL_DOTS * size
    cell = Image.new("L", (natural, height), 0)
    pen = ImageDraw.Draw(cell)
    for shift in (0, size) if style.bold else (0,):  # emphasised is struck twice, a dot apart
        pen.text((shift, height - 4 * size), character, font=_font(size), fill=255, anchor="ls")
    if style.underline:
        pen.line((0, height - 1, natural, height - 1), fill=255)
    return cell if width == natural else cell.resize((width, height))


def _draw_qr(pen: ImageDraw.ImageDraw, code: PrintedQr, top: int) -> None:
    left, size = _left(code.dots, code.align), code.module_dots
    for down, row in enumerate(code.rows):
        for across, dark in enumerate(row):
            if dark:
                x, y = left + across * size, top + down * size
                pen.rectangle((x, y, x + size - 1, y + size - 1), fill=255)


def _draw_image(ink: Image.Image, image: PrintedImage, top: int) -> None:
    width, height = image.row_bytes * 8, len(image.data) // image.row_bytes
    dots = Image.frombytes("1", (width, height), image.data).convert("L")
    dots = dots.resize((width * image.stretch_x, height * image.stretch_y))
    ink.paste(dots, (_left(dots.width, image.align), top))


def _on_paper(ink: Image.Image, torn: bool) -> Image.Image:
    """Ink a little uneven and soft on warm white paper, with its edges and its shade."""
    soft = ink.filter(ImageFilter.GaussianBlur(0.5)).point(lambda value: int(value * 0.93))
    sheet = Image.new("RGB", ink.size, _PAPER)
    sheet.paste(Image.new("RGB", ink.size, _INK), mask=soft)
    outline = Image.new("L", ink.size, 255)
    pen = ImageDraw.Draw(outline)
    depth = _EDGE_DOTS - 4 if torn else 3
    teeth = range(0, PAPER_DOTS + depth, depth * 2)
    for x in islice(teeth, PAPER_DOTS):
        for edge, inside in ((0, depth), (ink.height - 1, ink.height - 1 - depth)):
            pen.polygon([(x - depth, edge), (x, inside), (x + depth, edge)], fill=0)
    table_size = (ink.width + 4 * _SHADE_DOTS, ink.height + 4 * _SHADE_DOTS)
    table = Image.new("RGB", table_size, (214, 216, 219))
    shade = Image.new("L", table_size, 0)
    shade.paste(outline.point(lambda value: value // 3), (2 * _SHADE_DOTS + 3, 2 * _SHADE_DOTS + 4))
    shade = shade.filter(ImageFilter.GaussianBlur(_SHADE_DOTS // 2))
    table.paste(Image.new("RGB", table_size, (60, 60, 66)), mask=shade)
    table.paste(sheet, (2 * _SHADE_DOTS, 2 * _SHADE_DOTS), mask=outline)
    return table
