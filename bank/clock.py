"""How the bank writes instants: China standard time, to the millisecond, ISO 8601 with offset."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def bank_instant(now: datetime) -> datetime:
    """`now` (aware) in the bank's zone and resolution, so that it survives being written."""
    assert now.tzinfo is not None, "the bank's clock is aware"
    local = now.astimezone(CHINA)
    return local.replace(microsecond=local.microsecond // 1000 * 1000)


def to_text(instant: datetime) -> str:
    """The stored and sent form of an instant of the bank."""
    return instant.isoformat(timespec="milliseconds")


def to_text_or_none(instant: datetime | None) -> str | None:
    """As `to_text`; None stays None."""
    return None if instant is None else to_text(instant)


def from_text(text: str | None) -> datetime | None:
    """The instant that `to_text` wrote; None stays None."""
    return None if text is None else datetime.fromisoformat(text)
