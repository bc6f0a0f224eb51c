"""Whether a story ended well: every request exactly once, or visibly not; nothing left; in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from offline_queue.storage.rows import WAITING, Row, State
from simulators.sync.asked import Asked, Run
from simulators.sync.bank import Note, Stored
from simulators.sync.steps import Ask, Poisoning, Step
from simulators.sync.world import World, play

_MUST_WAIT_S = {  # how long a row is good for, at the least
    Ask.BALANCE: 86_400.0,
    Ask.BALANCE_RIGHT: 86_400.0,
    Ask.BALANCE_WRONG: 86_400.0,
    Ask.UNLOCK: 86_400.0,
    Ask.CARDS: 10.0,
}
_LOSS = (Ask.LOSS_ALL, Ask.LOSS_ONE)
_DRIFT = 0.999  # of a terminal's clock, generously
_POISON = "poison"
_WORDS = ("applied", "rejected", "superseded", "expired")


@dataclass(slots=True)
class _Book:
    """What the bank did, taken from its database."""

    effects: dict[str, list[Note]] = field(default_factory=lambda: defaultdict(list))
    claims: Counter[str] = field(default_factory=Counter)
    place: dict[str, int] = field(default_factory=dict)  # of each operation, among all
    stored: dict[str, Stored] = field(default_factory=dict)


def run(steps: Sequence[Step], seed: int = 0) -> Run:
    """Play a story and check it; `violations` says in words what was wrong."""
    world = play(steps, seed)
    try:
        if not world.run.crashed:
            world.run.violations += _violations(world)
    finally:
        world.close()
    return world.run


def _violations(world: World) -> list[str]:
    book = _book(world)
    found: list[str] = []
    known = {asked.op_id for asked in world.run.asked.values()}
    if (book.stored.keys() | book.claims.keys()) - known:
        found.append("the bank did an operation that nobody asked for")
    for asked in world.run.asked.values():
        found += (f"op {asked.op} ({asked.ask}): {words}" for words in _of_one(world, book, asked))
    return found + list(_out_of_order(world, book))


def _book(world: World) -> _Book:
    book = _Book(stored=world.bank.stored())
    for place, note in enumerate(world.bank.notes()):
        if note.what == "claim":
            book.claims[note.op_id] += 1
            book.place.setdefault(note.op_id, place)
        else:
            book.effects[note.op_id].append(note)
    return book


def _of_one(world: World, book: _Book, asked: Asked) -> Iterator[str]:
    effects, stored = book.effects[asked.op_id], book.stored.get(asked.op_id)
    doubled = [n.what for n, count in Counter(effects).items() if count > 1 and n.what != "right"]
    if doubled:
        yield f"took effect twice at the bank ({doubled[0]})"
    if book.claims[asked.op_id] > 1:
        yield "was claimed twice at the bank"
    yield from _wrong_effect(asked, stored, effects)
    row = world.terminals[asked.terminal].find(asked.op_id)
    if row is None:
        if asked.said is not None and not asked.lost:
            yield "was taken, and is not stored"
        if not asked.stored and (effects or stored is not None):
            yield "was never stored, and reached the bank"
    elif row.state in WAITING:
        if not _is_held_by_poison(world, asked):
            yield f"was left waiting for {world.run.calm_s:.0f} s after the faults stopped"
    else:
        yield from _disagreement(asked, row, stored)


def _is_held_by_poison(world: World, asked: Asked) -> bool:
    """A poisonous row that goes on waiting holds its own lane, and no other.

    A loss report is never given up, nor is what the bank says to send later.
    """
    return any(
        other.op_id in world.poisoned
        and (other.ask in _LOSS or world.poisoned[other.op_id] is Poisoning.TURNED_AWAY)
        and (other.terminal, other.person) == (asked.terminal, asked.person)
        and world.terminals[other.terminal].is_waiting(other.op_id)
        for other in world.run.asked.values()
    )


def _disagreement(asked: Asked, row: Row, stored: Stored | None) -> Iterator[str]:
    """Where the terminal's last word on a request is not the bank's."""
    outcome = None if stored is None else stored.outcome
    ended_s = asked.settled_s or 0.0
    match row.state:
        case State.DONE:
            if outcome != "applied":
                yield f"is done at the terminal, {outcome} at the bank"
        case State.REJECTED:
            if outcome != "rejected":
                yield f"is rejected at the terminal, {outcome} at the bank"
        case State.EXPIRED:
            if asked.ask in _LOSS:
                yield "expired, and a loss report never does"
                return
            if ended_s - asked.asked_at_s < _MUST_WAIT_S[asked.ask] * _DRIFT:
                yield f"expired after {ended_s - asked.asked_at_s:.0f} s"
            if asked.ask is Ask.UNLOCK and outcome != "expired":
                yield f"is expired at the terminal, {outcome} at the bank"
            # A terminal without a line cannot ask whether the bank had done it before.
            late = stored is not None and stored.at_s > ended_s + 1.0
            if late and outcome == "applied" and asked.ask is not Ask.CARDS:
                yield "expired at the terminal, and took effect afterwards"
        case State.SUPERSEDED:
            if asked.ask is not Ask.UNLOCK:
                yield "was superseded, and only an unlock may be"
            if stored is not None and outcome == "applied" and stored.at_s > ended_s + 1.0:
                yield "was superseded at the terminal, and took effect afterwards"
        case State.DEAD:
            if row.outcome == "conflict" and not asked.was_lost:
                yield "is dead for a conflict, and its database was never replaced"
            elif row.outcome == "unknown_key" and stored is not None:
                yield f"is dead for an unknown key, {outcome} at the bank"
        case _:
            yield f"is {row.state}, and nobody did that"


def _wrong_effect(asked: Asked, stored: Stored | None, effects: list[Note]) -> Iterator[str]:
    """Where the effect is not the one that the bank's own word calls for."""
    kinds = Counter(note.what for note in effects)
    if stored is None:
        if effects:
            yield "took effect, and the bank has no word on it"
        return
    if stored.outcome not in _WORDS:
        yield "was claimed by the bank and never decided"
        return
    answer = stored.answer or ""
    allowed: dict[str, tuple[int, int]] = {"notice": (0, 1)}  # least and most of each kind
    if stored.outcome == "applied":
        if asked.ask in _LOSS:
            allowed["loss"] = (1, 2)
        if '"balance_by_own_channel"' in answer:
            allowed["told"] = (1, 1)
        if '"balances"' in answer:  # told as well, if they came to nobody
            allowed |= {"told": (0, 1), "right": (0, 1)}
        if asked.ask is Ask.UNLOCK:
            allowed["right"] = (0, 1)  # a count of 0 stays one
    if '"wrong_password"' in answer:
        allowed["wrong"] = (1, 1)
    if '"password_locked"' in answer:
        allowed["wrong"] = (0, 1)
    for kind in kinds.keys() | allowed.keys():
        least, most = allowed.get(kind, (0, 0))
        if not least <= kinds[kind] <= most:
            yield f"is {stored.outcome} at the bank, with {kinds[kind]} effects of {kind}"


def _out_of_order(world: World, book: _Book) -> Iterator[str]:
    """Effects of one lane come in the order of the taking; only loss reports may overtake."""
    lanes: dict[tuple[int, int], list[Asked]] = defaultdict(list)
    for asked in world.run.asked.values():
        stored = book.stored.get(asked.op_id)
        acted = stored is not None and stored.outcome in ("applied", "rejected")
        if acted and not asked.was_lost and asked.ask is not Ask.CARDS:
            lanes[asked.terminal, asked.person].append(asked)
    for lane in lanes.values():
        lane.sort(key=lambda asked: book.place[asked.op_id])
        for place, later in enumerate(lane):
            for earlier in lane[:place]:
                if earlier.order > later.order and earlier.ask not in _LOSS:
                    yield f"op {earlier.op} came before op {later.op} of its lane"
