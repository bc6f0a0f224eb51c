"""Plain data whose content is personal, or may be."""

from __future__ import annotations

from msgspec import Struct


class Masked(Struct, frozen=True):
    """Its `repr` is the name of its class: it may stand in a trace, a person may not."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"
