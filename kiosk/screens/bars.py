"""What is always there: the top, the bottom bar with the time left, the idle screen's footer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from kiosk.screens import tokens as t
from kiosk.screens.faces import bar_setting, bar_width, setting_of
from kiosk.screens.icons import draw_icon
from kiosk.screens.paint import arc
from kiosk.screens.part import Part
from kiosk.screens.pen import Align, Pen, Style
from kiosk.screens.presses import Box
from kiosk.screens.view import Button, Role, TimeLeft, View

_BRAND: Final = Style(36, bold=True, pitch=1.2, balance=True)
_TOOL: Final = Style(t.LEAST, bold=True)
_FOOTER: Final = Style(t.LEAST, pitch=1.25)
_HELP: Final = Style(t.LEAST, bold=True, pitch=1.25)
_SECONDS: Final = Style(t.LEAD, bold=True)
_HURRY_S: Final = 10


class TopBar(Part):
    """What this is, and the tools."""

    _view: View

    def take(self, view: View) -> object:
        self._view = view
        return (view.brand, view.tools)

    def tall(self, pen: Pen, width: int) -> int:
        return pen.px(112 if pen.metrics.landscape else 132)

    def draw(self, pen: Pen, box: Box) -> None:
        group = self.group()
        line = pen.px(2)
        pen.brush.box(group, Box(0, box.y + box.h - line, box.w, line), 0, t.LINE)
        edge, side = pen.px(t.EDGE), pen.px(68)
        seal = Box(edge, box.y + (box.h - side) // 2, side, side)
        self._seal(pen, group, seal)
        right = self._tools(pen, Box(edge, box.y, box.w - 2 * edge, box.h))
        left = edge + side + pen.px(22)
        width = right - left - pen.px(24)
        style, lines_max = pen.even([(self._view.brand, width)], _BRAND, lines_max=2)
        brand = pen.set(self._view.brand, style, width, lines_max)
        pen.put(group, brand, Box(left, box.y, width, box.h), t.INK, middle=True)

    def _tools(self, pen: Pen, box: Box) -> int:
        """Draws the tools from the right; answers where the first begins."""
        x, high = box.x + box.w, pen.px(t.TARGET)
        for button in reversed(self._view.tools):
            text = pen.set(button.text, _TOOL, box.w // 3).width
            icon = pen.px(50) if button.icon else 0
            wide = max(pen.px(120), text + icon + pen.px(52))
            x -= wide
            at = Box(x, box.y + (box.h - high) // 2, wide, high)
            self.button(pen, button, at, setting_of(pen, [button], wide, high))
            x -= pen.px(t.TARGET_GAP)
        return x

    def _seal(self, pen: Pen, group: Any, box: Box) -> None:
        pen.brush.box(group, box, pen.px(18), t.JADE)
        inset = round(box.w * 0.2)
        at = Box(box.x + inset, box.y + inset, box.w - 2 * inset, box.h - 2 * inset)
        draw_icon(pen.brush, group, "card", at, t.WHITE, 4)


class BottomBar(Part):
    """Back, leave and the main action, with the time left as a ring at the right."""

    _view: View

    def take(self, view: View) -> object:
        self._view = view
        return (view.bar, view.time_left is not None)

    def tall(self, pen: Pen, width: int) -> int:
        return pen.px(196 if pen.metrics.landscape else 212)

    def draw(self, pen: Pen, box: Box) -> None:
        view, group = self._view, self.group()
        if not view.bar and view.time_left is None:
            return
        line = pen.px(2)
        pen.brush.box(group, box, 0, t.SURFACE)
        pen.brush.box(group, Box(0, box.y, box.w, line), 0, t.LINE)
        high = pen.px(t.TARGET_MAIN)
        x = box.x + pen.px(t.EDGE)
        right = box.x + box.w - pen.px(t.EDGE)
        if view.time_left is not None:
            right -= high + pen.px(t.TARGET_GAP)
        boxes = _boxes(pen, view.bar, Box(x, box.y + (box.h - high) // 2, right - x, high))
        if boxes:
            widths = [(button, at.w) for button, at in zip(view.bar, boxes, strict=True)]
            setting = bar_setting(pen, widths)
            for button, at in zip(view.bar, boxes, strict=True):
                self.button(pen, button, at, setting)


class Ring(Part):
    """The time left: a ring and its seconds, drawn anew once a second."""

    now_s: Callable[[], float]
    _time: TimeLeft | None = None

    def take(self, view: View) -> object:
        self._time = view.time_left
        if self._time is None:
            return None
        return (self._time.total_s, self.seconds())

    def seconds(self) -> int:
        """Whole seconds that are left, rounded up, never below 0."""
        if self._time is None:
            return 0
        return max(0, math.ceil(self._time.ends_s - self.now_s()))

    def tall(self, pen: Pen, width: int) -> int:
        return pen.px(t.TARGET_MAIN)

    def draw(self, pen: Pen, box: Box) -> None:
        if self._time is None:
            return
        group, left_s = self.group(), self.seconds()
        centre = (box.x + box.w / 2, box.y + box.h / 2)
        radius, width = box.w * 62 / 148, max(3, pen.px(12))
        pen.brush.stroke(group, arc(centre, radius, -90, 270), width, t.TRACK)
        part = min(1.0, left_s / self._time.total_s) if self._time.total_s > 0 else 0.0
        hurry = left_s <= _HURRY_S
        if part > 0:
            ring = arc(centre, radius, -90, -90 + 360 * part)
            pen.brush.stroke(group, ring, width, t.AMBER_MARK if hurry else t.JADE)
        inner = round(radius * 1.5)
        text = pen.set(str(left_s), _SECONDS, inner, 1)
        at = Box(round(centre[0]) - inner // 2, box.y, inner, box.h)
        pen.put(group, text, at, t.AMBER if hurry else t.INK, Align.CENTRE, middle=True)


class Footer(Part):
    """Idle: the site, the clock, whom to ask."""

    _texts: tuple[str, ...] = ()
    _corner: Button | None = None

    def take(self, view: View) -> object:
        self._texts, self._corner = view.footer, view.corner
        return (view.footer, view.corner)

    def tall(self, pen: Pen, width: int) -> int:
        return pen.px(104 if pen.metrics.landscape else 150)

    def draw(self, pen: Pen, box: Box) -> None:
        if not self._texts:
            return
        group, edge = self.group(), pen.px(t.EDGE)
        pen.brush.box(group, Box(0, box.y, box.w, pen.px(2)), 0, t.LINE)
        gap = pen.px(t.TARGET_GAP)
        if self._corner is not None:
            box = self._draw_corner(pen, self._corner, box)
        room = box.w - 2 * edge - gap * (len(self._texts) - 1)
        styles = [_FOOTER] * (len(self._texts) - 1) + [_HELP]
        pairs = list(zip(self._texts, styles, strict=True))
        natural = [pen.set(text, style, box.w).width + pen.px(4) for text, style in pairs]
        spare = max(0, room - sum(natural))
        x = edge
        for index, ((text, style), wide) in enumerate(zip(pairs, natural, strict=True)):
            wide = wide if spare else room * wide // sum(natural)
            last = style is _HELP and index > 0
            at = Box(box.w - edge - wide if last else x, box.y, wide, box.h)
            align = Align.RIGHT if last else Align.LEFT
            lines = pen.set(text, style, wide, 1)
            pen.put(group, lines, at, t.INK if last else t.INK_2, align, middle=True)
            x += wide + gap + spare // max(1, len(pairs) - 1)

    def _draw_corner(self, pen: Pen, button: Button, box: Box) -> Box:
        """Draws the staff's button at the right end; answers what is left for the texts."""
        high = pen.px(t.TARGET)
        wide = max(high, pen.set(button.text, _FOOTER, box.w // 3).width + pen.px(28))
        x = box.w - pen.px(t.EDGE) - wide + pen.px(14)
        at = Box(x, box.y + (box.h - high) // 2, wide, high)
        self.button(pen, button, at, setting_of(pen, [button], wide, high))
        return Box(box.x, box.y, x + pen.px(t.EDGE) - pen.px(t.TARGET_GAP), box.h)


def _boxes(pen: Pen, buttons: tuple[Button, ...], room: Box) -> list[Box]:
    """Where the buttons of the bar stand; a lone one that is not the main action stays small."""
    if len(buttons) == 1:
        main = buttons[0].role is Role.PRIMARY
        wide = room.w if main and not pen.metrics.landscape else round(room.w * 0.6)
        return [Box(room.x + (room.w - wide if main else 0), room.y, wide, room.h)]
    gap = pen.px(t.TARGET_GAP)
    wanted = [float(bar_width(pen, button)) for button in buttons]
    weights = [0.62 if button.role is Role.QUIET else 1.0 for button in buttons]
    x, boxes = float(room.x), []
    for wide_f in share(wanted, weights, room.w - gap * (len(buttons) - 1)):
        boxes.append(Box(round(x), room.y, round(x + wide_f) - round(x), room.h))
        x += wide_f + gap
    return boxes


def share(wanted: Sequence[float], weights: Sequence[float], width: float) -> list[float]:
    """`width` parted by `weights`, but none gets less than it wants while there is enough."""
    if sum(wanted) >= width:
        return [width * want / sum(wanted) for want in wanted]
    got: dict[int, float] = {}
    while True:
        rest = width - sum(got.values())
        total = sum(weight for i, weight in enumerate(weights) if i not in got)
        short = {
            i: want
            for i, want in enumerate(wanted)
            if i not in got and want > rest * weights[i] / total
        }
        if not short:
            return [got.get(i, rest * weight / total) for i, weight in enumerate(weights)]
        got |= short
