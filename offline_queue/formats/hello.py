"""Hello, the terminal's look at the line, and the bank's greeting in return.

A hello is `POST /v1/hello`, signed like a batch. It says how far the terminal's books are; the
bank answers, under its verdict key, with its time, its sealing keys, how far it has seen those
books itself, and when to come again. It is the first word after every start.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from offline_queue.formats.batch import JournalHead, count_of, read_journal_head, text_of
from offline_queue.formats.envelope import BadEnvelope, canonical, is_signed, sign
from offline_queue.formats.keys import KeyList, SealingKey, read_key_list
from offline_queue.formats.timeline import instant

HELLO_PATH = "/v1/hello"
HELLO_BYTES_MAX = 4_096
_NONCE_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Hello:
    """How far a terminal's books are: the last batch it numbered, and its journal on disk."""

    terminal: str
    epoch: int
    nonce: str  # 32 hex digits, new each time
    batch_no: int
    journal: JournalHead

    def to_bytes(self) -> bytes:
        """The canonical body, which is what the terminal signs."""
        return canonical(
            {
                "terminal": self.terminal,
                "epoch": self.epoch,
                "nonce": self.nonce,
                "batch_no": self.batch_no,
                "journal": self.journal.to_wire(),
            }
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """The furthest that the bank has seen of a terminal's books: its high-water mark."""

    epoch: int
    batch_no: int
    journal: JournalHead


@dataclass(frozen=True, slots=True)
class Greeting:
    """The bank's answer. `at` is its clock, ISO 8601; `seen` is None for a new terminal."""

    nonce: str
    at: str
    keys: KeyList
    seen: Seen | None
    next_slot_ms: int = 0

    def to_bytes(self, key: Ed25519PrivateKey) -> bytes:
        """The body, signed with the bank's verdict key over all but the signature."""
        fields = {
            "nonce": self.nonce,
            "at": self.at,
            "keys": {
                "version": self.keys.version,
                "keys": [_key_wire(each) for each in self.keys.keys],
            },
            "seen": self.seen
            and {
                "epoch": self.seen.epoch,
                "batch_no": self.seen.batch_no,
                "journal": self.seen.journal.to_wire(),
            },
            "next_slot_ms": self.next_slot_ms,
        }
        return canonical({**fields, "signature": sign(canonical(fields), key)})


def _key_wire(key: SealingKey) -> dict[str, str]:
    return {
        "id": key.key_id,
        "public": b64encode(key.public).decode(),
        "not_after": key.not_after.isoformat(),
    }


def read_hello(body: bytes) -> Hello:
    """Parse and check a hello's body (not its signature). Raises `BadEnvelope`."""
    if len(body) > HELLO_BYTES_MAX:
        raise BadEnvelope(f"a hello is at most {HELLO_BYTES_MAX} bytes")
    try:
        fields = json.loads(body)
        return Hello(
            text_of(fields, "terminal"),
            count_of(fields, "epoch", least=1),
            _nonce(fields),
            count_of(fields, "batch_no"),
            read_journal_head(fields["journal"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadEnvelope("not a hello") from error


def read_greeting(body: bytes, verdict: Ed25519PublicKey) -> Greeting:
    """The bank's greeting, its signature checked. Raises `BadEnvelope`."""
    try:
        fields = json.loads(body)
        signature = text_of(fields, "signature")
        del fields["signature"]
        if not is_signed(canonical(fields), signature, verdict):
            raise BadEnvelope("the greeting is not signed by the bank")
        at = text_of(fields, "at")
        instant(at)
        return Greeting(
            _nonce(fields),
            at,
            read_key_list(fields["keys"]),
            _read_seen(fields["seen"]),
            count_of(fields, "next_slot_ms"),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadEnvelope("not a greeting") from error


def _read_seen(fields: Any) -> Seen | None:
    if fields is None:
        return None
    return Seen(
        count_of(fields, "epoch", least=1),
        count_of(fields, "batch_no"),
        read_journal_head(fields["journal"]),
    )


def _nonce(fields: dict[str, Any]) -> str:
    nonce = text_of(fields, "nonce")
    if len(nonce) != _NONCE_DIGITS or bytes.fromhex(nonce).hex() != nonce:
        raise BadEnvelope("a nonce has 16 bytes, in lower case")
    return nonce
