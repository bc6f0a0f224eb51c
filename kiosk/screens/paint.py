"""Boxes and strokes with smooth edges, as Kivy meshes.

Multisampling costs a software renderer and a small GPU four times the memory and much of its
time. Here each soft edge comes from one small texture instead: a white disc whose rim fades over
one pixel. A rounded box is that disc in nine parts, a stroke is the disc drawn out.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from kivy.graphics import Color, InstructionGroup, Mesh
from kivy.graphics.texture import Texture

from kiosk.screens.presses import Box
from kiosk.screens.tokens import Colour

Point = tuple[float, float]

_DISCS_MAX: Final = 48
_DISC_MAX_PX: Final = 112
_SHARP_TURN: Final = math.cos(math.radians(40))


class Brush:
    """Draws into instruction groups in glass pixels from the top left."""

    def __init__(self) -> None:
        self._discs: OrderedDict[int, Any] = OrderedDict()
        self.height = 0  # of the glass, to turn its y upside down for OpenGL

    def box(
        self, group: InstructionGroup, box: Box, radius: int, fill: Colour, hollow: bool = False
    ) -> None:
        """A filled box; its corners round with `radius` pixels. `hollow` leaves out its middle."""
        radius = min(radius, box.w // 2, box.h // 2)
        if radius == 0:
            left, right = box.x, box.x + box.w
            self._fan(
                group,
                ((left, box.y), (right, box.y), (right, box.y + box.h), (left, box.y + box.h)),
                fill,
            )
            return
        if 2 * radius > _DISC_MAX_PX:
            self._big_box(group, box, radius, fill)
            return
        disc = self._disc(2 * radius)
        grown = radius + 1
        columns = (box.x - 1, box.x - 1 + grown, box.x + box.w + 1 - grown, box.x + box.w + 1)
        rows = (box.y - 1, box.y - 1 + grown, box.y + box.h + 1 - grown, box.y + box.h + 1)
        parts = (0.0, 0.5, 0.5, 1.0)
        vertices = [
            value
            for y, v in zip(rows, parts, strict=True)
            for x, u in zip(columns, parts, strict=True)
            for value in (x, self.height - y, u, v)
        ]
        indices = [
            corner
            for row in range(3)
            for column in range(3)
            if not (hollow and row == column == 1)
            for corner in _quad(4 * row + column, 4 * row + column + 1, 4)
        ]
        self._add(group, vertices, indices, disc, fill)

    def framed(
        self, group: InstructionGroup, box: Box, radius: int, fill: Colour, line: Colour, px: int
    ) -> None:
        """A filled box with a border of `px` pixels inside its edge."""
        self.box(group, box, radius, line, hollow=radius > px)
        inner = Box(box.x + px, box.y + px, box.w - 2 * px, box.h - 2 * px)
        self.box(group, inner, max(1, radius - px), fill)

    def stroke(
        self, group: InstructionGroup, points: Sequence[Point], width: float, fill: Colour
    ) -> None:
        """A line through `points` with round ends and corners, `width` pixels wide.

        When the last point is the first the line is closed.
        """
        vertices: list[float] = []
        indices: list[int] = []
        for run in _smooth_runs(points):
            self._ribbon(run, width, vertices, indices)
        self._add(group, vertices, indices, self._disc(max(2, min(round(width), 64))), fill)

    def polygon(self, group: InstructionGroup, points: Sequence[Point], fill: Colour) -> None:
        """A filled convex shape."""
        self._fan(group, points, fill)
        self.stroke(group, [*points, points[0]], 2, fill)

    def _fan(self, group: InstructionGroup, points: Sequence[Point], fill: Colour) -> None:
        vertices = [value for x, y in points for value in (x, self.height - y, 0.5, 0.5)]
        indices = [i for last in range(2, len(points)) for i in (0, last - 1, last)]
        self._add(group, vertices, indices, self._disc(8), fill)

    def _big_box(self, group: InstructionGroup, box: Box, radius: int, fill: Colour) -> None:
        half = box.w / 2, box.h / 2
        centre = box.x + half[0], box.y + half[1]
        points: list[Point] = []
        for quarter, (sign_x, sign_y) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
            at = (centre[0] + sign_x * (half[0] - radius), centre[1] + sign_y * (half[1] - radius))
            points += arc(at, radius - 1, 90.0 * quarter, 90.0 * quarter + 90)
        self.polygon(group, points, fill)

    def _ribbon(
        self, run: Sequence[Point], width: float, vertices: list[float], indices: list[int]
    ) -> None:
        half = width / 2 + 1
        sides = [_across(run, index, half) for index in range(len(run))]
        first, last = _direction(run[0], run[1]), _direction(run[-2], run[-1])
        rows = [(run[0], sides[0], (-first[0] * half, -first[1] * half), 0.0)]
        rows += [(point, side, (0.0, 0.0), 0.5) for point, side in zip(run, sides, strict=True)]
        rows.append((run[-1], sides[-1], (last[0] * half, last[1] * half), 1.0))
        base = len(vertices) // 4
        for (x, y), (side_x, side_y), (on_x, on_y), u in rows:
            for sign, v in ((1, 0.0), (-1, 1.0)):
                up = self.height - (y + sign * side_y + on_y)
                vertices += (x + sign * side_x + on_x, up, u, v)
        for row in range(len(rows) - 1):
            indices += _quad(base + 2 * row, base + 2 * row + 1, 2)

    def _add(
        self,
        group: InstructionGroup,
        vertices: list[float],
        indices: list[int],
        disc: Any,
        fill: Colour,
    ) -> None:
        group.add(Color(*fill))
        group.add(Mesh(vertices=vertices, indices=indices, mode="triangles", texture=disc))

    def _disc(self, diameter: int) -> Any:
        disc = self._discs.get(diameter)
        if disc is None:
            if len(self._discs) >= _DISCS_MAX:
                self._discs.popitem(last=False)
            disc = self._discs[diameter] = _make_disc(diameter)
        self._discs.move_to_end(diameter)
        return disc


def arc(centre: Point, radius: float, start_deg: float, end_deg: float) -> list[Point]:
    """Points of an arc; degrees run clockwise on the glass from three o'clock."""
    steps = max(2, math.ceil(abs(end_deg - start_deg) * max(radius, 8) ** 0.5 / 40))
    angles = (math.radians(start_deg + (end_deg - start_deg) * i / steps) for i in range(steps + 1))
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def curve(start: Point, one: Point, two: Point, end: Point) -> list[Point]:
    """Points of a cubic Bézier curve."""
    points = []
    for i in range(13):
        t = i / 12
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        points.append(
            (
                a * start[0] + b * one[0] + c * two[0] + d * end[0],
                a * start[1] + b * one[1] + c * two[1] + d * end[1],
            )
        )
    return points


