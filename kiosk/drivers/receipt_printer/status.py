"""What the receipt printer's answers mean (ESC/POS reference, DLE EOT 1 to 4).

Nothing is guessed: an answer that did not come, or that breaks the pattern, is `unknown`,
never `out`.
"""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.events import DeviceStatus, Paper, PrintTrouble


class Answers(Struct, frozen=True):
    """The bytes answered to DLE EOT 1, 2, 3 and 4; None where none was understood.

    `heard` says whether the printer sent anything at all.
    """

    printer: int | None = None
    cause: int | None = None
    error: int | None = None
    paper: int | None = None
    heard: bool = False

    def raw(self) -> str:
        """The bytes in the protocol's own words, for a technician."""
        answers = (self.printer, self.cause, self.error, self.paper)
        nothing = "?" if self.heard else "-"
        words = (nothing if answer is None else f"{answer:02X}" for answer in answers)
        return " ".join(f"{n}={word}" for n, word in enumerate(words, start=1))


class Meaning(Struct, frozen=True):
    """The printer as the terminal sees it; `trouble` is why it cannot print, None if it can.

    `certain` is False where the state of the printer itself was not understood.
    """

    status: DeviceStatus
    paper: Paper
    cover_open: bool | None
    trouble: PrintTrouble | None
    certain: bool


SILENT = Meaning(DeviceStatus.UNKNOWN, Paper.UNKNOWN, None, PrintTrouble.NO_ANSWER, certain=False)


def meaning(answers: Answers) -> Meaning:
    """What the four answers say together. The most specific cause wins."""
    if not answers.heard:
        return SILENT
    paper = _paper(answers.paper)
    cover_open = None if answers.cause is None else _bit(answers.cause, 2)
    if answers.printer is None:
        return Meaning(DeviceStatus.UNKNOWN, paper, cover_open, None, certain=False)
    trouble = _trouble(answers, paper)
    return Meaning(_status(answers, trouble), paper, cover_open, trouble, certain=True)


def is_offline(printer: int) -> bool:
    """Whether the answer to DLE EOT 1 says that the printer has stopped."""
    return _bit(printer, 3)


def _paper(answer: int | None) -> Paper:
    """Each sensor speaks with two bits; one alone is not understood."""
    if answer is None:
        return Paper.UNKNOWN
    near_end, end = answer & 0x0C, answer & 0x60
    if end == 0x60:
        return Paper.OUT
    if end or near_end not in (0, 0x0C):
        return Paper.UNKNOWN
    return Paper.LOW if near_end else Paper.FULL


def _trouble(answers: Answers, paper: Paper) -> PrintTrouble | None:
    cause, error = answers.cause or 0, answers.error or 0
    if _bit(cause, 2):
        return PrintTrouble.COVER_OPEN
    if _bit(error, 3):
        return PrintTrouble.CUTTER
    if _bit(error, 2):
        return PrintTrouble.JAMMED
    if paper is Paper.OUT or _bit(cause, 5):
        return PrintTrouble.PAPER_OUT
    stopped = answers.printer is not None and is_offline(answers.printer)
    if error & 0x60 or _bit(cause, 6) or stopped:
        return PrintTrouble.FAULT
    return None


def _status(answers: Answers, trouble: PrintTrouble | None) -> DeviceStatus:
    match trouble:
        case None:
            return DeviceStatus.ONLINE
        case PrintTrouble.COVER_OPEN | PrintTrouble.PAPER_OUT:
            return DeviceStatus.USER_ERROR
        case PrintTrouble.CUTTER | PrintTrouble.JAMMED:
            return DeviceStatus.HARDWARE_ERROR
    cause, error = answers.cause or 0, answers.error or 0
    if _bit(error, 5):
        return DeviceStatus.HARDWARE_ERROR
    if _bit(error, 6) or _bit(cause, 3):
        return DeviceStatus.DEVICE_BUSY  # recovers by itself, or is being fed by its button
    return DeviceStatus.HARDWARE_ERROR if _bit(cause, 6) else DeviceStatus.OFFLINE


def _bit(value: int, place: int) -> bool:
    return bool(value >> place & 1)
