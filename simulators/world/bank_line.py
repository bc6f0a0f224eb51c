"""The world's way to the bank: the real queue, the real gateway, and a line that can misbehave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.database import image_of, memory_database
from bank.gateway import Gateway, GatewaySettings
from bank.keys import BankKeys, PasswordKeys, read_unsealing_key
from bank.people import PEOPLE
from bank.seeding import seed
from bank.settling import Terms
from offline_queue.core import Outgoing, OutgoingHello, Queue
from offline_queue.door import TAKE_TIMEOUT_S
from offline_queue.formats.batch import read_reply
from offline_queue.formats.envelope import new_unsealing_key
from offline_queue.formats.keys import TerminalKeys, new_sealing_key
from offline_queue.messages import (
    Answered,
    LineChanged,
    Notice,
    NotTaken,
    NotTakenReason,
    Taken,
)
from offline_queue.moment import Moment
from offline_queue.storage.store import MEMORY, Store
from simulators.models.chip_keys import TEST_CARD_KEY
from simulators.models.pin_pad import TEST_PIN_KEY, TEST_SOCIAL_SECURITY_KEY
from simulators.world.agenda import START, Agenda
from sscard.banks import Bank, load_banks
from sscard.requests import Companion, Request

TERMINAL = "world-0001"
BANKS = Path(__file__).parents[2] / "deploy" / "banks.toml"
FLUSH_S = 0.002  # a flush to an SD card or eMMC
SOCKET_S = 0.0005  # a line over the Unix socket
ONE_WAY_S = 0.03  # the line to the bank
GIVE_UP_S = 5.0  # the queue's own limit for an answer


class BankMood(StrEnum):
    """How the bank, or the line to it, behaves."""

    WELL = "well"
    SILENT = "silent"  # takes the batch and never answers
    ANSWER_LOST = "answer_lost"  # does it, and the answer is lost
    TWICE = "twice"  # the batch arrives twice, and so do the answers
    NONSENSE = "nonsense"
    FOREIGN = "foreign"  # verdicts signed by somebody else
    REFUSING = "refusing"  # 503 to everything
    SLOW = "slow"  # answers after the person has stopped waiting


@dataclass(frozen=True, slots=True)
class Keys:
    """The invented keys of a world: made once a process, since making them takes time."""

    bank: BankKeys
    terminal: TerminalKeys


@cache
def keys() -> Keys:
    """The keys all worlds share."""
    unsealing = read_unsealing_key("world-1", new_unsealing_key(), START.replace(year=2036))
    verdict, signing = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    shipped = new_sealing_key(unsealing.key_id, unsealing.public, unsealing.not_after)
    return Keys(
        BankKeys(
            {unsealing.key_id: unsealing},
            verdict,
            PasswordKeys({TERMINAL: TEST_PIN_KEY}, b"p" * 32),
            PasswordKeys({TERMINAL: TEST_SOCIAL_SECURITY_KEY}, b"q" * 32, TEST_CARD_KEY),
        ),
        TerminalKeys(TERMINAL, signing, verdict.public_key(), b"l" * 32, shipped),
    )


@cache
def banks() -> dict[str, Bank]:
    """The banks of all worlds, by id."""
    return load_banks(BANKS)


@cache
def _peopled(at: datetime) -> bytes:
    """The image of a bank with its people as they stand at the moment a world begins."""
    rng = Random(0)  # noqa: S311  # a world is replayed
    engine = memory_database()
    seed(engine, PEOPLE, keys().bank.peppers, at, token=lambda: rng.randbytes(16).hex())
    image = image_of(engine)
    engine.dispose()
    return image


class WorldBank:
    """The bank at the other end, with its people."""

    def __init__(self, agenda: Agenda) -> None:
        self.engine = memory_database(_peopled(agenda.wall()))
        self.mood = BankMood.WELL
        self._agenda = agenda
        held = keys()
        public = held.terminal.signing.public_key()
        settings = GatewaySettings(Terms(banks=banks()))
        self._gateway = Gateway(self.engine, held.bank, {TERMINAL: public}, settings)
        self._foreign = Ed25519PrivateKey.generate()

    def close(self) -> None:
        """Give the database back."""
        self.engine.dispose()

    def receive(self, outgoing: Outgoing) -> bytes | None:
        """The reply's body as it reaches the terminal; None when none does."""
        if self.mood in (BankMood.SILENT, BankMood.REFUSING):
            return None
        if self.mood is BankMood.TWICE:
            self._gateway.receive(outgoing.body, outgoing.signature, self._agenda.wall())
        status, body = self._gateway.receive(outgoing.body, outgoing.signature, self._agenda.wall())
        assert status == 200, f"the gateway refused a batch of its own terminal: {status}"
        match self.mood:
            case BankMood.ANSWER_LOST:
                return None
            case BankMood.NONSENSE:
                return b'{"verdicts": "all is well"}'
            case BankMood.FOREIGN:
                return self._forged(body)
        return body

    def greet(self, outgoing: OutgoingHello) -> bytes | None:
        """The signed greeting as it reaches the terminal; None when none does."""
        if self.mood in (BankMood.SILENT, BankMood.REFUSING):
            return None
        status, body = self._gateway.hello(outgoing.body, outgoing.signature, self._agenda.wall())
        assert status == 200, f"the gateway refused a hello of its own terminal: {status}"
        return body

    def _forged(self, body: bytes) -> bytes:
        reply = read_reply(body)
        forged = tuple(
            replace(verdict, signature=self._foreign.sign(verdict.signed_bytes()).hex())
            for verdict in reply.verdicts
        )
        return replace(reply, verdicts=forged).to_bytes()


