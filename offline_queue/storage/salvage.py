"""How the queue's database is opened, whatever has become of it.

A sound one is opened. One that is damaged, or of which a waiting row does not fit its hash, is set
aside; all that can still be proven is taken over from its pages (`wreck`) and from the rescue file
into a new database, which begins a new epoch. Rows keep their ids and their proofs, so what the bank
has already is a duplicate to it. What was accepted and cannot be sent is never silent: it stands
in the new database as dead, and in the report.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.envelope import BadEnvelope
from offline_queue.formats.keys import KEY_FLOOR
from offline_queue.moment import Moment
from offline_queue.storage.connection import flush_directory
from offline_queue.storage.leaf_pages import has_commits_behind, holds_frames, log_path
from offline_queue.storage.rescue import Rescue
from offline_queue.storage.rescue_keeper import RescueKeeper, is_final
from offline_queue.storage.rows import WAITING, Row, row_from_bytes
from offline_queue.storage.schema import PAGE_BYTES
from offline_queue.storage.store import MEMORY, Store, StoreDamaged
from offline_queue.storage.wiping import wipe_log
from offline_queue.storage.wreck import Wreck, explore, is_proven

_SET_ASIDE_MAX = 3  # older ones go when another comes; their reports stay

_log = logging.getLogger("kiosk-queue")


@dataclass(slots=True)
class SalvageReport:
    """What was saved and what is known to be lost. Names no person."""

    at: str
    reason: str
    set_aside: list[str]
    epoch_before: int
    epoch: int
    pages: int = 0
    unreadable_rows: int = 0
    waiting: dict[str, int] = field(default_factory=dict)  # saved, by kind
    finished: int = 0
    from_rescue: list[str] = field(default_factory=list)  # op_ids that only the rescue file had
    lost: list[dict[str, object]] = field(default_factory=list)
    journal_gaps: list[tuple[int, int, int]] = field(default_factory=list)  # epoch, first, last
    rescue_damaged: int = 0


def open_store(
    path: str,
    boot_id: str,
    terminal: str,
    at: Moment,
    rescue: Rescue | RescueKeeper | None,
    terminal_key: Ed25519PublicKey,
) -> Store:
    """Open the database; salvage it first if that is needed.

    Raises `StoreBusy`, `StoreFailed`, `NewerDatabase`, `ValueError` (another terminal's) or `OSError`
    (the rescue file's disk).
    """
    if path == MEMORY or rescue is None:
        return Store(path, boot_id, terminal, at)
    return _Opening(Path(path), boot_id, terminal, at, rescue, terminal_key).run()


@dataclass(slots=True)
class _Opening:
    """One opening. Every step may be cut off and is done again by the next start: a database
    that was set aside counts as salvaged only when its report is there.
    """

    database: Path
    boot_id: str
    terminal: str
    at: Moment
    rescue: Rescue | RescueKeeper
    key: Ed25519PublicKey

    def run(self) -> Store:
        reason, store, behind = "", None, None
        has_log = holds_frames(self.database)
        if self.database.exists():
            behind = self._behind_the_log()
            try:
                store = self._open_sound()
            except StoreDamaged as error:
                reason = str(error)
                self._set_aside()
        asides = self._unfinished()
        rescued = self._rescued()
        if store is None and (asides or self.rescue.epoch > 0 or rescued):
            reason = reason or "the database is missing"
        wrecks = [explore(aside, self.terminal, self.key, self._boots(rescued)) for aside in asides]
        if behind is not None:  # opening has cut the log off there
            reason = reason or "the log is damaged"
            wrecks.append(behind)
        before = max([self.rescue.epoch, *(w.epoch for w in wrecks), *_epochs(rescued)])
        if store is None:
            if before > 0:
                self.rescue.set_epoch(before + 1)
            head = next((w.head for w in wrecks if w.epoch == before), "")
            store = self._open(before + 1, head)
        elif self.rescue.epoch > store.journal.epoch:
            reason, before = "the database is an old image", store.journal.epoch
        else:
            before = store.journal.epoch
        names = [aside.name for aside in asides]
        report = SalvageReport(self.at.wall.isoformat(), reason, names, before, 0)
        try:
            self._merge(store, wrecks, rescued, report)
            if has_log:
                # The last process did not end in order. After a flush that failed its log may be
                # whole in memory alone: nothing must be written behind that hole.
                wipe_log(store)
        except BaseException:
            store.close()
            raise
        if asides or report.lost or 0 < before < report.epoch:
            self._tell(report, asides)
        return store

    def _open(self, epoch: int = 1, head: str = "") -> Store:
        return Store(
            str(self.database),
            self.boot_id,
            self.terminal,
            self.at,
            epoch=epoch,
            epoch_detail=head,
        )

    def _open_sound(self) -> Store:
        """Raises `StoreDamaged` also for a waiting row that SQLite takes for sound and is not."""
        try:
            store = self._open()
        except UnicodeDecodeError as error:  # even what SQLite says of it is no text
            raise StoreDamaged("the queue's database is damaged") from error
        try:
            self._check_waiting(store)
        except BaseException:
            store.close()
            raise
        return store

    def _check_waiting(self, store: Store) -> None:
        try:
            for waiting in store.waiting_rows():
                row = store.load(waiting.seq)
                if row.sealed is None or not self._is_intact(row):
                    raise StoreDamaged("a waiting row does not fit its hash")
        except (ValueError, TypeError, AttributeError) as error:
            raise StoreDamaged("a waiting row is none") from error

    def _is_intact(self, row: Row) -> bool:
        """By the hash that was stored with it, or else by its signature, which proves the row."""
        its_hash = row.request_hash
        return row.hashed == its_hash or is_proven(row, its_hash, self.key)

    def _behind_the_log(self) -> Wreck | None:
        """What is in the log behind the place at which SQLite takes it for ended.

        That may be the rest of a commit that a power cut tore, so of what was accepted and
        cannot be read only that counts as lost which a later flush had carried to the disk.
        """
        if not has_commits_behind(self.database, PAGE_BYTES):
            return None
        wreck = explore(self.database, self.terminal, self.key, self._boots({}))
        newest = max((row.seq for row in wreck.rows.values()), default=0)
        wreck.lost = {op_id: row for op_id, row in wreck.lost.items() if row.seq < newest}
        return wreck

    # --- setting aside -------------------------------------------------------------------

    def _set_aside(self) -> None:
        """The file first: a log without its file is found again, a file without its log is old."""
        name = f"{self.database.name}.damaged-{int(self.at.mono_s * 1000)}"
        aside, count = self.database.with_name(name), 1
        while aside.exists() or log_path(aside).exists() or _report_path(aside).exists():
            count += 1
            aside = self.database.with_name(f"{name}-{count}")
        self.database.rename(aside)
        flush_directory(self.database.parent)
        self._set_log_aside(aside)

    def _set_log_aside(self, aside: Path) -> None:
        if log_path(self.database).exists():
            log_path(self.database).rename(log_path(aside))
            flush_directory(self.database.parent)

    def _unfinished(self) -> list[Path]:
        """Databases that were set aside and are not yet salvaged, oldest first."""
        found = self.database.parent.glob(f"{self.database.name}.damaged-*")
        asides = sorted(
            (path for path in found if path.suffix != ".json" and not path.name.endswith("-wal")),
            key=lambda path: path.stat().st_mtime_ns,
        )
        asides = [aside for aside in asides if not _report_path(aside).exists()]
        if asides and not self.database.exists() and not log_path(asides[-1]).exists():
            self._set_log_aside(asides[-1])
        return asides

    # --- taking over ---------------------------------------------------------------------

    def _rescued(self) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for record in self.rescue.records():
            try:
                row = row_from_bytes(record.row)
            except BadEnvelope:
                _log.error("maintenance: a record of the rescue file is none of this program's")
                continue
            if row.header.terminal == self.terminal and is_proven(row, row.request_hash, self.key):
                rows[record.op_id] = row
        return rows

    def _boots(self, rescued: dict[str, Row]) -> list[str]:
        marks = [row.header.accepted for row in rescued.values()]
        anchors = [mark.anchor.boot_id for mark in marks if mark.anchor is not None]
        return [self.boot_id, *(mark.boot_id for mark in marks), *anchors]

    def _merge(
        self, store: Store, wrecks: list[Wreck], rescued: dict[str, Row], report: SalvageReport
    ) -> None:
        """Take over in one flushed change; then drop from the rescue file what is final."""
        mark = store.mark(self.at)
        saved: dict[str, Row] = {}
        lost: dict[str, Row] = {}
        for wreck in wrecks:  # the newer says more of a row that both have
            saved.update(wreck.rows)
            lost.update(wreck.lost)
            report.pages += wreck.reading.pages
            report.unreadable_rows += wreck.reading.bad_rows
            report.journal_gaps += wreck.gaps
        only_rescued = [o for o in rescued if o not in saved and store.find(o) is None]
        saved.update((op_id, rescued[op_id]) for op_id in only_rescued)
        lost = {op_id: row for op_id, row in lost.items() if op_id not in saved}
        key_floor = max(self.rescue.key_floor, int(store.meta(KEY_FLOOR) or 0))
        with store.transaction():
            if key_floor > 0:
                store.remember(KEY_FLOOR, str(key_floor))
            if self.rescue.epoch > store.journal.epoch:
                store.start_epoch(self.rescue.epoch + 1, mark)
            for row in sorted((*saved.values(), *lost.values()), key=lambda row: row.seq):
                if store.find(row.header.op_id) is None and not store.salvaged(row, mark):
                    lost[row.header.op_id] = row  # its number was given again: not silently
            if any(row.seq >= store.journal.tip.seq for row in saved.values()):
                # This journal is an old one: what comes next would take numbers given before.
                store.start_epoch(store.journal.epoch + 1, mark)
        if self.rescue.epoch != store.journal.epoch:
            self.rescue.set_epoch(store.journal.epoch)
        if key_floor > self.rescue.key_floor:
            self.rescue.set_key_floor(key_floor)
        saved = {op_id: row for op_id, row in saved.items() if op_id not in lost}
        waiting = [row for row in saved.values() if row.state in WAITING]
        report.epoch = store.journal.epoch
        report.waiting = dict(Counter(row.header.kind for row in waiting))
        report.finished = len(saved) - len(waiting)
        report.from_rescue = only_rescued
        report.lost = [_named(row) for row in lost.values()]
        report.rescue_damaged = self.rescue.found.damaged
        rows = {op_id: store.find(op_id) for op_id in self.rescue.op_ids}
        self.rescue.drop(op_id for op_id, row in rows.items() if row is not None and is_final(row))
        if only_rescued:
            _log.warning("%d loss reports come from the rescue file", len(only_rescued))

    def _tell(self, report: SalvageReport, asides: list[Path]) -> None:
        text = json.dumps(asdict(report), indent=1)
        name = f"{self.database.name}.salvage-{int(self.at.mono_s * 1000)}"
        for path in asides or [self.database.with_name(name)]:
            _report_path(path).write_text(text, "utf-8")
        flush_directory(self.database.parent)
        _log.error(
            "maintenance: %s; epoch %d: %d waiting and %d finished rows saved, %d lost",
            *(report.reason or "salvage went on", report.epoch, sum(report.waiting.values())),
            *(report.finished, len(report.lost)),
        )
        found = self.database.parent.glob(f"{self.database.name}.damaged-*.json")
        for old in sorted(found, key=lambda path: path.stat().st_mtime_ns)[:-_SET_ASIDE_MAX]:
            aside = old.with_name(old.name.removesuffix(".json"))
            aside.unlink(missing_ok=True)
            log_path(aside).unlink(missing_ok=True)


def _report_path(aside: Path) -> Path:
    return aside.with_name(aside.name + ".json")


def _epochs(rows: dict[str, Row]) -> Iterable[int]:
    return (row.header.epoch for row in rows.values())


def _named(row: Row) -> dict[str, object]:
    header = row.header
    return {
        "op_id": header.op_id,
        "kind": header.kind,
        "epoch": header.epoch,
        "n": header.lane_seq,
        "wall": header.accepted.wall,
    }
