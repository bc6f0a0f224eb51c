"""What somebody must be told about the queue. The first word of an alert is its remedy."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from offline_queue.policy import FULL_FOR_MOST, LOSS_ALERT_S

RESCUE_TAKES_NOTHING = "maintenance: the rescue file takes nothing"
DISK_FULL = "maintenance: the disk is full, the ballast has no room"

_log = logging.getLogger("kiosk-queue")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the alerts are made from."""

    loss_waits_s: float | None  # the loss report that has waited longest
    dead: int
    conflicts: int  # of the dead: the bank holds another request under their id
    share: float  # of the capacity
    gap: bool
    keys_went_back: bool
    rescue_failed: bool


def alerts_of(facts: Facts) -> list[str]:
    """The alerts, most urgent first. Each is one line in plain words."""
    found: list[str] = []
    if facts.loss_waits_s is not None and facts.loss_waits_s >= LOSS_ALERT_S:
        found.append("maintenance: a loss report has not reached the bank for 30 minutes")
    if facts.conflicts:
        found.append("software: the bank holds another request under the id of a dead operation")
    if facts.dead:
        found.append("maintenance: operations are dead, a person must look")
    if facts.share >= FULL_FOR_MOST:
        found.append("maintenance: the queue is nearly full")
    if facts.gap:
        found.append("software: the bank knew more of the journal than this database holds")
    if facts.keys_went_back:
        found.append("configuration: the bank's key list went back and was not believed")
    if facts.rescue_failed:
        found.append(RESCUE_TAKES_NOTHING)
    return found


class AlertLog:
    """Logs an alert once when it begins and once when it is over."""

    def __init__(self) -> None:
        self._before: tuple[str, ...] = ()

    def tell(self, alerts: Sequence[str]) -> None:
        """The alerts as they are now."""
        before, self._before = self._before, tuple(alerts)
        for alert in alerts:
            if alert not in before:
                _log.error("%s", alert)
        for alert in before:
            if alert not in alerts:
                _log.info("over: %s", alert)
