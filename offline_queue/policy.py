"""What may wait, for how long, in which order, and how patiently it is sent again. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sscard.working_days import end_of_next_working_day

BACKOFF_FIRST_S = 2.0
BACKOFF_MAX_S = 300.0
COMPANION_MAX_S = 60.0  # a PIN block that found no line by then helps nobody
PING_S = 5.0  # how often an idle line is looked at
WAITING_MAX = 50_000  # rows; loss reports are taken beyond it, while there is a byte left
WAITING_SHARE = 0.8  # of WAITING_MAX; beyond it nothing is taken that would wait but loss reports
LIVE_MAX = 64  # operations that visits wait for at one time
KEEP_ROWS = 100_000  # finished rows older than this many are forgotten; no clock decides it
KEEP_JOURNAL = 500_000  # entries


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """How one kind of request is treated. A lower `priority` goes first.

    `waits`: may be taken while there is no line. `until`: when its time is over, from the wall
    time of its acceptance; None: never by itself.
    """

    priority: int
    waits: bool
    until: Callable[[datetime], datetime] | None


def _soon(accepted: datetime) -> datetime:
    """Somebody stands at the screen: after 10 s they have been told that there is no line."""
    return accepted + timedelta(seconds=10)


_POLICIES = {
    "loss_report": KindPolicy(priority=0, waits=True, until=None),
    "card_list": KindPolicy(priority=1, waits=False, until=_soon),
    "report_status": KindPolicy(priority=1, waits=False, until=_soon),
    "balance_check": KindPolicy(priority=2, waits=True, until=end_of_next_working_day),
}
FIRST_IN_LINE = 0


def policy_of(kind: str) -> KindPolicy:
    """The policy of a kind of request (OFFLINE.THREE). A kind without one is a program error."""
    return _POLICIES[kind]


def is_full_for(kind: str, waiting: int) -> bool:
    """Whether a request of `kind` is refused when `waiting` rows wait. A loss report never is."""
    policy = policy_of(kind)
    if policy.priority == FIRST_IN_LINE:
        return False
    return waiting >= WAITING_MAX * (WAITING_SHARE if policy.waits else 1.0)


def backoff_s(failures: int, rng: Callable[[], float]) -> float:
    """How long to hold back after `failures` (1, 2, ...) in a row: full jitter, at most 300 s.

    `rng` gives a random number in [0, 1).
    """
    ceiling = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** min(failures - 1, 30))
    return rng() * ceiling
