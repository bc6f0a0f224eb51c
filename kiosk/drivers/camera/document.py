"""Whether a frame shows one side of an ID-1 card well, straightened. The camera's child alone."""

from __future__ import annotations

from itertools import pairwise
from math import dist
from typing import Any, Final

import cv2
import numpy as np

from kiosk.drivers.camera import gates
from kiosk.drivers.camera.faces import FaceFinder
from kiosk.drivers.camera.shots import Shot, fitting_jpeg, sharpness
from kiosk.drivers.events import Side, Wanting

_RATIO: Final = gates.CARD_MM[0] / gates.CARD_MM[1]
_SMOOTHED: Final = (5, 5)  # before edges are looked for
_CLOSED: Final = (5, 5)  # gaps in an outline up to this are bridged
_CORNER_SLACK: Final = 0.03  # of the outline's length, when it is taken for a polygon
_CANNY: Final = (30, 90)  # levels of change at which an edge goes on, and begins
_SIDE_FROM: Final = 0.12  # of a side's length, at each end: the corner is rounded there
_SIDE_REACH_PX: Final = 5.0  # of the small frame, from where a side was thought to be
_SIDE_FILL_MIN: Final = 0.4  # of a side's length must be seen as an edge
_PARALLEL: Final = 0.05  # the sine of the angle below which two lines do not meet anywhere near
_PART_FILL: Final = 0.86  # what fills its box so far, and is about as broad as high as a card or
_PART_RATIOS: Final = (1.0, 1.9)  # a part of one, is taken for a card that is not whole
_RED_MORE_BY: Final = 45  # levels above green and blue: the emblem's red


def judge_document(frame: Any, side: Side, faces: FaceFinder) -> Shot | Wanting:
    """The straightened copy from a frame (BGR, 8 bits), or the first thing that is wrong."""
    corners = _corners(frame)
    if isinstance(corners, Wanting):
        return corners
    if _long_edge(corners) < gates.CARD_LONG_PX_MIN:
        return Wanting.CARD_TOO_FAR
    copy = _straightened(frame, corners)
    grey = cv2.cvtColor(copy, cv2.COLOR_BGR2GRAY)
    wrong = _of_the_light(grey)
    if wrong is not None:
        return wrong
    sharp = sharpness(grey)
    if sharp < gates.CARD_SHARPNESS_MIN:
        return Wanting.BLURRED
    upright = _upright(copy, grey, side, faces)
    if upright is None:
        return Wanting.WRONG_SIDE
    x, y = corners.mean(axis=0)
    jpeg = fitting_jpeg(upright, gates.COPY_BYTES_MAX)
    return Shot(jpeg, sharp, (float(x), float(y)), _long_edge(corners))


# --- finding the card -----------------------------------------------------------------------


def _corners(frame: Any) -> Any:
    """The four corners of the card, clockwise from one that begins a long edge; or a `Wanting`."""
    scale = min(1.0, gates.LOOK_PX / frame.shape[1])
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    edges = _edges_in(small)
    part_of_one = False
    for outline in _outlines(edges):
        area = cv2.contourArea(outline)
        if area < gates.CARD_AREA_SEEN_MIN * small.shape[0] * small.shape[1]:
            break  # they come by their size
        sides = _sides_touched(outline, small)
        if sides == 0:
            corners = _of_a_card(outline, edges)
            if corners is not None:
                return corners / scale
        part_of_one = part_of_one or (sides <= 2 and _may_be_part(outline, area))
    return Wanting.CARD_NOT_WHOLE if part_of_one else _without_card(small)


def _edges_in(small: Any) -> Any:
    """Where any of the colours changes: an 8-bit picture of lines."""
    smooth = cv2.GaussianBlur(small, _SMOOTHED, 0)
    edges = np.zeros(small.shape[:2], np.uint8)
    for channel in cv2.split(smooth):
        edges |= cv2.Canny(channel, *_CANNY)
    return edges