def _make_disc(diameter: int) -> Any:
    size = diameter + 2
    disc = Texture.create(size=(size, size), colorfmt="rgba")
    disc.blit_buffer(_disc_pixels(diameter, size), colorfmt="rgba", bufferfmt="ubyte")
    disc.wrap = "clamp_to_edge"
    return disc


def _disc_pixels(diameter: int, size: int) -> bytes:
    """White with a smooth edge; a quarter is reckoned, the rest are its mirrors."""
    middle = (size - 1) / 2
    half = (size + 1) // 2
    top = []
    for y in range(half):
        left = []
        for x in range(half):
            cover = diameter / 2 + 0.5 - math.hypot(x - middle, y - middle)
            if diameter == 2 and cover > 0.5:
                cover = 1.0  # too small to be round; a thin line must be full in its middle
            alpha = 255 if cover >= 1 else 0 if cover <= 0 else round(255 * cover)
            left.append(b"\xff\xff\xff%c" % alpha)
        top.append(b"".join(left + left[: size // 2][::-1]))
    return b"".join(top + top[: size // 2][::-1])


def _quad(first: int, second: int, below: int) -> tuple[int, ...]:
    return (first, second, second + below, first, second + below, first + below)


def _direction(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    return (dx / length, dy / length)


def _across(run: Sequence[Point], index: int, half: float) -> Point:
    """The way from a point of the line to its edge, mitred where the line bends."""
    before = _direction(run[max(0, index - 1)], run[max(1, index)])
    after = _direction(run[min(index, len(run) - 2)], run[min(index + 1, len(run) - 1)])
    along = _direction((0, 0), (before[0] + after[0], before[1] + after[1]))
    mitre = half / max(0.5, along[0] * after[0] + along[1] * after[1])
    return (along[1] * mitre, -along[0] * mitre)


def _smooth_runs(points: Sequence[Point]) -> list[list[Point]]:
    """The line cut at its sharp corners; each piece has at least two points."""
    runs: list[list[Point]] = [[points[0]]]
    for index in range(1, len(points)):
        runs[-1].append(points[index])
        if index < len(points) - 1:
            before = _direction(points[index - 1], points[index])
            after = _direction(points[index], points[index + 1])
            if before[0] * after[0] + before[1] * after[1] < _SHARP_TURN:
                runs.append([points[index]])
    return runs
