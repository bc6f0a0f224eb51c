"""What somebody must be told about the queue. The first word of an alert is its remedy."""

from __future__ import annotations

from dataclasses import dataclass

from offline_queue.policy import FULL_FOR_MOST, LOSS_ALERT_S


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
        found.append("maintenance: the rescue file takes nothing")
    return found
