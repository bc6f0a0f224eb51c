"""A seed makes a story: the same one every time, and always a hard one."""

from __future__ import annotations

from random import Random

from simulators.sync import steps
from simulators.sync.bank import TERMINALS, people
from simulators.sync.steps import BATCH_FAULTS, HELLO_FAULTS, Ask, Death, Fault, Poisoning, Step

STEPS = 200
_ASKS = {
    Ask.LOSS_ALL: 3,
    Ask.LOSS_ONE: 2,
    Ask.BALANCE: 4,
    Ask.BALANCE_RIGHT: 2,
    Ask.BALANCE_WRONG: 3,
    Ask.CARDS: 1,
    Ask.UNLOCK: 4,
}
_HOUR, _YEAR = 3_600, 365 * 86_400
_JUMPS_S = (-_YEAR, -_HOUR, -61, 61, _HOUR, _YEAR)
_WAITS_S = (0.2, 3.0, 20.0, 65.0, 400.0, 4_000.0, 30_000.0, 100_000.0)
_OUTAGES_H = (0.01, 0.5, 6.0, 30.0, 100.0)
# How often each kind of step comes, in parts.
_PARTS = {
    "submit": 26,
    "again": 3,
    "sync": 56,
    "depart": 5,
    "land": 5,
    "hello": 6,
    "late": 6,
    "kill": 4,
    "power": 3,
    "clock": 3,
    "keep": 1,
    "restore": 1,
    "wait": 8,
    "rotate": 1,
    "poison": 1,
    "bank": 1,
}


class _Maker:
    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)  # noqa: S311 - to be repeated
        self._ops = 0
        self._poisons = 0

    def story(self, length: int) -> list[Step]:
        kinds, parts = list(_PARTS), list(_PARTS.values())
        return [self._step(kind) for kind in self._rng.choices(kinds, parts, k=length)]

    def _step(self, kind: str) -> Step:
        rng = self._rng
        where = rng.randrange(TERMINALS)
        match kind:
            case "submit":
                return self._submit(where)
            case "again":
                return steps.Again(where, rng.randrange(self._ops + 1))
            case "sync":
                return steps.Sync(where, self._fault())
            case "depart":
                return steps.Depart(where)
            case "land":
                return steps.Land(where, self._fault())
            case "hello":
                return steps.Hello(where, rng.choice(HELLO_FAULTS))
            case "late":
                return steps.Late(where, rng.choice((0, 0, 1, 2, 5)))
            case "kill":
                return steps.Kill(where)
            case "power":
                lost = rng.random() < 0.3
                return steps.PowerOff(where, rng.choice(_OUTAGES_H), rng.random() < 0.6, lost)
            case "clock":
                return steps.SetClock(where, rng.choice(_JUMPS_S))
            case "keep":
                return steps.KeepImage(where)
            case "restore":
                return steps.RestoreImage(where)
            case "wait":
                return steps.Wait(rng.choice(_WAITS_S))
            case "rotate":
                return steps.RotateKeys(rng.random() < 0.2)
            case "poison":
                return self._poison()
        return steps.RestartBank()

    def _submit(self, where: int) -> Step:
        rng = self._rng
        self._ops += 1
        ask = rng.choices(list(_ASKS), list(_ASKS.values()))[0]
        death = Death.NO
        if rng.random() < 0.06:
            death = rng.choice((Death.BEFORE_COMMIT, Death.AFTER_COMMIT))
        return steps.Submit(where, self._ops, ask, rng.randrange(len(people())), death)

    def _poison(self) -> Step:
        if self._poisons or self._rng.random() < 0.5:  # at most one, in every third story
            return steps.Wait(1.0)
        self._poisons += 1
        return steps.Poison(self._rng.randrange(self._ops + 1), self._rng.choice(tuple(Poisoning)))

    def _fault(self) -> Fault:
        return Fault.NONE if self._rng.random() < 0.12 else self._rng.choice(BATCH_FAULTS)


def make(seed: int, length: int = STEPS) -> list[Step]:
    """The story of a seed."""
    return _Maker(seed).story(length)
