"""A terminal of a simulated story: the real queue on a real store, its clocks, and its deaths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from offline_queue.core import Outgoing, Queue
from offline_queue.formats.timeline import ClockQuality
from offline_queue.messages import LineChanged, Notice, NotTaken, Taken
from offline_queue.moment import Moment
from offline_queue.storage.rows import WAITING, Row
from offline_queue.storage.store import MEMORY, Store
from simulators.sync.bank import START, terminal_keys, terminal_name
from simulators.sync.steps import Death
from sscard.requests import Companion, Request
from sscard.working_days import CHINA_TIME

_EPOCH = datetime(1970, 1, 1, 8, 0, tzinfo=CHINA_TIME)
_STARTS_S = 20.0  # from power to the queue's process


class Killed(BaseException):
    """The queue's process is gone."""


class FragileStore(Store):
    """A store whose process can die around a commit. `flushed`: the database as flushed last."""

    def __init__(self, boot_id: str, terminal: str, at: Moment, image: bytes | None) -> None:
        self.death = Death.NO
        super().__init__(MEMORY, boot_id, terminal, at, image)
        self.flushed = self.image()

    @contextmanager
    def transaction(self, *, lazy: bool = False) -> Iterator[None]:
        """As the store's. Raises `Killed` where `death` says."""
        with super().transaction(lazy=lazy):
            yield
            self._die(Death.BEFORE_COMMIT)
        if not lazy:
            self.flushed = self.image()
        self._die(Death.AFTER_COMMIT)

    def accept(self, row: Row, request_hash: str, digest: str) -> None:
        """As the store's. Raises `Killed` where `death` says."""
        self._die(Death.BEFORE_COMMIT)
        super().accept(row, request_hash, digest)
        self.flushed = self.image()
        self._die(Death.AFTER_COMMIT)

    def image(self) -> bytes:
        """The database as the file would be."""
        return bytes(self.conn.serialize())

    def _die(self, when: Death) -> None:
        if self.death is when:
            self.death = Death.NO
            raise Killed


class SimTerminal:
    """One terminal. Its time is the story's (`now_s`, true seconds since `START`)."""

    def __init__(self, number: int, seed: int) -> None:
        self.number = number
        self.name = terminal_name(number)
        self.flying: Outgoing | None = None
        self.sent: list[tuple[bytes, str]] = []  # batches as they left, oldest first
        self.replies: list[bytes] = []  # of the bank, to any of them
        self.put_aside: bytes | None = None
        self.clock_is_true = True
        self.line_up = False
        self._rng = Random(seed * 31 + number)  # noqa: S311 - to be repeated
        self._boots = 1
        self._booted_s = -_STARTS_S
        self._wall_offset_s = 0.0
        self.store = FragileStore(self._boot_id(), self.name, self.moment(0.0), None)
        self.queue = Queue(self.store, terminal_keys(number), self._rng.random)

    def close(self) -> None:
        """Give the database back."""
        self.store.close()

    def moment(self, now_s: float) -> Moment:
        """Now, by the terminal's own clocks."""
        wall = START + timedelta(seconds=now_s + self._wall_offset_s)
        quality = ClockQuality.SYNCED if self.clock_is_true else ClockQuality.SET
        return Moment(now_s - self._booted_s, wall, quality)

    def set_clock(self, by_s: int) -> None:
        """The wall clock jumps."""
        self._wall_offset_s += by_s
        self.clock_is_true = False

    # --- ends and beginnings -----------------------------------------------------------

    def kill(self, now_s: float) -> bytes:
        """The process dies and comes back; what it stored is there. Returns the image."""
        image = self.store.image()
        self._start(image, now_s)
        return image

    def power_cut(self, now_s: float, *, torn: bool, clock_lost: bool) -> bytes:
        """The machine starts again at `now_s`. `torn`: only what was flushed is left."""
        image = self.store.flushed if torn else self.store.image()
        self._boots += 1
        self._booted_s = now_s - _STARTS_S
        if clock_lost:
            self._wall_offset_s = (_EPOCH - START).total_seconds() - now_s + _STARTS_S
            self.clock_is_true = False
        self._start(image, now_s)
        return image

    def restore(self, image: bytes, now_s: float) -> None:
        """Another database takes the place of this one."""
        self.store.flushed = image
        self.power_cut(now_s, torn=True, clock_lost=False)

    def _start(self, image: bytes, now_s: float) -> None:
        self.line_up = False
        self.store.close()
        self.flying = None
        self.store = FragileStore(self._boot_id(), self.name, self.moment(now_s), image)
        self.queue = Queue(self.store, terminal_keys(self.number), self._rng.random)

    def _boot_id(self) -> str:
        return f"boot-{self.number}-{self._boots}"

    # --- what the process does ---------------------------------------------------------

    def accept(
        self, op_id: str, request: Request, companion: Companion | None, now_s: float
    ) -> Taken | NotTaken:
        """Somebody asks. Raises `Killed`."""
        return self.queue.accept(op_id, request, companion, self.moment(now_s))

    def next_batch(self, now_s: float) -> Outgoing | None:
        """The batch that leaves now, if one is due."""
        if self.flying is not None:
            return None
        outgoing = self.queue.next_batch(self.moment(now_s))
        if outgoing is not None:
            self.flying = outgoing
            self.sent.append((outgoing.body, outgoing.signature))
        return outgoing

    def settle(self, reply: bytes, now_s: float) -> list[Notice]:
        """The batch under way was answered. Raises `Killed`."""
        outgoing, self.flying = self.flying, None
        assert outgoing is not None
        return self.queue.settle(outgoing, reply, self.moment(now_s))

    def failed(self, now_s: float, hold_s: float = 0.0) -> list[Notice]:
        """The batch under way was not answered. Raises `Killed`."""
        outgoing, self.flying = self.flying, None
        assert outgoing is not None
        return self.queue.failed(outgoing, self.moment(now_s), hold_s)

    def expire(self, now_s: float) -> list[Notice]:
        """A turn of the process in which nothing is sent."""
        return self.queue.expire(self.moment(now_s))

    def wait_s(self, now_s: float) -> float:
        """Seconds until there is something to do, but for hellos on a line that is up."""
        now = self.moment(now_s)
        next_s, hello_s = self.queue.next_s(now), self.queue.hello_s(now)
        if next_s is None or self.flying:
            return hello_s
        return next_s if self.line_up else min(next_s, hello_s)

    def hear(self, notices: list[Notice]) -> list[Notice]:
        """Remember what was said of the line."""
        for notice in notices:
            if isinstance(notice, LineChanged):
                self.line_up = notice.up
        return notices

    # --- what is stored ----------------------------------------------------------------

    def find(self, op_id: str) -> Row | None:
        """The row of an operation."""
        return self.store.find(op_id)

    def is_waiting(self, op_id: str) -> bool:
        """Whether its row is there and not settled."""
        row = self.store.find(op_id)
        return row is not None and row.state in WAITING

    def waiting(self, now_s: float) -> int:
        """How many rows are not settled."""
        return sum(self.queue.status(self.moment(now_s)).waiting.values())
