"""What the five devices tell the terminal, in one catalogue.

Every event is plain data. Expected trouble is an event with a reason, never an exception.
`repr` of anything personal is masked: an event may stand in a trace, a person may not.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct

from kiosk.drivers.masked import Masked


class Device(StrEnum):
    """The devices by their room."""

    CARD_READER = "card_reader"
    ID_SCANNER = "id_scanner"
    PIN_PAD = "pin_pad"
    RECEIPT_PRINTER = "receipt_printer"
    CAMERA = "camera"


class DeviceStatus(StrEnum):
    """XFS4IoT device states, and `unknown`: it has not said yet, or does not answer."""

    ONLINE = "online"
    OFFLINE = "offline"
    NO_DEVICE = "noDevice"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    DEVICE_BUSY = "deviceBusy"
    FRAUD_ATTEMPT = "fraudAttempt"
    STARTING = "starting"
    UNKNOWN = "unknown"


class Paper(StrEnum):
    """XFS4IoT paper states. `unknown` is never `out`."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"
    UNKNOWN = "unknown"


class DeviceChanged(Struct, frozen=True):
    """A device's status changed. Sent on change only, the first one at start.

    `raw` says what the device itself said, in its protocol's words; `paper` belongs to the
    receipt printer, `cover_open` too. `retains` and `in_bin` belong to the card reader: whether it
    can keep a card now, and how many its bin holds by its own count. None: has not said.
    """

    device: Device
    status: DeviceStatus
    raw: str = ""
    paper: Paper | None = None
    cover_open: bool | None = None
    retains: bool | None = None
    in_bin: int | None = None


# --- card reader -----------------------------------------------------------------------


class CardTrouble(StrEnum):
    """Why a card could not be read."""

    MUTE = "mute"  # no answer to reset: upside down, or no chip, or a dead one
    FOREIGN = "foreign"  # answers, but holds no social security application
    BLOCKED = "blocked"  # 9303, or the application is locked for good
    EXPIRED = "expired"  # EF05 tag 06 lies in the past (judged by the session, see CardFacts)
    UNKNOWN_VERSION = "unknown_version"  # a version other than 1, 2, 3
    MALFORMED = "malformed"  # records that do not follow the card specification
    PULLED = "pulled"  # the card left while it was being read
    READER_LOST = "reader_lost"  # the reader or pcscd went away


class PinState(StrEnum):
    """What the social security application says of its own password (empty VERIFY)."""

    NONE = "none"
    READY = "ready"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class RetainTrouble(StrEnum):
    """Why a card was not kept (XFS4IoT CardReader.Move errors, in Python's manner)."""

    NO_MEDIA = "no_media"  # it was taken before the motor had it
    MEDIA_JAM = "media_jam"  # it is stuck between slot and bin
    FULL = "full"
    UNSUPPORTED = "unsupported"  # a reader without a bin
    READER_LOST = "reader_lost"  # nobody can say now where the card is
    NOT_BOOKED = "not_booked"  # no claim could be written down, so nothing was ordered


class CardFacts(Masked, frozen=True):
    """What the terminal read from a social security card. Personal: lives in the visit only."""

    version: str  # "1.00", "2.00", "3.00" (EF05 tag 03)
    card_number: str  # EF05 tag 07
    identification_code: str  # EF05 tag 01, hex
    area_code: str = ""  # first six digits of the identification code
    expires: date | None = None  # EF05 tag 06; None where the card does not let it be read
    social_security_number: str | None = None  # EF06 tag 08
    name: str | None = None  # EF06 tags 09 + 4E
    pan: str | None = None  # the bank application's account number
    pin_state: PinState = PinState.UNKNOWN
    pin_tries_left: int | None = None


class CardInserted(Struct, frozen=True):
    """A card is in the slot and answered the reset."""


class CardMute(Struct, frozen=True):
    """Something is in the slot and does not answer: upside down, chipless, or dead."""


class CardRemoved(Struct, frozen=True):
    """The slot is empty again (also sent at start, when it is empty then)."""


class CardRead(Struct, frozen=True):
    """The card was read whole."""

    card: CardFacts


class CardNotRead(Struct, frozen=True):
    """The card could not be read."""

    trouble: CardTrouble
    raw: str = ""  # the status word or the reader's words, never card data


class ChallengeGiven(Masked, frozen=True):
    """The chip is ready for one protected command, as long as it is neither moved nor asked else.

    `cipher` is that of its secure messaging as its selection names it: "01" 3DES, "02" SSF33,
    "03" SM4; `challenge` is of one block of it, hex.
    """

    identification_code: str  # EF05 tag 01, hex
    cipher: str
    challenge: str
    pin_state: PinState
    pin_tries_left: int | None = None


class CommandDone(Struct, frozen=True):
    """The chip answered the protected command: its status word, four hex digits."""

    status: str


class CommandTorn(Struct, frozen=True):
    """Nobody heard what the chip said. `sent`: the command went out, and may have been carried out."""

    sent: bool
    raw: str = ""


