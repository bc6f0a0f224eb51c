"""A reader module for resident ID cards with its security module (GA 467-2013), simulated.

The terminal always speaks first. The module finds, selects and reads what lies on its
window; a person lays a document down, badly if they like, and takes it away too early.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from simulators.models.checksum import xor_of
from simulators.models.line_faults import LineFaults, Outbox

PREAMBLE = bytes.fromhex("AAAAAA9669")
RECORD_BYTES = 256
PHOTO_BYTES = 1024
SAM_ID = b"\x05\x00\x01\x00" + b"".join(
    part.to_bytes(4, "little") for part in (20240101, 12345, 678)
)

_LONGEST_REQUEST = 64
_GAP_S = 0.5  # a request that stops for longer is dropped
_MOST_WAITING = 4
_BOOT_S = 1.2
_BAUDS = (115200, 57600, 38400, 19200, 9600)

SUCCESS, FOUND, NO_ITEM = 0x90, 0x9F, 0x91
BAD_CHECKSUM, BAD_LENGTH, BAD_COMMAND = 0x10, 0x11, 0x21
SUSPECT, UNKNOWN_CARD, READ_FAILED, SAM_BROKEN = 0x33, 0x40, 0x41, 0x60
NO_CARD, SELECT_FAILED = 0x80, 0x81

# How long the module thinks over each request, in the order of what public programs allow.
_THINKS_S = {
    b"\x10\xff": 0.4, b"\x11\xff": 0.02, b"\x12\xff": 0.02, b"\x20\x01": 0.06,
    b"\x20\x02": 0.05, b"\x30\x01": 0.75, b"\x30\x10": 1.3, b"\x30\x03": 0.25,
}  # fmt: skip


class Layout(StrEnum):
    """The four text records an identity document can hold (GA 490-2013 and its supplements)."""

    RESIDENT = "resident"
    HMT_PERMIT = "hmt_permit"
    FOREIGNER_2017 = "foreigner_2017"
    FOREIGNER_2023 = "foreigner_2023"


@dataclass(frozen=True, slots=True)
class LaidDocument:
    """An identity document as its chip holds it. Dates are YYYYMMDD, or 长期 for no end.

    Which fields stand in the record depends on the layout; `type_flag` replaces the layout's
    own flag, for documents no reader program knows.
    """

    layout: Layout = Layout.RESIDENT
    number: str = field(default="990000199001010017", repr=False)
    name: str = field(default="测试甲", repr=False)  # the Chinese name in every layout
    english_name: str = field(default="", repr=False)
    sex: str = field(default="1", repr=False)
    nation: str = field(default="01", repr=False)  # renewals on a foreigner's card of 2023
    birth: str = field(default="19900101", repr=False)
    address: str = field(default="某省某市某路1号", repr=False)
    authority: str = "某市公安局"
    valid_from: str = "20200101"
    valid_until: str = "20400101"
    permit_number: str = field(default="", repr=False)
    issues: str = "01"
    nationality: str = ""
    type_flag: str | None = None
    appended_address: str = field(default="", repr=False)
    photo: bytes = field(default=bytes(range(256)) * 4, repr=False)
    fingerprint: bytes = field(default=b"", repr=False)

    def record(self) -> bytes:
        """The text record, 256 bytes UTF-16LE. Raises `ValueError` when a field is too long."""
        fields: tuple[tuple[str, int], ...]
        dates = ((self.valid_from, 16), (self.valid_until, 16))
        match self.layout:
            case Layout.RESIDENT | Layout.HMT_PERMIT:
                permit = self.layout is Layout.HMT_PERMIT
                fields = (
                    (self.name, 30), (self.sex, 2), ("" if permit else self.nation, 4),
                    (self.birth, 16), (self.address, 70), (self.number, 36),
                    (self.authority, 30), *dates, (self.permit_number, 18),
                    (self.issues if permit else "", 4), ("", 6),
                    (self._flag("J" if permit else " "), 2), ("", 6),
                )  # fmt: skip
            case Layout.FOREIGNER_2017:
                fields = (
                    (self.english_name, 120), (self.sex, 2), (self.number, 30),
                    (self.nationality, 6), (self.name, 30), *dates, (self.birth, 16),
                    ("01", 4), ("1500", 8), (self._flag("I"), 2), ("", 6),
                )  # fmt: skip
            case Layout.FOREIGNER_2023:
                fields = (
                    (self.name, 30), (self.sex, 2), (self.nation, 4), (self.birth, 16),
                    (self.english_name[:35], 70), (self.number, 36), ("", 30), *dates,
                    (self.english_name[35:], 22), (self.nationality, 6),
                    (self._flag("Y"), 2), ("", 6),
                )  # fmt: skip
        record = b"".join(_padded(text, size) for text, size in fields)
        assert len(record) == RECORD_BYTES, "the layout's fields do not fill the record"
        return record

    def _flag(self, own: str) -> str:
        return own if self.type_flag is None else self.type_flag


@dataclass(slots=True)
class IdScannerFaults(LineFaults):
    """Faults of the module and of what lies on it, besides those of its line."""

    suspect: bool = False  # the signature of the content does not hold: 33
    unknown_card: bool = False  # something with a chip, but not an identity document: 40
    sam_broken: bool = False  # the security module failed its self-test: 60
    wrong_lengths: bool = False  # the lengths in a read's answer do not add up


@dataclass(frozen=True, slots=True)
class _Request:
    due_s: float
    command: bytes
    data: bytes
    presence: int


class IdScanner:
    """The module. `lay` and `lift` are the person's; `faults` may be changed at any moment.

    `baud` follows the terminal's command 60. `answers_once`: a card that has been read whole
    is not found again until it has been lifted (most modules; False for the others).
    """

    def __init__(self, answers_once: bool = True) -> None:
        self.baud = _BAUDS[0]
        self.faults = IdScannerFaults()
        self.answers_once = answers_once
        self._outbox = Outbox(self.faults)
        self._document: LaidDocument | None = None
        self._laid_wrong = False
        self._presence = 0
        self._stage = ""
        self._read = False
        self._heard = b""
        self._heard_s = 0.0
        self._requests: list[_Request] = []
        self._powered = True
        self._ready_s = 0.0

    def __repr__(self) -> str:
        lies = "a document" if self._document is not None else "nothing"
        return f"IdScanner(on it: {lies}, read: {self._read}, baud: {self.baud})"

    # --- the person ---------------------------------------------------------------------

    def lay(self, document: LaidDocument, wrong: bool = False) -> None:
        """Lay `document` on the window; `wrong`: beside the coil, found but never selected."""
        self.lift()
        self._document, self._laid_wrong = document, wrong

    def lift(self) -> None:
        """Take away what lies there, in the middle of a read if one is running."""
        self._document, self._laid_wrong = None, False
        self._presence += 1
        self._stage, self._read = "", False

    @property
    def laid(self) -> bool:
        """Whether a document lies on the window."""
        return self._document is not None

    @property
    def read_whole(self) -> bool:
        """Whether the document that lies there has been read to its end."""
        return self._read

    # --- power --------------------------------------------------------------------------

    def power_off(self) -> None:
        """Take the power away: deaf, dumb, and everything half done is forgotten."""
        self._powered = False
        self._heard, self._stage, self._read = b"", "", False
        self._requests.clear()
        self._outbox.forget()

    def power_on(self, now_s: float) -> None:
        """Give the power back: line noise, then the self-test, then it answers again."""
        self._powered = True
        self.baud = _BAUDS[0]
        self._ready_s = now_s + _BOOT_S
        self._outbox.say(now_s, b"\x00\xff\x00")

    # --- the line -----------------------------------------------------------------------

    def hear(self, data: bytes, now_s: float) -> None:
        """Bytes from the terminal; whole requests among them are put to work in order."""
        if not self._powered or now_s < self._ready_s:
            return
        if now_s - self._heard_s > _GAP_S:
            self._heard = b""
        self._heard_s = now_s
        self._heard += data
        while (start := self._heard.find(PREAMBLE)) >= 0:
            self._heard = self._heard[start:]
            if len(self._heard) < 7:
                return
            length = int.from_bytes(self._heard[5:7], "big")
            if not 3 <= length <= _LONGEST_REQUEST:
                self._heard = self._heard[7:]
                self._outbox.answer(now_s, _answer(BAD_LENGTH))
                continue
            if len(self._heard) < 7 + length:
                return
            body = self._heard[5 : 7 + length]
            self._heard = self._heard[7 + length :]
            self._accept(body, now_s)
        self._heard = self._heard[-(len(PREAMBLE) - 1) :]

    def speak(self, now_s: float) -> bytes:
        """The answers due at `now_s`."""
        while self._requests and self._requests[0].due_s <= now_s:
            request = self._requests.pop(0)
            self._outbox.answer(request.due_s, self._carry_out(request))
            if request.command[:1] == b"\x60":
                self.baud = _BAUDS[request.command[1]] if request.command[1] < 5 else self.baud
        return self._outbox.speak(now_s)

    def next_s(self) -> float | None:
        """When the next answer is due."""
        times = [request.due_s for request in self._requests[:1]]
        said_s = self._outbox.next_s()
        return min([*times, said_s] if said_s is not None else times, default=None)

    # --- the module ---------------------------------------------------------------------

    def _accept(self, body: bytes, now_s: float) -> None:
        """Take one request, from its length bytes to its checksum."""
        if xor_of(body[:-1]) != body[-1]:
            self._outbox.answer(now_s, _answer(BAD_CHECKSUM))
            return
        if len(self._requests) >= _MOST_WAITING:
            return  # the module's own buffer is full; a terminal never gets here
        command = body[2:4]
        begin_s = max([now_s, *(request.due_s for request in self._requests)])
        due_s = begin_s + _THINKS_S.get(command, 0.01) + self.faults.slow_s
        self._requests.append(_Request(due_s, command, body[4:-1], self._presence))

    def _carry_out(self, request: _Request) -> bytes:
        """The whole answer to `request`, judged by what lies there when it is finished."""
        if self.faults.sam_broken:
            return _answer(SAM_BROKEN)
        match request.command:
            case b"\x10\xff":
                self._stage = ""
                return _answer(SUCCESS)
            case b"\x11\xff" | b"\x61\xff":
                return _answer(SUCCESS)
            case b"\x12\xff":
                return _answer(SUCCESS, SAM_ID)
            case b"\x20\x01":
                return self._find()
            case b"\x20\x02":
                return self._select(request)
            case b"\x30\x01" | b"\x30\x10" | b"\x30\x03":
                return self._read_item(request)
            case command if command[0] == 0x60 and command[1] < len(_BAUDS):
                return _answer(SUCCESS)
            case _:
                return _answer(BAD_COMMAND)

    def _find(self) -> bytes:
        if self._document is None or (self._read and self.answers_once):
            return _answer(NO_CARD)
        self._stage = "found"
        return _answer(FOUND, bytes(4))

    def _select(self, request: _Request) -> bytes:
        if self._document is None or request.presence != self._presence:
            return _answer(SELECT_FAILED)
        if self._stage != "found":
            return _answer(BAD_COMMAND)
        if self._laid_wrong:
            self._stage = ""
            return _answer(SELECT_FAILED)
        if self.faults.unknown_card:
            return _answer(UNKNOWN_CARD)
        self._stage = "selected"
        return _answer(SUCCESS, bytes(8))

    def _read_item(self, request: _Request) -> bytes:
        if self._document is None or request.presence != self._presence:
            return _answer(READ_FAILED)
        if request.command == b"\x30\x03":
            if not self._read:
                return _answer(BAD_COMMAND)
            address = self._document.appended_address
            return _answer(SUCCESS, _padded(address, 70)) if address else _answer(NO_ITEM)
        if self._stage != "selected":
            return _answer(BAD_COMMAND)
        self._stage = ""
        if self.faults.suspect:
            return _answer(SUSPECT)
        self._read = True
        parts = [self._document.record(), self._document.photo]
        if request.command == b"\x30\x10":
            parts.append(self._document.fingerprint)
        spoilt = 2 if self.faults.wrong_lengths else 0
        lengths = b"".join((len(part) + spoilt).to_bytes(2, "big") for part in parts)
        return _answer(SUCCESS, lengths + b"".join(parts))


def _answer(sw3: int, data: bytes = b"") -> bytes:
    """An answer frame (GA 467-2013): SW1 and SW2 are zero, the module's own word is SW3."""
    body = (4 + len(data)).to_bytes(2, "big") + bytes([0, 0, sw3]) + data
    return PREAMBLE + body + bytes([xor_of(body)])


def _padded(text: str, size: int) -> bytes:
    data = text.encode("utf-16-le")
    if len(data) > size:
        raise ValueError(f"field of {size} bytes cannot hold {len(data)}")
    return data + " ".encode("utf-16-le") * ((size - len(data)) // 2)
