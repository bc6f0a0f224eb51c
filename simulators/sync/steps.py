"""What can happen in a simulated story of terminals and their bank: plain data, one line each.

A story is a list of steps. Every step can be left out: one that has nothing to act on does
nothing, so that a shrunk story is still a story.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Ask(StrEnum):
    """What somebody asks for at a terminal."""

    LOSS_ALL = "loss_all"  # every card of the person
    LOSS_ONE = "loss_one"  # the person's first card
    BALANCE = "balance"  # without a password
    BALANCE_RIGHT = "balance_right"  # with the right password
    BALANCE_WRONG = "balance_wrong"  # with a wrong one: the bank counts it
    CARDS = "cards"
    UNLOCK = "unlock"


class Fault(StrEnum):
    """What happens to one exchange with the bank."""

    NONE = "none"
    REQUEST_LOST = "request_lost"
    REQUEST_CUT = "request_cut"
    REQUEST_TWICE = "request_twice"
    REQUEST_LATE = "request_late"  # kept under way; `Late` lets it arrive
    REPLY_LOST = "reply_lost"
    REPLY_CUT = "reply_cut"
    REPLY_OLD = "reply_old"  # an earlier reply of the same terminal comes instead
    REPLY_OTHERS = "reply_others"  # another terminal's reply comes instead
    NONSENSE = "nonsense"
    FOREIGN = "foreign"  # verdicts signed by somebody else
    VERDICTS_MISSING = "verdicts_missing"  # every second one
    VERDICTS_SWAPPED = "verdicts_swapped"  # each under its neighbour's id
    BUSY = "busy"  # 503, with Retry-After
    BANK_DIES_IN_BATCH = "bank_dies_in_batch"  # before its second commit
    BANK_DIES_AT_ONCE = "bank_dies_at_once"  # before its first commit
    DATABASE_AWAY = "database_away"  # the bank's, from its second commit on
    BANK_DIES_AFTER = "bank_dies_after"  # after its last commit, before the reply
    KILLED_UNDER_WAY = "killed_under_way"  # the terminal's process, with the batch in flight
    KILLED_BEFORE_COMMIT = "killed_before_commit"  # while it stores what the bank said
    KILLED_AFTER_COMMIT = "killed_after_commit"
    OLD_KEYS = "old_keys"  # of a hello: the bank's key list of before


BATCH_FAULTS = tuple(f for f in Fault if f not in (Fault.NONE, Fault.OLD_KEYS))
HELLO_FAULTS = (
    *(Fault.REQUEST_LOST, Fault.REQUEST_CUT, Fault.REQUEST_TWICE, Fault.REPLY_LOST),
    *(Fault.REPLY_CUT, Fault.REPLY_OLD, Fault.REPLY_OTHERS, Fault.NONSENSE, Fault.FOREIGN),
    *(Fault.BUSY, Fault.BANK_DIES_AFTER, Fault.KILLED_UNDER_WAY, Fault.KILLED_BEFORE_COMMIT),
    *(Fault.KILLED_AFTER_COMMIT, Fault.OLD_KEYS),
)


class Poisoning(StrEnum):
    """What every batch with a poisonous request in it meets."""

    SILENCE = "silence"
    REFUSED = "refused"  # 503 and no more
    TURNED_AWAY = "turned_away"  # 503, with Retry-After


class Death(StrEnum):
    """Whether, and when, a process dies while it takes a request."""

    NO = "no"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"  # stored, but nobody was told


@dataclass(frozen=True, slots=True)
class Submit:
    """Somebody asks for something at a terminal."""

    terminal: int
    op: int  # its number in the story
    ask: Ask
    person: int
    death: Death = Death.NO


@dataclass(frozen=True, slots=True)
class Again:
    """The screen shows an open request again, as it does to a queue that restarted."""

    terminal: int
    op: int


@dataclass(frozen=True, slots=True)
class Sync:
    """The terminal's next batch goes to the bank and meets `fault`; time passes until it is due."""

    terminal: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Depart:
    """The terminal's next batch leaves; its exchange ends with `Land`, and life goes on meanwhile."""

    terminal: int


@dataclass(frozen=True, slots=True)
class Land:
    """The exchange that is open ends, with `fault`."""

    terminal: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Hello:
    """The terminal's next hello meets `fault`; time passes until it is due."""

    terminal: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Late:
    """A batch of before arrives at the bank, once more or at last; its reply reaches nobody."""

    terminal: int
    back: int  # 0: the latest


@dataclass(frozen=True, slots=True)
class Kill:
    """The terminal's queue process dies and starts again."""

    terminal: int


@dataclass(frozen=True, slots=True)
class PowerOff:
    """The terminal has no power for so many hours. `torn`: what was not flushed is gone."""

    terminal: int
    hours: float
    torn: bool
    clock_lost: bool  # its wall clock begins at 1970


@dataclass(frozen=True, slots=True)
class SetClock:
    """The terminal's wall clock jumps."""

    terminal: int
    by_s: int


@dataclass(frozen=True, slots=True)
class KeepImage:
    """A copy of the terminal's database is put aside."""

    terminal: int


@dataclass(frozen=True, slots=True)
class RestoreImage:
    """The copy put aside takes the place of the terminal's database, and the machine starts."""

    terminal: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes for everybody."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RotateKeys:
    """The bank begins to use a new key to seal to. `forget`: and no longer holds the oldest."""

    forget: bool


@dataclass(frozen=True, slots=True)
class Poison:
    """From now on every batch with this operation in it meets the same trouble."""

    op: int
    meets: Poisoning


@dataclass(frozen=True, slots=True)
class RestartBank:
    """The bank's process ends and starts again."""


AtTerminal = (
    Submit
    | Again
    | Sync
    | Depart
    | Land
    | Hello
    | Late
    | Kill
    | PowerOff
    | SetClock
    | KeepImage
    | RestoreImage
)
Step = AtTerminal | Wait | RotateKeys | Poison | RestartBank
_CLASSES: dict[str, type[Step]] = {each.__name__: each for each in Step.__args__}
_WORDS = {"ask": Ask, "fault": Fault, "death": Death, "meets": Poisoning}


def to_json(steps: Sequence[Step]) -> str:
    """A story as JSON lines, one a step."""
    lines = (json.dumps({"do": type(step).__name__, **asdict(step)}) for step in steps)
    return "\n".join(lines) + "\n"


def from_json(text: str) -> list[Step]:
    """The story that `to_json` wrote. Raises `KeyError`, `TypeError` or `ValueError`."""
    return [_step(json.loads(line)) for line in text.splitlines() if line.strip()]


def _step(fields: dict[str, Any]) -> Step:
    made: Callable[..., Step] = _CLASSES[fields.pop("do")]
    return made(**{name: _WORDS.get(name, _as_is)(value) for name, value in fields.items()})


def _as_is(value: Any) -> Any:
    return value
