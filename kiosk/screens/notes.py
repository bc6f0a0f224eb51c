"""Boxes of words: a note, an urgent call with its numbers, what to do."""

from __future__ import annotations

from typing import Any, Final

from kiosk.screens import tokens as t
from kiosk.screens.icons import draw_icon
from kiosk.screens.pen import Lines, Pen, Style
from kiosk.screens.presses import Box
from kiosk.screens.view import Advice, Hotlines, Note, Tone

_NOTE: Final = Style(t.BODY, pitch=1.4)
_NOTE_HEAD: Final = Style(t.BODY, bold=True, pitch=1.4)
_BIG: Final = Style(t.BIG, bold=True, pitch=1.2)
_BANK: Final = Style(t.LEAST, pitch=1.25)
_NUMBER: Final = Style(t.LEAD, bold=True, pitch=1.2)
_ADVICE_HEAD: Final = Style(38, bold=True, pitch=1.25)
_ADVICE: Final = Style(48, bold=True, pitch=1.36, balance=True)
_ASK: Final = Style(38, pitch=1.36, balance=True)
_ASK_ICON: Final = 48

_TONES: Final = {
    Tone.CALM: (t.SURFACE, t.LINE, t.INK),
    Tone.JADE: (t.JADE_SOFT, t.JADE_LINE, t.JADE),
    Tone.AMBER: (t.AMBER_SOFT, t.AMBER_SOFT, t.AMBER),
    Tone.RED: (t.RED_SOFT, t.RED_LINE, t.RED),
}


def ground_of(tone: Tone) -> tuple[t.Colour, t.Colour, t.Colour]:
    """Fill, border and text of a box in a tone."""
    return _TONES[tone]


def note_box(pen: Pen, group: Any, note: Note, box: Box) -> int:
    """The height of a note; with a group, also draws it."""
    pad_x, pad_y = pen.px(44), pen.room(38)
    width = box.w - 2 * pad_x
    headed = bool(note.big or note.after)
    texts = []
    if note.text:
        texts.append(pen.set(note.text, _NOTE_HEAD if headed else _NOTE, width))
    if note.big:
        texts.append(pen.set(note.big, _BIG, width, 1))
    if note.after:
        texts.append(pen.set(note.after, _NOTE, width))
    gap = pen.room(10)
    height = sum(text.height for text in texts) + gap * (len(texts) - 1) + 2 * pad_y
    if group is None:
        return height
    fill, line, ink = ground_of(note.tone)
    pen.brush.framed(group, box, pen.px(t.RADIUS_BUTTON), fill, line, pen.px(2))
    y = box.y + pad_y
    for text in texts:
        pen.put(group, text, Box(box.x + pad_x, y, width, text.height), ink)
        y += text.height + gap
    return height


def hotlines_box(pen: Pen, group: Any, calls: Hotlines, box: Box) -> int:
    """The height of an urgent call with its numbers; with a group, also draws it.

    The numbers stand in two columns, each under its bank, or in one beside it: whichever is
    less high.
    """
    pad_x, pad_y, gap = pen.px(44), pen.room(34), pen.room(14)
    inner = Box(box.x + pad_x, box.y + pad_y, box.w - 2 * pad_x, box.h)
    head = pen.set(calls.text, _NOTE_HEAD, inner.w)
    after = pen.set(calls.after, _NOTE, inner.w) if calls.after else None
    columns = _columns(pen, None, calls, inner)
    rows = _rows(pen, None, calls, inner)
    body = min(columns, rows)
    height = head.height + body + 2 * gap + (after.height if after else -gap) + 2 * pad_y
    if group is None:
        return height
    fill, line, ink = ground_of(Tone.AMBER)
    pen.brush.framed(group, box, pen.px(t.RADIUS_BUTTON), fill, line, pen.px(2))
    pen.put(group, head, inner, ink)
    at = Box(inner.x, inner.y + head.height + gap, inner.w, body)
    (_columns if columns <= rows else _rows)(pen, group, calls, at)
    if after:
        y = at.y + body + gap
        pen.put(group, after, Box(inner.x, y, inner.w, after.height), ink)
    return height


def _columns(pen: Pen, group: Any, calls: Hotlines, box: Box) -> int:
    between, ink = pen.px(t.GAP_L), ground_of(Tone.AMBER)[2]
    wide, y = (box.w - between) // 2, box.y
    cells = [
        (pen.set(bank, _BANK, wide), pen.set(number, _NUMBER, wide, 1))
        for bank, number in calls.rows
    ]
    for start in range(0, len(cells), 2):
        pair = cells[start : start + 2]
        high = max(bank.height for bank, _ in pair)
        for column, (bank, number) in enumerate(pair):
            x = box.x + column * (wide + between)
            if group:
                pen.put(group, bank, Box(x, y, wide, bank.height), ink)
                pen.put(group, number, Box(x, y + high, wide, number.height), ink)
        y += high + max(number.height for _, number in pair) + pen.room(10)
    return y - pen.room(10) - box.y


def _rows(pen: Pen, group: Any, calls: Hotlines, box: Box) -> int:
    ink, y = ground_of(Tone.AMBER)[2], box.y
    numbers = [pen.set(number, _NUMBER, box.w, 1) for _, number in calls.rows]
    indent = max(number.width for number in numbers) + pen.px(t.GAP_M)
    for (name, _), number in zip(calls.rows, numbers, strict=True):
        bank = pen.set(name, _BANK, box.w - indent)
        high = max(bank.height, number.height)
        if group:
            pen.put(group, number, Box(box.x, y, indent, high), ink, middle=True)
            at = Box(box.x + indent, y, box.w - indent, high)
            pen.put(group, bank, at, ink, middle=True)
        y += high + pen.room(8)
    return y - pen.room(8) - box.y


def advice_box(pen: Pen, group: Any, advice: Advice, box: Box) -> int:
    """The height of what to do; with a group, also draws it."""
    pad_x, pad_y, gap = pen.px(48), pen.room(40), pen.room(14)
    width, side = box.w - 2 * pad_x, pen.px(_ASK_ICON)
    head = pen.set(advice.head, _ADVICE_HEAD, width)
    text = pen.set(advice.text, _ADVICE, width)
    ask: Lines | None = None
    indent = side + pen.px(20)
    if advice.ask:
        ask = pen.set(advice.ask, _ASK, width - indent)
    asked = max(ask.height, side) + 2 * pen.room(30) if ask else 0
    height = head.height + gap + text.height + (pad_y + asked if ask else 2 * pad_y)
    height += pen.room(34) if ask else 0
    if group is None:
        return height
    pen.brush.framed(group, box, pen.px(t.RADIUS_CARD), t.SURFACE, t.LINE, pen.px(2))
    x, y = box.x + pad_x, box.y + pad_y
    pen.put(group, head, Box(x, y, width, head.height), t.JADE)
    y += head.height + gap
    pen.put(group, text, Box(x, y, width, text.height), t.INK)
    if ask:
        y += text.height + pen.room(34)
        pen.brush.box(group, Box(x, y, width, pen.px(2)), 0, t.LINE)
        icon = Box(x, y + (asked - side) // 2, side, side)
        draw_icon(pen.brush, group, "help", icon, t.JADE)
        pen.put(group, ask, Box(x + indent, y, width - indent, asked), t.INK_2, middle=True)
    return height
