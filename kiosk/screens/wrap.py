"""Where a line may end, in Chinese and in English.

Between two Chinese characters a line may end, but no line begins with a closing mark or ends
with an opening one; a Latin word or a number is kept whole (GB/T 15834-2011, 5.1; UAX #14).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

Measure = Callable[[str], float]

_CLOSING: Final = "，。、；：？！）》」』】”’…·,.;:?!)]}%‰℃"
_OPENING: Final = "（《「『【“‘([{¥￥$"
_CURRENCY: Final = "¥￥$"
_PAUSE: Final = "，。；：？！、,;:?!"
_ALONE: Final = "“”‘’…·—"  # and all from the CJK radicals on
_CJK: Final = "⺀"
_WORD: Final = re.compile(r"[!-~À-ɏ]+")
_BALANCE_STEPS: Final = 12


def wrap(text: str, width: float, measure: Measure, *, balance: bool = False) -> list[str]:
    """`text` in lines no wider than `width`, in the unit of `measure`.

    A single word that is wider than a line is cut. With `balance` the lines of a title are made
    about as long as one another, and end at a pause where one is near the middle.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        pieces = _pieces(paragraph, width, measure)
        filled = _fill(pieces, width, measure)
        if len(filled) > 1:
            filled = (
                _balanced(pieces, filled, width, measure)
                if balance
                else _without_orphan(pieces, filled, width, measure)
            )
        lines += filled
    return lines


def shorten(line: str, width: float, measure: Measure) -> str:
    """`line` cut to `width` with an ellipsis at its end."""
    while line and measure(line + "…") > width:
        line = line[:-1]
    return line.rstrip(" ，、,") + "…"


def join(lines: Sequence[str]) -> str:
    """Lines as one again, with a blank where two Latin words meet."""
    text = ""
    for line in lines:
        blank = text and line and text[-1].isascii() and line[0].isascii()
        text += (" " if blank else "") + line
    return text


def torn(text: str, width: float, measure: Measure) -> bool:
    """Whether a word of `text` is wider than a line, so that `wrap` has to cut it."""
    return any(measure(word) > width for word in _WORD.findall(text))


def _pieces(paragraph: str, width: float, measure: Measure) -> list[str]:
    """What may not be torn apart; a blank is a piece of its own."""
    pieces: list[str] = []
    glue = False
    for piece in _runs(paragraph):
        if piece.isspace() and pieces and pieces[-1][-1] in _CURRENCY:
            pieces[-1] += piece  # a sum stays with its sign
            continue
        if pieces and not piece.isspace() and (glue or piece[0] in _CLOSING):
            if pieces[-1].isspace() and not glue:
                pieces.append(piece)
            else:
                pieces[-1] += piece
        else:
            pieces.append(piece)
        glue = piece[-1] in _OPENING
    return [part for piece in pieces for part in _cut(piece, width, measure)]


def _runs(paragraph: str) -> list[str]:
    """Runs of blanks, runs of Latin, and every Chinese character and mark by itself."""
    runs: list[str] = []
    for kind, run in groupby(paragraph, _kind):
        characters = list(run)
        runs += characters if kind == "alone" else ["".join(characters)]
    return runs


def _kind(character: str) -> str:
    if character.isspace():
        return "blank"
    return "alone" if character >= _CJK or character in _ALONE else "word"


def _cut(piece: str, width: float, measure: Measure) -> list[str]:
    parts: list[str] = []
    while len(piece) > 1 and measure(piece) > width:
        size = len(piece) - 1
        while size > 1 and measure(piece[:size]) > width:
            size -= 1
        parts.append(piece[:size])
        piece = piece[size:]
    return [*parts, piece]


def _fill(pieces: list[str], width: float, measure: Measure) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in pieces:
        if line and not piece.isspace() and measure(line + piece) > width:
            lines.append(line.rstrip())
            line = ""
        if line or not piece.isspace():
            line += piece
    return [*lines, line.rstrip()]


def _balanced(pieces: list[str], filled: list[str], width: float, measure: Measure) -> list[str]:
    if len(filled) == 2:
        at_pause = _split_at_pause(pieces, width, measure)
        if at_pause:
            return at_pause
    best = filled
    for step in range(1, _BALANCE_STEPS):
        tried = _fill(pieces, width * (1 - step / 2 / _BALANCE_STEPS), measure)
        if len(tried) > len(filled):
            break
        best = tried
    return best


def _split_at_pause(pieces: list[str], width: float, measure: Measure) -> list[str]:
    """Two lines that part at a pause, the second not a crumb; empty when there is no such pause."""
    found: list[tuple[float, list[str]]] = []
    for index, piece in enumerate(pieces[:-1], 1):
        if piece[-1] in _PAUSE:
            halves = ["".join(pieces[:index]).rstrip(), "".join(pieces[index:]).strip()]
            widths = [measure(half) for half in halves]
            if max(widths) <= width and min(widths) >= 0.5 * max(widths):
                found.append((max(widths), halves))
    return min(found)[1] if found else []


def _without_orphan(
    pieces: list[str], filled: list[str], width: float, measure: Measure
) -> list[str]:
    """The same number of lines, but not a last line of one or two characters."""
    for step in range(1, _BALANCE_STEPS // 2):
        if measure(filled[-1]) >= 0.22 * width:
            break
        tried = _fill(pieces, width * (1 - step / 2 / _BALANCE_STEPS), measure)
        if len(tried) > len(filled):
            break
        filled = tried
    return filled
