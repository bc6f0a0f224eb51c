"""What a service has to say, as plain data in words of the catalogue.

A service says what came of it once, in terms of amounts, days, banks and texts of the catalogue;
the screen (`kiosk/screens/told.py`) and the paper (`kiosk/receipts.py`) put it into a language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct, field

from kiosk.drivers.masked import Masked
from sscard.rules import Rule


class Tone(StrEnum):
    """What a thing means to the person; screens give each a colour."""

    CALM = "calm"
    JADE = "jade"  # done
    AMBER = "amber"  # waiting, attention
    RED = "red"  # loss and refusal


class StepState(StrEnum):
    """Where a step of a chain stands."""

    DONE = "done"
    NOW = "now"
    LATER = "later"


# --- values ------------------------------------------------------------------------------


class Money(Masked, frozen=True):
    """An amount in fen. A private one can be covered on the screen."""

    fen: int
    private: bool = False


class At(Struct, frozen=True):
    """An ISO 8601 instant; on the screen as people say it, on paper with its day."""

    iso: str


class Clock(Struct, frozen=True):
    """The time of day of an ISO 8601 instant."""

    iso: str


class OnDay(Struct, frozen=True):
    """A calendar day. `provisional`: it hangs on a schedule that is not published yet."""

    day: date
    provisional: bool = False


class BankName(Struct, frozen=True):
    """A bank by its id."""

    bank_id: str


class ReceiptCode(Struct, frozen=True):
    """The nine letters of a receipt's code, spaced for reading aloud."""

    code: str


class OfPlace(Struct, frozen=True):
    """Something of the terminal's own place by its name there, such as ``oral_days``."""

    name: str


class InLanguage(Struct, frozen=True):
    """A text that comes in both languages from outside, such as an outlet's address."""

    zh: str
    en: str


class Say(Struct, frozen=True):
    """A text of the catalogue, with what goes into it."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value = str | int | Money | At | Clock | OnDay | BankName | ReceiptCode | OfPlace | InLanguage | Say


# --- what stands on a screen, and on paper -------------------------------------------------


class Sum(Struct, frozen=True):
    """An amount that is the largest thing on the screen."""

    label: Say
    amount: Money
    note: Say
    main: bool = False


class Between(Struct, frozen=True):
    """Two short texts as the two ends of one line."""

    left: Say
    right: Say


class PathStep(Struct, frozen=True):
    """One step of a thing that takes its time; each note is a line."""

    title: Say
    notes: tuple[Say, ...]
    state: StepState


class Path(Struct, frozen=True):
    """What has been done, is being done, and comes later."""

    steps: tuple[PathStep, ...]


class Remark(Struct, frozen=True):
    """A box: a line, something very large, a line after it."""

    text: Say
    tone: Tone = Tone.AMBER
    big: Value | None = None
    after: Say | None = None


class Call(Struct, frozen=True):
    """Whom to telephone: these banks, or all of them where none is named."""

    one: Say
    several: Say
    after: Say
    bank_ids: tuple[str, ...] = ()


class Outlets(Struct, frozen=True):
    """Where the banks of this city are."""


class Fact(Struct, frozen=True):
    """A label and a value."""

    label: Say
    value: Value
    bold: bool = False


class Facts(Struct, frozen=True):
    """Facts in one card."""

    rows: tuple[Fact, ...]


class Code(Masked, frozen=True):
    """A QR code (or, where it does not fit, its text) with a line beneath."""

    text: str
    caption: Say


OnScreen = Sum | Between | Path | Remark | Call | Outlets | Facts | Code


class ByRule(Struct, frozen=True):
    """The rules that a receipt names."""

    rules: tuple[Rule, ...]


OnPaper = Fact | Say | Call | Code | ByRule


class Told(Struct, frozen=True):
    """What came of a visit. `paper` is empty where there is nothing to print."""

    title: Say
    screen: tuple[OnScreen, ...]
    rule: Rule
    lead: Say | None = None
    tone: Tone = Tone.JADE
    picture: str = ""
    paper: tuple[OnPaper, ...] = ()


class Review(Struct, frozen=True):
    """What the person is to check before it is done, and the button that does it."""

    title: Say
    screen: tuple[OnScreen, ...]
    button: Say
    lead: Say | None = None
    picture: str = ""


class Option(Struct, frozen=True):
    """One answer to a question. One that cannot be given says why in `second`."""

    id: str
    text: Value
    second: Value | None = None
    icon: str = ""
    enabled: bool = True


class Question(Struct, frozen=True):
    """One question with its answers; those of `last` stand beneath, on every page."""

    title: Say
    options: tuple[Option, ...]
    screen: tuple[OnScreen, ...] = ()
    last: tuple[Option, ...] = ()
