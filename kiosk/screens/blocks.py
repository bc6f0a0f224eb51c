"""The blocks of a view: amounts, a chain of steps, facts, the pad's dots; notes are in `notes.py`."""

from __future__ import annotations

from typing import Any, Final

from kiosk.screens import tokens as t
from kiosk.screens.icons import draw_icon
from kiosk.screens.notes import advice_box, hotlines_box, note_box
from kiosk.screens.pen import Align, Lines, Pen, Style
from kiosk.screens.presses import Box
from kiosk.screens.qr import qr_box
from kiosk.screens.view import (
    Advice,
    Amount,
    Block,
    Chain,
    Dots,
    Ends,
    Facts,
    Hotlines,
    Note,
    Qr,
    StepState,
    Typed,
)

_LABEL: Final = Style(42, bold=True, pitch=1.25)
_FIGURE: Final = Style(t.FIGURE, bold=True, pitch=1.2)
_FIGURE_WIDE: Final = Style(96, bold=True, pitch=1.2)
_SMALL: Final = Style(36, pitch=1.36)
_STEP: Final = Style(46, bold=True, pitch=1.25)
_STEP_NOTE: Final = Style(36, pitch=1.36, balance=True)
_END: Final = Style(38, pitch=1.3)
_TYPED: Final = Style(t.TITLE, bold=True, pitch=1.2)
_FACT: Final = Style(t.BODY, pitch=1.3)
_FACT_VALUE: Final = Style(t.BODY, bold=True, pitch=1.3, balance=True)


def block_height(pen: Pen, block: Block, width: int) -> int:
    """The height that a block wants, in glass pixels."""
    match block:
        case Amount():
            return _amount(pen, None, block, Box(0, 0, width, 0))
        case Chain():
            return _chain(pen, None, block, Box(0, 0, width, 0))
        case Note():
            return note_box(pen, None, block, Box(0, 0, width, 0))
        case Hotlines():
            return hotlines_box(pen, None, block, Box(0, 0, width, 0))
        case Advice():
            return advice_box(pen, None, block, Box(0, 0, width, 0))
        case Facts():
            return _facts(pen, None, block, Box(0, 0, width, 0))
        case Ends():
            return _ends(pen, None, block, Box(0, 0, width, 0))
        case Dots():
            return pen.room(190)
        case Typed():
            return _typed(pen, None, block, Box(0, 0, width, 0))
        case Qr():
            return qr_box(pen, None, block, Box(0, 0, width, 0))


def draw_block(pen: Pen, group: Any, block: Block, box: Box) -> None:
    """Draws a block into `box`, which has the height that it wants."""
    match block:
        case Amount():
            _amount(pen, group, block, box)
        case Chain():
            _chain(pen, group, block, box)
        case Note():
            note_box(pen, group, block, box)
        case Hotlines():
            hotlines_box(pen, group, block, box)
        case Advice():
            advice_box(pen, group, block, box)
        case Facts():
            _facts(pen, group, block, box)
        case Ends():
            _ends(pen, group, block, box)
        case Qr():
            qr_box(pen, group, block, box)
        case Dots():
            _dots(pen, group, block, box)
        case Typed():
            _typed(pen, group, block, box)


def _amount(pen: Pen, group: Any, amount: Amount, box: Box) -> int:
    """The height of an amount; with a group, also draws it.

    Landscape puts the figure beside its label, where that leaves the label enough room.
    """
    pad_x, pad_y = pen.px(48), pen.room(40)
    width = box.w - 2 * pad_x
    landscape = pen.metrics.landscape
    value = pen.set(amount.value, _FIGURE_WIDE if landscape else _FIGURE, width, 1)
    value_width, text_width = value.width + pen.px(8), width - value.width - pen.px(32)
    beside = landscape and all(
        len(pen.set(text, style, text_width).lines) <= 2
        for text, style in ((amount.label, _LABEL), (amount.note, _SMALL))
    )
    if not beside:
        value_width = text_width = width
    label = pen.set(amount.label, _LABEL, text_width, 2)
    note = pen.set(amount.note, _SMALL, text_width, 2) if amount.note else None
    texts = label.height + (pen.room(8) + note.height if note else 0)
    if beside:
        height = max(texts, value.height) + 2 * pad_y
    else:
        height = texts + pen.room(6) + value.height + 2 * pad_y
    if group is None:
        return height
    fill, line = (t.JADE, t.JADE) if amount.main else (t.SURFACE, t.LINE)
    ink, second = (t.WHITE, t.WHITE) if amount.main else (t.INK, t.INK_2)
    pen.brush.framed(group, box, pen.px(t.RADIUS_CARD), fill, line, pen.px(2))
    x, y = box.x + pad_x, box.y + (box.h - texts) // 2 if beside else box.y + pad_y
    pen.put(group, label, Box(x, y, text_width, label.height), second)
    y += label.height
    if beside:
        at = Box(x + width - value_width, box.y, value_width, box.h)
        pen.put(group, value, at, ink, Align.RIGHT, middle=True)
    else:
        y += pen.room(6)
        pen.put(group, value, Box(x, y, value_width, value.height), ink)
        y += value.height
    if note:
        pen.put(group, note, Box(x, y + pen.room(8), text_width, note.height), second)
    return height


