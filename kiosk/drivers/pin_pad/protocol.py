"""The bytes of an encrypting PIN pad: SZZT "long frames", ZT598 form.

A frame is STX, three decimal digits of length, command or return code, data, ETX and two
hex digits of LRC. Keys come as single raw bytes between frames, at any time. In PIN mode a
digit key sends the mask character; what the digit was never leaves the pad.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum, StrEnum
from functools import reduce
from operator import xor

from msgspec import Struct

from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Discard, Now, Talk, Write
from kiosk.drivers.masked import Masked

STX, ETX = 0x02, 0x03
HEAD_SIZE = 4  # STX and the length
TAIL_SIZE = 3  # ETX and the LRC
LONGEST_LEN = 256  # the longest answer, to "3", has some 130 bytes
CHUNK_SIZE = 256
HEARD_LIMIT = 4096  # bytes looked through for one answer: chatter ends here
TRIES = 3  # the first and two repeats
MASK = 0x2A  # "*"; the driver sets it
ISO_FORMAT_0 = " "  # the format character of ISO 9564 format 0


class Key(IntEnum):
    """The raw bytes of keys that mean something while a PIN is entered."""

    CLEAR = 0x08
    ENTER = 0x0D
    CANCEL = 0x1B
    MASKED_DIGIT = MASK


CLEAR_DIGITS = range(0x30, 0x3A)


class Failure(StrEnum):
    """Why there is no answer."""

    SILENT = "silent"  # not one frame begun
    GARBLED = "garbled"  # a frame that does not hold, or half of one, or chatter


class Answer(Masked, frozen=True):
    """One answer of the pad: its return code and data."""

    code: int
    data: bytes = b""

    @property
    def word(self) -> str:
        """The return code for a journal."""
        return f"RTN {self.code:02X}"


class PinBlock(Masked, frozen=True):
    """The answer to `fetch_block`."""

    block: str  # 16 hex digits
    length: int


class Information(Struct, frozen=True):
    """The answer to "3": what the pad is, and whether it holds any key at all."""

    has_keys: bool
    model: str
    hardware: str
    software: str
    made: str  # year and month, YYMM
    serial_number: str


# --- building -----------------------------------------------------------------------------


def frame(command: str, data: str = "") -> bytes:
    """The frame of one command."""
    body = f"{len(command) + len(data):03d}{command}{data}".encode("ascii") + bytes([ETX])
    return bytes([STX]) + body + f"{reduce(xor, body, 0):02X}".encode("ascii")


INFORMATION = frame("3")
DISABLE_INPUT = frame("5", "032")
SET_MASK = frame("5", f"3{MASK:02X}")
CLEAR_TAKES_ONE_DIGIT = frame("5", "A21")
START_ENTRY = frame("6", "00012")


def set_shortest(digits: int) -> bytes:
    """Shortest PIN, 4 to 12 digits."""
    return frame("5", f"4{digits:02X}")


def set_longest(digits: int) -> bytes:
    """Longest PIN, 4 to 12 digits."""
    return frame("5", f"5{digits:02X}")


def set_time_limit(seconds: int) -> bytes:
    """The pad's own limit between keys, 1 to 255 seconds."""
    return frame("5", f"2{seconds:02X}")


def fetch_block(key_index: int, pan: str) -> bytes:
    """Ask for the PIN block in ISO 9564 format 0 under the PIN key `key_index`.

    The pad gets the 12 rightmost digits of `pan` without its check digit, padded left with 0.
    """
    return frame("7", f"{key_index:02X}{ISO_FORMAT_0}{pan[:-1][-12:].zfill(12)}")


# --- parsing ------------------------------------------------------------------------------


def from_hex(text: bytes) -> str | None:
    """Hex digits in capitals, from either way a pad writes them ("broken": 3A to 3F for A to
    F, assumed for every field); None when `text` has anything else."""
    plain = "".join(chr(byte + 7) if 0x3A <= byte <= 0x3F else chr(byte) for byte in text)
    return plain.upper() if re.fullmatch(r"[0-9A-Fa-f]*", plain) else None


