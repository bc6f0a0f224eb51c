"""An invented place for terminals under test, and a clock that goes when it is told to."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.clock import CHINA
from kiosk.place import Place
from sscard.banks import Bank

WALL = datetime(2030, 6, 14, 10, 33, 7, tzinfo=CHINA)
PLACE = Place(
    "DG-990000-007",
    {"zh": "示范大厅", "en": "Model Lobby"},
    "12333",
    {
        "bank-0": Bank("bank-0", "甲银行", "First Bank", "955-00"),
        "bank-1": Bank("bank-1", "乙银行", "Second Bank", "955-11"),
    },
)


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self._passed_s = 0.0
        self._wall = WALL

    def now_s(self) -> float:
        return self._passed_s

    def wall(self) -> datetime:
        return self._wall

    def passes(self, seconds: float) -> None:
        """Both clocks go on."""
        self._passed_s += seconds
        self._wall += timedelta(seconds=seconds)

    def is_set(self, wall: datetime) -> None:
        """Somebody sets the wall clock; time does not jump."""
        self._wall = wall
