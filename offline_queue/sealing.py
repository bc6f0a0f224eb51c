"""What is done to a request before it is stored: hashed, sealed to the bank, signed, given its lane."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import msgspec

from offline_queue import policy
from offline_queue.formats.chain import link
from offline_queue.formats.entries import accepted_content
from offline_queue.formats.envelope import Header, canonical, seal, seal_request
from offline_queue.formats.keys import SealingKey, TerminalKeys, current_key
from offline_queue.formats.timeline import TimeMark
from offline_queue.key_source import KeySource
from offline_queue.moment import Moment
from offline_queue.storage.journal import Tip
from offline_queue.storage.rows import Row, State
from sscard.requests import (
    CardKept,
    Companion,
    ElectronicLook,
    ReportStatus,
    Request,
)

_OP_ID = re.compile(r"[0-9a-f]{32}")
_MAC_BYTES = 16


def is_op_id(text: str) -> bool:
    """32 lower-case hex digits: one spelling, so that one operation has one id."""
    return _OP_ID.fullmatch(text) is not None


class SealedRow(msgspec.Struct, frozen=True):
    """A new row, its request's hash, and the digest of the journal entry that it signed."""

    row: Row
    request_hash: str
    digest: str


class Sealer:
    """Seals requests and companions to the bank's current key, and signs for their place."""

    def __init__(self, keys: TerminalKeys) -> None:
        self._keys = keys
        self._source = KeySource()
        self._sealing: tuple[SealingKey, ...] = (keys.sealing,)

    def use(self, listed: tuple[SealingKey, ...]) -> None:
        """Seal to the bank's listed keys from now on; the shipped one stays the last resort."""
        shipped = self._keys.sealing
        known = any(key.key_id == shipped.key_id for key in listed)
        self._sealing = listed if known else (*listed, shipped)

    def prepare(self, now: Moment) -> None:
        """Make the keys of the next rows ahead."""
        self._source.prepare(current_key(self._sealing, now.wall), now.mono_s)

    def request_mac(self, op_id: str, plain: bytes) -> bytes:
        """A keyed hash that tells the same request from another one under the same id."""
        return self._keyed_hash(b"request\0" + op_id.encode() + plain)

    def lane_of(self, request: Request) -> str:
        """The lane of a request, 32 hex digits: a keyed hash of the person (or of the report)."""
        return self._keyed_hash(b"lane\0" + _lane_subject(request).encode()).hex()

    def seal_row(
        self,
        op_id: str,
        request: Request,
        plain: bytes,
        lasts_ms: int | None,
        after: Tip,
        at: TimeMark,
        wall: datetime,
    ) -> SealedRow:
        """The row of a new request, sealed under its own header, signed for its journal entry.

        `plain` is its canonical wire form, `after` what its journal entry continues.
        """
        sealing = current_key(self._sealing, wall)
        header = Header(
            op_id=op_id,
            terminal=self._keys.terminal,
            kind=request.kind,
            lane=self.lane_of(request),
            epoch=after.epoch,
            lane_seq=after.n + 1,
            key_id=sealing.key_id,
            accepted=at,
        )
        sealed, its_hash = seal_request(plain, self._source.take(sealing), header)
        digest = link(after.digest, accepted_content(header, its_hash))
        row = Row(
            header=header,
            state=State.READY,
            lasts_ms=lasts_ms,
            request_mac=self.request_mac(op_id, plain),
            prev=after.digest,
            signature=self._keys.signing.sign(digest.encode()),
            sealed=sealed,
        )
        return SealedRow(row, its_hash, digest)

    def companion(self, companion: Companion | None, header: Header) -> bytes | None:
        """The companion, sealed under the row's header; None if the row's key is not here."""
        if companion is None:
            return None
        key = next((k.key for k in self._sealing if k.key_id == header.key_id), None)
        return None if key is None else seal(companion, key, header, "companion")

    def _keyed_hash(self, message: bytes) -> bytes:
        return blake2b(message, digest_size=_MAC_BYTES, key=self._keys.lane_key).digest()


def plain_request(request: Request) -> bytes:
    """The canonical wire form of a request. Raises `UnicodeEncodeError` for a text that is none."""
    return canonical(request)


_WITHOUT_PERSON = (ReportStatus, ElectronicLook, CardKept)


def _lane_subject(request: Request) -> str:
    """Whom or what order is kept for: the person, or what is asked about without one."""
    if not isinstance(request, _WITHOUT_PERSON):
        return request.evidence.id_number.strip().upper()
    match request:
        case ReportStatus(code):
            return "report " + code
        case ElectronicLook(code):
            return "electronic " + code
        case CardKept(claim=claim):
            return "claim " + claim


@dataclass(frozen=True, slots=True)
class _Held:
    sealed: bytes
    until_s: float


class Visits:
    """The operations that visits wait for now, and their sealed companions. Memory only."""

    def __init__(self) -> None:
        self._live: dict[str, None] = {}  # oldest first
        self._companions: dict[str, _Held] = {}

    def __contains__(self, op_id: str) -> bool:
        return op_id in self._live

    def attend(self, op_id: str, companion: bytes | None, now_s: float) -> None:
        """A visit waits for this operation from now on (boot time)."""
        self._live[op_id] = None
        if companion is not None:
            self._companions[op_id] = _Held(companion, now_s + policy.COMPANION_MAX_S)
        while len(self._live) > policy.LIVE_MAX:
            self.forget(next(iter(self._live)))

    def forget(self, op_id: str) -> None:
        """Nobody waits for it any more, and its companion is dropped."""
        self._live.pop(op_id, None)
        self._companions.pop(op_id, None)

    def companion(self, op_id: str) -> bytes | None:
        """The sealed companion to send along, if there still is one."""
        held = self._companions.get(op_id)
        return None if held is None else held.sealed

    def drop_old(self, now_s: float) -> None:
        """Drop the companions whose time is over (OFFLINE.NO_PIN)."""
        if self._companions:
            for op_id in [o for o, held in self._companions.items() if held.until_s <= now_s]:
                del self._companions[op_id]

    def next_drop_s(self) -> float | None:
        """When the next companion is dropped, in boot time."""
        return min((held.until_s for held in self._companions.values()), default=None)
