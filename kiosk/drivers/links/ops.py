"""What a driver may ask of the world: the link operations.

A driver's protocol is a generator. It yields one of these operations and is sent the
result, so the same lines run against a serial port, against pcscd and in the simulated
world, in real or in virtual time. Nothing here touches a port, a thread or a clock.

Two kinds of failure reach a protocol as an exception thrown in at the `yield`:
`LinkLost` (the port or the reader is gone) and `CardGone` (the card left its slot). The
driver catches both and answers with an event; neither ever reaches the session as an
exception. Silence is not a failure: a read that ran out of time returns ``b""``.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct


class LinkLost(Exception):
    """The port, the reader or the service behind it does not answer any more."""


class CardGone(Exception):
    """The card left the reader before the operation ended."""


class ProtocolError(Exception):
    """The device answered, but with something its protocol does not know."""


# --- for every device ------------------------------------------------------------------


class Now(Struct, frozen=True):
    """Monotonic time. Result: seconds, `float`."""


class Wait(Struct, frozen=True):
    """Let `seconds` pass. Result: None. Ends early when an order or `Stop` arrives."""

    seconds: float


class Take(Struct, frozen=True):
    """Wait up to `timeout_s` for the next order of the terminal.

    Result: the order (a data class of the device's `driver.py`, or `Stop`), or None when
    none came. `timeout_s=0` only looks.
    """

    timeout_s: float


class Emit(Struct, frozen=True):
    """Hand `event` to the terminal. Result: None."""

    event: Any


class Stop:
    """An order every device knows: end the running operation, tidy up, go idle."""

    def __repr__(self) -> str:
        return "Stop()"


# --- serial lines ----------------------------------------------------------------------


class Open(Struct, frozen=True):
    """(Re)open the device's port or connection. Result: None. Raises `LinkLost`."""


class Write(Struct, frozen=True):
    """Send `data`. Result: None. Raises `LinkLost`, also when a held line blocks the write."""

    data: bytes


class Read(Struct, frozen=True):
    """Read at least 1 and at most `size` bytes, waiting up to `timeout_s`.

    Result: `bytes`, ``b""`` when nothing came, or when an order arrived meanwhile.
    """

    size: int
    timeout_s: float


class Discard(Struct, frozen=True):
    """Throw away what has been received and not read. Result: None."""


# --- the card reader -------------------------------------------------------------------


class Slot(StrEnum):
    """What pcscd says of the reader's slot."""

    NO_READER = "noReader"
    EMPTY = "empty"
    PRESENT = "present"
    MUTE = "mute"


class SlotState(Struct, frozen=True):
    """One answer of `AwaitChange`: the slot, the counter of its changes, the ATR.

    `retains`: whether the reader could keep a card now, None if it has no bin; `in_bin`: how many
    are in the bin, where the reader counts them.
    A reader with a motor calls a card at its mouth present until it is taken (assumed).
    """

    slot: Slot
    counter: int = 0
    atr: bytes = b""
    retains: bool | None = None
    in_bin: int | None = None


class AwaitChange(Struct, frozen=True):
    """Wait up to `timeout_s` until the slot differs from `known` (None: answer at once).

    Result: `SlotState`, the unchanged one when time ran out or an order arrived. Raises
    `LinkLost` when pcscd itself is gone; `Open` then makes a new context.
    """

    known: SlotState | None
    timeout_s: float


class Connect(Struct, frozen=True):
    """Connect to the card exclusively and power it. Result: ATR. Raises `CardGone`, `LinkLost`."""


class Transmit(Struct, frozen=True):
    """Send one command APDU. Result: `bytes`, data followed by SW1 SW2, exactly as the
    reader gave them (61xx and 6Cxx included). Raises `CardGone`, `LinkLost`."""

    apdu: bytes


class Disconnect(Struct, frozen=True):
    """End the connection; `eject` asks the reader to give the card out.

    Result: True when the reader moved the card out by itself. Never raises.
    """

    eject: bool = False


class Moved(StrEnum):
    """What became of a card that was to go into the bin (XFS4IoT CardReader.Move)."""

    DONE = "done"
    NO_MEDIA = "noMedia"
    MEDIA_JAM = "mediaJam"
    FULL = "full"
    UNSUPPORTED = "unsupportedCommand"


class Retain(Struct, frozen=True):
    """Move the card into the bin. Result: `Moved`. Not ended by an order. Raises `LinkLost`."""


# --- the camera ------------------------------------------------------------------------


class NextCode(Struct, frozen=True):
    """Wait up to `timeout_s` for the next code the camera's child process has seen.

    Result: the code's `bytes`, or None. Raises `LinkLost` when the child died or hangs;
    `Open` starts a new one.
    """

    timeout_s: float


class Sought(StrEnum):
    """What the camera looks for."""

    CODES = "codes"
    STILL = "still"  # of one person
    FRONT = "front"  # of an identity document
    BACK = "back"


class CameraOn(Struct, frozen=True):
    """Start (`on`) or stop looking. Result: None. Raises `LinkLost`."""

    on: bool
    sought: Sought = Sought.CODES


class NextPicture(Struct, frozen=True):
    """Wait up to `timeout_s` for a picture that passes its gate, or for what is wrong with it.

    Result: the JPEG as `bytes`, a `Wanting`, or None. Raises `LinkLost` as `NextCode` does.
    """

    timeout_s: float


Op = (
    Now | Wait | Take | Emit | Open | Write | Read | Discard
    | AwaitChange | Connect | Transmit | Disconnect | Retain | NextCode | CameraOn | NextPicture
)  # fmt: skip

T = TypeVar("T")
Talk = Generator[Op, Any, T]
"""A protocol: yields `Op`, is sent each one's result, returns a `T`."""
