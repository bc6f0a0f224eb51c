"""What ESC/POS commands put on the paper: styles, lines, codes, images, feeds and cuts.

Knows neither time nor faults; the printer around it decides when a command's turn has come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import segno

from simulators.models.paper import (
    COLUMNS,
    LEFT,
    LINE_DOTS,
    PRINTABLE_DOTS,
    Blank,
    Item,
    PrintedImage,
    PrintedLine,
    PrintedQr,
    Segment,
    Style,
)
from simulators.models.receipt_printer_stream import Command

HEAD_TO_CUTTER_DOTS = 120
"""The print head stands 15 mm before the cutter: what is nearer stays inside (assumed)."""

_TAB_COLUMNS = 8
_LEVELS = {0x30: "L", 0x31: "M", 0x32: "Q", 0x33: "H"}


_PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Settings:
    """What ESC @ sets back. Narrow and Chinese characters have sizes of their own."""

    narrow: Style = _PLAIN
    chinese: Style = _PLAIN
    bold: bool = False
    align: int = LEFT
    wide: bool = False  # Chinese mode
    qr_module_dots: int = 3
    qr_level: str = "L"


class PrintHead:
    """The head with the paper under it: `piece` is what has been printed since the last cut."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self.piece: list[Item] = [Blank(HEAD_TO_CUTTER_DOTS)]
        self.settings = Settings()
        self._complain = complain
        self._line: list[Segment] = []
        self._code = b""

    def tear(self) -> tuple[Item, ...]:
        """Tear off at the cutter's edge all that has been printed, and what hangs before it."""
        torn = tuple(self.piece)
        self.piece = [Blank(HEAD_TO_CUTTER_DOTS)]
        return torn

    def forget(self) -> None:
        """Drop the half line and the stored code; the settings stay."""
        self._line = []
        self._code = b""

    def reset(self) -> None:
        """ESC @: drop the half line and the stored code, set everything back."""
        self.forget()
        self.settings = Settings()

    def cut(self) -> tuple[Item, ...]:
        """Cut where the cutter is: the piece that falls, without what is still inside."""
        kept: list[Item] = []
        inside = 0
        while self.piece and inside < HEAD_TO_CUTTER_DOTS:
            item = self.piece.pop()
            if isinstance(item, Blank) and item.dots > HEAD_TO_CUTTER_DOTS - inside:
                self.piece.append(Blank(item.dots - (HEAD_TO_CUTTER_DOTS - inside)))
                item = Blank(HEAD_TO_CUTTER_DOTS - inside)
            kept.insert(0, item)
            inside += item.dots
        fallen, self.piece = tuple(self.piece), kept
        return fallen

    def feed_to_cutter(self, more_dots: int) -> int:
        """Feed the half line, the way to the cutter, and `more_dots`: dots of paper fed."""
        fed = HEAD_TO_CUTTER_DOTS + more_dots
        if self._line:
            self._feed_line()
            fed += self.piece[-1].dots
        self._feed_dots(HEAD_TO_CUTTER_DOTS + more_dots)
        return fed

    def carry_out(self, command: Command) -> int:
        """Carry out one command that is neither a cut nor a question: dots of paper fed."""
        before = len(self.piece)
        self._carry_out(command)
        return sum(item.dots for item in self.piece[before:])

    def _carry_out(self, command: Command) -> None:
        n = command.parameters[0] if command.parameters else 0
        settings = self.settings
        match command.name:
            case "text":
                self._write(command.data)
            case "LF":
                self._feed_line()
            case "HT":
                self._tab()
            case "CR":
                pass  # printers that feed at LF take no notice of it
            case "ESC @":
                self.reset()
            case "ESC a":
                self._align(n)
            case "ESC d":
                self._feed_line()
                self._feed_dots((n - 1) * LINE_DOTS)
            case "ESC J":
                if self._line:
                    self._feed_line()
                self._feed_dots(n)
            case "ESC !":
                style = Style(1 + (n >> 5 & 1), 1 + (n >> 4 & 1), underline=bool(n & 0x80))
                self.settings = replace(settings, narrow=style, bold=bool(n & 0x08))
            case "ESC E":
                self.settings = replace(settings, bold=bool(n & 1))
            case "FS &" | "FS .":
                self.settings = replace(settings, wide=command.name == "FS &")
            case "FS !":
                style = Style(1 + (n >> 2 & 1), 1 + (n >> 3 & 1), underline=bool(n & 0x80))
                self.settings = replace(settings, chinese=style)
            case "FS W":
                size = 1 + (n & 1)
                chinese = replace(settings.chinese, width=size, height=size)
                self.settings = replace(settings, chinese=chinese)
            case "GS !":
                width, height = 1 + (n >> 4 & 7), 1 + (n & 7)
                self.settings = replace(
                    settings,
                    narrow=replace(settings.narrow, width=width, height=height),
                    chinese=replace(settings.chinese, width=width, height=height),
                )
            case "GS ( k":
                self._qr(command.data)
            case "GS v 0":
                self._image(command)
            case "GS a" if n == 0:
                pass  # automatic status off, as it is anyway
            case _:
                self._complain(command.name)

    # --- lines ---------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        character = data.decode("gb18030")
        settings = self.settings
        style = settings.narrow if character.isascii() else settings.chinese
        segment = Segment(character, replace(style, bold=settings.bold))
        if self._columns() + segment.columns > COLUMNS:
            self._feed_line()
        if self._line and self._line[-1].style == segment.style:
            segment = replace(segment, text=self._line.pop().text + character)
        self._line.append(segment)

    def _columns(self) -> int:
        return sum(segment.columns for segment in self._line)

    def _tab(self) -> None:
        for _ in range(_TAB_COLUMNS - self._columns() % _TAB_COLUMNS):
            self._write(b" ")

    def _feed_line(self) -> None:
        self.piece.append(PrintedLine(tuple(self._line), self.settings.align))
        self._line = []

    def _feed_dots(self, dots: int) -> None:
        if dots > 0:
            self.piece.append(Blank(dots))

    def _align(self, n: int) -> None:
        if n not in (0, 1, 2, 0x30, 0x31, 0x32):
            self._complain(f"ESC a {n:02x}")
        elif self._line:
            self._complain("ESC a in the middle of a line")  # the reference: start of line only
        else:
            self.settings = replace(self.settings, align=n & 3)

    # --- codes and images ----------------------------------------------------------------

    def _qr(self, data: bytes) -> None:
        """GS ( k with cn 31, QR code: model, module size, level, store, print."""
        function, rest = data[:2], data[2:]
        match function:
            case b"\x31\x41" if rest == b"\x32\x00":
                pass  # model 2, which every printer makes
            case b"\x31\x43" if len(rest) == 1 and 1 <= rest[0] <= 16:
                self.settings = replace(self.settings, qr_module_dots=rest[0])
            case b"\x31\x45" if len(rest) == 1 and rest[0] in _LEVELS:
                self.settings = replace(self.settings, qr_level=_LEVELS[rest[0]])
            case b"\x31\x50" if len(rest) > 1 and rest[0] == 0x30:
                self._code = rest[1:]
            case b"\x31\x51" if rest == b"\x30":
                self._print_code()
            case _:
                self._complain(f"GS ( k {data[:3].hex(' ')}")

    def _print_code(self) -> None:
        if not self._code:
            self._complain("no QR code stored")
            return
        settings = self.settings
        text = self._code.decode("utf-8", errors="replace")
        code = PrintedQr(text, settings.qr_level, settings.qr_module_dots, settings.align)
        try:
            fits = code.dots <= PRINTABLE_DOTS
        except segno.DataOverflowError:
            fits = False
        if self._line:
            self._feed_line()
        if fits:
            self.piece.append(code)
        else:
            self._complain("QR code wider than the paper")

    def _image(self, command: Command) -> None:
        mode, across, _ = command.parameters
        image = PrintedImage(
            across, command.data, 1 + (mode & 1), 1 + (mode >> 1), self.settings.align
        )
        if across * 8 * image.stretch_x > PRINTABLE_DOTS:
            self._complain("image wider than the paper")
        if self._line:
            self._feed_line()
        self.piece.append(image)
