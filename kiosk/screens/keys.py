"""Parts of buttons with a fixed place: a keypad that is drawn, and the way to another page."""

from __future__ import annotations

from typing import Final

from kiosk.screens import tokens as t
from kiosk.screens.faces import setting_of
from kiosk.screens.part import Part
from kiosk.screens.pen import Pen
from kiosk.screens.presses import Box
from kiosk.screens.view import Button, Role, View

_COLUMNS: Final = 3
_LOWEST: Final = 104  # a key, in reference pixels; there is no finger that misses it
_HIGHEST: Final = 200
_TURN: Final = 112


class Keypad(Part):
    """Ten digits as on a telephone, three in a row; beneath, 0 in the middle and what erases."""

    _keys: tuple[Button, ...] = ()

    def take(self, view: View) -> object:
        self._keys = tuple(button for button in view.options if button.role is Role.KEY)
        return self._keys

    def tall(self, pen: Pen, width: int) -> int:
        return self._high(pen, max(pen.px(t.TARGET), pen.room(_LOWEST)))

    def most(self, pen: Pen, width: int) -> int:
        return self._high(pen, pen.px(_HIGHEST))

    def draw(self, pen: Pen, box: Box) -> None:
        gap, rows = pen.px(t.TARGET_GAP), self._rows()
        high = (box.h - (rows - 1) * gap) // rows
        wide = (box.w - (_COLUMNS - 1) * gap) // _COLUMNS
        setting = setting_of(pen, self._keys, wide, high)
        for index, key in enumerate(self._keys):
            # The last row begins in the middle: 0 stands under 8.
            row, column = divmod(index if index < _COLUMNS**2 else index + 1, _COLUMNS)
            at = Box(box.x + column * (wide + gap), box.y + row * (high + gap), wide, high)
            self.button(pen, key, at, setting)

    def _rows(self) -> int:
        return -(-(len(self._keys) + 1) // _COLUMNS)

    def _high(self, pen: Pen, one: int) -> int:
        rows = self._rows()
        return rows * one + (rows - 1) * pen.px(t.TARGET_GAP)


class Turns(Part):
    """The way to the page before and to the next one, side by side."""

    _turns: tuple[Button, ...] = ()

    def take(self, view: View) -> object:
        self._turns = tuple(button for button in view.options if button.role is Role.TURN)
        return self._turns

    def tall(self, pen: Pen, width: int) -> int:
        return max(pen.px(t.TARGET), pen.room(_TURN))

    def draw(self, pen: Pen, box: Box) -> None:
        gap, count = pen.px(t.TARGET_GAP), len(self._turns)
        wide = (box.w - (count - 1) * gap) // count
        setting = setting_of(pen, self._turns, wide, box.h)
        for index, turn in enumerate(self._turns):
            at = Box(box.x + index * (wide + gap), box.y, wide, box.h)
            self.button(pen, turn, at, setting)
