"""What can still be known from the pages of a damaged database. Reads only.

Nothing that is read so is believed by itself: a row counts if the terminal's signature covers
it, a journal entry if it follows the digest before it. The index of ids is believed only in that
it names what is lost: a row whose own page is gone is not gone without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.chain import GENESIS, link
from offline_queue.formats.entries import Entry, Event, accepted_content
from offline_queue.formats.envelope import Header, is_signed
from offline_queue.formats.one_use import WRAPPED_BYTES
from offline_queue.formats.timeline import ClockQuality, TimeMark
from offline_queue.storage.journal import EPOCH_SHIFT, N_MASK
from offline_queue.storage.leaf_pages import IndexEntry, LeafRow, Reading, read_rows
from offline_queue.storage.row_columns import row_from
from offline_queue.storage.rows import WAITING, Row, State
from offline_queue.storage.schema import PAGE_BYTES
from offline_queue.technician.tampering import ends

LOST = "lost"
UNKNOWN_KIND = "unknown"

_OPS_VALUES = 22
_PREV_AT = 15  # which of them is the digest before it
_SEED_AT = 19  # and which names the seed
_JOURNAL_VALUES = 8
_BOOTS_VALUES = 5
_DIGEST_BYTES = 32
_OP_ID_BYTES = 16
_EPOCHS_MAX = 1_000  # where nothing proves which there were
_KEPT = (*WAITING, State.DEAD)  # states that keep their sealed text


@dataclass(slots=True)
class Wreck:
    """What was found. `rows` are proven; `lost` were accepted, not ended, and cannot be sent.

    `gaps`: journal numbers (epoch, first, last) that cannot be read. `head`: the newest digest.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    lost: dict[str, Row] = field(default_factory=dict)
    gaps: list[tuple[int, int, int]] = field(default_factory=list)
    epoch: int = 0
    head: str = ""
    reading: Reading = field(default_factory=Reading)


def explore(database: Path, terminal: str, key: Ed25519PublicKey, boot_ids: Iterable[str]) -> Wreck:
    """Read what is left of a database. `boot_ids`: boots known from elsewhere. Raises `OSError`."""
    wreck = Wreck()
    found = _Found()
    for read in read_rows(database, PAGE_BYTES, wreck.reading):
        found.sort_in(read)
    boots = _Boots(found, boot_ids)
    journal = _journal(found, boots)
    _fill_in_gaps(wreck, journal)
    ended = {e.op_id for e, _ in journal.values() if ends(e) and e.event != Event.EXPIRED}
    for values in found.ops.values():
        _judge_row(wreck, _readings(values, terminal, boots, found.seeds), key, ended)
    proven = [seq for seq in journal if journal[seq][1]]
    if proven:
        wreck.head = found.digests[max(proven)].hex()
    epochs = [seq >> EPOCH_SHIFT for seq in proven]
    wreck.epoch = max([0, *epochs, *(row.header.epoch for row in wreck.rows.values())])
    for op_id, seq in found.ids.items():
        known = op_id in wreck.rows or op_id in wreck.lost or op_id in ended
        if not known and 0 < seq >> EPOCH_SHIFT <= (wreck.epoch or _EPOCHS_MAX):
            wreck.lost[op_id] = _lost_row(op_id, seq, journal.get(seq), terminal)
    # Whatever comes next gets numbers that nothing had: not even what only the index names.
    wreck.epoch = max([wreck.epoch, *(row.header.epoch for row in wreck.lost.values())])
    return wreck


@dataclass(slots=True)
class _Found:
    """Values by table and key. Of two that claim the same key the one read last stands."""

    ops: dict[int, tuple[object, ...]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)  # keys of rows, by what the index names them
    seeds: dict[int, list[bytes]] = field(default_factory=dict)  # each one, and its copy
    entries: dict[int, tuple[object, ...]] = field(default_factory=dict)  # without their digests
    digests: dict[int, bytes] = field(default_factory=dict)  # of the entries, by their keys
    boots: dict[int, str] = field(default_factory=dict)

    def sort_in(self, read: LeafRow | IndexEntry) -> None:
        """Tell by their values which table a row is of, or that an entry is of the index of ids."""
        match read.values:
            case (bytes() as op_id, int() as seq) if len(op_id) == _OP_ID_BYTES:
                self.ids[op_id.hex()] = seq
            case (None, bytes() as seed) if len(seed) == WRAPPED_BYTES:
                self.seeds.setdefault(_key(read), []).append(seed)
            case (None, bytes(), str(), str(), bytes(), str(), *rest) if (
                len(rest) == _OPS_VALUES - 6
            ):
                self._sort_in_row(_key(read), read.values[1:])
            case (None, str(), bytes(), int(), int(), str(), str(), bytes() as digest) if (
                len(digest) == _DIGEST_BYTES
            ):
                self.entries[_key(read)] = read.values[1:-1]
                self.digests[_key(read)] = digest
            case (None, str() as boot_id, int(), _, _):
                self.boots[_key(read)] = boot_id
            case _:
                pass  # of another table

    def _sort_in_row(self, seq: int, values: tuple[object, ...]) -> None:
        """A row is the entry of its acceptance too, if it has the digest of one."""
        self.ops[seq] = (seq, *values)
        match values:
            case (op_id, _, _, _, _, int() as boot, int() as boot_ms, str() as wall, *_) if (
                isinstance(hashed := values[16], bytes) and isinstance(digest := values[17], bytes)
            ):
                accepted = Event.ACCEPTED.value
                self.entries[seq] = (accepted, op_id, boot, boot_ms, wall, hashed.hex())
                self.digests[seq] = digest