def _chain(pen: Pen, group: Any, chain: Chain, box: Box) -> int:
    """The height of a chain; with a group, also draws it."""
    pad_x, pad_y = pen.px(48), pen.room(40)
    mark, gap = pen.px(64 * min(1.0, pen.fit * 1.1)), pen.px(36)
    width = box.w - 2 * pad_x - mark - gap
    below = pen.room(42)
    rows: list[tuple[Lines, Lines | None, int]] = []
    for step in chain.steps:
        title = pen.set(step.title, _STEP, width, 2)
        note = pen.set(step.note, _STEP_NOTE, width) if step.note else None
        rows.append((title, note, title.height + (pen.room(9) + note.height if note else 0)))
    heights = [max(mark, row[2]) for row in rows]
    height = sum(heights) + below * (len(rows) - 1) + 2 * pad_y
    if group is None:
        return height
    pen.brush.framed(group, box, pen.px(t.RADIUS_CARD), t.SURFACE, t.LINE, pen.px(2))
    x, y = box.x + pad_x, box.y + pad_y
    for index, (step, (title, note, _)) in enumerate(zip(chain.steps, rows, strict=True)):
        if index < len(rows) - 1:
            track = t.JADE if step.state is StepState.DONE else t.TRACK
            thick = pen.px(8)
            at = Box(x + (mark - thick) // 2, y + mark // 2, thick, heights[index] + below)
            pen.brush.box(group, at, 0, track)
        _mark(pen, group, step.state, Box(x, y, mark, mark))
        ink = t.INK_2 if step.state is StepState.LATER else t.INK
        top = y + max(0, min(mark, title.height + pen.px(8)) - title.height) // 2
        at = Box(x + mark + gap, top, width, title.height)
        pen.put(group, title, at, ink)
        if note:
            at = Box(at.x, top + title.height + pen.room(9), width, note.height)
            pen.put(group, note, at, t.INK_2)
        y += heights[index] + below
    return height


def _mark(pen: Pen, group: Any, state: StepState, box: Box) -> None:
    if state is StepState.DONE:
        pen.brush.box(group, box, box.w // 2, t.JADE)
        inset = box.w // 4
        at = Box(box.x + inset, box.y + inset, box.w - 2 * inset, box.w - 2 * inset)
        draw_icon(pen.brush, group, "tick", at, t.WHITE, 7)
        return
    ring, line = (9, t.AMBER_MARK) if state is StepState.NOW else (7, t.LINE)
    border = max(2, round(box.w * ring / 64))
    pen.brush.framed(group, box, box.w // 2, t.SURFACE, line, border)
    if state is StepState.NOW:
        core = max(2, box.w // 4 // 2 * 2)
        at = Box(box.x + (box.w - core) // 2, box.y + (box.w - core) // 2, core, core)
        pen.brush.box(group, at, core // 2, t.AMBER_MARK)


def _facts(pen: Pen, group: Any, facts: Facts, box: Box) -> int:
    """The height of a card of facts; with a group, also draws it.

    Value stands right of label, on two lines at most, or else beneath it.
    """
    pad_x, pad_y, gap = pen.px(44), pen.room(20), pen.px(32)
    width = box.w - 2 * pad_x
    rows: list[tuple[Lines, Lines, bool]] = []
    for label_text, value_text in facts.rows:
        label = pen.set(label_text, _FACT, width)
        rest = max(1, width - label.width - gap)
        value = pen.set(value_text, _FACT_VALUE, rest)
        apart = len(label.lines) == 1 and len(value.lines) <= 2 and not value.torn
        if not apart:
            value = pen.set(value_text, _FACT_VALUE, width)
        rows.append((label, value, apart))
    heights = [
        (max(one.height, two.height) if apart else one.height + two.height) + 2 * pen.room(15)
        for one, two, apart in rows
    ]
    height = sum(heights) + 2 * pad_y
    if group is None:
        return height
    pen.brush.framed(group, box, pen.px(t.RADIUS_CARD), t.SURFACE, t.LINE, pen.px(2))
    x, y = box.x + pad_x, box.y + pad_y
    for index, (label, value, apart) in enumerate(rows):
        if index:
            pen.brush.box(group, Box(x, y, width, pen.px(2)), 0, t.TRACK)
        top = y + pen.room(15)
        if apart:
            rest = width - label.width - gap
            pen.put(group, label, Box(x, top, label.width, label.height), t.INK_2)
            at = Box(x + width - rest, top, rest, value.height)
            pen.put(group, value, at, t.INK, Align.RIGHT)
        else:
            pen.put(group, label, Box(x, top, width, label.height), t.INK_2)
            pen.put(group, value, Box(x, top + label.height, width, value.height), t.INK)
        y += heights[index]
    return height


def _ends(pen: Pen, group: Any, ends: Ends, box: Box) -> int:
    """The height of two ends, on one line or else on two; with a group, also draws them."""
    left, right = pen.set(ends.left, _END, box.w), pen.set(ends.right, _END, box.w)
    alone = len(left.lines) == len(right.lines) == 1
    apart = alone and left.width + pen.px(t.GAP_L) + right.width <= box.w
    height = max(left.height, right.height) if apart else left.height + right.height
    if group is None:
        return height
    if apart:
        pen.put(group, left, Box(box.x, box.y, left.width, box.h), t.INK_2)
        at = Box(box.x + box.w - right.width, box.y, right.width, box.h)
        pen.put(group, right, at, t.INK_2, Align.RIGHT)
    else:
        pen.put(group, left, Box(box.x, box.y, box.w, left.height), t.INK_2)
        at = Box(box.x, box.y + left.height, box.w, right.height)
        pen.put(group, right, at, t.INK_2)
    return height


def _typed(pen: Pen, group: Any, typed: Typed, box: Box) -> int:
    """The height of a field with what is typed; with a group, also draws it."""
    pad_x, pad_y = pen.px(44), pen.room(30)
    width = box.w - 2 * pad_x
    text = pen.set(typed.text or "0", _TYPED, width, 1)
    note = pen.set(typed.note, _SMALL, width)
    field = text.height + 2 * pad_y
    height = field + pen.room(14) + note.height
    if group is None:
        return height
    at = Box(box.x, box.y, box.w, field)
    pen.brush.framed(group, at, pen.px(t.RADIUS_BUTTON), t.SURFACE, t.JADE, pen.px(4))
    if typed.text:
        pen.put(group, text, Box(box.x + pad_x, box.y + pad_y, width, text.height), t.INK)
    y = box.y + field + pen.room(14)
    pen.put(group, note, Box(box.x + pad_x, y, width, note.height), t.INK_2)
    return height


def _dots(pen: Pen, group: Any, dots: Dots, box: Box) -> None:
    pen.brush.framed(group, box, pen.px(t.RADIUS_CARD), t.SURFACE, t.LINE, pen.px(2))
    size = min(pen.px(56), round(box.h * 0.36)) // 2 * 2
    pitch = min(pen.px(120), (box.w - 2 * pen.px(40)) // max(1, dots.total))
    left = box.x + (box.w - pitch * dots.total) // 2 + (pitch - size) // 2
    for index in range(dots.total):
        at = Box(left + index * pitch, box.y + (box.h - size) // 2, size, size)
        if index < dots.filled:
            pen.brush.box(group, at, size // 2, t.JADE)
        else:
            pen.brush.framed(group, at, size // 2, t.SURFACE, t.LINE, max(2, pen.px(6)))
