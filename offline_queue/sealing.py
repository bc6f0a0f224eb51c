"""What is done to a request before it is stored: hashed, sealed to the bank, given its lane."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from hashlib import sha256

from offline_queue import policy
from offline_queue.envelope import Header, canonical, request_hash, seal
from offline_queue.keys import SealingKey, TerminalKeys, current_key
from offline_queue.moment import Moment
from offline_queue.rows import Row, State
from sscard.requests import (
    BalanceCheck,
    CardList,
    Companion,
    LossReport,
    ReportStatus,
    Request,
    to_wire,
)

_OP_ID_DIGITS = 32


def is_op_id(text: str) -> bool:
    """32 lower-case hex digits: one spelling, so that one operation has one id."""
    return len(text) == _OP_ID_DIGITS and all(c in "0123456789abcdef" for c in text)


class Sealer:
    """Seals requests and companions to the bank's current key."""

    def __init__(self, keys: TerminalKeys) -> None:
        self._keys = keys
        self._sealing: tuple[SealingKey, ...] = (keys.sealing,)

    def use(self, listed: tuple[SealingKey, ...]) -> None:
        """Seal to the bank's listed keys from now on; the shipped one stays the last resort."""
        shipped = self._keys.sealing
        known = any(key.key_id == shipped.key_id for key in listed)
        self._sealing = listed if known else (*listed, shipped)

    def request_mac(self, op_id: str, request: Request) -> str:
        """A keyed hash that tells the same request from another one under the same id.

        Raises `UnicodeEncodeError` for a text that is none.
        """
        return self._keyed_hash("request", op_id.encode() + canonical(to_wire(request)))

    def lane_of(self, request: Request) -> str:
        """The lane of a request, 32 hex digits: a keyed hash of what order is kept for."""
        return self._keyed_hash("lane", _lane_subject(request).encode())

    def row(
        self, op_id: str, request: Request, mac: str, lane_seq: int, boot_id: str, now: Moment
    ) -> Row:
        """The row of a new request, sealed under its own header."""
        rules = policy.policy_of(request.kind)
        sealing = current_key(self._sealing, now.wall)
        header = Header(
            op_id=op_id,
            terminal=self._keys.terminal,
            kind=request.kind,
            lane=self.lane_of(request),
            lane_seq=lane_seq,
            key_id=sealing.key_id,
            accepted_at=now.wall.isoformat(),
        )
        sealed = seal(to_wire(request), sealing.key, header, "request")
        until = None if rules.until is None else rules.until(now.wall)
        lasts_s = None if until is None else (until - now.wall).total_seconds()
        return Row(
            header=header,
            priority=rules.priority,
            state=State.READY,
            attempts=0,
            together_failures=0,
            accepted_boot_s=now.mono_s,
            boot_id=boot_id,
            expires_boot_s=None if lasts_s is None else now.mono_s + lasts_s,
            expires_wall_s=None if until is None else until.timestamp(),
            request_mac=mac,
            request_hash=request_hash(header, sealed),
            sealed=sealed,
        )

    def companion(self, companion: Companion | None, header: Header) -> bytes | None:
        """The companion, sealed under the row's header; None if the row's key is not here."""
        key = next((k.key for k in self._sealing if k.key_id == header.key_id), None)
        if companion is None or key is None:
            return None
        return seal(asdict(companion), key, header, "companion")

    def _keyed_hash(self, purpose: str, message: bytes) -> str:
        text = purpose.encode() + b"\0" + message
        return hmac.new(self._keys.lane_key, text, sha256).hexdigest()[:32]


def _lane_subject(request: Request) -> str:
    """Whom or what order is kept for: the card, else the person, else the report."""
    match request:
        case BalanceCheck():
            return request.card_number
        case CardList() | LossReport():
            return request.evidence.id_number
        case ReportStatus():
            return request.code


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
        for op_id in [o for o, held in self._companions.items() if held.until_s <= now_s]:
            del self._companions[op_id]

    def next_drop_s(self) -> float | None:
        """When the next companion is dropped, in boot time."""
        return min((held.until_s for held in self._companions.values()), default=None)