def _key(read: LeafRow | IndexEntry) -> int:
    assert isinstance(read, LeafRow), "an entry of an index has no key"
    return read.rowid


class _Boots:
    """The boot ids by number; where that page is lost, from "opened" entries, or by trying."""

    def __init__(self, found: _Found, known: Iterable[str]) -> None:
        self._by_number = dict(found.boots)
        for event, _, boot, _, _, detail in found.entries.values():
            if event == Event.OPENED and isinstance(boot, int) and detail:
                self._by_number.setdefault(boot, str(detail))
        self._known = list(dict.fromkeys(known))

    def candidates(self, number: object) -> list[str]:
        """The id of a boot, or all that it can be."""
        if not isinstance(number, int):
            return [""]
        named = self._by_number.get(number)
        return [named] if named is not None else self._known


def _journal(found: _Found, boots: _Boots) -> dict[int, tuple[Entry, bool]]:
    """The entries by key, each with whether it follows the digest before it.

    Where that entry is lost, a row still says itself what it follows.
    """
    entries: dict[int, tuple[Entry, bool]] = {}
    for seq, values in sorted(found.entries.items()):
        event, op_id, boot, boot_ms, wall, detail = values
        epoch, n = seq >> EPOCH_SHIFT, seq & N_MASK
        assert isinstance(op_id, bytes)
        before = GENESIS if n == 1 else _digest_before(found, seq)
        for boot_id in boots.candidates(boot) or [""]:
            entry = Entry(
                *(n, epoch, str(event), op_id.hex(), boot_id),
                *(int(str(boot_ms)), str(wall), str(detail)),
            )
            content = entry.content()
            proven = before is not None and link(before, content) == found.digests[seq].hex()
            entries[seq] = (entry, proven)
            if proven:
                break
    return entries


def _digest_before(found: _Found, seq: int) -> str | None:
    before = found.digests.get(seq - 1)
    if before is None and seq in found.ops:
        prev = found.ops[seq][_PREV_AT]
        before = prev if isinstance(prev, bytes) else None
    return None if before is None else before.hex()


def _fill_in_gaps(wreck: Wreck, journal: dict[int, tuple[Entry, bool]]) -> None:
    before = None
    for seq in sorted(journal):
        if before is not None and seq >> EPOCH_SHIFT == before >> EPOCH_SHIFT and seq > before + 1:
            wreck.gaps.append((seq >> EPOCH_SHIFT, (before & N_MASK) + 1, (seq & N_MASK) - 1))
        before = seq


def _judge_row(
    wreck: Wreck, row_readings: Iterable[Row], key: Ed25519PublicKey, ended: set[str]
) -> None:
    """A row whose signature holds is kept; one whose sealed text alone is damaged is lost."""
    textless: Row | None = None
    for row in row_readings:
        if row.sealed is not None and is_proven(row, row.request_hash, key):
            if row.state not in WAITING or row.header.op_id not in ended:
                wreck.rows[row.header.op_id] = row
            return
        if textless is None and is_proven(row, row.hashed, key):
            textless = row
    if textless is None:
        return
    op_id = textless.header.op_id
    if textless.state not in _KEPT or textless.outcome == LOST:
        wreck.rows[op_id] = textless
    elif op_id not in ended:
        wreck.lost[op_id] = _as_lost(textless)


def _readings(
    values: tuple[object, ...], terminal: str, boots: _Boots, seeds: dict[int, list[bytes]]
) -> Iterator[Row]:
    """The row as it may be meant: which boot it names, and its seed, is not always known."""
    boot, anchor_boot, seed = values[6], values[11], values[_SEED_AT]
    wrapped: list[bytes | None] = [None]
    if isinstance(seed, int):
        wrapped = list(dict.fromkeys(seeds.get(seed, []))) or wrapped
    for *names, its in product(boots.candidates(boot), boots.candidates(anchor_boot), wrapped):
        by_number = dict(zip((boot, anchor_boot), names, strict=True))
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            yield row_from((*values, its), terminal, by_number.__getitem__)


def is_proven(row: Row, hashed: str, key: Ed25519PublicKey) -> bool:
    """Whether the terminal signed this row with this request hash."""
    digest = link(row.prev, accepted_content(row.header, hashed))
    return is_signed(digest.encode(), row.signature.hex(), key)


def _as_lost(row: Row) -> Row:
    """The row as it is shown to a person: it was accepted, and cannot be sent."""
    return replace(row, state=State.DEAD, lasts_ms=None, sealed=None, outcome=LOST)


def _lost_row(op_id: str, seq: int, known: tuple[Entry, bool] | None, terminal: str) -> Row:
    """A row of which the index of ids alone is left, and may be the time of its acceptance."""
    mark = TimeMark("", 0, "", ClockQuality.UNSET)
    if known is not None and known[0].op_id == op_id:
        entry = known[0]
        mark = TimeMark(entry.boot_id, entry.boot_ms, entry.wall, ClockQuality.UNSET)
    header = Header(
        *(op_id, terminal, UNKNOWN_KIND, "", seq >> EPOCH_SHIFT, seq & N_MASK, "", mark),
    )
    return Row(header, State.DEAD, None, b"", "", b"", None, LOST)
