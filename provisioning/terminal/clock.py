"""What time it is at least, on a board without a battery clock; and the first look at the real time.

A board may wake in 1970 or, with a broken battery, in 2038. The floor is the newest moment that is
known to be over: the image's making, the newest start of a certificate, the last time that the office
said. It only rises. The one connection that is made without looking at the clock trusts nobody but the
bank's own root, and all it is used for is the `Date` of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from kiosk.shelf import FileShelf

AHEAD_MAX = timedelta(hours=24)  # a clock further ahead of the office than this is not believed


class TrustedClock:
    """The machine's clock, corrected by the office's word. `system_now` is aware, in UTC."""

    def __init__(
        self, shelf: FileShelf, image_made: datetime, system_now: Callable[[], datetime]
    ) -> None:
        self._shelf = shelf
        self._system_now = system_now
        self._floor = max(image_made, self._kept() or image_made)
        self._offset = timedelta()

    @property
    def floor(self) -> datetime:
        """The moment that is known to be over."""
        return self._floor

    def now(self) -> datetime:
        """The best known time: never before the floor."""
        return max(self._system_now() + self._offset, self._floor)

    def is_wrong(self) -> bool:
        """Whether the machine's clock alone would say a time that cannot be."""
        return self._system_now() < self._floor or abs(self._offset) > AHEAD_MAX

    def said(self, date: str) -> datetime:
        """The office's `Date`, of an answer whose sender is proven. Raises `ValueError`.

        The clock goes by it from now on; the floor rises to it and is written down.
        """
        try:
            told = parsedate_to_datetime(date).astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError("the office's answer has no time") from error
        if told < self._floor:
            raise ValueError("the office's time is before what is known to be over")
        self._offset = told - self._system_now()
        self.over(told)
        return told

    def machine_is_set(self, moment: datetime) -> None:
        """The machine's own clock was just set to this moment, and is what is corrected from now on."""
        self._offset = moment - self._system_now()

    def over(self, moment: datetime) -> None:
        """A moment that is known to be over, as the start of a certificate that is believed."""
        if moment > self._floor:
            self._floor = moment
            self._shelf.begin(moment.isoformat().encode())

    def _kept(self) -> datetime | None:
        try:
            kept = datetime.fromisoformat(self._shelf.read().decode())
        except (OSError, ValueError):
            return None
        return kept if kept.tzinfo is not None else None
