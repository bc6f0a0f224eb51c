"""The terminal's own queue: sealed, signed, journaled, exactly as `kiosk-queue` runs it."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import perf_counter_ns
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.queue.contestant import REQUEST_BYTES, Contestant, Sending, Settling
from offline_queue.core import Outgoing, Queue
from offline_queue.formats.batch import Reply
from offline_queue.formats.envelope import (
    Outcome,
    Verdict,
    canonical,
    new_unsealing_key,
    sealing_bytes,
    sealing_key,
    sign,
)
from offline_queue.formats.hello import Greeting, read_hello
from offline_queue.formats.keys import KeyList, SealingKey, TerminalKeys
from offline_queue.memory import forget_what_is_freed, look_for_cycles_rarely
from offline_queue.messages import Taken
from offline_queue.process import read_moment
from offline_queue.storage.rescue import Rescue
from offline_queue.storage.store import Store
from offline_queue.storage.tidying import QUIET_S, Tidying
from sscard.cards import LossKind
from sscard.requests import BalanceCheck, Evidence, LossReport, Request, to_wire
from sscard.working_days import CHINA_TIME

TERMINAL = "T0001"
_RESCUE_BYTES = 1_048_576
_RESCUE_OF_A_RACE_BYTES = 33_554_432  # room for every report of it, since none is settled
_NEVER = datetime(2099, 1, 1, tzinfo=CHINA_TIME)


class Ours(Contestant, Settling, Sending):
    """Balance checks of many people, none of whom waits at the terminal."""

    rescue_bytes = _RESCUE_BYTES

    def __init__(self, folder: Path) -> None:
        forget_what_is_freed()
        self._bank = Ed25519PrivateKey.generate()
        self._sealing = _new_sealing_key()
        self._people = 0
        boot_id = str(uuid4())
        self._store = Store(str(folder / "queue.db"), boot_id, TERMINAL, read_moment())
        self._rescue = Rescue.open(folder / "rescue", self.rescue_bytes)
        self._tidying = Tidying(self._store, self._rescue)
        self._queue = Queue(
            self._store, self._keys(), random.SystemRandom().random, rescue=self._rescue
        )
        look_for_cycles_rarely()

    def accept(self, count: int) -> list[int]:
        """Take them, reading the clocks for each as the process does."""
        if self._people == 0:
            self.greet()
        asked = [(secrets.token_hex(16), self._next()) for _ in range(count)]
        taken_ns = []
        for op_id, request in asked:
            began_ns = perf_counter_ns()
            said = self._queue.accept(op_id, request, None, read_moment())
            taken_ns.append(perf_counter_ns() - began_ns)
            assert isinstance(said, Taken), said
            self._queue.forget(op_id)
        return taken_ns

    def fill(self, count: int) -> None:
        """Accept requests before anything is measured: one flush for all of them."""
        self._store.conn.execute("PRAGMA synchronous = OFF")
        self.accept(count)
        self._store.conn.execute("PRAGMA synchronous = FULL")

    def finish(self) -> None:
        """One batch to the bank and back."""
        self._settle(self._taken())

    def drain(self) -> None:
        """Batch after batch."""
        while (outgoing := self._queue.next_batch(read_moment())) is not None:
            self._settle(outgoing)

    def take(self) -> int:
        """One batch; afterwards it is settled, and as many requests are accepted anew."""
        began_ns = perf_counter_ns()
        outgoing = self._taken()
        taken_ns = perf_counter_ns() - began_ns
        self._settle(outgoing)
        self.accept(len(outgoing.batch.ops))
        return taken_ns

    def greet(self) -> None:
        """The bank's first word; nothing is sent before it."""
        hello = self._queue.hello(read_moment())
        nonce = read_hello(hello.body).nonce
        keys = KeyList(1, (self._sealing,))
        greeting = Greeting(nonce, datetime.now(CHINA_TIME).isoformat(), keys, None)
        self._queue.greeted(hello, greeting.to_bytes(self._bank), read_moment())

    def rest(self) -> None:
        """What the process does for its files as soon as it has been quiet for long enough."""
        now = read_moment()
        self._queue.prepare(now)
        self._tidying.turn(now)
        self._tidying.turn(replace(now, mono_s=now.mono_s + QUIET_S))

    def close(self) -> None:
        """Close the database and the rescue file."""
        self._store.close()
        self._rescue.close()

    def request(self, person: int, name: str) -> Request:
        """The request of a person. The base class measures balance checks."""
        return BalanceCheck(_evidence(person, name), f"62230000{person:011d}")

    def _next(self) -> Request:
        """The next person's request; the name fills it to the bytes that every peer gets."""
        self._people += 1
        bare = len(canonical(to_wire(self.request(self._people, ""))))
        request = self.request(self._people, "x" * (REQUEST_BYTES - bare))
        assert len(canonical(to_wire(request))) == REQUEST_BYTES
        return request

    def _taken(self) -> Outgoing:
        outgoing = self._queue.next_batch(read_moment())
        assert outgoing is not None, "nothing waits"
        return outgoing

    def _settle(self, outgoing: Outgoing) -> None:
        at = datetime.now(CHINA_TIME).isoformat()
        verdicts = []
        for op in outgoing.batch.ops:
            bare = Verdict(op.header.op_id, op.request_hash, Outcome.APPLIED, at, None)
            signature = sign(bare.signed_bytes(), self._bank)
            verdicts.append(
                Verdict(bare.op_id, bare.request_hash, bare.outcome, at, None, None, signature)
            )
        self._queue.settle(outgoing, Reply(tuple(verdicts), 0).to_bytes(), read_moment())

    def _keys(self) -> TerminalKeys:
        return TerminalKeys(
            TERMINAL,
            Ed25519PrivateKey.generate(),
            self._bank.public_key(),
            secrets.token_bytes(32),
            self._sealing,
        )


class OurLossReports(Ours):
    """Loss reports, which are written to the rescue file as well."""

    rescue_bytes = _RESCUE_OF_A_RACE_BYTES

    def request(self, person: int, name: str) -> Request:
        """Every card of the person."""
        return LossReport(_evidence(person, name), LossKind.WRITTEN)


def _evidence(person: int, name: str) -> Evidence:
    return Evidence(
        "resident_id_card", f"990000{19000101 + person // 1000:08d}{person % 1000:04d}", name
    )


def _new_sealing_key() -> SealingKey:
    public = sealing_bytes(new_unsealing_key())
    return SealingKey("k1", sealing_key(public), _NEVER, public)
