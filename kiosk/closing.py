"""Whether a technician took the terminal out of service: one small file that outlives the power."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kiosk.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Closed:
    """`suspect`: a device had told of meddling when the terminal was closed."""

    closed: bool = False
    suspect: bool = False


class ClosingBook:
    """The file on its shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def read(self) -> Closed:
        """What it says. One that cannot be understood or read keeps the terminal closed."""
        try:
            stored = self._shelf.read()
            if not stored:
                return Closed()
            fields = json.loads(stored)
            return Closed(fields["closed"] is not False, fields["suspect"] is not False)
        except (OSError, ValueError, KeyError, TypeError):
            return Closed(closed=True, suspect=True)

    def write(self, now: Closed) -> None:
        """Write it down. Raises `OSError`."""
        fields = {"closed": now.closed, "suspect": now.suspect}
        with self._shelf.held():
            self._shelf.begin(json.dumps(fields).encode() + b"\n")
