"""What a screen shows, as plain data.

A `View` is made from the session's state by `presenter.py` and drawn by Kivy, and by nothing
else; the bench and the tests read the same data. Every text in it is ready to be shown.
Nothing here knows Kivy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from kiosk.fsm.telling import StepState as StepState
from kiosk.fsm.telling import Tone as Tone


class Layout(StrEnum):
    """The layouts; each has its own `.kv` file."""

    IDLE = "idle"  # tiles of the services
    INSTRUCT = "instruct"  # one picture that shows what to do with which slot
    PIN = "pin"  # dots, and the pad's picture
    WAIT = "wait"  # the terminal works; nothing to do but wait
    CHOICE = "choice"  # one question, large answers (`View.options`)
    DESK = "desk"  # technician mode: what is so, and what can be looked at
    TYPE = "type"  # a number, typed on drawn keys
    RESULT = "result"  # blocks: amounts, a chain of steps, facts, notes
    NOTICE = "notice"  # a refusal or a trouble: what, what to do, whom to ask


class Role(StrEnum):
    """How a button looks and how much it matters."""

    PRIMARY = "primary"  # the one main action, jade
    PLAIN = "plain"
    QUIET = "quiet"  # back: narrower
    URGENT = "urgent"  # the loss tile, red-soft, full width
    TILE = "tile"
    OPTION = "option"
    TURN = "turn"  # to another page of answers
    KEY = "key"  # of a drawn keypad
    TOOL = "tool"  # top right
    LINK = "link"  # why?
    CORNER = "corner"  # in the footer, for staff: no more than its word


class Button(Struct, frozen=True):
    """Something to press. `id` is unique within its view and is what a press reports."""

    id: str
    text: str
    role: Role = Role.PLAIN
    second: str = ""  # smaller line beneath: second language, or a detail
    icon: str = ""  # name of a drawn icon, see `icons.py`
    enabled: bool = True  # False: drawn grey, and a press is answered with the reason


class Amount(Struct, frozen=True):
    """A balance: the largest thing on the screen. `main` is drawn white on jade."""

    label: str
    value: str
    note: str = ""
    main: bool = False


class ChainStep(Struct, frozen=True):
    """One step of a thing that waits: saved here → on its way → in force."""

    title: str
    note: str
    state: StepState


class Chain(Struct, frozen=True):
    """A short chain of steps, drawn top to bottom in one card."""

    steps: tuple[ChainStep, ...]


class Note(Struct, frozen=True):
    """A coloured box: a line, a very large line (a telephone number), a line after it."""

    text: str
    tone: Tone = Tone.AMBER
    big: str = ""
    after: str = ""


class Hotlines(Struct, frozen=True):
    """An urgent box with several numbers: a line, whom to call and the number, a line after."""

    text: str
    rows: tuple[tuple[str, str], ...]
    after: str = ""


class Advice(Struct, frozen=True):
    """What to do, large in a card of its own, and whom to ask beneath."""

    head: str
    text: str
    ask: str = ""


class Facts(Struct, frozen=True):
    """Label and value pairs in one card."""

    rows: tuple[tuple[str, str], ...]


class Ends(Struct, frozen=True):
    """Two short texts as the two ends of one line."""

    left: str
    right: str


class Dots(Struct, frozen=True):
    """Digits held by the pad, never which ones."""

    filled: int
    total: int


class Typed(Struct, frozen=True):
    """A number as far as it is typed, in groups, with what it may be beneath."""

    text: str
    note: str

    def __repr__(self) -> str:
        return "Typed(...)"


class Qr(Struct, frozen=True):
    """A QR code to be held a telephone to, with a line beneath. Its text may be personal."""

    text: str
    caption: str

    def __repr__(self) -> str:
        return "Qr(...)"


Block = Amount | Chain | Note | Hotlines | Advice | Facts | Ends | Dots | Qr | Typed


class ReadyRow(Struct, frozen=True):
    """What one service needs: each thing as the name of an icon and its text."""

    service: str
    things: tuple[tuple[str, str], ...]


class Ready(Struct, frozen=True):
    """What to have ready. It is drawn only where it takes no room from anything else."""

    head: str
    rows: tuple[ReadyRow, ...]


class TimeLeft(Struct, frozen=True):
    """The ring at the bottom right. Times are seconds on the terminal's monotonic clock."""

    total_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class View:
    """One screen, whole."""

    state: str  # the session's state, e.g. "balance.insert_card"
    layout: Layout
    language: str  # "zh" or "en"
    title: str
    brand: str = ""  # top left: what this terminal is
    second: str = ""  # the title in the other language
    service: str = ""  # "查余额 · 第 2 步，共 4 步"; empty on idle
    step: int = 0  # 1-based step in progress; 0: no segments
    steps: int = 0
    step_done: bool = False  # the step in progress is complete (draw it full)
    lead: str = ""  # one line of reassurance or explanation
    picture: str = ""  # name of a drawn picture, see `pictures.py`
    caption: str = ""  # under the picture
    tone: Tone = Tone.CALM
    blocks: tuple[Block, ...] = ()
    why: Note | None = None  # opened by "why?", beneath it
    ready: Ready | None = None  # idle
    options: tuple[Button, ...] = ()  # tiles on idle, answers on choice, extra rows elsewhere
    bar: tuple[Button, ...] = ()  # bottom: back, leave, main action, in this order
    tools: tuple[Button, ...] = ()
    time_left: TimeLeft | None = None
    footer: tuple[str, ...] = ()  # idle: site, clock, help
    corner: Button | None = None  # at the footer's end
    large_text: bool = False

    def buttons(self) -> tuple[Button, ...]:
        """Every button of the screen."""
        corner = () if self.corner is None else (self.corner,)
        return self.tools + self.options + self.bar + corner

    def texts(self) -> tuple[str, ...]:
        """Every text of the screen but those of the top bar and `ready`, in reading order."""
        parts: list[str] = [self.service, self.title, self.second, self.caption]
        for block in self.blocks:
            parts += _texts_of(block)
        parts.append(self.lead)
        parts += _texts_of(self.why) if self.why else []
        for button in self.options + self.bar:
            parts += [button.text, button.second]
        parts += self.footer
        parts += [self.corner.text] if self.corner is not None else []
        return tuple(part for part in parts if part)


class Frame(Struct, frozen=True):
    """What is drawn now and when it was first on the glass: the render heartbeat."""

    state: str
    number: int
    at_s: float
    size: tuple[int, int] = (0, 0)


def _texts_of(block: Block) -> list[str]:
    match block:
        case Amount(label, value, note):
            return [label, value, note]
        case Chain(steps):
            return [text for step in steps for text in (step.title, step.note)]
        case Note(text, _, big, after):
            return [text, big, after]
        case Hotlines(text, rows, after):
            return [text, *(part for row in rows for part in row), after]
        case Advice(head, text, ask):
            return [head, text, ask]
        case Facts(rows):
            return [text for row in rows for text in row]
        case Ends(left, right):
            return [left, right]
        case Dots(filled, total):
            return [f"{filled}/{total}"]
        case Qr(_, caption):
            return [caption]
        case Typed(text, note):
            return [text, note]
