"""The bytes of an ID-card reader module: frames and commands of GA 467-2013 (SDT, SAM_V).

The host speaks first, the module never unasked. The photo that a read brings along is
dropped as soon as the lengths have been checked; nothing here keeps it.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from functools import reduce
from operator import xor

from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Discard, Now, Talk, Write
from kiosk.drivers.masked import Masked

PREAMBLE = bytes.fromhex("AAAAAA9669")
HEAD_SIZE = len(PREAMBLE) + 2
SHORTEST_LEN = 4  # SW1 SW2 SW3 CHK
LONGEST_LEN = 0x090A  # text, photo and fingerprint, the longest answer there is
CHUNK_SIZE = 4096
HEARD_LIMIT = 16_384  # bytes looked through for one answer: chatter ends here
TRIES = 3  # the first and two repeats
REQUEST_GARBLED = 0x10  # SW3: the module heard a wrong CHK; ask again

SAM_NUMBER_SIZE = 16
TEXT_SIZE = 256
PHOTO_SIZE_LIMIT = 1024


class Command(IntEnum):
    """CMD and PARA as one number."""

    SAM_STATUS = 0x11FF
    SAM_NUMBER = 0x12FF
    FIND = 0x2001
    SELECT = 0x2002
    READ = 0x3001


class Failure(StrEnum):
    """Why there is no answer."""

    SILENT = "silent"  # not one byte
    GARBLED = "garbled"  # bytes, but no frame that holds


class Answer(Masked, frozen=True):
    """One answer: the module's own result and what came with it. SW1 SW2 are the card's."""

    sw3: int
    data: bytes = b""

    @property
    def word(self) -> str:
        """The result for a journal."""
        return f"SW3 {self.sw3:02X}"


def check(data: bytes | bytearray) -> int:
    """CHK: XOR of all bytes between the preamble and itself, the length included."""
    return reduce(xor, data, 0)


def request(command: Command) -> bytes:
    """The whole frame of a command without data."""
    body = (3).to_bytes(2, "big") + command.to_bytes(2, "big")
    return PREAMBLE + body + bytes([check(body)])


def take_answer(heard: bytearray) -> Answer | Failure | None:
    """Take the next frame out of `heard`, and all noise before it.

    Result: None while the frame is not complete, `GARBLED` for one whose CHK is wrong.
    """
    while True:
        start = heard.find(PREAMBLE)
        if start < 0:
            # The end may be the beginning of a preamble.
            del heard[: max(0, len(heard) - len(PREAMBLE) + 1)]
            return None
        del heard[:start]
        if len(heard) < HEAD_SIZE:
            return None
        length = int.from_bytes(heard[len(PREAMBLE) : HEAD_SIZE], "big")
        if SHORTEST_LEN <= length <= LONGEST_LEN:
            break
        del heard[0]  # not a head after all
    if len(heard) < HEAD_SIZE + length:
        return None
    frame = heard[len(PREAMBLE) : HEAD_SIZE + length]
    del heard[: HEAD_SIZE + length]
    if check(frame[:-1]) != frame[-1]:
        return Failure.GARBLED
    return Answer(sw3=frame[4], data=bytes(frame[5:-1]))


def receive(inbox: Inbox, limit_s: float) -> Talk[Answer | Failure]:
    """The next answer, within `limit_s` and `HEARD_LIMIT` bytes."""
    end_s = (yield Now()) + limit_s
    heard, count = bytearray(), 0
    while True:
        left_s = end_s - (yield Now())
        chunk = (yield from inbox.read(CHUNK_SIZE, left_s)) if left_s > 0 else b""
        count += len(chunk)
        if not chunk or count > HEARD_LIMIT:
            return Failure.GARBLED if count else Failure.SILENT
        heard += chunk
        answer = take_answer(heard)
        if answer is not None:
            return answer


def ask(inbox: Inbox, command: Command, limit_s: float) -> Talk[Answer | Failure]:
    """Send `command` until an answer holds, at most `TRIES` times `limit_s`."""
    answer: Answer | Failure = Failure.SILENT
    for _ in range(TRIES):
        yield Discard()
        yield Write(request(command))
        answer = yield from receive(inbox, limit_s)
        if isinstance(answer, Answer) and answer.sw3 != REQUEST_GARBLED:
            break
    return answer


def text_of(data: bytes) -> bytes | None:
    """The text record in the answer to `READ`; None when the lengths do not add up."""
    if len(data) < 4:
        return None
    text_size = int.from_bytes(data[0:2], "big")
    photo_size = int.from_bytes(data[2:4], "big")
    if text_size != TEXT_SIZE or photo_size > PHOTO_SIZE_LIMIT:
        return None
    if len(data) != 4 + text_size + photo_size:
        return None
    return data[4 : 4 + text_size]


def sam_number_of(data: bytes) -> str | None:
    """The security module's number in the answer to `SAM_NUMBER`, as its plate has it: kind,
    maker, date, serial and control number (GA 467-2013). None when it is not of 16 bytes."""
    if len(data) != SAM_NUMBER_SIZE:
        return None
    date, serial, control = (int.from_bytes(data[at : at + 4], "little") for at in (4, 8, 12))
    return f"{data[0]:02d}.{data[2]:02d}-{date:08d}-{serial:010d}-{control:010d}"
