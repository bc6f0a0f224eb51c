"""The two messages of the line to the bank: a batch of rows, and the reply with its verdicts.

A batch is `POST /v1/batches`, its body canonical JSON, its signature (Ed25519, hex) in the
header ``X-Terminal-Signature``. The reply carries one signed verdict per operation; what is
missing from it, or badly signed, is unknown: neither failed nor done.

Each row carries its own proof too: the digest before its journal entry, and the terminal's
signature over the entry's own digest, made when the request was taken.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.chain import link
from offline_queue.formats.entries import accepted_content
from offline_queue.formats.envelope import (
    BATCH_BYTES_MAX,
    BATCH_OPS_MAX,
    LONE_BYTES_MAX,
    BadEnvelope,
    Header,
    Outcome,
    Verdict,
    canonical,
    is_signed,
    request_hash,
)
from offline_queue.formats.timeline import read_time_mark

SIGNATURE_HEADER = "X-Terminal-Signature"
BATCHES_PATH = "/v1/batches"
_DIGEST_DIGITS = 64
_COUNT_MAX = 2**53


@dataclass(frozen=True, slots=True)
class SealedOp:
    """One row on its way: its clear header, the sealed request, its proof, and what goes along.

    `expired`: its time is over; the bank does nothing but tell the holder.
    """

    header: Header
    sealed: bytes
    prev: str  # the journal's digest before its entry, 64 hex digits
    signature: str  # hex, of the terminal over the digest of its entry
    companion: bytes | None = None  # the sealed PIN block, from memory, never stored
    expired: bool = False

    @property
    def request_hash(self) -> str:
        """The hash that verdicts name."""
        return request_hash(self.header, self.sealed)

    def digest(self) -> str:
        """The digest of the journal entry of its acceptance, rebuilt from what it carries."""
        return link(self.prev, accepted_content(self.header, self.request_hash))

    def is_genuine(self, terminal_key: Ed25519PublicKey) -> bool:
        """Whether the terminal signed this row, in this place of its journal."""
        return is_signed(self.digest().encode(), self.signature, terminal_key)

    def to_wire(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "header": self.header.to_wire(),
            "sealed": b64encode(self.sealed).decode(),
            "prev": self.prev,
            "signature": self.signature,
            "companion": self.companion and b64encode(self.companion).decode(),
            "expired": self.expired,
        }


@dataclass(frozen=True, slots=True)
class JournalHead:
    """How far the terminal's journal is safely on disk: the last number and its digest."""

    n: int
    head: str  # 64 hex digits

    def to_wire(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"n": self.n, "head": self.head}


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to 50 operations of one terminal. `batch_no` grows within an epoch, with gaps."""

    terminal: str
    epoch: int
    batch_no: int
    journal: JournalHead
    ops: tuple[SealedOp, ...]

    def to_bytes(self) -> bytes:
        """The canonical body, which is what the terminal signs."""
        return canonical(
            {
                "terminal": self.terminal,
                "epoch": self.epoch,
                "batch_no": self.batch_no,
                "journal": self.journal.to_wire(),
                "ops": [op.to_wire() for op in self.ops],
            }
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """The bank's answer to a batch. `next_slot_ms`: how long the terminal should hold back."""

    verdicts: tuple[Verdict, ...]
    next_slot_ms: int = 0

    def to_bytes(self) -> bytes:
        """The reply's body."""
        return canonical(
            {"verdicts": [asdict(v) for v in self.verdicts], "next_slot_ms": self.next_slot_ms}
        )


