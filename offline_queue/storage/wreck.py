"""What can still be known from the pages of a damaged database. Reads only.

Nothing that is read so is believed by itself: a row counts if the terminal's signature covers
it, a journal entry if it follows the digest before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.chain import GENESIS, link
from offline_queue.formats.entries import Entry, Event, accepted_content
from offline_queue.formats.envelope import Header, is_signed
from offline_queue.formats.timeline import ClockQuality, TimeMark
from offline_queue.storage.journal import EPOCH_SHIFT, N_MASK
from offline_queue.storage.leaf_pages import LeafRow, Reading, read_rows
from offline_queue.storage.row_columns import row_from
from offline_queue.storage.rows import WAITING, Row, State
from offline_queue.storage.schema import PAGE_BYTES
from offline_queue.technician.tampering import ends

LOST = "lost"
UNKNOWN_KIND = "unknown"

_OPS_VALUES = 19
_JOURNAL_VALUES = 8
_BOOTS_VALUES = 5
_DIGEST_BYTES = 32
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
    for leaf in read_rows(database, PAGE_BYTES, wreck.reading):
        found.sort_in(leaf)
    boots = _Boots(found, boot_ids)
    journal = _journal(found, boots)
    _fill_in_gaps(wreck, journal)
    ended = {e.op_id for e, _ in journal.values() if ends(e) and e.event != Event.EXPIRED}
    for values in found.ops.values():
        _judge_row(wreck, _readings(values, terminal, boots), key, journal, ended)
    for seq in sorted(journal):
        entry, is_proven = journal[seq]
        known = entry.op_id in wreck.rows or entry.op_id in wreck.lost
        if entry.event == Event.ACCEPTED and is_proven and not known and entry.op_id not in ended:
            wreck.lost[entry.op_id] = _lost_row(entry, terminal)
    proven = [seq for seq in journal if journal[seq][1]]
    if proven:
        wreck.head = _digest_of(found.journal[max(proven)]) or ""
    epochs = [seq >> EPOCH_SHIFT for seq in proven]
    wreck.epoch = max([0, *epochs, *(row.header.epoch for row in wreck.rows.values())])
    return wreck


@dataclass(slots=True)
class _Found:
    """Values by table and key. Of two that claim the same key the one read last stands."""

    ops: dict[int, tuple[object, ...]] = field(default_factory=dict)
    journal: dict[int, tuple[object, ...]] = field(default_factory=dict)
    boots: dict[int, str] = field(default_factory=dict)

    def sort_in(self, leaf: LeafRow) -> None:
        """Tell by their values which table a row is of."""
        match leaf.values:
            case (None, bytes(), str(), str(), bytes(), str(), *rest) if (
                len(rest) == _OPS_VALUES - 6
            ):
                self.ops[leaf.rowid] = (leaf.rowid, *leaf.values[1:])
            case (None, str(), bytes(), int(), int(), str(), str(), bytes() as digest) if (
                len(digest) == _DIGEST_BYTES
            ):
                self.journal[leaf.rowid] = (leaf.rowid, *leaf.values[1:])
            case (None, str() as boot_id, int(), _, _):
                self.boots[leaf.rowid] = boot_id
            case _:
                pass  # of another table


class _Boots:
    """The boot ids by number; where that page is lost, from "opened" entries, or by trying."""

    def __init__(self, found: _Found, known: Iterable[str]) -> None:
        self._by_number = dict(found.boots)
        for _, event, _, boot, _, _, detail, _ in found.journal.values():
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
    """The entries by key, each with whether it follows the digest before it."""
    entries: dict[int, tuple[Entry, bool]] = {}
    for seq, values in sorted(found.journal.items()):
        _, event, op_id, boot, boot_ms, wall, detail, digest = values
        epoch, n = seq >> EPOCH_SHIFT, seq & N_MASK
        before = GENESIS if n == 1 else _digest_of(found.journal.get(seq - 1))
        assert isinstance(op_id, bytes)
        assert isinstance(digest, bytes)
        for boot_id in boots.candidates(boot) or [""]:
            entry = Entry(
                *(n, epoch, str(event), op_id.hex(), boot_id),
                *(int(str(boot_ms)), str(wall), str(detail)),
            )
            proven = before is not None and link(before, entry.content()) == digest.hex()
            entries[seq] = (entry, proven)
            if proven:
                break
    return entries


def _digest_of(values: tuple[object, ...] | None) -> str | None:
    return None if values is None or not isinstance(values[7], bytes) else values[7].hex()


def _fill_in_gaps(wreck: Wreck, journal: dict[int, tuple[Entry, bool]]) -> None:
    before = None
    for seq in sorted(journal):
        if before is not None and seq >> EPOCH_SHIFT == before >> EPOCH_SHIFT and seq > before + 1:
            wreck.gaps.append((seq >> EPOCH_SHIFT, (before & N_MASK) + 1, (seq & N_MASK) - 1))
        before = seq


def _judge_row(
    wreck: Wreck,
    row_readings: Iterable[Row],
    key: Ed25519PublicKey,
    journal: dict[int, tuple[Entry, bool]],
    ended: set[str],
) -> None:
    """A row whose signature holds is kept; one whose sealed text alone is damaged is lost."""
    for row in row_readings:
        op_id, entry = row.header.op_id, journal.get(row.seq)
        if row.sealed is not None and is_proven(row, row.request_hash, key):
            if row.state not in WAITING or op_id not in ended:
                wreck.rows[op_id] = row
            return
        if entry is not None and is_proven(row, entry[0].detail, key):
            if row.state not in _KEPT or row.outcome == LOST:
                wreck.rows[op_id] = row
            elif op_id not in ended:
                wreck.lost[op_id] = _as_lost(row)
            return


def _readings(values: tuple[object, ...], terminal: str, boots: _Boots) -> Iterator[Row]:
    """The row as it may be meant: which boot it names is not always known."""
    boot, anchor_boot = values[6], values[11]
    for names in product(boots.candidates(boot), boots.candidates(anchor_boot)):
        by_number = dict(zip((boot, anchor_boot), names, strict=True))
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            yield row_from(values, terminal, by_number.__getitem__)


def is_proven(row: Row, hashed: str, key: Ed25519PublicKey) -> bool:
    """Whether the terminal signed this row with this request hash."""
    digest = link(row.prev, accepted_content(row.header, hashed))
    return is_signed(digest.encode(), row.signature.hex(), key)


def _as_lost(row: Row) -> Row:
    """The row as it is shown to a person: it was accepted, and cannot be sent."""
    return Row(row.header, State.DEAD, None, row.request_mac, row.prev, row.signature, None, LOST)


def _lost_row(entry: Entry, terminal: str) -> Row:
    """A row of which only the entry of its acceptance is left."""
    mark = TimeMark(entry.boot_id, entry.boot_ms, entry.wall, ClockQuality.UNSET)
    header = Header(
        *(entry.op_id, terminal, UNKNOWN_KIND, "", entry.epoch, entry.n, "", mark),
    )
    return Row(header, State.DEAD, None, b"", "", b"", None, LOST)
