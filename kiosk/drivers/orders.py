"""What the terminal may order a device to do. One order at a time; `Stop` ends any of them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from kiosk.drivers.events import Side
from kiosk.drivers.masked import Masked


class ReadCard(Struct, frozen=True):
    """Read the card that is in the slot. Answer: `CardRead` or `CardNotRead`."""


class EjectCard(Struct, frozen=True):
    """End the card's session and give it out where the reader can. Answer: `CardRemoved` when gone."""


class GetChallenge(Struct, frozen=True):
    """Make the chip ready for one protected command. Answer: `ChallengeGiven` or `CardNotRead`.

    The card stays powered until the next order: without power it forgets its challenge.
    """


class RunChipCommand(Masked, frozen=True):
    """Pass a protected command on to the chip that gave the challenge for it, unread.

    Answer: `CommandDone` or `CommandTorn`.
    """

    apdu: bytes


class RetainCard(Struct, frozen=True):
    """Move the card in the slot into the reader's bin, and not back (XFS4IoT CardReader.Move).

    `claim` is the number it is kept under; the answer, `CardRetained` or `NotRetained`, has it too.
    """

    claim: str


class ReadIdDocument(Struct, frozen=True):
    """Look for a document until one is read or `Stop` comes. Answer: `IdNotRead`*, `IdRead`."""


class PinKey(StrEnum):
    """The pad's two PIN keys: each of a card's two applications has its own (CARD.TWO_ENVIRONMENTS)."""

    BANK = "bank"
    SOCIAL_SECURITY = "social_security"


class EnterPin(Masked, frozen=True):
    """Take a PIN under a PIN key. Answer: `PinProgress`*, then `PinEntered` or `PinStopped`.

    `pan` is the account number the block is bound to (its 12 rightmost digits without the
    check digit go to the pad), `key` the key that it is made with. `timeout_s` is the pad's own
    limit between keys.
    """

    pan: str
    key: PinKey = PinKey.BANK
    shortest: int = 6
    longest: int = 6
    timeout_s: int = 30


class Align(StrEnum):
    """Where a printed line stands."""

    LEFT = "left"
    CENTRE = "centre"


class Line(Struct, frozen=True):
    """One line of text; longer ones are wrapped at the paper's width by the driver."""

    text: str
    big: bool = False
    bold: bool = False
    align: Align = Align.LEFT


class Pair(Struct, frozen=True):
    """A label at the left and its value at the right edge of one line."""

    label: str
    value: str
    bold: bool = False


class Rule(Struct, frozen=True):
    """A thin line across the paper."""


class QrCode(Struct, frozen=True):
    """A QR code, error correction M, centred, with its text in small letters beneath."""

    text: str
    caption: str = ""


Block = Line | Pair | Rule | QrCode


class PrintReceipt(Masked, frozen=True):
    """Print `blocks` and cut. Answer: `Printed` or `NotPrinted`."""

    blocks: tuple[Block, ...]


class ScanCode(Struct, frozen=True):
    """Look for QR codes until `Stop` comes. Answer: `CodeSeen` or `CodeUnreadable`, once a code."""


class TakeStill(Struct, frozen=True):
    """Look until a still of one person is good enough. Answer: `PictureWanting`*, `StillTaken`."""


class CopyDocument(Struct, frozen=True):
    """Look until one side of an ID-1 card is copied. Answer: `PictureWanting`*, `DocumentCopied`."""

    side: Side


Order = (
    ReadCard | EjectCard | GetChallenge | RunChipCommand | RetainCard | ReadIdDocument | EnterPin | PrintReceipt
    | ScanCode | TakeStill | CopyDocument
)  # fmt: skip
