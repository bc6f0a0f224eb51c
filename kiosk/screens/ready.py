"""What to have ready for each service: a quiet list, not a card, for nothing in it can be pressed."""

from __future__ import annotations

from typing import Any, Final

from kiosk.screens import tokens as t
from kiosk.screens.icons import draw_icon
from kiosk.screens.part import Part
from kiosk.screens.pen import Lines, Pen, Style
from kiosk.screens.presses import Box
from kiosk.screens.view import Ready, View

_HEAD: Final = Style(t.BODY, bold=True, pitch=1.25)
_SERVICE: Final = Style(36, pitch=1.25)
_THING: Final = Style(36, bold=True, pitch=1.25)
_ICON: Final = 48
_APART: Final = 40  # from one thing to the next
_BELOW: Final = 14


class ReadyList(Part):
    """`View.ready`: a row for each service, its things on the same line where all rows can."""

    _ready: Ready | None = None

    def take(self, view: View) -> object:
        self._ready = view.ready
        return view.ready

    def tall(self, pen: Pen, width: int) -> int:
        return self._lay(pen, None, Box(0, 0, width, 0))

    def draw(self, pen: Pen, box: Box) -> None:
        self._lay(pen, self.group(), box)

    def _lay(self, pen: Pen, group: Any, box: Box) -> int:
        """Its height; with a group, also draws it."""
        if self._ready is None:
            return 0
        head = pen.set(self._ready.head, _HEAD, box.w, 1)
        if group:
            pen.put(group, head, box, t.INK)
        y = box.y + head.height + pen.room(26)
        services = [pen.set(row.service, _SERVICE, box.w, 1) for row in self._ready.rows]
        indent = max(service.width for service in services) + pen.px(_APART)
        aside = all(self._one_line(pen, row.things, box.w - indent) for row in self._ready.rows)
        for row, service in zip(self._ready.rows, services, strict=True):
            if group:
                pen.brush.box(group, Box(box.x, y, box.w, pen.px(2)), 0, t.LINE)
            y += pen.room(24)
            high = max(service.height, pen.px(_ICON))
            if group:
                at = Box(box.x, y, box.w, high if aside else service.height)
                pen.put(group, service, at, t.INK_2, middle=True)
            x, wide = box.x + indent, box.w - indent
            if not aside:
                x, wide = box.x, box.w
                y += service.height + pen.room(_BELOW)
            y += _things(pen, group, row.things, Box(x, y, wide, 0)) + pen.room(24)
        return y - box.y

    def _one_line(self, pen: Pen, things: tuple[tuple[str, str], ...], width: int) -> bool:
        return _things(pen, None, things, Box(0, 0, width, 0)) <= _line_height(pen)


def _things(pen: Pen, group: Any, things: tuple[tuple[str, str], ...], box: Box) -> int:
    """The height of things side by side, on as many lines as they need; also draws them."""
    side, high = pen.px(_ICON), _line_height(pen)
    x, y = box.x, box.y
    for icon, words in things:
        text: Lines = pen.set(words, _THING, box.w - side - pen.px(14), 1)
        wide = side + pen.px(14) + text.width
        if x > box.x and x + wide > box.x + box.w:
            x, y = box.x, y + high + pen.room(_BELOW)
        if group:
            at = Box(x, y + (high - side) // 2, side, side)
            draw_icon(pen.brush, group, icon, at, t.JADE)
            pen.put(
                group, text, Box(x + side + pen.px(14), y, text.width, high), t.INK, middle=True
            )
        x += wide + pen.px(_APART)
    return y + high - box.y


def _line_height(pen: Pen) -> int:
    return max(pen.px(_ICON), pen.set("国", _THING, pen.px(200), 1).height)
