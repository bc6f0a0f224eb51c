"""The two messages of the line to the bank: a batch of rows, and the reply with its verdicts.

A batch is `POST /v1/batches`, its body canonical JSON, its signature (Ed25519, hex) in the
header ``X-Terminal-Signature``. The reply carries one signed verdict per operation; what is
missing from it, or badly signed, is unknown: neither failed nor done.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from typing import Any

from offline_queue.envelope import (
    BATCH_BYTES_MAX,
    BATCH_OPS_MAX,
    BadEnvelope,
    Header,
    Outcome,
    Verdict,
    canonical,
)

SIGNATURE_HEADER = "X-Terminal-Signature"
BATCHES_PATH = "/v1/batches"
KEYS_PATH = "/v1/keys"


@dataclass(frozen=True, slots=True)
class SealedOp:
    """One row on its way: its clear header, the sealed request, and what is sent but never stored."""

    header: Header
    sealed: bytes
    companion: bytes | None = None  # the sealed PIN block, from memory


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to 50 operations of one terminal. `journal_head` is the hash the audit log ends with."""

    terminal: str
    batch_no: int
    journal_head: str
    ops: tuple[SealedOp, ...]

    def to_bytes(self) -> bytes:
        """The canonical body, which is what the terminal signs."""
        return canonical(
            {
                "terminal": self.terminal,
                "batch_no": self.batch_no,
                "journal_head": self.journal_head,
                "ops": [
                    {
                        "header": asdict(op.header),
                        "sealed": b64encode(op.sealed).decode(),
                        "companion": op.companion and b64encode(op.companion).decode(),
                    }
                    for op in self.ops
                ],
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
    if len(body) > BATCH_BYTES_MAX:
        raise BadEnvelope("a batch is at most 65,536 bytes")
    try:
        fields = json.loads(body)
        ops = tuple(_read_op(op) for op in fields["ops"])
        batch = Batch(
            _text(fields, "terminal"),
            _whole(fields, "batch_no"),
            _text(fields, "journal_head"),
            ops,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadEnvelope("not a batch") from error
    if not 0 < len(ops) <= BATCH_OPS_MAX:
        raise BadEnvelope(f"a batch has 1 to {BATCH_OPS_MAX} operations")
    if any(op.header.terminal != batch.terminal for op in ops):
        raise BadEnvelope("an operation of another terminal")
    return batch


def read_reply(body: bytes) -> Reply:
    """Parse a reply's body (not the verdicts' signatures). Raises `BadEnvelope`."""
    try:
        fields = json.loads(body)
        return Reply(
            tuple(_read_verdict(v) for v in fields["verdicts"][:BATCH_OPS_MAX]),
            max(0, _whole(fields, "next_slot_ms")),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise BadEnvelope("not a reply") from error


def _read_op(fields: dict[str, Any]) -> SealedOp:
    header = fields["header"]
    companion = fields["companion"]
    return SealedOp(
        Header(
            op_id=_op_id(header),
            terminal=_text(header, "terminal"),
            kind=_text(header, "kind"),
            lane=_text(header, "lane"),
            lane_seq=_whole(header, "lane_seq"),
            key_id=_text(header, "key_id"),
            accepted_at=_text(header, "accepted_at"),
        ),
        b64decode(_text(fields, "sealed"), validate=True),
        None if companion is None else b64decode(companion, validate=True),
    )


def _read_verdict(fields: dict[str, Any]) -> Verdict:
    answer = fields["answer"]
    retry_after_s = fields["retry_after_s"]
    if answer is not None and not isinstance(answer, dict):
        raise BadEnvelope("an answer is an object")
    return Verdict(
        op_id=_op_id(fields),
        request_hash=_text(fields, "request_hash"),
        outcome=Outcome(_text(fields, "outcome")),
        at=_text(fields, "at"),
        answer=answer,
        retry_after_s=None if retry_after_s is None else float(retry_after_s),
        signature=_text(fields, "signature"),
    )


def _op_id(fields: dict[str, Any]) -> str:
    op_id = _text(fields, "op_id")
    if len(op_id) != 32 or bytes.fromhex(op_id).hex() != op_id:
        raise BadEnvelope("an operation id has 16 bytes, in lower case")
    return op_id


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise BadEnvelope(f"{name} is not a text")
    return value


def _whole(fields: dict[str, Any], name: str) -> int:
    value = fields[name]
    if type(value) is not int:
        raise BadEnvelope(f"{name} is not a whole number")
    return value