class CardRetained(Struct, frozen=True):
    """The card is in the reader's bin, and the slot is empty."""

    claim: str


class NotRetained(Struct, frozen=True):
    """The card is not known to be in the bin."""

    claim: str
    trouble: RetainTrouble
    raw: str = ""


# --- ID-card scanner -------------------------------------------------------------------


class DocumentKind(StrEnum):
    """The documents an ID-card reader module takes."""

    RESIDENT = "resident"  # resident ID card, type flag blank
    HMT_PERMIT = "hmt_permit"  # residence permit of Hong Kong, Macau, Taiwan residents, "J"
    FOREIGNER_2017 = "foreigner_2017"  # permanent residence card, "I"
    FOREIGNER_2023 = "foreigner_2023"  # permanent residence card, "Y"


class IdTrouble(StrEnum):
    """Why an ID document could not be read."""

    MOVED = "moved"  # taken away too early, or moved: lay it down again
    NOT_ACCEPTED = "not_accepted"  # not a card this reader knows (SW3 40, foreign type flag)
    SUSPECT = "suspect"  # signature of its content failed (SW3 33)
    MALFORMED = "malformed"  # lengths, fields or check digit do not hold
    READER_FAULT = "reader_fault"  # security module failed, or does not answer


class IdDocument(Masked, frozen=True):
    """An identity document as read. Personal: lives in the visit only."""

    kind: DocumentKind
    number: str
    name: str
    birth: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None  # None: no end (长期)


class IdRead(Struct, frozen=True):
    """A document was read and its check digit holds."""

    document: IdDocument


class IdNotRead(Struct, frozen=True):
    """A document lies there and could not be read; the scanner goes on looking."""

    trouble: IdTrouble
    raw: str = ""


# --- PIN pad ---------------------------------------------------------------------------


class PinStop(StrEnum):
    """Why an entry ended without a PIN block."""

    CANCELLED = "cancelled"  # the person pressed cancel
    TIMED_OUT = "timed_out"
    TOO_SHORT = "too_short"  # enter pressed too early; the pad waits for a new entry
    PAD_FAULT = "pad_fault"
    TAMPERED = "tampered"


class PinProgress(Struct, frozen=True):
    """How many digits the pad holds now. Which ones nobody learns."""

    digits: int


class PinEntered(Masked, frozen=True):
    """The encrypted PIN block, ISO 9564 format 0 under the ordered PIN key, 16 hex digits."""

    block: str
    length: int = 6


class PinStopped(Struct, frozen=True):
    """The entry ended, or must begin again (`TOO_SHORT`)."""

    reason: PinStop
    raw: str = ""


# --- receipt printer -------------------------------------------------------------------


class PrintTrouble(StrEnum):
    """Why a receipt is not known to be printed."""

    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER = "cutter"
    JAMMED = "jammed"
    FAULT = "fault"
    NO_ANSWER = "no_answer"  # unknown whether it was printed, and said so


class Printed(Struct, frozen=True):
    """The printer proved that the whole receipt went through (GS r in sequence, then DLE EOT)."""


class NotPrinted(Struct, frozen=True):
    """The receipt was not, or not provably, printed; what was left in the buffer is cleared."""

    trouble: PrintTrouble
    raw: str = ""


# --- camera ----------------------------------------------------------------------------


class CodeSeen(Masked, frozen=True):
    """The text of a QR code: 8 to 512 printable ASCII characters, trimmed."""

    text: str


class CodeUnreadable(Struct, frozen=True):
    """A code was seen whose content is not printable text of a sane length."""


class Side(StrEnum):
    """A side of an identity document."""

    FRONT = "front"  # with the photo and the name
    BACK = "back"


class Wanting(StrEnum):
    """What a picture still lacks to be good enough."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_FAR = "too_far"
    TOO_CLOSE = "too_close"  # or not in the middle: the face is not whole with its surroundings
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    NO_CARD = "no_card"
    CARD_NOT_WHOLE = "card_not_whole"
    CARD_TOO_FAR = "card_too_far"
    WRONG_SIDE = "wrong_side"
    GLARE = "glare"


class PictureWanting(Struct, frozen=True):
    """No picture yet, and why; sent when the reason changes. The camera goes on looking."""

    reason: Wanting


class StillTaken(Masked, frozen=True):
    """A still of one person that passed the gate: JPEG. Personal: lives in the visit only."""

    jpeg: bytes


class DocumentCopied(Masked, frozen=True):
    """One side of the document, straightened: JPEG. Personal: lives in the visit only."""

    side: Side
    jpeg: bytes


DeviceEvent = (
    DeviceChanged | CardInserted | CardMute | CardRemoved | CardRead | CardNotRead
    | ChallengeGiven | CommandDone | CommandTorn | CardRetained | NotRetained
    | IdRead | IdNotRead | PinProgress | PinEntered | PinStopped
    | Printed | NotPrinted | CodeSeen | CodeUnreadable
    | PictureWanting | StillTaken | DocumentCopied
)  # fmt: skip
