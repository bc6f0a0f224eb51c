"""A small real database of the queue, filled row by row, with or without a rescue file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offline_queue.formats.chain import link
from offline_queue.formats.entries import Event, accepted_content
from offline_queue.formats.envelope import Header, request_hash
from offline_queue.formats.one_use import WRAPPED_BYTES
from offline_queue.moment import Moment
from offline_queue.storage.rescue import Rescue
from offline_queue.storage.rows import Row, State, row_to_bytes
from offline_queue.storage.salvage import open_store
from sscard.working_days import CHINA_TIME

TERMINAL = "DG-0001"
KEY = Ed25519PrivateKey.from_private_bytes(b"an invented terminal's key......")
PUBLIC = KEY.public_key()
START = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA_TIME)
RESCUE_BYTES = 131_072
ROWS_OF_A_SEED = 8


def op(number: int) -> str:
    return Random(number).randbytes(16).hex()


def sealed(number: int, size: int = 300) -> bytes:
    """A text of the first form, which has no seed."""
    return Random(1_000 + number).randbytes(size)


def seed(number: int) -> bytes:
    """The sealed seed that this request shares with its neighbours."""
    return Random(5_000 + number // ROWS_OF_A_SEED).randbytes(WRAPPED_BYTES)


def seeded(number: int, size: int = 300) -> bytes:
    """A text as the queue seals it: the step of its seed, the sealed seed, its own text."""
    step = number % ROWS_OF_A_SEED
    return b"KSQ2" + step.to_bytes(1) + seed(number) + sealed(number, size)


def at(second: float) -> Moment:
    return Moment(1_000.0 + second, START + timedelta(seconds=second))


class Ledger:
    """What the queue does to its store, one call an event, a second apart."""

    def __init__(self, folder: Path, boot: str = "boot-1", second: float = 0) -> None:
        self.path = folder / "queue.db"
        self.rescue_path = folder / "queue.db.rescue"
        self.boot = boot
        self.second = second
        self.rescue = Rescue.open(self.rescue_path, RESCUE_BYTES)
        self.store = open_store(str(self.path), boot, TERMINAL, self.now(), self.rescue, PUBLIC)

    def now(self) -> Moment:
        self.second += 1
        return at(self.second)

    def accept(
        self,
        number: int,
        kind: str = "balance_check",
        *,
        size: int = 300,
        in_database: bool = True,
        text_of: Callable[[int, int], bytes] = sealed,
    ) -> Row:
        """Take a request: its sealed text is what `text_of(number, size)` gives."""
        store, tip = self.store, self.store.journal.tip
        mark = store.mark(self.now())
        lane = f"{number % 3:032x}"
        header = Header(op(number), TERMINAL, kind, lane, tip.epoch, tip.n + 1, "k1", mark)
        text = text_of(number, size)
        hashed = request_hash(header, text)
        digest = link(tip.digest, accepted_content(header, hashed))
        signature = KEY.sign(digest.encode())
        row = Row(header, State.READY, None, b"mac", tip.digest, signature, text)
        if kind == "loss_report":
            assert self.rescue.keep(op(number), row_to_bytes(row))
        if in_database:
            with store.transaction():
                store.accepted(row, hashed, digest)
        return row

    def settle(self, number: int, state: State = State.DONE, outcome: str = "applied") -> None:
        """The bank's word on an operation."""
        row = self.store.find(op(number))
        assert row is not None
        with self.store.transaction(lazy=True):
            self.store.settled(
                [(row.seq, op(number), state, outcome)], Event.VERDICT, self.store.mark(self.now())
            )
        if state is not State.DEAD:
            self.rescue.drop([op(number)])

    def close(self) -> None:
        self.store.close()
        self.rescue.close()

    def again(self, boot: str | None = None) -> Ledger:
        """Another start of the process, on the same files."""
        self.close()
        return Ledger(self.path.parent, boot or self.boot, self.second + 10)
