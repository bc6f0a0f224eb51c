"""The parts that the layouts are made of. Their order and sides are in `layouts/*.kv`."""

from __future__ import annotations

from typing import Any, Final

from kivy.graphics import InstructionGroup, PopMatrix, PushMatrix, Translate

from kiosk.screens import tokens as t
from kiosk.screens.blocks import block_height, draw_block
from kiosk.screens.faces import Setting, row_height, setting_of
from kiosk.screens.notes import ground_of
from kiosk.screens.part import Part
from kiosk.screens.pen import Align, Pen, Style
from kiosk.screens.pictures import PICTURES, Easel
from kiosk.screens.presses import Box
from kiosk.screens.view import Block, Button, Chain, Role, Tone, View

_SERVICE: Final = Style(36, pitch=1.25)
_TITLE: Final = Style(t.TITLE, bold=True, pitch=1.22, balance=True)
_SECOND: Final = Style(t.LEAD, pitch=1.25)
_CAPTION: Final = Style(t.LEAD, bold=True, pitch=1.3, balance=True)

_ELSEWHERE: Final = (Role.LINK, Role.KEY, Role.TURN)  # drawn by parts of their own
_FEW_ROWS: Final = 2  # so few rows of tiles may be large
_PAD: Final = 36  # around a picture, in reference pixels
_SPACE: Final = 36  # between a picture and its caption


class Heading(Part):
    """Service and step in words and as segments, then the title with its second language."""

    gap = 0.0

    def take(self, view: View) -> object:
        self._view = view
        shown = (view.service, view.step, view.steps, view.step_done, view.title, view.second)
        return shown if view.title or view.service else None

    def tall(self, pen: Pen, width: int) -> int:
        return self._lay(pen, None, Box(0, 0, width, 0))

    def draw(self, pen: Pen, box: Box) -> None:
        self._lay(pen, self.group(), box)

    def _lay(self, pen: Pen, group: Any, box: Box) -> int:
        view, y = self._view, box.y
        if view.service:
            service = pen.set(view.service, _SERVICE, box.w, 1)
            if group:
                pen.put(group, service, Box(box.x, y, box.w, service.height), t.INK_2)
            y += service.height + pen.room(18)
        if view.steps and view.step:
            high = pen.px(14)
            if group:
                self._segments(pen, group, Box(box.x, y, box.w, high))
            y += high + pen.room(36)
        elif view.service:
            y += pen.room(14)
        landscape = pen.metrics.landscape
        style = Style(64, True, 1.22, True) if landscape else _TITLE
        lines_max = 3 if landscape else 2
        style, _ = pen.even([(view.title, box.w)], style, lines_max, least=0.88)
        title = pen.set(view.title, style, box.w, lines_max)
        if group:
            pen.put(group, title, Box(box.x, y, box.w, title.height), t.INK)
        y += title.height
        if view.second:
            style = Style(36, pitch=1.25) if landscape else _SECOND
            second = pen.set(view.second, style, box.w, 2)
            y += pen.room(12)
            if group:
                pen.put(group, second, Box(box.x, y, box.w, second.height), t.INK_2)
            y += second.height
        return y - box.y

    def _segments(self, pen: Pen, group: Any, box: Box) -> None:
        view, gap = self._view, pen.px(14)
        radius = box.h // 2
        for index in range(view.steps):
            left = box.x + round((box.w + gap) * index / view.steps)
            right = box.x + round((box.w + gap) * (index + 1) / view.steps) - gap
            at = Box(left, box.y, right - left, box.h)
            done = index + 1 < view.step or (index + 1 == view.step and view.step_done)
            now = index + 1 == view.step and not done
            pen.brush.box(group, at, radius, t.JADE if done else t.JADE_REST if now else t.TRACK)
            if now:
                part = Box(at.x, at.y, round(at.w * 0.55), at.h)
                pen.brush.box(group, part, radius, t.JADE)


