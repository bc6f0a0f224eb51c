"""Looks at what a power cut left behind, with the eyes of the next start."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from offline_queue.messages import Taken
from offline_queue.storage.rows import WAITING, State
from offline_queue.storage.store import StoreFailed
from tests.powerloss.images import Call, marks
from tests.powerloss.site import Keys, Site, canaries, some_request

_NEXT_BOOT_S = 1_000_000.0
_CANARIES = canaries()
_WIPED_LOOKED_FOR = 20  # the newest of a run


@dataclass(slots=True)
class Acknowledged:
    """What had been said to the outside when the power went."""

    requests: dict[str, tuple[str, str]] = field(default_factory=dict)  # op_id: kind, hash
    final: set[str] = field(default_factory=set)  # the bank said the last word
    wiped: list[bytes] = field(default_factory=list)  # pieces of sealed texts that are gone

    def note(self, words: Sequence[str]) -> None:
        """Take in one mark."""
        match words:
            case ["accepted", op_id, kind, its_hash]:
                self.requests[op_id] = (kind, its_hash)
            case ["final", *op_ids]:
                self.final.update(op_ids)
            case ["wiped", *pieces]:
                self.wiped += [bytes.fromhex(piece) for piece in pieces]

    @classmethod
    def before(cls, calls: Sequence[Call], cut: int) -> Acknowledged:
        """What the marks of a log say that stand before the cut."""
        said = cls()
        for place, words in marks(calls[:cut]):
            assert place <= cut
            said.note(words)
        return said

    @classmethod
    def written(cls, path: Path) -> Acknowledged:
        """What the file of marks says; a line cut short is none."""
        said = cls()
        for line in path.read_text("ascii").split("\n")[:-1]:
            said.note(line.split(" "))
        return said


@dataclass(frozen=True, slots=True)
class Found:
    """What the next start found. `lost`: acknowledged, and not there."""

    lost: tuple[str, ...]
    lost_loss_reports: tuple[str, ...]
    wrong: tuple[str, ...]  # everything else that may not be, in words
    salvaged: bool


def lay(files: Mapping[str, bytes], directory: Path) -> None:
    """Put an image's files into an empty directory."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for name, content in files.items():
        (directory / name).write_bytes(content)


def inspect(directory: Path, said: Acknowledged, keys: Keys) -> Found:
    """Open the queue as its process does and compare it with what was acknowledged."""
    wrong = list(_traces(directory, said.wiped))
    try:
        site = Site(directory, keys, "boot-2", Random(1), _NEXT_BOOT_S)
    except StoreFailed:
        return Found((), (), (*wrong, "the next start fails, and so would every later one"), False)
    try:
        store = site.store
        if store.conn.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            # Whatever is asked of it now, the answer says nothing.
            return Found((), (), (*wrong, "opened as sound, and integrity_check fails"), False)
        if (broken := store.journal.first_broken()) is not None:
            wrong.append(f"the journal is broken at {broken}")
        lost = tuple(op_id for op_id in said.requests if _is_lost(site, op_id))
        wrong += _rows(site, said)
        op_id = "f" * 32
        if not isinstance(site.accept(op_id, some_request(Random(2)), _NEXT_BOOT_S), Taken):
            wrong.append("it takes nothing more")
    finally:
        site.close()
    reports = tuple(op_id for op_id in lost if said.requests[op_id][0] == "loss_report")
    return Found(lost, reports, tuple(wrong), site.salvaged)


def _is_lost(site: Site, op_id: str) -> bool:
    """Not there, or known by its name alone: its request is gone."""
    row = site.store.find(op_id)
    return row is None or row.outcome == "lost"


def _rows(site: Site, said: Acknowledged) -> Iterable[str]:
    """Every row is whole: waiting with the sealed text that was hashed, or final with a reason."""
    store = site.store
    for (blob,) in store.conn.execute("SELECT op_id FROM ops").fetchall():
        row = store.find(blob.hex())
        assert row is not None
        if row.state not in WAITING:
            if not row.outcome and row.state is not State.SUPERSEDED:
                yield f"final without a reason: {row.state}"
            continue
        if row.sealed is None or row.hashed != row.request_hash:
            yield "a row is half written"
            continue
        _, its_hash = said.requests.get(row.header.op_id, ("", "rescue"))
        if its_hash not in (row.request_hash, "rescue"):
            yield "a row is not the one that was acknowledged"


def plaintext(calls: Iterable[Call]) -> bool:
    """Whether a person's data are in anything that was ever written: so no image needs a look."""
    written = b"".join(call.data for call in calls if call.kind == "W")
    return any(word in written for word in _CANARIES)


def _traces(directory: Path, wiped: Sequence[bytes]) -> Iterable[str]:
    """What a finished request left behind after the checkpoint of an idle moment."""
    for path in sorted(directory.iterdir()):
        content = path.read_bytes()
        if any(piece in content for piece in wiped[-_WIPED_LOOKED_FOR:]):
            yield f"a finished request's sealed text stands in {path.name}"
