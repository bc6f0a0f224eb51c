"""What is wrong with a journal, from the journal itself, its rows' signatures and known heads.

Whoever can write the file can also make the chain fit again. What they cannot make is the
terminal's signature over an entry's digest, which every accepted row carries beside the digest
before it, and the heads that the bank has seen. So the chain is walked first, and then held
against those. The entry of an acceptance is its row, so what differs between the two is what the
row's sealed text, its signature or the chain knows better. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.chain import GENESIS, link
from offline_queue.formats.entries import Entry, Event, accepted_content
from offline_queue.formats.envelope import Outcome, is_signed
from offline_queue.formats.timeline import DRIFT, ClockQuality, TimeMark, instant
from offline_queue.storage.rows import WAITING, Row, State

_SHIFT_MAX = 64  # entries taken out at one place that are still told as such
_CLOCKS_APART_S = 300.0  # the bank's clock and a synchronised one, assumed at most


class How(StrEnum):
    """What was done to an entry."""

    DELETED = "deleted"
    EDITED = "edited"
    REORDERED = "reordered"
    CUT_OFF = "cut off"
    BACK_DATED = "back-dated"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first entry of an epoch that is wrong: `n`, or where only so much can be known, one of
    `n` to `seen_at`, at which it shows.
    """

    n: int
    how: How
    seen_at: int
    op_id: str
    because: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it stands in the file, with the digest stored beside it."""

    entry: Entry
    digest: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one epoch is held against. `after`: number and digest before its first entry kept.

    `rows` by their number in the journal; `heads`: known to the bank, digest by number;
    `next_says`: the head of this epoch that the first entry of the next one names.
    """

    rows: Mapping[int, Row]
    after: tuple[int, str] = (0, GENESIS)
    key: Ed25519PublicKey | None = None
    heads: Mapping[int, str] | None = None
    next_says: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """An epoch's first finding, and the last entry that a signature or the bank vouches for."""

    finding: Finding | None
    vouched_to: int


def judge(entries: Sequence[Stored], evidence: Evidence) -> Judged:
    """Walk one epoch, its entries in the order of their numbers."""
    broken = _broken_link(entries, evidence)
    vouched, unproven = _hold_against(entries, evidence)
    found = [
        finding
        for finding in (broken, unproven, _out_of_time(entries, evidence))
        if finding is not None
    ]
    first = min(found, key=lambda finding: (finding.seen_at, -finding.n), default=None)
    return Judged(first, vouched)


# --- the chain by itself -------------------------------------------------------------------


def _broken_link(entries: Sequence[Stored], evidence: Evidence) -> Finding | None:
    last, before = evidence.after
    for place, stored in enumerate(entries):
        if stored.entry.n != last + 1:
            return _at(last + 1, How.DELETED, "", f"no entry {last + 1}")
        if stored.digest != link(before, stored.entry.content()):
            return _name_break(entries, place, before, evidence)
        last, before = stored.entry.n, stored.digest
    return None


def _name_break(entries: Sequence[Stored], place: int, before: str, evidence: Evidence) -> Finding:
    """Which of the ways it is that the entry at `place` does not follow."""
    stored = entries[place]
    n, op_id = stored.entry.n, stored.entry.op_id
    for later in entries[place + 1 :]:
        if later.digest == link(before, replace(later.entry, n=n).content()):
            because = f"what was entry {n} stands at {later.entry.n}"
            return _at(n, How.REORDERED, op_id, because)
    followers = entries[place : place + 2]
    if len(followers) == 2:
        for shift in range(1, _SHIFT_MAX):
            moved = replace(followers[1].entry, n=followers[1].entry.n + shift)
            if followers[1].digest == link(stored.digest, moved.content()):
                return _at(n, How.DELETED, "", f"{shift} before it taken out, the rest renumbered")
    row = evidence.rows.get(n)
    if row is not None and _differs_in_time(row, stored.entry):
        return _at(n, How.BACK_DATED, op_id, "its row has another time")
    if _fits_another_time(entries, place, before):
        return _at(n, How.BACK_DATED, op_id, "its time is not that of the chain")
    return _at(n, How.EDITED, op_id, "it does not follow the digest before it")


