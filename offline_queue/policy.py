"""What may wait, for how long, in which order, and how patiently it is sent again. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sscard.requests.base import PICTURE_BYTES_MAX
from sscard.working_days import CHINA_TIME, end_of_next_working_day

BACKOFF_FIRST_S = 2.0
BACKOFF_MAX_S = 300.0
COMPANION_MAX_S = 60.0  # a PIN block that found no line by then helps nobody
HELLO_S = 5.0  # how often an idle line is looked at
CAPACITY_ROWS = 50_000  # waiting; loss reports are taken beyond it, while there is a byte left
FULL_FOR_MOST = 0.80  # of the capacity, in rows or on the disk
FULL_FOR_ALL_BUT_LOSS = 0.95
REQUEST_BYTES_MAX = 8_192
PICTURES_BYTES_MAX = 3 * 4 * -(-PICTURE_BYTES_MAX // 3)  # a still and two copies, as base64
WITH_PICTURES = (
    "activation",
    "application_submit",
    "chip_unlock",
    "electronic_activate",
    "loss_cancel",
    "loss_report",
    "password_reset",
    "password_unlock",
    "reissue_begin",
)
CAPACITY_BYTES = 1_073_741_824  # of database and log: pictures of a long outage, not a card full
UNLOCK_WAITS_S = 86_400.0
LOSS_ALERT_S = 1_800.0  # undelivered for longer: somebody must know
POISON_MAX = 50  # blame: ten failures alone while other rows went through, and the row is dead
LIVE_MAX = 64  # operations that visits wait for at one time
KEEP_ROWS = 100_000  # finished rows older than this many are forgotten; no clock decides it
KEEP_JOURNAL = 500_000  # entries
FIRST_IN_LINE = 0
SECOND_IN_LINE = 1
ANY_PRIORITY = 99


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """How one kind of request is treated. A lower `priority` goes first.

    `waits`: may be taken while there is no line. `until`: when its time is over, from the time
    of its acceptance; None: never by itself. `tells`: the bank is told when its time is over, so
    that the holder is.
    """

    priority: int
    waits: bool
    until: Callable[[datetime], datetime] | None
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a terminal may set for itself."""

    capacity_rows: int = CAPACITY_ROWS
    capacity_bytes: int = CAPACITY_BYTES
    unlock_waits_s: float = UNLOCK_WAITS_S


def _soon(accepted: datetime) -> datetime:
    """Somebody stands at the screen: after 10 s they have been told that there is no line."""
    return accepted + timedelta(seconds=10)


def _next_working_day(accepted: datetime) -> datetime:
    return _end_after(accepted.astimezone(CHINA_TIME).date())


@lru_cache(maxsize=4)
def _end_after(day: date) -> datetime:
    """Counting days is slow, and a day has many requests."""
    return end_of_next_working_day(datetime.combine(day, time(), CHINA_TIME))


_ASKED_ONLY = (
    "application_look",
    "card_list",
    "card_look",
    "electronic_look",
    "payment_look",
    "payment_records",
    "report_status",
    "rights_record",
    "unit_look",
    "where_is_my_card",
)
_READ_ONLY = KindPolicy(SECOND_IN_LINE, waits=False, until=_soon)
# What has an effect is settled with the bank even when nobody stands there any more.
_WHILE_HERE = KindPolicy(SECOND_IN_LINE, waits=False, until=_soon, tells=True)


class Policies:
    """The policy of every kind of request (OFFLINE.THREE), under a terminal's limits."""

    def __init__(self, limits: Limits) -> None:
        unlock_waits = timedelta(seconds=limits.unlock_waits_s)
        self._policies = {
            "loss_report": KindPolicy(FIRST_IN_LINE, waits=True, until=None),
            **dict.fromkeys(_ASKED_ONLY, _READ_ONLY),
            "password_unlock": KindPolicy(
                2, waits=True, until=lambda accepted: accepted + unlock_waits, tells=True
            ),
            "balance_check": KindPolicy(3, waits=True, until=_next_working_day),
            "card_kept": KindPolicy(4, waits=True, until=None),
            # Not a service but a fact: the chip has its password, and the bank must hear of it.
            "chip_unlock_done": KindPolicy(4, waits=True, until=None),
        }

    def of(self, kind: str) -> KindPolicy:
        """The policy of a kind. What may not wait is done while the person stands there."""
        return self._policies.get(kind, _WHILE_HERE)


def request_bytes_max(kind: str) -> int:
    """How large a request of this kind may be: those that show that the holder is there are larger."""
    return REQUEST_BYTES_MAX + (PICTURES_BYTES_MAX if kind in WITH_PICTURES else 0)


def is_full_for(policy: KindPolicy, share: float) -> bool:
    """Whether a request is refused when `share` of the capacity is used. A loss report never is.

    Above 80 % what would wait is refused, above 95 % all else: the list of cards that goes
    before a loss report is taken a little longer than a balance check.
    """
    if policy.priority == FIRST_IN_LINE:
        return False
    return share >= (FULL_FOR_MOST if policy.waits else FULL_FOR_ALL_BUT_LOSS)


def backoff_s(failures: int, rng: Callable[[], float]) -> float:
    """How long to hold back after `failures` (1, 2, ...) in a row: full jitter, at most 300 s.

    `rng` gives a random number in [0, 1).
    """
    ceiling = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** min(failures - 1, 30))
    return rng() * ceiling
