"""The one place of the office that reads time."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The machine's wall clock, aware, to the second: certificates know no less."""
    return datetime.now(UTC).replace(microsecond=0)
