"""Whether what a terminal sent shows that the holder stood there (ACTIVATE.IN_PERSON, PIN.UNLOCK)."""

from __future__ import annotations

from sscard.decisions import Decision, allow, refuse
from sscard.requests import Presence, RefusalCode
from sscard.rules import Rule

_JPEG_BEGINS, _JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"  # ITU-T T.81, B.1.1.3


def in_person(presence: Presence | None, because: Rule) -> Decision:
    """Whether there is a still of the person. That it is theirs a clerk sees, not this function."""
    if presence is not None and _is_picture(presence.still):
        return allow(because)
    return refuse(because, RefusalCode.NOT_IN_PERSON)


def in_person_with_copy(presence: Presence | None, because: Rule) -> Decision:
    """Whether there is a still, and a copy of both sides of the identity document."""
    decision = in_person(presence, because)
    if presence is None or not decision.allowed:
        return decision
    sides = (presence.front, presence.back)
    if all(side is not None and _is_picture(side) for side in sides):
        return decision
    return refuse(because, RefusalCode.NO_COPY)


def _is_picture(data: bytes) -> bool:
    return data.startswith(_JPEG_BEGINS) and data.rstrip(b"\x00").endswith(_JPEG_ENDS)
