"""Where each message goes on the broker. A terminal writes below its own name and nowhere else."""

from __future__ import annotations

import re
from enum import StrEnum

ROOT = "kiosk/v1"
_BELL_ROOT = "cmd/v1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")


class Kind(StrEnum):
    """What a terminal says of itself."""

    PRESENCE = "presence"  # retained, QoS 1; the will is one
    HEALTH = "health"  # retained, QoS 1, every half minute
    DEVICES = "devices"  # retained, QoS 1, on change and every quarter of an hour
    EVENT = "event"  # QoS 1, from the spool


RETAINED = frozenset({Kind.PRESENCE, Kind.HEALTH, Kind.DEVICES})


def topic(terminal: str, kind: Kind) -> str:
    """The topic of a terminal's messages of one kind. Raises `ValueError` for a bad name."""
    return f"{ROOT}/{_checked(terminal)}/{kind}"


def bell(terminal: str) -> str:
    """The topic that tells a terminal to ask for its orders; it has no content (QoS 0)."""
    return f"{_BELL_ROOT}/{_checked(terminal)}/bell"


def from_topic(text: str) -> tuple[str, Kind] | None:
    """The terminal and the kind; None for a topic that is nobody's."""
    parts = text.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != ROOT or not _NAME.fullmatch(parts[2]):
        return None
    try:
        return parts[2], Kind(parts[3])
    except ValueError:
        return None


def _checked(terminal: str) -> str:
    if not _NAME.fullmatch(terminal):
        raise ValueError("a terminal's name has letters, digits and hyphens, 32 at most")
    return terminal