class Picture(Part):
    """One picture that shows what to do, with its caption beneath and its hint in motion."""

    low = 300.0  # least height of the picture itself, in reference pixels
    high = 900.0  # most height of the whole panel

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self._name = ""
        self._caption = ""
        self._tone = Tone.CALM
        self._hint: Any = None
        self._unit = 0.0

    def take(self, view: View) -> object:
        self._name, self._caption, self._tone = view.picture, view.caption, view.tone
        shown = (view.picture, view.caption, view.tone)
        return shown if view.picture or view.caption else None

    def tall(self, pen: Pen, width: int) -> int:
        caption = self._caption_height(pen, width)
        picture = pen.room(self.low) if self._name else 0
        return picture + caption + 2 * pen.room(_PAD) + (pen.room(_SPACE) if caption else 0)

    def most(self, pen: Pen, width: int) -> int:
        return max(self.tall(pen, width), pen.px(self.high) if self._name else 0)

    def draw(self, pen: Pen, box: Box) -> None:
        ground, line, ink = ground_of(self._tone)
        if self._tone is Tone.CALM:
            ground = t.PANEL
        group = self.group()
        pen.brush.framed(group, box, pen.px(t.RADIUS_CARD), ground, line, pen.px(2))
        pad = pen.room(_PAD)
        caption_height = self._caption_height(pen, box.w)
        inner = Box(box.x + pad, box.y + pad, box.w - 2 * pad, box.h - 2 * pad)
        space = pen.room(_SPACE) if caption_height else 0
        room = inner.h - caption_height - space
        y = inner.y
        if self._name:
            _, _, field_w, field_h = PICTURES[self._name].field
            high = min(room, round(inner.w * field_h / field_w))
            y += (room - high) // 2 if caption_height else (inner.h - high) // 2
            self._draw_picture(pen, group, Box(inner.x, y, inner.w, high))
            y += high + space
        if self._caption:
            lines = pen.set(self._caption, _CAPTION, inner.w - 2 * pad, 3)
            at = Box(inner.x + pad, y, inner.w - 2 * pad, caption_height)
            pen.put(group, lines, at, ink, Align.CENTRE)

    def wipe(self) -> None:
        super().wipe()
        self._hint = None

    @property
    def moves(self) -> bool:
        """Whether it has a hint that moves."""
        return self._hint is not None

    def sway(self, frame: int) -> None:
        """Moves the hint to where it is in this frame of its cycle."""
        if self._hint is None:
            return
        picture = PICTURES[self._name]
        x, y = picture.sway
        part = picture.cycle[frame % len(picture.cycle)]
        to = (round(x * self._unit * part), -round(y * self._unit * part))
        if to != tuple(self._hint.xy):
            self._hint.xy = to

    def _draw_picture(self, pen: Pen, still: Any, box: Box) -> None:
        picture = PICTURES[self._name]
        hint = InstructionGroup()
        easel = Easel(pen.brush, still, hint, box, picture.field)
        picture.draw(easel)
        if picture.sway != (0.0, 0.0):
            self._unit = easel.scale
            self._hint = Translate(0, 0)
            still.add(PushMatrix())
            still.add(self._hint)
            still.add(hint)
            still.add(PopMatrix())

    def _caption_height(self, pen: Pen, width: int) -> int:
        if not self._caption:
            return 0
        return pen.set(self._caption, _CAPTION, width - 4 * pen.room(_PAD), 3).height


class Blocks(Part):
    """The blocks of a view, one under the other; `only` the "chain", or only the "rest"."""

    only = ""
    between = 28.0
    _blocks: tuple[Block, ...] = ()

    def take(self, view: View) -> object:
        self._blocks = tuple(
            block
            for block in view.blocks
            if not self.only or isinstance(block, Chain) is (self.only == "chain")
        )
        return self._blocks

    def tall(self, pen: Pen, width: int) -> int:
        heights = [block_height(pen, block, width) for block in self._blocks]
        return sum(heights) + pen.room(self.between) * (len(heights) - 1)

    def draw(self, pen: Pen, box: Box) -> None:
        y, group = box.y, self.group()
        for block in self._blocks:
            height = block_height(pen, block, box.w)
            draw_block(pen, group, block, Box(box.x, y, box.w, height))
            y += height + pen.room(self.between)