def _fits_another_time(entries: Sequence[Stored], place: int, before: str) -> bool:
    """Whether the chain fits again with a time that stands close by in the journal."""
    stored = entries[place]
    near = [e.entry for e in entries[max(0, place - 3) : place + 4] if e is not stored]
    for other in near:
        for boot_ms in {stored.entry.boot_ms, other.boot_ms}:
            for wall in {stored.entry.wall, other.wall}:
                told = replace(stored.entry, boot_ms=boot_ms, wall=wall)
                if stored.digest == link(before, told.content()):
                    return True
    return _goes_back(entries, place)


def _goes_back(entries: Sequence[Stored], place: int) -> bool:
    """Whether the entry's times lie before those of the entry before it, in the same boot."""
    if place == 0:
        return False
    return _is_before(entries[place].entry, entries[place - 1].entry)


def _is_before(entry: Entry, earlier: Entry) -> bool:
    if earlier.boot_id != entry.boot_id:
        return False
    return entry.boot_ms < earlier.boot_ms or _wall(entry.wall) < _wall(earlier.wall)


# --- against what nobody else can make -----------------------------------------------------


def _hold_against(entries: Sequence[Stored], evidence: Evidence) -> tuple[int, Finding | None]:
    """The last entry vouched for, and the first finding behind it."""
    digests = {evidence.after[0]: evidence.after[1]}
    digests.update((stored.entry.n, stored.digest) for stored in entries)
    by_n = {stored.entry.n: stored.entry for stored in entries}
    last = entries[-1].entry.n if entries else evidence.after[0]
    vouched = evidence.after[0]
    heads = evidence.heads or {}
    for n in sorted({*by_n, *evidence.rows, *heads}):
        if n <= evidence.after[0]:
            continue
        if n > last:
            what = "a row" if n in evidence.rows else "the bank"
            row = evidence.rows.get(n)
            op_id = row.header.op_id if row else ""
            return vouched, _at(last + 1, How.CUT_OFF, op_id, f"{what} knows entry {n}")
        if n not in by_n:
            return vouched, None  # the chain says it
        finding = _check_one(n, by_n, digests, evidence, vouched)
        if finding is not None:
            return vouched, finding
        row = evidence.rows.get(n)
        if n in heads or (row is not None and evidence.key is not None and row.signature):
            vouched = n
    if evidence.next_says and evidence.next_says != digests.get(last):
        return vouched, _at(last + 1, How.CUT_OFF, "", "the next epoch names another last entry")
    return vouched, None


def _check_one(
    n: int,
    by_n: Mapping[int, Entry],
    digests: Mapping[int, str],
    evidence: Evidence,
    vouched: int,
) -> Finding | None:
    entry, row = by_n[n], evidence.rows.get(n)
    if row is not None:
        finding = _check_row(row, entry, by_n.get(n - 1), digests, evidence.key, vouched)
        if finding is not None:
            return finding
    elif entry.event == Event.ACCEPTED:
        finding = _check_rowless(entry, by_n, evidence, vouched)
        if finding is not None:
            return finding
    known = (evidence.heads or {}).get(n)
    if known is not None and known != digests[n]:
        because = f"the bank knows another entry {n}"
        return Finding(vouched + 1, How.EDITED, n, entry.op_id, because)
    return None


def _check_row(
    row: Row,
    entry: Entry,
    before: Entry | None,
    digests: Mapping[int, str],
    key: Ed25519PublicKey | None,
    vouched: int,
) -> Finding | None:
    """The entry of an acceptance against its row and the row's signature."""
    n, op_id = entry.n, row.header.op_id
    is_its_own = entry.event == Event.ACCEPTED and entry.op_id == op_id
    hashed = entry.detail if row.sealed is None else row.request_hash
    if row.prev != digests.get(n - 1, row.prev):
        # The row's word on what came before counts if its signature covers it.
        proven = _signs(row, link(row.prev, accepted_content(row.header, hashed)), key)
        because = f"row {n} was taken after another entry {n - 1}"
        shows_at = n - 1 if proven or key is None else n
        return Finding(min(vouched + 1, shows_at), How.EDITED, shows_at, op_id, because)
    if not is_its_own:
        return _at(n, How.EDITED, op_id, "its row says that a request was taken here")
    if _differs_in_time(row, entry):
        return _at(n, How.BACK_DATED, op_id, "its row has another time")
    if entry.detail != hashed or digests[n] != link(row.prev, accepted_content(row.header, hashed)):
        if before is not None and _is_before(entry, before):
            return _at(n, How.BACK_DATED, op_id, "its time is not that of its row's text")
        return _at(n, How.EDITED, op_id, "its row is another one")
    if key is not None and not _signs(row, digests[n], key):
        because = "the terminal did not sign this"
        if before is not None and _is_before(entry, before):
            return _at(n, How.BACK_DATED, op_id, because)
        return Finding(vouched + 1, How.EDITED, n, op_id, because)
    return None