@dataclass(slots=True)
class _Open:
    """An operation that the terminal's door waits for; a queue that restarts gets it again."""

    request: Request = field(repr=False)
    companion: Companion | None = field(repr=False)
    deadline_s: float
    latest_s: float
    taken: bool = False


class WorldQueue:
    """`kiosk-queue` without its process: the real queue on a database, driven in virtual time.

    Its door behaves as `offline_queue.door.QueueDoor` does: it shows what is open to a queue that
    comes back, under the same id, and gives up what nobody takes.
    """

    def __init__(
        self,
        agenda: Agenda,
        bank: WorldBank,
        rng: Random,
        notify: Callable[[Notice], None],
    ) -> None:
        self.line_up = True
        self._agenda = agenda
        self._bank = bank
        self._rng = rng
        self._notify = notify
        self._boots = 1
        self._store = Store(MEMORY, "boot-1", TERMINAL, self._moment())
        self._queue: Queue | None = None
        self._open: dict[str, _Open] = {}
        self._flying = False
        self._image: bytes | None = None
        self._wake_s: float | None = None

    def start(self, *, rebooted: bool = False) -> None:
        """Begin, or begin again after `kill`: what was stored is still there.

        `rebooted`: the machine has begun anew too, so that boot times of before mean nothing.
        """
        self._boots += rebooted
        if self._image is not None:
            boot_id = f"boot-{self._boots}"
            now = self._moment()
            self._store = Store(MEMORY, boot_id, TERMINAL, now, self._image)
            self._image = None
        self._queue = queue = Queue(self._store, keys().terminal, self._rng.random)
        self._say_hello(queue)
        for op_id in tuple(self._open):
            self._show(op_id)

    def kill(self) -> None:
        """The process dies; its memory is gone, its database stays."""
        self._image = self.database()
        self._store.close()
        self._queue = None
        self._flying = False
        self._wake_s = None
        for op_id, entry in self._open.items():
            entry.deadline_s = min(self._agenda.now_s() + TAKE_TIMEOUT_S, entry.latest_s)
            self._give_up_at(op_id, entry.deadline_s)
        self._notify(LineChanged(False))

    def meet_new_terminal(self) -> None:
        """Another terminal's process calls: the visits of the one before are over."""
        for op_id in tuple(self._open):
            self.forget(op_id)
        if self._queue is not None:
            self._notify(LineChanged(self._queue.status(self._moment()).line_up))

    def close(self) -> None:
        """Give the database back."""
        self._store.close()

    @property
    def waiting(self) -> int:
        """Requests not yet settled."""
        assert self._queue is not None
        return sum(self._queue.status(self._moment()).waiting.values())

    def database(self) -> bytes:
        """The database as it would lie on the disk."""
        return self._image or bytes(self._store.conn.serialize())

    def set_line(self, *, up: bool) -> None:
        """Cut the line, or repair it."""
        self.line_up = up

    # --- the terminal's door -------------------------------------------------------------

    def submit(self, op_id: str, request: Request, companion: Companion | None) -> None:
        """See `kiosk.terminal.QueueDoor`."""
        now_s = self._agenda.now_s()
        deadline_s = now_s + TAKE_TIMEOUT_S
        self._open[op_id] = _Open(request, companion, deadline_s, now_s + 2 * TAKE_TIMEOUT_S)
        self._give_up_at(op_id, deadline_s)
        self._show(op_id)

    def ask_status(self) -> None:
        """See `kiosk.terminal.QueueDoor`."""
        if self._queue is not None:
            self._tell([self._queue.status(self._moment())])

    def forget(self, op_id: str) -> None:
        """See `kiosk.terminal.QueueDoor`."""
        self._open.pop(op_id, None)
        if self._queue is not None:
            self._queue.forget(op_id)

    def _show(self, op_id: str) -> None:
        """Send an open operation to the queue, which flushes it before it answers."""
        queue, entry = self._queue, self._open[op_id]
        if queue is None:
            return

        def accept() -> None:
            if queue is self._queue:
                self._tell([queue.accept(op_id, entry.request, entry.companion, self._moment())])
                self._work()

        self._agenda.after(FLUSH_S, accept)

    def _give_up_at(self, op_id: str, when_s: float) -> None:
        def give_up() -> None:
            entry = self._open.get(op_id)
            if entry is None or entry.taken or entry.deadline_s > self._agenda.now_s():
                return
            self.forget(op_id)
            self._notify(NotTaken(op_id, NotTakenReason.QUEUE_GONE))

        self._agenda.at(when_s, give_up)

    def _hear(self, notice: Notice) -> None:
        """A line of the queue has come through the socket."""
        match notice:
            case Taken(op_id):
                entry = self._open.get(op_id)
                if entry is None or entry.taken:
                    return
                entry.taken = True
            case NotTaken(op_id) | Answered(op_id):
                if self._open.pop(op_id, None) is None:
                    return
        self._notify(notice)

    # --- inside ----------------------------------------------------------------------------

    def _moment(self) -> Moment:
        return Moment(self._agenda.now_s(), self._agenda.wall())

    def _work(self) -> None:
        """Send what is due, and come back when there is more to do."""
        queue = self._queue
        if queue is None:
            return
        self._tell(queue.expire(self._moment()))
        if not self._flying:
            outgoing = queue.next_batch(self._moment())
            if outgoing is not None:
                self._send(queue, outgoing)
        next_s = queue.next_s(self._moment())
        if next_s is not None and not self._flying:
            due_s = self._agenda.now_s() + max(next_s, 0.001)
            if self._wake_s is None or due_s < self._wake_s:
                self._wake_s = due_s
                self._agenda.at(due_s, self._due)

    def _due(self) -> None:
        self._wake_s = None
        self._work()

    def _send(self, queue: Queue, outgoing: Outgoing) -> None:
        self._flying = True
        if not self.line_up:
            self._agenda.after(0.001, lambda: self._landed(queue, outgoing, None))
            return

        def arrive() -> None:
            reply = self._bank.receive(outgoing) if self.line_up else None
            back_s = ONE_WAY_S
            if reply is None:
                back_s = ONE_WAY_S if self._bank.mood is BankMood.REFUSING else GIVE_UP_S
            elif self._bank.mood is BankMood.SLOW:
                back_s = 12.0
            self._agenda.after(back_s, lambda: self._landed(queue, outgoing, reply))

        self._agenda.after(ONE_WAY_S, arrive)

    def _landed(self, queue: Queue, outgoing: Outgoing, reply: bytes | None) -> None:
        if queue is not self._queue:
            return  # that process is dead
        self._flying = False
        if reply is None or not self.line_up:
            self._tell(queue.failed(outgoing, self._moment()))
        else:
            self._tell(queue.settle(outgoing, reply, self._moment()))
        self._work()

    def _say_hello(self, queue: Queue) -> None:
        """Look at the line when nothing is sent that would tell."""
        if queue is not self._queue:
            return  # that process is dead
        if queue.hello_s(self._moment()) <= 0.0 and not self._flying:
            said = queue.hello(self._moment())
            body = self._bank.greet(said) if self.line_up else None
            if body is None:
                self._tell(queue.hello_failed(self._moment()))
            else:
                self._tell(queue.greeted(said, body, self._moment()))
            self._work()
        again_s = max(queue.hello_s(self._moment()), 0.05)
        self._agenda.after(again_s, lambda: self._say_hello(queue))

    def _tell(self, notices: list[Notice]) -> None:
        """Say it over the socket; what a process said with its last breath is lost with it."""
        queue = self._queue

        def arrive(notice: Notice) -> None:
            if queue is self._queue:
                self._hear(notice)

        for notice in notices:
            self._agenda.after(SOCKET_S, partial(arrive, notice))
