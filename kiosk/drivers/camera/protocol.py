"""What the terminal and the camera's child process say to each other over two pipes.

The child sends messages of one byte kind, two bytes length (big-endian) and a payload. The
terminal sends lines: ``on <turn> <what is sought>`` and ``off``. What was seen names the turn it
was seen in, so that nothing of an earlier person is ever taken for this one's. No picture leaves
the child but the one that was sought and passed its gate.
"""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct

from kiosk.drivers.events import Wanting
from kiosk.drivers.links.ops import ProtocolError, Sought
from kiosk.drivers.masked import Masked

LONGEST_CODE_BYTES = 4096  # the largest QR code holds 2953
LONGEST_PICTURE_BYTES = 40_000  # what the bank takes
TURNS = 2**32
OFF = b"off\n"

_JPEG_BEGINS, _JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"
_HEAD_BYTES = 3
_LONGEST_REASON = 200


class _Kind(IntEnum):
    HEARTBEAT = 1
    CODE = 2
    FAILED = 3
    PICTURE = 4
    LACK = 5


_LONGEST_BYTES: dict[int, int] = {
    _Kind.HEARTBEAT: 4,
    _Kind.CODE: LONGEST_CODE_BYTES + 4,
    _Kind.FAILED: _LONGEST_REASON,
    _Kind.PICTURE: LONGEST_PICTURE_BYTES + 4,
    _Kind.LACK: 32,
}


class Heartbeat(Struct, frozen=True):
    """The child lives. `frame_age_ms`: since the last frame, 0 while it is not looking."""

    frame_age_ms: int


class Code(Masked, frozen=True):
    """The content of a QR code, as bytes, seen in `turn`."""

    turn: int
    content: bytes


class Picture(Masked, frozen=True):
    """The picture that was sought in `turn`: JPEG."""

    turn: int
    jpeg: bytes


class Lack(Struct, frozen=True):
    """What the pictures of `turn` lack for now."""

    turn: int
    reason: Wanting


class Turn(Struct, frozen=True):
    """One time of looking: its number, and what for."""

    number: int
    sought: Sought


class Failed(Struct, frozen=True):
    """Why the child is about to end, in a few words of its own."""

    reason: str


Message = Heartbeat | Code | Failed | Picture | Lack


def on(turn: Turn) -> bytes:
    """The line that starts looking."""
    assert 0 <= turn.number < TURNS
    return f"on {turn.number} {turn.sought}\n".encode("ascii")


def turn_of(line: bytes) -> Turn | None:
    """The turn a line of the terminal starts; None for ``off``. Raises `ProtocolError`."""
    match line.split():
        case [b"off"]:
            return None
        case [b"on", number, sought] if number.isdigit() and int(number) < TURNS:
            if sought.decode("ascii", errors="replace") in tuple(Sought):
                return Turn(int(number), Sought(sought.decode("ascii")))
    raise ProtocolError("a line that is neither on nor off")


def packed(message: Message) -> bytes:
    """`message` as it goes over the pipe."""
    match message:
        case Heartbeat(frame_age_ms):
            kind, payload = _Kind.HEARTBEAT, min(frame_age_ms, 2**32 - 1).to_bytes(4, "big")
        case Code(turn, content):
            assert len(content) <= LONGEST_CODE_BYTES
            kind, payload = _Kind.CODE, turn.to_bytes(4, "big") + content
        case Picture(turn, jpeg):
            assert len(jpeg) <= LONGEST_PICTURE_BYTES
            kind, payload = _Kind.PICTURE, turn.to_bytes(4, "big") + jpeg
        case Lack(turn, reason):
            kind, payload = _Kind.LACK, turn.to_bytes(4, "big") + reason.encode("ascii")
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
            if length > _LONGEST_BYTES.get(self._held[0], -1):
                raise ProtocolError("a message of no known kind, or longer than any of its kind")
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
        case _Kind.PICTURE if _is_jpeg(payload[4:]):
            return Picture(int.from_bytes(payload[:4], "big"), payload[4:])
        case _Kind.LACK if payload[4:].decode("ascii", errors="replace") in tuple(Wanting):
            return Lack(int.from_bytes(payload[:4], "big"), Wanting(payload[4:].decode("ascii")))
        case _Kind.FAILED:
            return Failed(payload.decode("ascii", errors="replace")[:_LONGEST_REASON])
    raise ProtocolError("a message of no known kind")


def _is_jpeg(data: bytes) -> bool:
    return data.startswith(_JPEG_BEGINS) and data.endswith(_JPEG_ENDS)
