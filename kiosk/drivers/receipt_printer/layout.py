"""From the blocks of a receipt to the bytes of a print job, 48 columns wide (ESC/POS reference).

All text goes out as GB18030 after FS &. A character the printer cannot show is printed as
`〓`, the typesetter's mark for a missing one: nothing is lost without a trace.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from kiosk.drivers.orders import Align, Block, Line, Pair, QrCode, Rule

COLUMNS = 48  # 80 mm paper, 576 dots; a Chinese character takes two columns
MISSING = "〓"
INITIALISE = b"\x1b@"
FEED_AND_CUT = b"\x1dVB\x00"  # feeds what has been printed out to the cutter first

_DOTS = 576
_CHINESE_ON = b"\x1c&"
_CENTRED, _LEFT = b"\x1ba\x01", b"\x1ba\x00"
_BOLD_ON, _BOLD_OFF = b"\x1bE\x01", b"\x1bE\x00"
# GS ! for letters and FS W for Chinese: modules differ in whether GS ! reaches both.
_BIG_ON, _BIG_OFF = b"\x1d!\x11\x1cW\x01", b"\x1d!\x00\x1cW\x00"

_NEVER_FIRST = "，。、；：！？）》」』】”’…"
_ATOM = re.compile(f" |[!-~]+|[^ !-~][{_NEVER_FIRST}]*")

# Bytes that a QR code of version 1 to 40 holds with error correction M (ISO/IEC 18004, table 7).
_QR_BYTES = (
    14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
    711, 779, 857, 911, 997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911,
    1989, 2099, 2213, 2331,
)  # fmt: skip
_QR_MODEL, _QR_MODULE_DOTS, _QR_CORRECTION = b"A", b"C", b"E"  # functions of GS ( k
_QR_STORE, _QR_PRINT = b"P", b"Q"
_QR_QUIET_MODULES = 8
_QR_WISHED_DOTS = 384
_QR_LEAST_DOTS, _QR_MOST_DOTS = 3, 8  # a module: less is hard to scan, more wastes paper
assert (17 + 4 * 40 + _QR_QUIET_MODULES) * _QR_LEAST_DOTS <= _DOTS


def job(blocks: Iterable[Block]) -> list[bytes]:
    """The whole job in units that must not be broken up: begin, one a line or code, cut."""
    units = [INITIALISE + _CHINESE_ON]
    for block in blocks:
        units.extend(_units(block))
    units.append(FEED_AND_CUT)
    return units


def width(text: str) -> int:
    """Columns `text` takes: one for what GB18030 writes in one byte, two for the rest."""
    return sum(1 if char.isascii() else 2 for char in text)


def printable(text: str) -> str:
    """`text` composed (NFC), each character that no printer can show replaced by `MISSING`.

    Blanks of every width become plain ones, except for the ideographic blank.
    """
    return "".join(map(_shown, unicodedata.normalize("NFC", text)))


def wrapped(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns`, broken at blanks and between Chinese characters."""
    assert columns >= 2, "a Chinese character needs two columns"
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        lines.extend(_wrapped_paragraph(printable(paragraph), columns))
    return lines


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Zs":
        return char if char == "\u3000" else " "
    # Cc, Cf, Cs, Co, Cn: control, format, surrogate, private and unassigned characters.
    return MISSING if category.startswith("C") else char


def _wrapped_paragraph(text: str, columns: int) -> Iterator[str]:
    line = ""
    for atom in _ATOM.findall(text):
        if width(line) + width(atom) <= columns:
            line += atom
            continue
        if line.strip():
            yield line.rstrip()
            line = ""
        if atom == " ":
            continue
        while width(atom) > columns:
            head = _fitting(atom, columns)
            yield head
            atom = atom[len(head) :]
        line = atom
    yield line.rstrip()


def _fitting(text: str, columns: int) -> str:
    end, taken = 0, 0
    while taken + width(text[end]) <= columns:
        taken += width(text[end])
        end += 1
    return text[:end]


def _units(block: Block) -> Iterator[bytes]:
    match block:
        case Line():
            yield from _line_units(block)
        case Pair():
            for text in _pair_lines(block):
                yield _styled(_encoded(text), bold=block.bold)
        case Rule():
            yield _encoded("-" * COLUMNS)
        case QrCode():
            yield from _qr_units(block)


def _line_units(line: Line) -> Iterator[bytes]:
    columns = COLUMNS // 2 if line.big else COLUMNS
    for text in wrapped(line.text, columns):
        data = _styled(_encoded(text), bold=line.bold, big=line.big)
        yield _CENTRED + data + _LEFT if line.align is Align.CENTRE else data


def _pair_lines(pair: Pair) -> list[str]:
    """Label left and value right on one line, or the value right-aligned on its own lines."""
    labels, values = wrapped(pair.label, COLUMNS), wrapped(pair.value, COLUMNS)
    gap = COLUMNS - width(labels[-1]) - width(values[0])
    if len(values) == 1 and gap >= 1:
        return [*labels[:-1], labels[-1] + " " * gap + values[0]]
    return [*labels, *(" " * (COLUMNS - width(value)) + value for value in values)]


def _qr_units(code: QrCode) -> Iterator[bytes]:
    data = code.text.encode("utf-8", errors="replace")
    beneath = code.caption or code.text
    if not code.text.isprintable() or not 1 <= len(data) <= _QR_BYTES[-1]:
        # No code can carry it: the text itself stands there, in full.
        yield from _line_units(Line(code.text))
        beneath = code.caption
    else:
        yield _CENTRED + _qr_commands(data) + _LEFT
    if beneath:
        yield from _line_units(Line(beneath, align=Align.CENTRE))


def _qr_commands(data: bytes) -> bytes:
    """Set up, store and print one code: model 2, error correction M."""
    return (
        _qr_function(_QR_MODEL, b"2\x00")
        + _qr_function(_QR_MODULE_DOTS, bytes([module_dots(len(data))]))
        + _qr_function(_QR_CORRECTION, b"1")
        + _qr_function(_QR_STORE, b"0" + data)
        + _qr_function(_QR_PRINT, b"0")
    )


def _qr_function(function: bytes, parameters: bytes) -> bytes:
    """GS ( k with the length of what follows, symbol type 1 (QR code) and one function of it."""
    rest = b"1" + function + parameters
    return b"\x1d(k" + len(rest).to_bytes(2, "little") + rest


def module_dots(size: int) -> int:
    """Dots a module of a QR code for `size` bytes may take, so that the code fits the paper.

    Raises `ValueError` above the 2331 bytes that the largest code holds.
    """
    if size > _QR_BYTES[-1]:
        raise ValueError(f"no QR code holds {size} bytes")
    version = 1 + bisect_left(_QR_BYTES, size)
    modules = 17 + 4 * version + _QR_QUIET_MODULES
    return max(_QR_LEAST_DOTS, min(_QR_MOST_DOTS, _QR_WISHED_DOTS // modules))


def _encoded(text: str) -> bytes:
    return text.encode("gb18030") + b"\n"


def _styled(data: bytes, bold: bool = False, big: bool = False) -> bytes:
    if bold:
        data = _BOLD_ON + data + _BOLD_OFF
    return _BIG_ON + data + _BIG_OFF if big else data
