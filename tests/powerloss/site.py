"""The queue on the files of one directory, opened the way its process opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.database import memory_database
from bank.gateway import Gateway
from bank.keys import BankKeys, keys_from_toml, new_keys_toml
from bank.people import PEOPLE, Person
from bank.seeding import seed
from offline_queue.core import Queue
from offline_queue.formats.keys import TerminalKeys, new_sealing_key
from offline_queue.messages import NotTaken, Taken
from offline_queue.moment import Moment
from offline_queue.settings import Settings
from offline_queue.storage import log_room
from offline_queue.storage.files import open_files
from offline_queue.storage.rows import WAITING
from offline_queue.storage.tidying import QUIET_S, Tidying
from sscard.cards import Account, LossKind
from sscard.requests import (
    BalanceCheck,
    Companion,
    Evidence,
    LossReport,
    PasswordUnlock,
    Request,
)
from sscard.working_days import CHINA_TIME

TERMINAL = "T0001"
DATABASE = "queue.db"
RESCUE = "queue.db.rescue"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA_TIME)  # a Monday
PIN_BLOCK = "A1B2C3D4E5F60718"
# As on a terminal, but small: what is copied for every image is mostly these.
_LOG_ROOM_BYTES = 131_072
_RESCUE_BYTES = 131_072
_BALLAST_BYTES = 65_536
_LANE_KEY = b"lane key of the invented world.."


@contextmanager
def small_log_room() -> Iterator[None]:
    """The log's room is as small as the other files here, while this lasts."""
    usual = log_room.LOG_ROOM_BYTES
    log_room.LOG_ROOM_BYTES = _LOG_ROOM_BYTES
    try:
        yield
    finally:
        log_room.LOG_ROOM_BYTES = usual


def at(seconds: float) -> Moment:
    """So many seconds into the morning; the machine was started 1,000 s before."""
    return Moment(1_000.0 + seconds, MORNING + timedelta(seconds=seconds))


def new_keys() -> str:
    """Invented keys of a bank and a terminal, as one text for processes that share them."""
    signing = Ed25519PrivateKey.generate().private_bytes_raw().hex()
    return f'terminal_key = "{signing}"\n' + new_keys_toml([TERMINAL], MORNING.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Keys:
    """Both sides of the line."""

    bank: BankKeys
    terminal: TerminalKeys

    @classmethod
    def read(cls, text: str) -> Keys:
        """The keys of a text of `new_keys`."""
        signing = bytes.fromhex(text.split('"')[1])
        bank = keys_from_toml(text)
        shipped = next(iter(bank.unsealing.values()))
        terminal = TerminalKeys(
            TERMINAL,
            Ed25519PrivateKey.from_private_bytes(signing),
            bank.verdict_public,
            _LANE_KEY,
            new_sealing_key(shipped.key_id, shipped.public, shipped.not_after),
        )
        return cls(bank, terminal)


class Site:
    """Rescue file, store, ballast and queue of one start; `boot_id` names the boot it happens in."""

    def __init__(
        self, directory: Path, keys: Keys, boot_id: str, rng: Random, seconds: float
    ) -> None:
        files = open_files(_settings(directory, keys), keys.terminal, boot_id, at(seconds))
        self.store, self.rescue = files.store, files.rescue
        self.salvaged = any(directory.glob(f"{DATABASE}.damaged-*"))
        self.queue = Queue(
            files.store,
            keys.terminal,
            rng.random,
            files.rescue,
            make_room=files.ballast.release,
        )
        self._tidying = Tidying(files.store, files.rescue, files.ballast)

    def accept(self, op_id: str, request: Request, seconds: float) -> Taken | NotTaken:
        """Hand a request in."""
        companion = Companion(PIN_BLOCK) if isinstance(request, BalanceCheck) else None
        return self.queue.accept(op_id, request, companion, at(seconds))

    def is_final(self, op_id: str) -> bool:
        """Whether a request needs nothing more."""
        row = self.store.find(op_id)
        return row is not None and row.state not in WAITING

    def tidy(self, seconds: float) -> float:
        """An idle spell long enough for the checkpoint; when it is over."""
        self._tidying.turn(at(seconds))
        seconds += QUIET_S + 1
        self._tidying.turn(at(seconds))
        return seconds

    def close(self) -> None:
        """What the process does at its end."""
        self.store.close()
        self.rescue.close()


def _settings(directory: Path, keys: Keys) -> Settings:
    """Those of the process; what belongs to the line and the socket is not used here."""
    unused = directory / "unused"
    return Settings(
        terminal=TERMINAL,
        database=directory / DATABASE,
        socket=unused,
        bank_url="",
        ca_file=unused,
        client_cert_file=unused,
        client_key_file=unused,
        signing_key_file=unused,
        lane_key_file=unused,
        verdict_key=keys.terminal.verdict,
        sealing_key=keys.terminal.sealing,
        admin_socket=unused,
        rescue=directory / RESCUE,
        ballast=directory / "ballast",
        rescue_bytes=_RESCUE_BYTES,
        ballast_bytes=_BALLAST_BYTES,
    )


class Bank:
    """The reference gateway with its people, in memory."""

    def __init__(self, keys: Keys) -> None:
        self._engine = memory_database()
        seed(self._engine, PEOPLE, keys.bank.peppers, MORNING)
        public = keys.terminal.signing.public_key()
        self._gateway = Gateway(self._engine, keys.bank, {TERMINAL: public})

    def exchange(self, site: Site, seconds: float, *, answer_lost: bool = False) -> list[str]:
        """One batch, there and back; the operations that are final by it."""
        outgoing = site.queue.next_batch(at(seconds))
        if outgoing is None:
            return []
        status, body = self._gateway.receive(outgoing.body, outgoing.signature, at(seconds).wall)
        assert status == 200, status
        if answer_lost:
            site.queue.failed(outgoing, at(seconds))
        else:
            site.queue.settle(outgoing, body, at(seconds))
        sent = (op.header.op_id for op in outgoing.batch.ops)
        return [op_id for op_id in sent if site.is_final(op_id)]

    def greet(self, site: Site, seconds: float) -> None:
        """The line is looked at, and it is up."""
        said = site.queue.hello(at(seconds))
        status, body = self._gateway.hello(said.body, said.signature, at(seconds).wall)
        assert status == 200, status
        site.queue.greeted(said, body, at(seconds))


def some_request(rng: Random) -> Request:
    """A request as a visit would make it, of a person the bank knows or does not know."""
    holder = rng.choice(PEOPLE)
    evidence = _evidence(holder) if rng.random() < 0.8 else _stranger(rng)
    if not holder.cards or rng.random() < 0.5:
        return LossReport(evidence, rng.choice(list(LossKind)))
    if rng.random() < 0.5:
        account = rng.choice(list(Account))
        return PasswordUnlock(evidence, holder.cards[0].card_number, account)
    return BalanceCheck(evidence, rng.choice(holder.cards).card_number)


def _evidence(holder: Person) -> Evidence:
    return Evidence(holder.document, holder.id_number, holder.name)


def _stranger(rng: Random) -> Evidence:
    return Evidence("resident", f"99000019800101{rng.randrange(10_000):04d}", "张三丰收")


def canaries() -> tuple[bytes, ...]:
    """What may stand nowhere on the disk, in any image: names, numbers, the PIN block."""
    words = ["张三丰收", "99000019800101", PIN_BLOCK]
    for holder in PEOPLE:
        words += [holder.name, holder.id_number, *(card.card_number for card in holder.cards)]
    return tuple(word.encode() for word in words if len(word.encode()) >= 6)