class Splitter:
    """Parts what the pad sends into frames and keys, however the bytes are cut."""

    def __init__(self) -> None:
        self._heard = bytearray()

    @property
    def in_frame(self) -> bool:
        """Whether a frame has begun and is not complete."""
        return bool(self._heard)

    def feed(self, data: bytes) -> list[Answer | Failure | int]:
        """Everything that is complete now: answers, `GARBLED` for a bad LRC, keys as ints."""
        self._heard += data
        parts: list[Answer | Failure | int] = []
        while self._heard:
            if self._heard[0] != STX:
                parts.append(self._heard.pop(0))
                continue
            size = self._frame_size()
            if size is None:
                break
            if size == 0:
                del self._heard[0]  # noise that looked like a frame
                continue
            parts.append(_answer(bytes(self._heard[:size])))
            del self._heard[:size]
        return parts

    def forget(self) -> None:
        """Drop a frame that was begun."""
        self._heard.clear()

    def _frame_size(self) -> int | None:
        """Size of the frame at the front; None: not complete, 0: not a frame."""
        digits = self._heard[1:HEAD_SIZE]
        if not re.fullmatch(rb"[0-9]*", digits):
            return 0
        if len(digits) < HEAD_SIZE - 1:
            return None
        length = int(digits)
        if not 1 <= length <= LONGEST_LEN:
            return 0
        size = HEAD_SIZE + length + TAIL_SIZE
        if len(self._heard) > HEAD_SIZE + length and self._heard[HEAD_SIZE + length] != ETX:
            return 0
        return size if len(self._heard) >= size else None


def _answer(whole: bytes) -> Answer | Failure:
    body, lrc = whole[1:-2], from_hex(whole[-2:])
    if lrc != f"{reduce(xor, body, 0):02X}":
        return Failure.GARBLED
    return Answer(code=body[3], data=body[4:-1])


def block_of(answer: Answer) -> PinBlock | None:
    """The PIN block in the answer to `fetch_block`: 2 digits track, 2 length, 16 hex."""
    found = re.fullmatch(rb"[0-9]{2}([0-9]{2})(.{16})", answer.data, re.DOTALL)
    block = from_hex(found[2]) if found else None
    if found is None or block is None:
        return None
    return PinBlock(block, int(found[1]))


def information_of(answer: Answer) -> Information | None:
    """What the answer to `INFORMATION` says; None for one of another make.

    The fields are the ZT588's: 50 characters of user text, 48 key table, 20 settings, 8 function
    code, then 6 model, 3 hardware, 3 software, 4 date, 4 serial number. That the ZT598 shares
    them is assumed.
    """
    found = re.fullmatch(
        rb".{98}(.{20}).{8}([ -~]{6})([ -~]{3})([ -~]{3})([ -~]{4})([ -~]{4})",
        answer.data,
        re.DOTALL,
    )
    settings = from_hex(found[1]) if found else None
    if found is None or settings is None:
        return None
    facts = (field.decode("ascii").strip() for field in found.groups()[1:])
    return Information(not int(settings[:2], 16) & 1, *facts)


# --- talking ------------------------------------------------------------------------------


def ask(
    inbox: Inbox,
    splitter: Splitter,
    request: bytes,
    limit_s: float,
    heard_key: Callable[[int], None],
    tries: int = TRIES,
) -> Talk[Answer | Failure]:
    """Send `request` until an answer holds, at most `tries` times `limit_s`.

    Keys that come while the answer is awaited go to `heard_key`. What came before the
    request is dropped: late answers, and keys of an entry that is over.
    """
    answer: Answer | Failure = Failure.SILENT
    for _ in range(tries):
        yield Discard()
        splitter.forget()
        yield Write(request)
        answer = yield from _receive(inbox, splitter, limit_s, heard_key)
        if isinstance(answer, Answer):
            break
    return answer


def _receive(
    inbox: Inbox, splitter: Splitter, limit_s: float, heard_key: Callable[[int], None]
) -> Talk[Answer | Failure]:
    end_s = (yield Now()) + limit_s
    count = 0
    while True:
        left_s = end_s - (yield Now())
        chunk = (yield from inbox.read(CHUNK_SIZE, left_s)) if left_s > 0 else b""
        count += len(chunk)
        if not chunk or count > HEARD_LIMIT:
            begun = splitter.in_frame or count > HEARD_LIMIT
            splitter.forget()
            return Failure.GARBLED if begun else Failure.SILENT
        answer: Answer | Failure | None = None
        for part in splitter.feed(chunk):
            if isinstance(part, int):
                heard_key(part)
            else:
                answer = part
        if answer is not None:
            return answer
