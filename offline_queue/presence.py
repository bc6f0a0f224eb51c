"""What the door itself says of the queue's process. It never goes over the socket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Whether `kiosk-queue` answers: nothing can be taken while it does not."""

    there: bool
