"""A QR code on the glass (ISO/IEC 18004): dark on white in any theme, with its quiet zone."""

from __future__ import annotations

from typing import Any, Final

from kiosk.screens import tokens as t
from kiosk.screens.pen import Pen, Style
from kiosk.screens.presses import Box
from kiosk.screens.view import Qr

_CAPTION: Final = Style(t.BODY, pitch=1.3, balance=True)
_SIDE: Final = 420
_QUIET: Final = 4  # modules on each side


def qr_box(pen: Pen, group: Any, code: Qr, box: Box) -> int:
    """The height of the code with its caption; with a group, also draws it."""
    pad, gap = pen.room(28), pen.room(20)
    caption = pen.set(code.caption, _CAPTION, box.w - 2 * pen.px(40))
    rows = _modules(code.text)
    module = max(2, pen.px(_SIDE) // (len(rows) + 2 * _QUIET))
    side = module * (len(rows) + 2 * _QUIET)
    height = 2 * pad + side + gap + caption.height
    if group is None:
        return height
    pen.brush.framed(group, box, pen.px(t.RADIUS_CARD), t.SURFACE, t.LINE, pen.px(2))
    x, y = box.x + (box.w - side) // 2, box.y + pad
    pen.brush.box(group, Box(x, y, side, side), 0, t.WHITE)
    for row, modules in enumerate(rows):
        for start, end in _runs(modules):
            at = Box(
                x + (start + _QUIET) * module,
                y + (row + _QUIET) * module,
                (end - start) * module,
                module,
            )
            pen.brush.box(group, at, 0, t.INK)
    inner = box.w - 2 * pen.px(40)
    below = Box(box.x + pen.px(40), y + side + gap, inner, caption.height)
    pen.put(group, caption, below, t.INK, middle=True)
    return height


def _modules(text: str) -> tuple[bytes, ...]:
    import segno  # only screens with a code pay for it

    return tuple(bytes(row) for row in segno.make(text, error="m", micro=False).matrix)


def _runs(modules: bytes) -> list[tuple[int, int]]:
    """The dark runs of one row, as (start, end)."""
    runs: list[tuple[int, int]] = []
    for column, dark in enumerate(modules):
        if dark and runs and runs[-1][1] == column:
            runs[-1] = (runs[-1][0], column + 1)
        elif dark:
            runs.append((column, column + 1))
    return runs
