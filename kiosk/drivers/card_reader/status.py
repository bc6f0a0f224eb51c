"""What the card and its reader mean: status words, the password's state, the slot."""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.events import CardTrouble, DeviceStatus, PinState, RetainTrouble
from kiosk.drivers.links.ops import Moved, Slot


class StatusWord(Struct, frozen=True):
    """SW1 SW2 of a card's answer (LD/T 32.5, ISO/IEC 7816-4). `str()` is four hex digits."""

    value: int

    def __str__(self) -> str:
        return f"{self.value:04X}"

    @property
    def ok(self) -> bool:
        """9000."""
        return self.value == 0x9000

    @property
    def bytes_waiting(self) -> int | None:
        """How many bytes 61xx holds ready for GET RESPONSE (1 to 256); None for another word."""
        return ((self.value & 0xFF) or 256) if self.value >> 8 == 0x61 else None

    @property
    def right_length(self) -> int | None:
        """The Le (1 to 256) that 6Cxx asks for; None for another word."""
        return ((self.value & 0xFF) or 256) if self.value >> 8 == 0x6C else None

    @property
    def tries_left(self) -> int | None:
        """The counter of 63Cx; None for another word."""
        return self.value & 0xF if self.value & 0xFFF0 == 0x63C0 else None

    @property
    def meaning(self) -> str:
        """The word in plain English."""
        if self.bytes_waiting is not None:
            return f"{self.bytes_waiting} bytes waiting"
        if self.right_length is not None:
            return f"wrong Le, {self.right_length} is right"
        if self.tries_left is not None:
            return f"{self.tries_left} tries left"
        return MEANINGS.get(self.value, "not known")


MEANINGS = {
    0x9000: "done",
    0x6283: "selected file invalidated",
    0x6581: "memory failure",
    0x6700: "wrong length",
    0x6901: "wrong state",
    0x6981: "wrong file type",
    0x6982: "security state not satisfied",
    0x6983: "locked",
    0x6984: "data invalid",
    0x6985: "conditions not satisfied",
    0x6986: "no current file",
    0x6987: "MAC missing",
    0x6988: "MAC wrong",
    0x6A80: "wrong data",
    0x6A81: "function not supported, or card locked",
    0x6A82: "file not found",
    0x6A83: "record not found",
    0x6A84: "no space",
    0x6A86: "wrong P1 P2",
    0x6A88: "reference data not found",
    0x6B00: "offset outside the file",
    0x6D00: "unknown INS",
    0x6E00: "unknown CLA",
    0x6F00: "unspecified error",
    0x9302: "MAC error",
    0x9303: "application permanently locked",
    0x9401: "balance too low",
    0x9402: "counter limit reached",
    0x9403: "key not found",
    0x9406: "MAC not available",
}
"""The status words of the card specification (LD/T 32.5)."""

SECURITY_STATE = 0x6982
RECORD_NOT_FOUND = 0x6A83

_LOCKED_FOR_GOOD = (0x9303,)
_LOCKED_AT_SELECT = (0x9303, 0x6A81, 0x6283)
_BROKEN_CHIP = (0x6581, 0x6F00)


def select_trouble(word: StatusWord) -> CardTrouble:
    """Why the social security environment could not be selected."""
    if word.value in _LOCKED_AT_SELECT:
        return CardTrouble.BLOCKED
    if word.value in _BROKEN_CHIP:
        return CardTrouble.MALFORMED
    return CardTrouble.FOREIGN


def record_trouble(word: StatusWord) -> CardTrouble:
    """Why a file or record that every social security card has could not be read."""
    return CardTrouble.BLOCKED if word.value in _LOCKED_FOR_GOOD else CardTrouble.MALFORMED


def pin_state(word: StatusWord) -> tuple[PinState, int | None]:
    """The password's state and tries left from the answer to an empty VERIFY (LD/T 32.5)."""
    if word.ok:
        return PinState.NONE, None
    if word.value == 0x6983 or word.tries_left == 0:
        return PinState.BLOCKED, 0
    if word.tries_left is not None:
        return PinState.READY, word.tries_left
    return PinState.UNKNOWN, None


def reader_status(slot: Slot) -> DeviceStatus:
    """The reader's status as its slot tells it; a mute card is no fault of the reader."""
    return DeviceStatus.NO_DEVICE if slot is Slot.NO_READER else DeviceStatus.ONLINE


def reader_words(slot: Slot) -> str:
    """What the reader says of itself; nothing while it is there."""
    return str(slot) if slot is Slot.NO_READER else ""


def retain_trouble(moved: Moved) -> RetainTrouble:
    """Why a card is not in the bin. Raises `KeyError` for one that is."""
    return _NOT_IN_THE_BIN[moved]


_NOT_IN_THE_BIN = {
    Moved.NO_MEDIA: RetainTrouble.NO_MEDIA,
    Moved.MEDIA_JAM: RetainTrouble.MEDIA_JAM,
    Moved.FULL: RetainTrouble.FULL,
    Moved.UNSUPPORTED: RetainTrouble.UNSUPPORTED,
}
