"""The faces of buttons: one look for each role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from kiosk.screens import tokens as t
from kiosk.screens.icons import draw_icon
from kiosk.screens.pen import Align, Lines, Pen, Style
from kiosk.screens.presses import Box, PlacedText
from kiosk.screens.view import Button, Role

_BUTTON: Final = Style(t.BUTTON, bold=True, pitch=1.2, balance=True)
_TOOL: Final = Style(t.LEAST, bold=True, pitch=1.25)
_LINK: Final = Style(t.BODY, bold=True, pitch=1.25)
_OPTION: Final = Style(46, bold=True, pitch=1.2, balance=True)
_KEY: Final = Style(64, bold=True, pitch=1.2)
_TILE: Final = Style(t.TILE, bold=True, pitch=1.18, balance=True)
_TILE_LARGE: Final = Style(60, bold=True, pitch=1.18, balance=True)
_TILE_WIDE: Final = Style(46, bold=True, pitch=1.18, balance=True)
_SECOND: Final = Style(t.LEAST, pitch=1.25)

_WIDE_MIN: Final = 700  # a tile at least this wide has its icon at its left
_CENTRED: Final = (
    Role.PRIMARY,
    Role.PLAIN,
    Role.QUIET,
    Role.TOOL,
    Role.LINK,
    Role.KEY,
    Role.TURN,
    Role.CORNER,
)
_BAR_LEAST: Final = 0.7  # of its size
_LARGE_MIN: Final = 280  # a tile at least this high has a larger text and icon
_TALL_MIN: Final = 190  # a tile at least this high, in reference pixels, has its icon on top


class Paint(Struct, frozen=True):
    """The colours of a face."""

    fill: t.Colour
    line: t.Colour
    ink: t.Colour
    second: t.Colour
    icon: t.Colour


_PLAIN: Final = Paint(t.SURFACE, t.LINE, t.INK, t.INK_2, t.JADE)
_PRIMARY: Final = Paint(t.JADE, t.JADE, t.WHITE, t.WHITE, t.WHITE)
_URGENT: Final = Paint(t.RED_SOFT, t.RED_LINE, t.RED, t.INK_2, t.RED)
_LINK_PAINT: Final = Paint(t.JADE_SOFT, t.JADE_SOFT, t.JADE, t.JADE, t.JADE)
_CORNER: Final = Paint(t.PAPER, t.PAPER, t.INK_2, t.INK_2, t.INK_2)
_OFF: Final = Paint(t.PAPER, t.LINE, t.INK_2, t.INK_2, t.INK_2)


def paint_of(button: Button) -> Paint:
    """The colours of a button; a disabled one sinks into the paper."""
    if not button.enabled:
        return _OFF
    by_role = {
        Role.PRIMARY: _PRIMARY,
        Role.URGENT: _URGENT,
        Role.LINK: _LINK_PAINT,
        Role.CORNER: _CORNER,
    }
    return by_role.get(button.role, _PLAIN)


def radius_of(role: Role) -> int:
    """The corner of a button, in reference pixels."""
    if role in (Role.TOOL, Role.LINK, Role.CORNER):
        return t.RADIUS_TOOL
    return t.RADIUS_CARD if role in (Role.TILE, Role.URGENT, Role.OPTION) else t.RADIUS_BUTTON


class Setting(Struct, frozen=True):
    """How the buttons that stand together are set, so that they look alike."""

    style: Style
    lines_max: int
    icons: bool = True


def setting_of(pen: Pen, buttons: Sequence[Button], width: int, high: int) -> Setting:
    """One size for the texts of `buttons`, which are all `width` by about `high` glass pixels."""
    style, room = _BUTTON, width
    if buttons[0].role is Role.TILE:
        tall = high >= pen.px(_TALL_MIN) and width < pen.px(_WIDE_MIN)
        style = _TILE if tall else _TILE_WIDE
        large = [(button.text, width - 2 * pen.px(36)) for button in buttons]
        if tall and high >= pen.px(_LARGE_MIN) and pen.even(large, _TILE_LARGE)[1] == 1:
            style = _TILE_LARGE
        room = width - 2 * pen.px(36) if tall else _row_room(pen, buttons[0], width)
    elif buttons[0].role is Role.URGENT:
        style, room = _TILE, _row_room(pen, buttons[0], width)
    elif buttons[0].role is Role.OPTION:
        style, room = _OPTION, min(_row_room(pen, button, width) for button in buttons)
    elif buttons[0].role is Role.TOOL:
        return Setting(_TOOL, 1)
    elif buttons[0].role is Role.CORNER:
        return Setting(_SECOND, 1)
    elif buttons[0].role is Role.LINK:
        return Setting(_LINK, 1)
    elif buttons[0].role is Role.KEY:
        style, room = _KEY, width - 2 * pen.px(12)
    else:
        room = width - 2 * pen.px(24)
    lines_max = 4 if buttons[0].role is Role.OPTION else 3
    set_ = pen.even([(button.text, room) for button in buttons], style, lines_max)
    return Setting(*set_, icons=_icons_fit(pen, buttons, width, high))


def _icons_fit(pen: Pen, buttons: Sequence[Button], width: int, high: int) -> bool:
    """Whether tiles in rows keep their icons: not where a second line would be cut for them."""
    if buttons[0].role is not Role.TILE or high >= pen.px(_TALL_MIN):
        return True
    room = _row_room(pen, buttons[0], width)
    seconds = [pen.set(button.second, _SECOND, room, 1) for button in buttons if button.second]
    return not any(second.lines[0].endswith("…") for second in seconds)


def bar_setting(pen: Pen, buttons: Sequence[tuple[Button, int]]) -> Setting:
    """One size for the texts of a row of buttons, each with its own width in glass pixels.

    They are rather smaller, all alike, than on two lines.
    """
    texts = [(button.text, _centred_room(pen, button, width)) for button, width in buttons]
    return Setting(*pen.even(texts, _BUTTON, lines_max=2, least=_BAR_LEAST))


def bar_width(pen: Pen, button: Button) -> int:
    """The width at which a button of the bar has its text on one line, in glass pixels."""
    inset, side, gap = _centred_lengths(pen, button)
    text = pen.set(button.text, _BUTTON, pen.metrics.width).width
    return text + 2 * inset + side + gap + pen.px(4)


def row_height(pen: Pen, button: Button, width: int, setting: Setting) -> int:
    """The height that a button wants in a column of buttons, in glass pixels."""
    if button.role is Role.URGENT:
        return max(pen.px(t.TARGET), pen.room(200))
    if button.role is not Role.OPTION:
        return max(pen.px(t.TARGET), pen.room(120))
    text, second = _pair(pen, button, _row_room(pen, button, width), setting)
    return max(pen.px(t.TARGET), text.height + _height(pen, second) + 2 * pen.room(32))


def draw_face(pen: Pen, group: Any, button: Button, box: Box, setting: Setting) -> None:
    """Draws `button` into `box` the way its role wants."""
    paint = paint_of(button)
    border = pen.px(3 if button.role in (Role.PLAIN, Role.QUIET) else 2)
    radius = pen.px(radius_of(button.role))
    pen.brush.framed(group, box, radius, paint.fill, paint.line, border)
    tall = _TALL_MIN if button.role is Role.TILE else 240
    narrow = box.w < pen.px(_WIDE_MIN)
    if "⁺" in button.text:
        _draw_raised(pen, group, button, box, setting)
    elif button.role in _CENTRED:
        _draw_centred(pen, group, button, box, setting)
    elif button.role is not Role.OPTION and narrow and box.h >= pen.px(tall):
        _draw_tall(pen, group, button, box, setting)
    else:
        _draw_row(pen, group, button, box, setting)


def _draw_centred(pen: Pen, group: Any, button: Button, box: Box, setting: Setting) -> None:
    paint = paint_of(button)
    inset, side, gap = _centred_lengths(pen, button)
    width = _centred_room(pen, button, box.w)
    text = pen.set(button.text, setting.style, width, setting.lines_max, box.h - pen.px(12))
    second = None
    if button.second:
        left = max(1, box.h - text.height - pen.px(16))
        second = pen.set(button.second, _SECOND, width, 1, left)
    wide = min(width, max(text.width, second.width if second else 0))
    x = box.x + (box.w - side - gap - wide) // 2
    room, align = Box(box.x + inset, box.y, box.w - 2 * inset, box.h), Align.CENTRE
    if side:
        at = Box(x, box.y + (box.h - side) // 2, side, side)
        draw_icon(pen.brush, group, _icon(button), at, paint.ink, 4.6)
        x += side + gap
        room, align = Box(x, box.y, box.x + box.w - inset - x, box.h), Align.LEFT
    _put_pair(pen, group, (text, second), room, paint, align)


def _draw_raised(pen: Pen, group: Any, button: Button, box: Box, setting: Setting) -> None:
    """One line whose plus is small and raised, as in A⁺."""
    before, after = button.text.split("⁺", 1)
    style, gap = setting.style, pen.px(10)
    first = pen.set(before, style, box.w, 1)
    plus = pen.set("+", replace(style, size=style.size * 0.68), box.w, 1)
    rest = pen.set(after.strip(), style, box.w, 1)
    x = box.x + (box.w - first.width - plus.width - gap - rest.width) // 2
    y, ink = box.y + (box.h - first.height) // 2, paint_of(button).ink
    for text, before_it in ((first, 0), (plus, 0), (rest, gap)):
        x += before_it
        pen.put(group, text, Box(x, y, text.width, text.height), ink)
        x += text.width
    del pen.placed[-3:]
    ink_box = Box(box.x + pen.px(8), y, box.w - 2 * pen.px(8), first.height)
    pen.placed.append(PlacedText(button.text, box, ink_box))


def _draw_row(pen: Pen, group: Any, button: Button, box: Box, setting: Setting) -> None:
    paint = paint_of(button)
    inset, side, gap = _row_lengths(pen, button, box.w)
    side = min(side, round(box.h * 0.56)) if setting.icons else 0
    x = box.x + inset
    if side:
        at = Box(x, box.y + (box.h - side) // 2, side, side)
        draw_icon(pen.brush, group, button.icon, at, paint.icon)
        x += side + gap
    right = box.x + box.w - inset
    if button.role is Role.OPTION:
        right -= _mark(pen)
        if button.enabled:
            mark = pen.px(40)
            at = Box(right + _mark(pen) - mark, box.y + (box.h - mark) // 2, mark, mark)
            draw_icon(pen.brush, group, "next", at, paint.icon, 4.6)
    pair = _pair(pen, button, right - x, setting, box.h - pen.px(12))
    _put_pair(pen, group, pair, Box(x, box.y, right - x, box.h), paint, Align.LEFT)


def _draw_tall(pen: Pen, group: Any, button: Button, box: Box, setting: Setting) -> None:
    """Icon on top; with a title of two lines the second language goes beside the icon."""
    paint = paint_of(button)
    inset_x, inset_y = pen.px(36), pen.px(26)
    width, bottom = box.w - 2 * inset_x, box.y + box.h - inset_y + pen.px(6)
    x, y = box.x + inset_x, box.y + inset_y
    head = max(pen.px(44), _second_height(pen))  # what is least above a text
    text = pen.set(button.text, setting.style, width, setting.lines_max, bottom - y - head)
    most = text.height + (setting.lines_max - len(text.lines)) * text.pitch
    under = most + _second_height(pen) + pen.px(64)  # with the least icon
    beside = setting.lines_max > 1 and bottom - y < under and button.role is Role.TILE
    second_width = width - (pen.px(100) if beside else 0)
    lines_max = 2 if button.role is Role.URGENT else 1
    second = pen.set(button.second, _SECOND, second_width, lines_max) if button.second else None
    taken = text.height + (0 if beside else _height(pen, second))
    free = bottom - y - most - (taken - text.height) - pen.px(10)  # alike on every tile
    large = pen.px(112 if box.h >= pen.px(_LARGE_MIN) else 80)
    side = min(large, max(pen.px(44), free))
    low = side > free and not beside  # the least icon would touch the text: into the other corner
    if button.icon:
        at = Box(x + width - side if low else x - side // 12, y, side, side)
        draw_icon(pen.brush, group, button.icon, at, paint.icon)
    if second and beside:
        high = max(side, second.height)
        at = Box(x + width - second_width, y + (side - high) // 2, second_width, high)
        pen.put(group, second, at, paint.second, Align.RIGHT, middle=True)
        second = None
    at = Box(x, bottom - taken, width, taken)
    _put_pair(pen, group, (text, second), at, paint, Align.LEFT)


def _icon(button: Button) -> str:
    return button.icon or ("back" if button.role is Role.QUIET else "")


def _centred_lengths(pen: Pen, button: Button) -> tuple[int, int, int]:
    """Room at each end, side of the icon, room after it."""
    small = button.role in (Role.TOOL, Role.LINK, Role.CORNER)
    inset = pen.px(12 if small else 24)
    if not _icon(button):
        return inset, 0, 0
    return inset, pen.px(40 if small else 46), pen.px(10 if small else 14)


def _centred_room(pen: Pen, button: Button, width: int) -> int:
    inset, side, gap = _centred_lengths(pen, button)
    return width - 2 * inset - side - gap


def _row_lengths(pen: Pen, button: Button, width: int) -> tuple[int, int, int]:
    """Room at each end, side of the icon, room after it. A narrow answer goes without its icon."""
    narrow = width < pen.px(600)
    if not button.icon or (narrow and button.role is Role.OPTION):
        return pen.px(32 if narrow else 40), 0, 0
    return pen.px(32 if narrow else 40), pen.px(64 if narrow else 80), pen.px(24 if narrow else 32)


def _row_room(pen: Pen, button: Button, width: int) -> int:
    inset, side, gap = _row_lengths(pen, button, width)
    return width - 2 * inset - side - gap - (_mark(pen) if button.role is Role.OPTION else 0)


def _mark(pen: Pen) -> int:
    return pen.px(40) + pen.px(14)


def _pair(
    pen: Pen, button: Button, width: int, setting: Setting, height: int = 0
) -> tuple[Lines, Lines | None]:
    """The two texts of a row; they shrink to `height` if one is given."""
    lines = 2 if button.role is Role.OPTION else 1
    second = pen.set(button.second, _SECOND, width, lines) if button.second else None
    left = max(1, height - _height(pen, second)) if height else 0
    return pen.set(button.text, setting.style, width, setting.lines_max, left), second


def _height(pen: Pen, second: Lines | None) -> int:
    return second.height + pen.px(4) if second else 0


def _second_height(pen: Pen) -> int:
    """The height of the second line of a tile, in glass pixels."""
    return pen.set("国", _SECOND, pen.px(200), 1).height + pen.px(4)


def _put_pair(
    pen: Pen,
    group: Any,
    pair: tuple[Lines, Lines | None],
    room: Box,
    paint: Paint,
    align: Align,
) -> None:
    text, second = pair
    height = text.height + _height(pen, second)
    y = room.y + max(0, room.h - height) // 2
    pen.put(group, text, Box(room.x, y, room.w, text.height), paint.ink, align)
    if second:
        y += text.height + pen.px(4)
        pen.put(group, second, Box(room.x, y, room.w, second.height), paint.second, align)
