"""One line of reassurance, "why?" beside or beneath it, and the reason once it is asked for."""

from __future__ import annotations

from typing import Final

from kiosk.screens import tokens as t
from kiosk.screens.blocks import block_height, draw_block
from kiosk.screens.faces import setting_of
from kiosk.screens.part import Part
from kiosk.screens.pen import Lines, Pen, Style
from kiosk.screens.presses import Box
from kiosk.screens.view import Button, Note, Role, View

_LEAD: Final = Style(38, pitch=1.45)
_LINK: Final = Style(t.BODY, bold=True)
_APART: Final = 24  # from one to the next beneath it, in reference pixels


class Lead(Part):
    """The lead of a view, its links and its `why`."""

    _text = ""
    _links: tuple[Button, ...] = ()
    _why: Note | None = None

    def take(self, view: View) -> object:
        self._text, self._why = view.lead, view.why
        self._links = tuple(button for button in view.options if button.role is Role.LINK)
        shown = (self._text, self._links, self._why)
        return shown if any(shown) else None

    def tall(self, pen: Pen, width: int) -> int:
        heights = []
        text, link_width = self._line(pen, width), self._links_width(pen, width)
        high = pen.px(t.TARGET) if self._links else 0
        if text and link_width and self._beside(pen, text, width):
            heights.append(max(text.height, high))
        else:
            heights += [text.height] if text else []
            heights += [high] if high else []
        if self._why:
            heights.append(block_height(pen, self._why, width))
        return sum(heights) + pen.room(_APART) * (len(heights) - 1)

    def draw(self, pen: Pen, box: Box) -> None:
        y, group = box.y, self.group()
        high = pen.px(t.TARGET) if self._links else 0
        text = self._line(pen, box.w)
        x = box.x
        if text:
            beside = bool(high) and self._beside(pen, text, box.w)
            tall = max(text.height, high) if beside else text.height
            pen.put(group, text, Box(box.x, y, box.w, tall), t.INK_2, middle=True)
            if beside:
                x = box.x + box.w - self._links_width(pen, box.w)
                y += (tall - high) // 2
            else:
                y += tall + pen.room(_APART)
        if self._links:
            self._draw_links(pen, Box(x, y, self._links_width(pen, box.w), high))
            y += high + pen.room(_APART)
        if self._why:
            at = Box(box.x, y, box.w, block_height(pen, self._why, box.w))
            draw_block(pen, group, self._why, at)

    def _draw_links(self, pen: Pen, box: Box) -> None:
        gap, count = pen.px(t.TARGET_GAP), len(self._links)
        wide = (box.w - gap * (count - 1)) // count
        for index, link in enumerate(self._links):
            at = Box(box.x + index * (wide + gap), box.y, wide, box.h)
            self.button(pen, link, at, setting_of(pen, [link], wide, box.h))

    def _line(self, pen: Pen, width: int) -> Lines | None:
        return pen.set(self._text, _LEAD, width) if self._text else None

    def _beside(self, pen: Pen, text: Lines, width: int) -> bool:
        """Whether the links stand beside the text: only where it stays on one line."""
        taken = text.width + pen.px(t.GAP_L) + self._links_width(pen, width)
        return len(text.lines) == 1 and taken <= width

    def _links_width(self, pen: Pen, width: int) -> int:
        if not self._links:
            return 0
        count, gap = len(self._links), pen.px(t.TARGET_GAP)
        widest = max(pen.set(link.text, _LINK, width).width for link in self._links)
        one = min(widest + pen.px(72), (width - gap * (count - 1)) // count)
        return one * count + gap * (count - 1)
