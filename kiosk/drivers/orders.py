"""What the terminal may order a device to do. One order at a time; `Stop` ends any of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ReadCard:
    """Read the card that is in the slot. Answer: `CardRead` or `CardNotRead`."""


@dataclass(frozen=True, slots=True)
class EjectCard:
    """End the card's session and give it out where the reader can. Answer: `CardRemoved` when gone."""


@dataclass(frozen=True, slots=True)
class ReadIdDocument:
    """Look for a document until one is read or `Stop` comes. Answer: `IdNotRead`*, `IdRead`."""


@dataclass(frozen=True, slots=True)
class EnterPin:
    """Take a PIN under the PIN key. Answer: `PinProgress`*, then `PinEntered` or `PinStopped`.

    `pan` is the account number the block is bound to (its 12 rightmost digits without the
    check digit go to the pad). `timeout_s` is the pad's own limit between keys.
    """

    pan: str = field(repr=False)
    shortest: int = 6
    longest: int = 6
    timeout_s: int = 30


class Align(StrEnum):
    """Where a printed line stands."""

    LEFT = "left"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; longer ones are wrapped at the paper's width by the driver."""

    text: str
    big: bool = False
    bold: bool = False
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Pair:
    """A label at the left and its value at the right edge of one line."""

    label: str
    value: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line across the paper."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code, error correction M, centred, with its text in small letters beneath."""

    text: str
    caption: str = ""


Block = Line | Pair | Rule | QrCode


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """Print `blocks` and cut. Answer: `Printed` or `NotPrinted`."""

    blocks: tuple[Block, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScanCode:
    """Look for QR codes until `Stop` comes. Answer: `CodeSeen` or `CodeUnreadable`, once a code."""


Order = ReadCard | EjectCard | ReadIdDocument | EnterPin | PrintReceipt | ScanCode