def _outlines(edges: Any) -> list[Any]:
    """What the edges go round, the largest first, as hulls: what lies on the card is no dent."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, _CLOSED)
    closed = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, kernel)
    found, _ = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return sorted((cv2.convexHull(each) for each in found), key=cv2.contourArea, reverse=True)


def _of_a_card(outline: Any, edges: Any) -> Any | None:
    """The corners where the four sides of an outline meet, if it is that of a card."""
    polygon = cv2.approxPolyDP(outline, _CORNER_SLACK * cv2.arcLength(outline, True), True)
    if len(polygon) != 4:
        return None
    rough = _ordered(polygon.reshape(4, 2).astype(np.float64))
    sides = [_side(one, other, edges) for one, other in pairwise([*rough, rough[0]])]
    if any(side is None for side in sides):
        return None
    corners = [_meeting(sides[n - 1], sides[n]) for n in range(4)]
    if any(corner is None for corner in corners):
        return None
    card = np.array(corners, np.float32)
    if not cv2.isContourConvex(card) or not _has_the_ratio(card):
        return None
    slack = gates.CARD_OUTLINE_SLACK * _long_edge(card)
    off = (cv2.pointPolygonTest(card, (float(x), float(y)), True) for x, y in outline[:, 0])
    return card if all(abs(each) <= slack for each in off) else None


def _side(one: Any, other: Any, edges: Any) -> Any | None:
    """The line through the edge pixels along a side, its ends left out: (direction, point).

    The corners of a card are rounded, so the lines of its sides say where they would meet.
    """
    along = other - one
    length = float(np.hypot(*along))
    if length < 1:
        return None
    along = along / length
    ys, xs = np.nonzero(edges)
    points = np.stack((xs, ys), axis=1).astype(np.float64)
    offset = points - one
    there = offset @ along / length
    aside = np.abs(offset @ np.array((-along[1], along[0])))
    near = points[(there > _SIDE_FROM) & (there < 1 - _SIDE_FROM) & (aside < _SIDE_REACH_PX)]
    if len(near) < _SIDE_FILL_MIN * length:
        return None
    vx, vy, x, y = cv2.fitLine(near.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return np.array(((vx, vy), (x, y)), np.float64)


def _meeting(one: Any, other: Any) -> Any | None:
    """Where two lines meet; None when they run alike."""
    matrix = np.stack((one[0], -other[0]), axis=1)
    if abs(float(np.linalg.det(matrix))) < _PARALLEL:
        return None
    along, _ = np.linalg.solve(matrix, other[1] - one[1])
    return one[1] + along * one[0]


def _sides_touched(outline: Any, picture: Any) -> int:
    """How many sides of the frame the outline reaches."""
    x, y, wide, high = (int(each) for each in cv2.boundingRect(outline))
    edge = gates.CARD_BORDER_PX
    height, width = (int(each) for each in picture.shape[:2])
    return (x < edge) + (y < edge) + (x + wide > width - edge) + (y + high > height - edge)


def _may_be_part(outline: Any, area: float) -> bool:
    _, (one, other), _ = cv2.minAreaRect(outline)
    short, long = sorted((one, other))
    if short <= 0:
        return False
    least, most = _PART_RATIOS
    return area > _PART_FILL * short * long and least <= long / short <= most


def _without_card(small: Any) -> Wanting:
    level = float(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).mean())
    return Wanting.TOO_DARK if level < gates.FRAME_LEVEL_MIN else Wanting.NO_CARD


def _ordered(corners: Any) -> Any:
    """Clockwise, beginning where a long edge begins, that corner the nearer to the top left."""
    centre = corners.mean(axis=0)
    angle = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    clockwise = corners[np.argsort(angle)]
    if dist(clockwise[0], clockwise[1]) < dist(clockwise[1], clockwise[2]):
        clockwise = np.roll(clockwise, -1, axis=0)
    turned = np.roll(clockwise, 2, axis=0)
    return clockwise if clockwise[0].sum() <= turned[0].sum() else turned


def _edges(corners: Any) -> tuple[float, float]:
    """The means of the two long and of the two short edges."""
    a, b, c, d = (dist(one, two) for one, two in pairwise([*corners, corners[0]]))
    return (a + c) / 2, (b + d) / 2


def _long_edge(corners: Any) -> float:
    return _edges(corners)[0]


def _has_the_ratio(corners: Any) -> bool:
    long, short = _edges(corners)
    return short > 0 and abs(long / short / _RATIO - 1) <= gates.CARD_RATIO_SLACK


# --- the copy -------------------------------------------------------------------------------


def _straightened(frame: Any, corners: Any) -> Any:
    wide, high = gates.CARD_PX
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, flat)
    return cv2.warpPerspective(frame, matrix, gates.CARD_PX, flags=cv2.INTER_AREA)


def _of_the_light(grey: Any) -> Wanting | None:
    if float(np.percentile(grey, 90)) < gates.CARD_LEVEL_MIN:
        return Wanting.TOO_DARK
    if float(grey.mean()) > gates.CARD_LEVEL_MAX:
        return Wanting.TOO_BRIGHT
    _, burnt = cv2.threshold(grey, gates.GLARE_LEVEL - 1, 255, cv2.THRESH_BINARY)
    count, _, stats, _ = cv2.connectedComponentsWithStats(burnt)
    spots = stats[1:count, cv2.CC_STAT_AREA]
    if spots.size and float(spots.max()) > gates.GLARE_SHARE_MAX * grey.size:
        return Wanting.GLARE
    return None


def _upright(copy: Any, grey: Any, side: Side, faces: FaceFinder) -> Any | None:
    """The copy the right way up; None when it is the other side: the photo tells them apart."""
    least_px = gates.PHOTO_WIDTH_MIN * grey.shape[1]
    if faces.find(grey, least_px):
        return copy if side is Side.FRONT else None
    if faces.find(cv2.rotate(grey, cv2.ROTATE_180), least_px):
        return cv2.rotate(copy, cv2.ROTATE_180) if side is Side.FRONT else None
    if side is Side.FRONT:
        return None
    return cv2.rotate(copy, cv2.ROTATE_180) if _is_red_at_the_right(copy) else copy


def _is_red_at_the_right(copy: Any) -> bool:
    """The emblem is at the left of an upright back."""
    blue, green, red = (channel.astype(np.int16) for channel in cv2.split(copy))
    is_red = red - np.maximum(blue, green) > _RED_MORE_BY
    middle = copy.shape[1] // 2
    return int(is_red[:, middle:].sum()) > int(is_red[:, :middle].sum())
