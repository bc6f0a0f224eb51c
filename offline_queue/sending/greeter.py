"""The hello and its greeting: the bank's time, its keys, and whether our books are the right ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from offline_queue.formats.entries import Event
from offline_queue.formats.envelope import BadEnvelope, sign
from offline_queue.formats.hello import Greeting, Hello, Seen, read_greeting
from offline_queue.formats.keys import KEY_FLOOR, TerminalKeys
from offline_queue.formats.timeline import SLACK_S, Anchor
from offline_queue.moment import Moment
from offline_queue.sealing import Sealer
from offline_queue.storage.store import Store

_GREETING = "bank_greeting"


@dataclass(frozen=True, slots=True)
class OutgoingHello:
    """A hello to be sent: its body, and the terminal's signature over it (hex)."""

    hello: Hello
    body: bytes
    signature: str
    sent_s: float


class Greeter:
    """Says hello, and takes the bank's word for what it is the judge of."""

    def __init__(
        self, store: Store, keys: TerminalKeys, sealer: Sealer, rng: Callable[[], float]
    ) -> None:
        self._store = store
        self._keys = keys
        self._sealer = sealer
        self._rng = rng
        self._version = int(store.meta(KEY_FLOOR) or -1)
        self._listed: tuple[int, tuple[str, ...]] = (-1, ())
        self.keys_went_back = False
        self.gap = False
        known = store.meta(_GREETING)
        if known is not None:
            with suppress(BadEnvelope):  # signed by an earlier key: a new list comes by itself
                self._use(read_greeting(known.encode(), keys.verdict))

    def hello(self, now: Moment) -> OutgoingHello:
        """How far our books are."""
        store = self._store
        nonce = b"".join(int(self._rng() * 2**32).to_bytes(4) for _ in range(4)).hex()
        epoch, last = store.journal.flushed.epoch, store.batch_no
        hello = Hello(self._keys.terminal, epoch, nonce, last, store.flushed_head)
        body = hello.to_bytes()
        return OutgoingHello(hello, body, sign(body, self._keys.signing), now.mono_s)

    def greeted(self, said: OutgoingHello, body: bytes, now: Moment) -> Greeting | None:
        """The bank's greeting; None for one that is not, or whose key list went back."""
        try:
            greeting = read_greeting(body, self._keys.verdict)
        except BadEnvelope:
            return None
        if greeting.nonce != said.hello.nonce:
            return None
        if greeting.keys.version < self._version:
            self._note_keys_went_back(now)
            return None
        listed = greeting.keys.version, tuple(key.key_id for key in greeting.keys.keys)
        news = listed != self._listed
        self._use(greeting)
        seen = greeting.seen
        is_gap = seen is not None and self._is_ahead(seen, said.hello)
        anchor = None
        if now.mono_s - said.sent_s <= SLACK_S:  # a slower answer is of an unknown age
            anchor = Anchor(greeting.at, self._store.boot_id, int(now.mono_s * 1000))
        with self._store.transaction(lazy=not is_gap):
            if anchor is not None:
                self._store.keep_anchor(anchor)
            if news:
                self._store.remember(_GREETING, body.decode())
                self._store.remember(KEY_FLOOR, str(self._version))
            if is_gap and seen is not None:
                self._start_epoch(seen, now)
        return greeting

    def _use(self, greeting: Greeting) -> None:
        self._sealer.use(greeting.keys.keys)
        self._version = max(self._version, greeting.keys.version)
        self._listed = greeting.keys.version, tuple(key.key_id for key in greeting.keys.keys)

    def _is_ahead(self, seen: Seen, said: Hello) -> bool:
        """Whether the bank has seen what this database does not hold: an old image, or foreign."""
        if seen.epoch != said.epoch:
            return seen.epoch > said.epoch
        if seen.journal.n > said.journal.n or seen.batch_no > said.batch_no:
            return True
        held = self._store.journal.digest_at(seen.journal.n)
        return held is not None and held != seen.journal.head

    def _start_epoch(self, seen: Seen, now: Moment) -> None:
        self.gap = True
        at = self._store.mark(now)
        self._store.journal.append(Event.GAP, "", at, f"{seen.epoch}:{seen.journal.n}")
        self._store.start_epoch(max(seen.epoch, self._store.journal.epoch) + 1, at)

    def _note_keys_went_back(self, now: Moment) -> None:
        if self.keys_went_back:
            return
        self.keys_went_back = True
        with self._store.transaction(lazy=True):
            self._store.journal.append(Event.KEYS_WENT_BACK, "", self._store.mark(now))
