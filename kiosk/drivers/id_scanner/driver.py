"""The ID-card scanner as the terminal sees it.

The photo and fingerprint never leave `protocol`, the document lives in one event, and all
that is kept of it is a salted hash, for as long as it lies there and a little more.
"""

from __future__ import annotations

import hashlib
import secrets

from msgspec import Struct

from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DeviceStatus,
    IdDocument,
    IdNotRead,
    IdRead,
    IdTrouble,
)
from kiosk.drivers.id_scanner import status as meaning
from kiosk.drivers.id_scanner.document import flag_of, parse
from kiosk.drivers.id_scanner.protocol import Answer, Command, Failure, ask, text_of
from kiosk.drivers.links.back_off import BackOff
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Emit, LinkLost, Now, Open, Stop, Talk
from kiosk.drivers.orders import Order, ReadIdDocument

SALT_SIZE, HASH_SIZE = 16, 16  # bytes


class IdScannerConfig(Struct, frozen=True):
    """Times of the scanner; the limits are those public programs allow the module."""

    find_every_s: float = 0.3
    idle_every_s: float = 3.0
    status_limit_s: float = 1.0
    find_limit_s: float = 1.0
    select_limit_s: float = 0.5
    read_limit_s: float = 2.0
    same_within_s: float = 3.0  # found again within this: the same presentation
    card_tries: int = 3  # reads of one presentation before a passing result is told
    back_off_first_s: float = 0.5
    back_off_longest_s: float = 5.0


class IdScanner:
    """Answers `ReadIdDocument` with `IdNotRead` for each distinct trouble, then `IdRead`.

    `IdNotRead` does not end the order, not even when the line is lost: once the module
    answers again the search goes on, until `IdRead` or `Stop`.
    """

    device = Device.ID_SCANNER

    def __init__(self, config: IdScannerConfig | None = None) -> None:
        self._config = config or IdScannerConfig()
        self.status = DeviceStatus.UNKNOWN
        self._inbox = Inbox()
        self._told_status: DeviceStatus | None = None
        self._looking = False
        self._told: set[IdTrouble] = set()  # of this presentation
        self._tries = 0
        self._seen_s = 0.0  # when a document was last found
        self._salt = secrets.token_bytes(SALT_SIZE)
        self._read_hash: bytes | None = None  # of the document read in this presentation

    def __repr__(self) -> str:
        return f"IdScanner({self.status}{', looking' if self._looking else ''})"

    def serve(self) -> Talk[None]:
        """Run for ever: open, poll, look for documents when ordered to.

        Raises `TypeError` for another device's order.
        """
        back_off = BackOff(self._config.back_off_first_s, self._config.back_off_longest_s)
        while True:
            try:
                yield Open()
                yield from self._poll()
                back_off.reset()
                while True:
                    yield from self._work()
            except LinkLost:
                yield from self._lost()
            yield from self._obey(back_off.next_s())
            if self._looking:
                yield from self._tell(IdTrouble.READER_FAULT, "link lost")

    # --- orders ------------------------------------------------------------------------

    def _work(self) -> Talk[None]:
        """One round: a look for a document, or a wait for an order."""
        if not self._looking:
            if not (yield from self._obey(self._config.idle_every_s)):
                yield from self._poll()
            return
        yield from self._look()
        if self._looking:
            yield from self._obey(self._config.find_every_s)

    def _obey(self, timeout_s: float) -> Talk[bool]:
        """Carry out the next order. Result: False when none came within `timeout_s`."""
        order: Order | Stop | None = yield from self._inbox.take(timeout_s)
        if order is None:
            return False
        self._looking = isinstance(order, ReadIdDocument)
        if not self._looking and not isinstance(order, Stop):
            raise TypeError(f"an ID scanner cannot {type(order).__name__}")
        self._told.clear()
        self._tries = 0
        return True

    # --- documents ---------------------------------------------------------------------

    def _look(self) -> Talk[None]:
        """Find a card, and read it if there is one (GA 467-2013).

        Nothing is told once an order waits.
        """
        found = yield from self._ask(Command.FIND, self._config.find_limit_s)
        now_s = yield Now()
        new_presentation = now_s - self._seen_s > self._config.same_within_s
        if new_presentation:
            self._read_hash = None
        if meaning.no_card(found):
            if new_presentation:
                self._told.clear()
                self._tries = 0
        elif meaning.succeeded(found, meaning.FOUND):
            self._seen_s = now_s
            yield from self._read()
        else:
            yield from self._refuse(found)

    def _read(self) -> Talk[None]:
        """Select the card that was found and read it, once."""
        selected = yield from self._ask(Command.SELECT, self._config.select_limit_s)
        if not meaning.succeeded(selected, meaning.DONE):
            yield from self._refuse(selected)
            return
        answer = yield from self._ask(Command.READ, self._config.read_limit_s)
        if not meaning.succeeded(answer, meaning.DONE):
            yield from self._refuse(answer)
            return
        yield from self._accept(answer)

    def _accept(self, answer: Answer) -> Talk[None]:
        text = text_of(answer.data)
        document = IdTrouble.MALFORMED if text is None else parse(text)
        if isinstance(document, IdTrouble):
            # The value of a foreign type flag is safe to tell, a field is not.
            flag = flag_of(text).hex() if text and document is IdTrouble.NOT_ACCEPTED else ""
            yield from self._tell(document, f"flag {flag}" if flag else "")
            return
        yield from self._inbox.look()
        document_hash = _salted_hash(self._salt, document)
        if self._inbox.waiting is not None or self._read_hash == document_hash:
            return
        self._read_hash = document_hash
        self._looking = False
        yield Emit(IdRead(document))

    def _refuse(self, answer: Answer | Failure) -> Talk[None]:
        """A result that is not the hoped for: tell it, a passing one only after some tries."""
        if isinstance(answer, Answer) and answer.sw3 in meaning.PASSING:
            self._tries += 1
            if self._tries < self._config.card_tries:
                return
        yield from self._tell(meaning.trouble(answer), meaning.raw(answer))

    def _tell(self, trouble: IdTrouble, raw: str) -> Talk[None]:
        """Each trouble once a presentation; a card with a known one may well be taken away."""
        if trouble is IdTrouble.MOVED and self._told - {IdTrouble.READER_FAULT}:
            return
        if trouble not in self._told and not (yield from self._inbox.look()):
            self._told.add(trouble)
            yield Emit(IdNotRead(trouble, raw))

    # --- the module --------------------------------------------------------------------

    def _ask(self, command: Command, limit_s: float) -> Talk[Answer | Failure]:
        answer = yield from ask(self._inbox, command, limit_s)
        yield from self._became(meaning.device_status(answer), meaning.raw(answer))
        return answer

    def _poll(self) -> Talk[None]:
        yield from self._ask(Command.SAM_STATUS, self._config.status_limit_s)

    def _lost(self) -> Talk[None]:
        if self._looking:
            yield from self._tell(IdTrouble.READER_FAULT, "link lost")
        yield from self._became(DeviceStatus.OFFLINE, "link lost")

    def _became(self, status: DeviceStatus, raw: str) -> Talk[None]:
        self.status = status
        if status is not self._told_status:
            self._told_status = status
            yield Emit(DeviceChanged(self.device, status, raw))


def _salted_hash(salt: bytes, document: IdDocument) -> bytes:
    """Tells two documents apart, and says nothing of either once `salt` is gone."""
    words = f"{document.kind} {document.number}".encode()
    return hashlib.blake2b(words, key=salt, digest_size=HASH_SIZE).digest()
