"""Touch calibration: from the marks shown and where they were touched to the matrix for the screen.

The matrix is libinput's calibration matrix, in shares of the screen's width and height; udev gives
it to the touch device as LIBINPUT_CALIBRATION_MATRIX.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

Point = tuple[float, float]  # from 0, left or top, to 1

MARKS: Final[tuple[Point, ...]] = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.5, 0.5))
MISS_MAX: Final = 0.02  # of the screen's width or height, after calibration: half a small button
_FLAT: Final = 1e-6


class Calibration(Struct, frozen=True):
    """`matrix`: six numbers, row by row. `miss`: the furthest that a mark is still missed by."""

    matrix: tuple[float, ...]
    miss: float

    @property
    def is_good(self) -> bool:
        """Whether buttons will be hit."""
        return self.miss <= MISS_MAX

    def rule(self) -> str:
        """The udev rule for the terminal's one touch screen."""
        numbers = " ".join(f"{number:.6f}" for number in self.matrix)
        return (
            'SUBSYSTEM=="input", ENV{ID_INPUT_TOUCHSCREEN}=="1", '
            f'ENV{{LIBINPUT_CALIBRATION_MATRIX}}="{numbers}"\n'
        )


def calibrate(marks: Sequence[Point], touched: Sequence[Point]) -> Calibration | None:
    """The matrix that brings the touches onto the marks, by least squares.

    None when the touches do not span the screen: three in a line, or all at one place. Raises
    `ValueError` unless there are as many touches as marks, three at least.
    """
    if len(marks) != len(touched) or len(marks) < 3:
        raise ValueError("each mark is touched once, and there are three or more")
    rows = [(x, y, 1.0) for x, y in touched]
    across = _least_squares(rows, [x for x, _ in marks])
    down = _least_squares(rows, [y for _, y in marks])
    if across is None or down is None:
        return None
    miss = max(
        max(abs(_dot(across, row) - x), abs(_dot(down, row) - y))
        for row, (x, y) in zip(rows, marks, strict=True)
    )
    return Calibration((*across, *down), miss)


Triple = tuple[float, float, float]


def _dot(one: Triple, other: Triple) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _least_squares(rows: Sequence[Triple], wanted: Sequence[float]) -> Triple | None:
    """The three factors that come nearest, by the normal equations and Cramer's rule."""
    sums = [[sum(row[i] * row[j] for row in rows) for j in range(3)] for i in range(3)]
    right = [sum(row[i] * value for row, value in zip(rows, wanted, strict=True)) for i in range(3)]
    whole = _determinant(sums)
    if abs(whole) < _FLAT:
        return None
    a, b, c = (
        _determinant([[right[i] if j == k else sums[i][j] for j in range(3)] for i in range(3)])
        / whole
        for k in range(3)
    )
    return a, b, c


def _determinant(m: Sequence[Sequence[float]]) -> float:
    return (
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    )
