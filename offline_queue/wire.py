"""The lines of the Unix socket, read and written. Standard library and `sscard` only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from offline_queue.messages import (
    LINE_BYTES_MAX,
    Answered,
    LineChanged,
    Notice,
    NotTaken,
    NotTakenReason,
    QueueStatus,
    Taken,
)
from sscard.requests import (
    Companion,
    MalformedMessage,
    Request,
    answer_from_wire,
    companion_from_wire,
    request_from_wire,
    to_wire,
)

_OP_ID_MAX = 64  # characters; that it is an id is for the queue to say


@dataclass(frozen=True, slots=True)
class Submit:
    """Take this request."""

    op_id: str
    request: Request
    companion: Companion | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Forget:
    """The visit of this operation is over."""

    op_id: str


@dataclass(frozen=True, slots=True)
class AskStatus:
    """Say how the queue is."""


Call = Submit | Forget | AskStatus


def call_line(call: Call) -> bytes:
    """What the screen process writes. Raises `MalformedMessage` for a line that is too long."""
    match call:
        case Submit():
            companion = None if call.companion is None else to_wire(call.companion)
            return _line(
                {
                    "do": "submit",
                    "op_id": call.op_id,
                    "request": to_wire(call.request),
                    "companion": companion,
                }
            )
        case Forget():
            return _line({"do": "forget", "op_id": call.op_id})
        case AskStatus():
            return _line({"do": "status"})


def read_call(line: bytes) -> Call:
    """What the queue's process reads. Raises `MalformedMessage`."""
    fields = _object(line)
    match fields.get("do"):
        case "submit":
            companion = fields.get("companion")
            return Submit(
                _op_id(fields),
                request_from_wire(fields.get("request")),
                None if companion is None else companion_from_wire(companion),
            )
        case "forget":
            return Forget(_op_id(fields))
        case "status":
            return AskStatus()
    raise MalformedMessage("a call of an unknown kind")


def op_id_of(line: bytes) -> str:
    """The operation a malformed line speaks of, or an empty text."""
    try:
        return _op_id(_object(line))
    except MalformedMessage:
        return ""


def notice_line(notice: Notice) -> bytes:
    """What the queue's process writes."""
    match notice:
        case Taken():
            return _line({"op_id": notice.op_id, "taken": {"code": notice.code, "at": notice.at}})
        case NotTaken():
            return _line({"op_id": notice.op_id, "not_taken": notice.reason, "rule": notice.rule})
        case Answered():
            return _line({"op_id": notice.op_id, "answer": to_wire(notice.answer)})
        case LineChanged():
            return _line({"line": "up" if notice.up else "down"})
        case QueueStatus():
            return _line({"status": asdict(notice)})


def read_notice(line: bytes) -> Notice:
    """What the screen process reads. Raises `MalformedMessage`."""
    fields = _object(line)
    try:
        if "line" in fields:
            return LineChanged(fields["line"] == "up")
        if "status" in fields:
            return QueueStatus(**fields["status"])
        op_id = _text(fields, "op_id")
        if "taken" in fields:
            return Taken(op_id, _text(fields["taken"], "code"), _text(fields["taken"], "at"))
        if "not_taken" in fields:
            rule = None if fields.get("rule") is None else _text(fields, "rule")
            return NotTaken(op_id, NotTakenReason(_text(fields, "not_taken")), rule)
    except (ValueError, TypeError, AttributeError):
        raise MalformedMessage("not a notice") from None
    return Answered(op_id, answer_from_wire(fields.get("answer")))


def _line(message: dict[str, Any]) -> bytes:
    line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    if len(line) > LINE_BYTES_MAX:
        raise MalformedMessage(f"a line is at most {LINE_BYTES_MAX} bytes")
    return line


def _object(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise MalformedMessage("not a line of JSON") from None
    if not isinstance(fields, dict):
        raise MalformedMessage("not an object")
    return fields


def _op_id(fields: dict[str, Any]) -> str:
    op_id = _text(fields, "op_id")
    if len(op_id) > _OP_ID_MAX:
        raise MalformedMessage("an operation id is shorter")
    return op_id


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise MalformedMessage(f"{name} is not a text")
    return value