class Options(Part):
    """Answers in a column, or in two when they are many. On idle, only the urgent one."""

    only = ""
    _buttons: tuple[Button, ...] = ()

    def take(self, view: View) -> object:
        self._buttons = tuple(
            button
            for button in view.options
            if (button.role == self.only if self.only else button.role not in _ELSEWHERE)
        )
        return self._buttons

    def tall(self, pen: Pen, width: int) -> int:
        rows, one = self._rows(pen, width)
        return rows * one + (rows - 1) * self._gap(pen)

    def most(self, pen: Pen, width: int) -> int:
        rows, one = self._rows(pen, width)
        tallest = 230 if any(b.role is Role.OPTION for b in self._buttons) else t.TARGET_MAIN
        if self.only:
            tallest = 330 if pen.metrics.landscape else 230
        return rows * max(one, pen.px(tallest)) + (rows - 1) * self._gap(pen)

    def draw(self, pen: Pen, box: Box) -> None:
        columns, gap = self._columns(pen), self._gap(pen)
        rows, _ = self._rows(pen, box.w)
        high = (box.h - (rows - 1) * gap) // rows
        wide = (box.w - (columns - 1) * gap) // columns
        for index, button in enumerate(self._buttons):
            row, column = divmod(index, columns)
            at = Box(box.x + column * (wide + gap), box.y + row * (high + gap), wide, high)
            self.button(pen, button, at, self._setting(pen, button, wide))

    def _setting(self, pen: Pen, button: Button, wide: int) -> Setting:
        """One setting for all answers, so that they look alike."""
        alike = [other for other in self._buttons if other.role is button.role]
        return setting_of(pen, alike, wide, 0)

    def _gap(self, pen: Pen) -> int:
        return pen.px(t.TARGET_GAP)

    def _columns(self, pen: Pen) -> int:
        return 2 if len(self._buttons) > (4 if pen.metrics.landscape else 7) else 1

    def _rows(self, pen: Pen, width: int) -> tuple[int, int]:
        columns = self._columns(pen)
        wide = (width - (columns - 1) * self._gap(pen)) // columns
        high = max(
            row_height(pen, button, wide, self._setting(pen, button, wide))
            for button in self._buttons
        )
        return -(-len(self._buttons) // columns), high


class Tiles(Part):
    """The services."""

    _buttons: tuple[Button, ...] = ()

    def take(self, view: View) -> object:
        self._buttons = tuple(b for b in view.options if b.role is not Role.URGENT)
        return self._buttons

    def tall(self, pen: Pen, width: int) -> int:
        rows = self._rows(pen)
        few, wide = rows <= _FEW_ROWS, self._columns(pen) == 1
        if pen.metrics.landscape:
            one = 190 if few else 112
        else:
            one = 150 if wide else 300 if few else 190
        return rows * pen.px(one) + (rows - 1) * self._gap(pen)

    def most(self, pen: Pen, width: int) -> int:
        rows = self._rows(pen)
        one = 200 if self._columns(pen) == 1 else 340 if rows <= _FEW_ROWS else 262
        return rows * pen.px(one) + (rows - 1) * self._gap(pen)

    def draw(self, pen: Pen, box: Box) -> None:
        gap, rows, columns = self._gap(pen), self._rows(pen), self._columns(pen)
        wide = (box.w - gap * (columns - 1)) // columns
        high = (box.h - (rows - 1) * gap) // rows
        setting = setting_of(pen, self._buttons, wide, high)
        for index, button in enumerate(self._buttons):
            row, column = divmod(index, columns)
            x = box.x if column == 0 else box.x + box.w - wide
            self.button(pen, button, Box(x, box.y + row * (high + gap), wide, high), setting)

    def _columns(self, pen: Pen) -> int:
        """Two, but one for the largest text where there is the height for it."""
        few = len(self._buttons) <= 2 * _FEW_ROWS
        return 1 if few and pen.text_scale > 1 and not pen.metrics.landscape else 2

    def _rows(self, pen: Pen) -> int:
        return -(-len(self._buttons) // self._columns(pen))

    def _gap(self, pen: Pen) -> int:
        return pen.px(t.TARGET_GAP if pen.metrics.landscape else t.GAP_M)
