"""What the terminal and the camera's child process say to each other over two pipes.

The child sends messages of one byte kind, two bytes length (big-endian) and a payload. The
terminal sends lines: ``on <turn>`` and ``off``. A code names the turn it was seen in, so that
one of an earlier person is never taken for this one's. A picture is no message: none leaves
the child.
"""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct

from kiosk.drivers.links.ops import ProtocolError
from kiosk.drivers.masked import Masked

LONGEST_CODE_BYTES = 4096  # the largest QR code holds 2953
LONGEST_PAYLOAD_BYTES = LONGEST_CODE_BYTES + 4
TURNS = 2**32
OFF = b"off\n"

_HEAD_BYTES = 3
_LONGEST_REASON = 200


class _Kind(IntEnum):
    HEARTBEAT = 1
    CODE = 2
    FAILED = 3


class Heartbeat(Struct, frozen=True):
    """The child lives. `frame_age_ms`: since the last frame, 0 while it is not looking."""

    frame_age_ms: int


class Code(Masked, frozen=True):
    """The content of a QR code, as bytes, seen in `turn`."""

    turn: int
    content: bytes


class Failed(Struct, frozen=True):
    """Why the child is about to end, in a few words of its own."""

    reason: str


Message = Heartbeat | Code | Failed


def on(turn: int) -> bytes:
    """The line that starts looking."""
    assert 0 <= turn < TURNS
    return b"on %d\n" % turn


def turn_of(line: bytes) -> int | None:
    """The turn a line of the terminal starts; None for ``off``. Raises `ProtocolError`."""
    match line.split():
        case [b"off"]:
            return None
        case [b"on", turn] if turn.isdigit() and int(turn) < TURNS:
            return int(turn)
    raise ProtocolError("a line that is neither on nor off")


def packed(message: Message) -> bytes:
    """`message` as it goes over the pipe."""
    match message:
        case Heartbeat(frame_age_ms):
            kind, payload = _Kind.HEARTBEAT, min(frame_age_ms, 2**32 - 1).to_bytes(4, "big")
        case Code(turn, content):
            assert len(content) <= LONGEST_CODE_BYTES
            kind, payload = _Kind.CODE, turn.to_bytes(4, "big") + content
        case Failed(reason):
            kind = _Kind.FAILED
            payload = reason[:_LONGEST_REASON].encode("ascii", errors="replace")
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


class Unpacker:
    """Makes messages of bytes that arrive cut anywhere."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises `ProtocolError` when it is not the child's."""
        self._held += data
        messages: list[Message] = []
        while len(self._held) >= _HEAD_BYTES:
            length = int.from_bytes(self._held[1:_HEAD_BYTES], "big")
            if length > LONGEST_PAYLOAD_BYTES:
                raise ProtocolError("a message longer than any")
            end = _HEAD_BYTES + length
            if len(self._held) < end:
                break
            messages.append(_message(self._held[0], self._held[_HEAD_BYTES:end]))
            self._held = self._held[end:]
        return messages


def _message(kind: int, payload: bytes) -> Message:
    match kind:
        case _Kind.HEARTBEAT if len(payload) == 4:
            return Heartbeat(int.from_bytes(payload, "big"))
        case _Kind.CODE if len(payload) >= 4:
            return Code(int.from_bytes(payload[:4], "big"), payload[4:])
        case _Kind.FAILED:
            return Failed(payload.decode("ascii", errors="replace")[:_LONGEST_REASON])
    raise ProtocolError("a message of no known kind")