def read_batch(body: bytes) -> Batch:
    """Parse and check a batch's body (not its signature). Raises `BadEnvelope`."""
    if len(body) > LONE_BYTES_MAX:
        raise BadEnvelope(f"a batch is at most {LONE_BYTES_MAX} bytes")
    try:
        fields = json.loads(body)
        ops = tuple(_read_op(op) for op in fields["ops"])
        batch = Batch(
            text_of(fields, "terminal"),
            count_of(fields, "epoch", least=1),
            count_of(fields, "batch_no"),
            read_journal_head(fields["journal"]),
            ops,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadEnvelope("not a batch") from error
    if not 0 < len(ops) <= BATCH_OPS_MAX:
        raise BadEnvelope(f"a batch has 1 to {BATCH_OPS_MAX} operations")
    if len(ops) > 1 and len(body) > BATCH_BYTES_MAX:
        raise BadEnvelope(f"rows travel together in at most {BATCH_BYTES_MAX} bytes")
    if any(op.header.terminal != batch.terminal for op in ops):
        raise BadEnvelope("an operation of another terminal")
    return batch


def read_reply(body: bytes) -> Reply:
    """Parse a reply's body (not the verdicts' signatures). Raises `BadEnvelope`."""
    try:
        fields = json.loads(body)
        return Reply(
            tuple(_read_verdict(v) for v in fields["verdicts"][:BATCH_OPS_MAX]),
            count_of(fields, "next_slot_ms"),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise BadEnvelope("not a reply") from error


def read_journal_head(fields: object) -> JournalHead:
    """A journal's head from its wire form. Raises `BadEnvelope`, `KeyError` or `TypeError`."""
    if not isinstance(fields, dict):
        raise BadEnvelope("a journal head is an object")
    return JournalHead(count_of(fields, "n"), _digest(fields, "head"))


def _read_op(fields: dict[str, Any]) -> SealedOp:
    companion = fields["companion"]
    if type(fields["expired"]) is not bool:
        raise BadEnvelope("expired is yes or no")
    return SealedOp(
        read_header(fields["header"]),
        b64decode(text_of(fields, "sealed"), validate=True),
        _digest(fields, "prev"),
        text_of(fields, "signature"),
        None if companion is None else b64decode(companion, validate=True),
        fields["expired"],
    )


def read_header(header: dict[str, Any]) -> Header:
    """A header from its wire form. Raises `ValueError`, `KeyError` or `TypeError`."""
    return Header(
        op_id=_op_id(header),
        terminal=text_of(header, "terminal"),
        kind=text_of(header, "kind"),
        lane=text_of(header, "lane"),
        epoch=count_of(header, "epoch", least=1),
        lane_seq=count_of(header, "lane_seq", least=1),
        key_id=text_of(header, "key_id"),
        accepted=read_time_mark(header["accepted"]),
    )


def _read_verdict(fields: dict[str, Any]) -> Verdict:
    answer = fields["answer"]
    retry_after_s = fields["retry_after_s"]
    if answer is not None and not isinstance(answer, dict):
        raise BadEnvelope("an answer is an object")
    return Verdict(
        op_id=_op_id(fields),
        request_hash=text_of(fields, "request_hash"),
        outcome=Outcome(text_of(fields, "outcome")),
        at=text_of(fields, "at"),
        answer=answer,
        retry_after_s=None if retry_after_s is None else float(retry_after_s),
        signature=text_of(fields, "signature"),
    )


def _op_id(fields: dict[str, Any]) -> str:
    op_id = text_of(fields, "op_id")
    if len(op_id) != 32 or bytes.fromhex(op_id).hex() != op_id:
        raise BadEnvelope("an operation id has 16 bytes, in lower case")
    return op_id


def _digest(fields: dict[str, Any], name: str) -> str:
    digest = text_of(fields, name)
    if len(digest) != _DIGEST_DIGITS or bytes.fromhex(digest).hex() != digest:
        raise BadEnvelope(f"{name} has 32 bytes, in lower case")
    return digest


def text_of(fields: dict[str, Any], name: str) -> str:
    """A field that is a text. Raises `BadEnvelope` or `KeyError`."""
    value = fields[name]
    if not isinstance(value, str):
        raise BadEnvelope(f"{name} is not a text")
    return value


def count_of(fields: dict[str, Any], name: str, least: int = 0) -> int:
    """A field that is a whole number from `least` on. Raises `BadEnvelope` or `KeyError`."""
    value = fields[name]
    if type(value) is not int or not least <= value < _COUNT_MAX:
        raise BadEnvelope(f"{name} is not a whole number in bounds")
    return value
