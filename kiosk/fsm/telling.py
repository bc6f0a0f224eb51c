"""What a service has to say, as plain data in words of the catalogue.

A service says what came of it once, in terms of amounts, days, banks and texts of the catalogue;
the screen (`kiosk/screens/told.py`) and the paper (`kiosk/receipts.py`) put it into a language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in fen. A private one can be covered on the screen."""

    fen: int = field(repr=False)
    private: bool = False


@dataclass(frozen=True, slots=True)
class At:
    """An ISO 8601 instant; on the screen as people say it, on paper with its day."""

    iso: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day of an ISO 8601 instant."""

    iso: str


@dataclass(frozen=True, slots=True)
class OnDay:
    """A calendar day. `provisional`: it hangs on a schedule that is not published yet."""

    day: date
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class BankName:
    """A bank by its id."""

    bank_id: str


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """The nine letters of a receipt's code, spaced for reading aloud."""

    code: str


@dataclass(frozen=True, slots=True)
class OfPlace:
    """Something of the terminal's own place by its name there, such as ``oral_days``."""

    name: str


@dataclass(frozen=True, slots=True)
class InLanguage:
    """A text that comes in both languages from outside, such as an outlet's address."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Say:
    """A text of the catalogue, with what goes into it."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value = str | int | Money | At | Clock | OnDay | BankName | ReceiptCode | OfPlace | InLanguage | Say


# --- what stands on a screen, and on paper -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount that is the largest thing on the screen."""

    label: Say
    amount: Money
    note: Say
    main: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """Two short texts as the two ends of one line."""

    left: Say
    right: Say


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of a thing that takes its time; each note is a line."""

    title: Say
    notes: tuple[Say, ...]
    state: StepState


@dataclass(frozen=True, slots=True)
class Path:
    """What has been done, is being done, and comes later."""

    steps: tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A box: a line, something very large, a line after it."""

    text: Say
    tone: Tone = Tone.AMBER
    big: Value | None = None
    after: Say | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Whom to telephone: these banks, or all of them where none is named."""

    one: Say
    several: Say
    after: Say
    bank_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where the banks of this city are."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and a value."""

    label: Say
    value: Value
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts in one card."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code (or, where it does not fit, its text) with a line beneath."""

    text: str = field(repr=False)
    caption: Say


OnScreen = Sum | Between | Path | Remark | Call | Outlets | Facts | Code


@dataclass(frozen=True, slots=True)
class ByRule:
    """The rules that a receipt names."""

    rules: tuple[Rule, ...]


OnPaper = Fact | Say | Call | Code | ByRule


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a visit. `paper` is empty where there is nothing to print."""

    title: Say
    screen: tuple[OnScreen, ...]
    rule: Rule
    lead: Say | None = None
    tone: Tone = Tone.JADE
    picture: str = ""
    paper: tuple[OnPaper, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What the person is to check before it is done, and the button that does it."""

    title: Say
    screen: tuple[OnScreen, ...]
    button: Say
    lead: Say | None = None
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question. One that cannot be given says why in `second`."""

    id: str
    text: Value
    second: Value | None = None
    icon: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its answers; those of `last` stand beneath, on every page."""

    title: Say
    options: tuple[Option, ...]
    screen: tuple[OnScreen, ...] = ()
    last: tuple[Option, ...] = ()
