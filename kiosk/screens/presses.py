"""When a touch is a press.

A press is a finger that goes down and comes up on the same button of the same view, not too
soon after the last press. Nothing here knows Kivy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DOUBLE_TOUCH_S: Final = 0.3
"""A second touch within this time is a bounce or a trembling hand, not a wish."""
KEY_TOUCH_S: Final = 0.08
"""The same for a key of a drawn keypad, where 1 1 is a wish, and a slip can be erased."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the glass in pixels, from the top left."""

    x: int
    y: int
    w: int
    h: int

    def holds(self, x: float, y: float) -> bool:
        """Whether the point lies in it."""
        return self.x <= x < self.x + self.w and self.y <= y < self.y + self.h


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A text on the glass: the box it was given and the box its letters take up."""

    text: str
    box: Box
    ink: Box


class Presses:
    """Follows one finger over the buttons of the view that is shown."""

    def __init__(self) -> None:
        self._boxes: dict[str, Box] = {}
        self._keys: frozenset[str] = frozenset()
        self._finger: object | None = None
        self._held: str | None = None
        self._last_press_s: float | None = None

    def show(self, boxes: dict[str, Box], keys: frozenset[str] = frozenset()) -> None:
        """The buttons that can be pressed from now on. A finger that is down counts no more.

        `keys` are those of a keypad, which may be pressed in quick succession.
        """
        self._boxes = dict(boxes)
        self._keys = keys
        self._finger = None
        self._held = None

    def move_boxes(self, boxes: dict[str, Box]) -> None:
        """The same buttons elsewhere: the same view on a glass of another size."""
        self._boxes = dict(boxes)

    def down(self, finger: object, x: float, y: float, now_s: float) -> str | None:
        """A finger goes down; the id of the button that it holds, if any."""
        at = self._at(x, y)
        if self._finger is not None or self._too_soon(now_s, at):
            return None
        self._finger = finger
        self._held = at
        return self._held

    def up(self, finger: object, x: float, y: float, now_s: float) -> str | None:
        """A finger comes up; the id of the button that it pressed, if any."""
        if self._finger is None or finger != self._finger:
            return None
        held, self._finger, self._held = self._held, None, None
        if held is None or self._at(x, y) != held:
            return None
        self._last_press_s = now_s
        return held

    def _too_soon(self, now_s: float, at: str | None) -> bool:
        least_s = KEY_TOUCH_S if at in self._keys else DOUBLE_TOUCH_S
        return self._last_press_s is not None and now_s - self._last_press_s < least_s

    def _at(self, x: float, y: float) -> str | None:
        return next((name for name, box in self._boxes.items() if box.holds(x, y)), None)