def _check_rowless(
    entry: Entry, by_n: Mapping[int, Entry], evidence: Evidence, vouched: int
) -> Finding | None:
    """An acceptance without a row: forgotten when it was done; or moved, or taken away."""
    row = next((r for r in evidence.rows.values() if r.header.op_id == entry.op_id), None)
    if row is not None:
        shift = row.header.lane_seq - entry.n
        how = How.DELETED if shift > 0 else How.REORDERED
        because = f"its row was taken as entry {row.header.lane_seq}"
        return Finding(min(vouched + 1, entry.n), how, entry.n, entry.op_id, because)
    if any(e.op_id == entry.op_id and ends(e) for e in by_n.values()):
        return None
    return _at(entry.n, How.DELETED, entry.op_id, "its row is gone, and nothing says that it ended")


def ends(entry: Entry) -> bool:
    """Whether an entry says that its operation is over: nothing of it waits, nor for a person."""
    if entry.event == Event.VERDICT:
        return entry.detail not in _NOT_THE_END
    if entry.event == Event.SALVAGED:
        return entry.detail in _FINAL
    return entry.event in (Event.EXPIRED, Event.SUPERSEDED, Event.BURIED)


_FINAL = set(State) - {*WAITING, State.DEAD}
_NOT_THE_END = (Outcome.UNKNOWN_KEY, Outcome.CONFLICT)  # a person must look


def _signs(row: Row, digest: str, key: Ed25519PublicKey | None) -> bool:
    return key is not None and is_signed(digest.encode(), row.signature.hex(), key)


# --- time ------------------------------------------------------------------------------------


def _out_of_time(entries: Sequence[Stored], evidence: Evidence) -> Finding | None:
    """Within a boot the boot time never goes back, and a boot does not come again."""
    seen: dict[str, int] = {}
    now = ""
    for stored in entries:
        entry = stored.entry
        if entry.boot_id != now and entry.boot_id in seen:
            return _at(entry.n, How.REORDERED, entry.op_id, "its boot was over before")
        if entry.boot_ms < seen.get(entry.boot_id, entry.boot_ms):
            return _at(entry.n, How.BACK_DATED, entry.op_id, "the boot time goes back")
        now = entry.boot_id
        seen[now] = entry.boot_ms
        row = evidence.rows.get(entry.n)
        for because in _doubts(row.header.accepted) if row is not None else ():
            return _at(entry.n, How.BACK_DATED, entry.op_id, because)
    return None


def _doubts(mark: TimeMark) -> Iterator[str]:
    """A synchronised clock against the bank's last word, in the same boot."""
    anchor = mark.anchor
    if anchor is None or anchor.boot_id != mark.boot_id:
        return
    since_s = (mark.boot_ms - anchor.boot_ms) / 1000
    if since_s < 0:
        yield "the bank's word came after it"
    expected = instant(anchor.at) + timedelta(seconds=since_s)
    slack = timedelta(seconds=_CLOCKS_APART_S + max(0.0, since_s) * DRIFT)
    if mark.quality is ClockQuality.SYNCED and abs(_wall(mark.wall) - expected) > slack:
        yield "its wall time does not fit the bank's"


def _differs_in_time(row: Row, entry: Entry) -> bool:
    at = row.header.accepted
    same = (at.boot_id, at.boot_ms, at.wall) == (entry.boot_id, entry.boot_ms, entry.wall)
    return not same and entry.op_id == row.header.op_id


def _wall(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError:
        return instant("1970-01-01T00:00:00+00:00")


def _at(n: int, how: How, op_id: str, because: str) -> Finding:
    return Finding(n, how, n, op_id, because)
