"""From a stored row to its place in the schedule: age and deadline in this boot's time."""

from __future__ import annotations

from offline_queue.formats.timeline import TimeMark, least_elapsed_s
from offline_queue.policy import Policies
from offline_queue.sending.schedule import Entry, Schedule
from offline_queue.storage.rows import Row, State
from offline_queue.storage.store import Store


def entry_of(row: Row, policies: Policies, store: Store, now: TimeMark) -> Entry:
    """The schedule's entry of a waiting row."""
    accepted = row.header.accepted
    now_s = now.boot_ms / 1000
    if accepted.boot_id == store.boot_id:
        since_s = accepted.boot_ms / 1000
    else:
        since_s = now_s - least_elapsed_s(accepted, now, store.boots)
    expiring = row.state is State.EXPIRING
    lasts_s = None if row.lasts_ms is None or expiring else row.lasts_ms / 1000
    return Entry(
        seq=row.seq,
        op_id=row.header.op_id,
        kind=row.header.kind,
        lane=row.header.lane,
        priority=policies.of(row.header.kind).priority,
        accepted=accepted,
        lasts_s=lasts_s,
        ends_s=None if lasts_s is None else since_s + lasts_s,
        since_s=since_s,
        expiring=expiring,
    )


def refresh(schedule: Schedule, store: Store, now: TimeMark) -> None:
    """Work out again how long the rows of earlier boots have waited: more is known by now."""
    for entry in schedule.entries():
        if entry.accepted.boot_id != store.boot_id:
            elapsed_s = least_elapsed_s(entry.accepted, now, store.boots)
            schedule.waited_since(entry, now.boot_ms / 1000 - elapsed_s)
