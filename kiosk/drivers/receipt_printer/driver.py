"""The receipt printer as the terminal sees it: a receipt is printed when the printer proved it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DeviceStatus,
    NotPrinted,
    Paper,
    Printed,
    PrintTrouble,
)
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Emit, LinkLost, Now, Open, Talk, Write
from kiosk.drivers.orders import PrintReceipt
from kiosk.drivers.receipt_printer import layout
from kiosk.drivers.receipt_printer.protocol import (
    ASK_IN_TURN,
    AUTOMATIC_STATUS_OFF,
    CLEAR_BUFFERS,
    Ear,
    is_in_turn,
    is_status,
    poll,
    query,
)
from kiosk.drivers.receipt_printer.status import Meaning, is_offline, meaning


@dataclass(frozen=True, slots=True)
class ReceiptPrinterConfig:
    """How long the printer may take, and how much a receipt may hold."""

    idle_every_s: float = 3.0  # between two looks at the status
    unclean_every_s: float = 0.5  # the same while an old receipt may be in the buffer
    answer_s: float = 0.5  # for one status byte
    in_turn_s: float = 20.0  # for GS r 1 after the last byte of a receipt
    stopped_grace_s: float = 3.0  # for GS r 1 after the printer said that it has stopped
    look_every_s: float = 1.0  # status, while waiting for GS r 1
    recover_every_s: float = 5.0  # DLE ENQ 2 while the cutter or the transport is stuck
    clear_s: float = 3.0  # for GS r 1 after the buffers were cleared
    job_limit_s: float = 60.0  # for all of it
    piece_bytes: int = 256
    longest_job_bytes: int = 16_384
    back_off_first_s: float = 0.5
    back_off_last_s: float = 5.0


class ReceiptPrinter:
    """The driver. Until the printer is known to hold nothing of an earlier receipt it is
    cleared before anything is printed, also after a restart."""

    device = Device.RECEIPT_PRINTER

    def __init__(self, config: ReceiptPrinterConfig | None = None) -> None:
        self.config = config or ReceiptPrinterConfig()
        self.status = DeviceStatus.UNKNOWN
        self.paper = Paper.UNKNOWN
        self.cover_open: bool | None = None
        self._told: tuple[DeviceStatus, Paper, bool | None] | None = None
        self._inbox = Inbox()
        self._ear = Ear(self._inbox)
        self._unclean = True
        self._torn = True  # paper with somebody's text may hang behind the cutter
        self._owed = 1  # answers in turn that may still come; an earlier run may have asked
        self._recovered_s = -self.config.recover_every_s
        self._printing = False

    def __repr__(self) -> str:
        return f"ReceiptPrinter({self.status}, paper: {self.paper}, unclean: {self._unclean})"

    def serve(self) -> Talk[None]:
        """Run for ever: open, watch, print, and open again when the line was lost."""
        back_off_s = self.config.back_off_first_s
        while True:
            try:
                yield Open()
                self._ear.reset()
                self._unclean = True
                # At once, in real time: an earlier receipt may wait for paper even now.
                yield Write(CLEAR_BUFFERS + AUTOMATIC_STATUS_OFF)
                if (yield from self._look()).certain:
                    back_off_s = self.config.back_off_first_s
                while True:
                    yield from self._turn()
                    back_off_s = self.config.back_off_first_s
            except LinkLost as lost:
                yield from self._lost(str(lost))
                yield from self._rest(back_off_s)
                back_off_s = min(back_off_s * 2, self.config.back_off_last_s)

    # --- watching -----------------------------------------------------------------------

    def _turn(self) -> Talk[None]:
        """One order, or one look at the status."""
        every_s = self.config.unclean_every_s if self._unclean else self.config.idle_every_s
        order = yield from self._inbox.take(every_s)
        if isinstance(order, PrintReceipt):
            yield from self._carry_out(order)
        elif order is None:
            yield from self._look()

    def _look(self) -> Talk[Meaning]:
        """Ask for the status, tell what changed, and clear an old receipt if now is the time."""
        answers = yield from poll(self._ear, self.config.answer_s)
        found = meaning(answers)
        yield from self._tell(found.status, found.paper, found.cover_open, answers.raw())
        if self._unclean and found.certain and found.trouble is None:
            yield from self._clean()
        if found.trouble in (PrintTrouble.CUTTER, PrintTrouble.JAMMED):
            yield from self._recover()
        return found

    def _recover(self) -> Talk[None]:
        """Ask a stuck printer now and then to try again: hands alone do not end its error."""
        now_s = yield Now()
        if now_s - self._recovered_s >= self.config.recover_every_s:
            self._recovered_s = now_s
            yield Write(CLEAR_BUFFERS)

    def _tell(
        self, status: DeviceStatus, paper: Paper, cover_open: bool | None, raw: str
    ) -> Talk[None]:
        self.status, self.paper, self.cover_open = status, paper, cover_open
        if (told := (status, paper, cover_open)) != self._told:
            self._told = told
            yield Emit(DeviceChanged(self.device, status, raw, paper, cover_open))

    def _lost(self, raw: str) -> Talk[None]:
        if self._printing:
            self._printing, self._torn = False, True
            if not self._interrupted():
                yield Emit(NotPrinted(PrintTrouble.NO_ANSWER, raw))
        yield from self._tell(DeviceStatus.OFFLINE, Paper.UNKNOWN, None, raw)

    def _rest(self, seconds: float) -> Talk[None]:
        """Let time pass without a line; an order is answered at once."""
        until_s = (yield Now()) + seconds
        while (left_s := until_s - (yield Now())) > 0:
            if isinstance((yield from self._inbox.take(left_s)), PrintReceipt):
                yield Emit(NotPrinted(PrintTrouble.NO_ANSWER, "offline"))

    def _interrupted(self) -> bool:
        """Whether an order has come that ends the running one."""
        return self._inbox.waiting is not None

    # --- clearing -----------------------------------------------------------------------

    def _clean(self) -> Talk[None]:
        """Empty the printer's buffers and cut off what an earlier receipt left behind.

        Clean only when GS r 1 was answered: then nothing of the old receipt is to come. An
        answer still owed to an earlier GS r 1 is waited for too, or it would prove the next
        receipt; it never comes when clearing swallowed the question.
        """
        begin = CLEAR_BUFFERS + layout.INITIALISE
        yield Write(begin + (layout.cut() if self._torn else b"") + ASK_IN_TURN)
        self._owed += 1
        answered = 0
        until_s = (yield Now()) + self.config.clear_s
        while answered < self._owed:
            byte = yield from self._ear.byte(until_s)
            if byte is None:
                break
            answered += is_in_turn(byte)
        if answered:
            self._unclean = self._torn = False
            self._owed = 0

    def _give_up(self) -> Talk[None]:
        """Throw away the rest of a receipt that will not be finished.

        The buffers are cleared at once, in real time, so that nothing prints when the paper
        is back; the look that follows ends the clearing as soon as the printer can.
        """
        self._unclean = self._torn = True
        yield Write(CLEAR_BUFFERS)
        yield from self._look()

    # --- printing -----------------------------------------------------------------------

    def _carry_out(self, order: PrintReceipt) -> Talk[None]:
        self._printing = True
        units = layout.job(order.blocks)
        if sum(map(len, units)) > self.config.longest_job_bytes:
            result: Printed | NotPrinted | None = NotPrinted(PrintTrouble.FAULT, "too long")
        else:
            result = yield from self._print(units)
        self._printing = False
        if result is not None and not self._interrupted():
            yield Emit(result)

    def _print(self, units: list[bytes]) -> Talk[Printed | NotPrinted | None]:
        """Print and prove it. None: stopped by an order, the printer is tidied up."""
        before = yield from self._look()
        if self._interrupted():
            return None
        if before.trouble is not None:
            return NotPrinted(before.trouble, "before the first line")
        if self._unclean and before.certain:
            return NotPrinted(PrintTrouble.NO_ANSWER, "an old receipt could not be cleared")
        if self._unclean:
            # Its status is not understood: clear as well as it can be done unseen.
            yield from self._clean()
        self._ear.held = False  # its buffer is empty; a pause asked for earlier was noise
        until_s = (yield Now()) + self.config.job_limit_s
        in_turn = self._ear.in_turn
        stopped = yield from self._send(units, until_s)
        proved = False if stopped else (yield from self._proof(until_s))
        if self._interrupted() and not proved:
            yield from self._give_up()
            return None
        return (yield from self._judge(proved, in_turn + 1))

    def _send(self, units: list[bytes], until_s: float) -> Talk[bool]:
        """Write the job piece by piece. True: the printer has stopped, or pauses for too long."""
        asks = True
        for piece in _pieces(units, self.config.piece_bytes):
            yield Write(piece)
            if asks or self._ear.held:
                byte, _ = yield from query(self._ear, 1, self.config.answer_s)
                asks = byte is not None
                if byte is not None and is_offline(byte):
                    return True
            if not (yield from self._flows(until_s)):
                return True
            if self._interrupted():
                return False
        yield Write(ASK_IN_TURN)
        self._owed += 1
        return False

    def _flows(self, until_s: float) -> Talk[bool]:
        """Wait while the printer holds the line (XOFF)."""
        until_s = min(until_s, (yield Now()) + self.config.in_turn_s)
        while self._ear.held and not self._interrupted():
            if (yield Now()) >= until_s:
                return False
            yield from self._ear.byte(min(until_s, (yield Now()) + self.config.look_every_s))
        return True

    def _proof(self, until_s: float) -> Talk[bool]:
        """Wait for the answer in turn, a bounded time, and less once the printer has stopped."""
        now_s = yield Now()
        until_s = min(until_s, now_s + self.config.in_turn_s)
        stopped = False
        while not self._interrupted() and now_s < until_s:
            byte = yield from self._ear.byte(min(until_s, now_s + self.config.look_every_s))
            now_s = yield Now()
            if byte is None:
                yield from self._ear.ask(1)
            elif is_status(byte) and is_offline(byte) and not stopped:
                stopped = True
                until_s = min(until_s, now_s + self.config.stopped_grace_s)
            elif is_in_turn(byte):
                self._owed = 0
                return True
        return False

    def _judge(self, proved: bool, in_turn: int) -> Talk[Printed | NotPrinted]:
        """Look once more: only an answer in turn and a sound printer after it are a receipt.

        On a line that gave more of them than the one asked for (`in_turn`, with it) the answer
        may have been anything.
        """
        answers = yield from poll(self._ear, self.config.answer_s)
        found = meaning(answers)
        yield from self._tell(found.status, found.paper, found.cover_open, answers.raw())
        if proved and self._ear.in_turn == in_turn and found.certain and found.trouble is None:
            return Printed()
        trouble = found.trouble or PrintTrouble.NO_ANSWER
        yield from self._give_up()
        return NotPrinted(trouble, answers.raw())


def _pieces(units: list[bytes], most_bytes: int) -> Iterator[bytes]:
    """`units` joined to pieces of about `most_bytes`; a unit is never broken up, for a
    real-time request in the middle of a command would be taken for its data."""
    piece = b""
    for unit in units:
        if piece and len(piece) + len(unit) > most_bytes:
            yield piece
            piece = b""
        piece += unit
    yield piece
