"""The receipt printer as the terminal sees it: a receipt is printed when the printer proved it."""

from __future__ import annotations

from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DeviceStatus,
    NotPrinted,
    Paper,
    Printed,
    PrintTrouble,
)
from kiosk.drivers.links.back_off import BackOff
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Emit, LinkLost, Now, Open, Stop, Talk, Write
from kiosk.drivers.orders import Order, PrintReceipt
from kiosk.drivers.receipt_printer import layout
from kiosk.drivers.receipt_printer.config import ReceiptPrinterConfig
from kiosk.drivers.receipt_printer.leftovers import Leftovers, clear
from kiosk.drivers.receipt_printer.printing import Press
from kiosk.drivers.receipt_printer.protocol import (
    AUTOMATIC_STATUS_OFF,
    CLEAR_BUFFERS,
    Ear,
    poll,
)
from kiosk.drivers.receipt_printer.status import Meaning, meaning

__all__ = ["ReceiptPrinter", "ReceiptPrinterConfig"]


class ReceiptPrinter:
    """The driver. Until the printer is known to hold nothing of an earlier receipt it is
    cleared before anything is printed, also after a restart."""

    device = Device.RECEIPT_PRINTER

    def __init__(self, config: ReceiptPrinterConfig | None = None) -> None:
        self._config = config or ReceiptPrinterConfig()
        self.status = DeviceStatus.UNKNOWN
        self.paper = Paper.UNKNOWN
        self.cover_open: bool | None = None
        self._told: tuple[DeviceStatus, Paper, bool | None] | None = None
        self._inbox = Inbox()
        self._ear = Ear(self._inbox)
        self._leftovers = Leftovers()
        self._press = Press(self._config, self._inbox, self._ear, self._leftovers)
        self._recovered_s = -self._config.recover_every_s
        self._printing = False

    def __repr__(self) -> str:
        unclean = self._leftovers.unclean
        return f"ReceiptPrinter({self.status}, paper: {self.paper}, unclean: {unclean})"

    def serve(self) -> Talk[None]:
        """Run for ever: open, watch, print, and open again when the line was lost.

        Raises `TypeError` for another device's order.
        """
        back_off = BackOff(self._config.back_off_first_s, self._config.back_off_longest_s)
        while True:
            try:
                yield Open()
                self._ear.reset()
                self._leftovers.unclean = True
                # At once, in real time: an earlier receipt may wait for paper even now.
                yield Write(CLEAR_BUFFERS + AUTOMATIC_STATUS_OFF)
                if (yield from self._look()).certain:
                    back_off.reset()
                while True:
                    yield from self._round()
                    back_off.reset()
            except LinkLost as lost:
                yield from self._lost(str(lost))
            yield from self._rest(back_off.next_s())

    # --- watching -----------------------------------------------------------------------

    def _round(self) -> Talk[None]:
        """One order, or one look at the status."""
        config, unclean = self._config, self._leftovers.unclean
        order = yield from self._take_order(
            config.unclean_every_s if unclean else config.idle_every_s
        )
        if isinstance(order, PrintReceipt):
            yield from self._carry_out(order)
        elif order is None:
            yield from self._look()

    def _take_order(self, timeout_s: float) -> Talk[PrintReceipt | Stop | None]:
        order: Order | Stop | None = yield from self._inbox.take(timeout_s)
        if not isinstance(order, PrintReceipt | Stop | None):
            raise TypeError(f"a receipt printer cannot {type(order).__name__}")
        return order

    def _look(self) -> Talk[Meaning]:
        """Ask for the status, tell what changed, and clear an old receipt if now is the time."""
        answers = yield from poll(self._ear, self._config.answer_limit_s)
        found = meaning(answers)
        yield from self._became(found.status, found.paper, found.cover_open, answers.raw())
        if self._leftovers.unclean and found.certain and found.trouble is None:
            yield from self._clean()
        if found.trouble in (PrintTrouble.CUTTER, PrintTrouble.JAMMED):
            yield from self._recover()
        return found

    def _recover(self) -> Talk[None]:
        """Ask a stuck printer now and then to try again: hands alone do not end its error."""
        now_s = yield Now()
        if now_s - self._recovered_s >= self._config.recover_every_s:
            self._recovered_s = now_s
            yield Write(CLEAR_BUFFERS)

    def _became(
        self, status: DeviceStatus, paper: Paper, cover_open: bool | None, raw: str
    ) -> Talk[None]:
        self.status, self.paper, self.cover_open = status, paper, cover_open
        if (told := (status, paper, cover_open)) != self._told:
            self._told = told
            yield Emit(DeviceChanged(self.device, status, raw, paper, cover_open))

    def _lost(self, raw: str) -> Talk[None]:
        if self._printing:
            self._printing, self._leftovers.torn = False, True
            if not self._interrupted():
                yield Emit(NotPrinted(PrintTrouble.NO_ANSWER, raw))
        yield from self._became(DeviceStatus.OFFLINE, Paper.UNKNOWN, None, raw)

    def _rest(self, seconds: float) -> Talk[None]:
        """Let time pass without a line; an order is answered at once."""
        until_s = (yield Now()) + seconds
        while (left_s := until_s - (yield Now())) > 0:
            if isinstance((yield from self._take_order(left_s)), PrintReceipt):
                yield Emit(NotPrinted(PrintTrouble.NO_ANSWER, "offline"))

    def _interrupted(self) -> bool:
        """Whether an order has come that ends the running one."""
        return self._inbox.waiting is not None

    # --- clearing -----------------------------------------------------------------------

    def _clean(self) -> Talk[None]:
        yield from clear(self._ear, self._leftovers, self._config.clear_limit_s)

    def _give_up(self) -> Talk[None]:
        """Throw away the rest of a receipt that will not be finished.

        The buffers are cleared at once, in real time, so that nothing prints when the paper
        is back; the look that follows ends the clearing as soon as the printer can.
        """
        self._leftovers.given_up()
        yield Write(CLEAR_BUFFERS)
        yield from self._look()

    # --- printing -----------------------------------------------------------------------

    def _carry_out(self, order: PrintReceipt) -> Talk[None]:
        self._printing = True
        units = layout.job(order.blocks)
        if sum(map(len, units)) > self._config.longest_job_bytes:
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
        if self._leftovers.unclean and before.certain:
            return NotPrinted(PrintTrouble.NO_ANSWER, "an old receipt could not be cleared")
        if self._leftovers.unclean:
            # Its status is not understood: clear as well as it can be done unseen.
            yield from self._clean()
        expected_in_turn = self._ear.in_turn + 1
        proved = yield from self._press.print(units)
        if self._interrupted() and not proved:
            yield from self._give_up()
            return None
        return (yield from self._judge(proved, expected_in_turn))

    def _judge(self, proved: bool, expected_in_turn: int) -> Talk[Printed | NotPrinted]:
        """Look once more: only an answer in turn and a sound printer after it are a receipt.

        On a line that gave more answers in turn than the one expected it may have been anything.
        """
        answers = yield from poll(self._ear, self._config.answer_limit_s)
        found = meaning(answers)
        yield from self._became(found.status, found.paper, found.cover_open, answers.raw())
        alone = self._ear.in_turn == expected_in_turn
        if proved and alone and found.certain and found.trouble is None:
            return Printed()
        trouble = found.trouble or PrintTrouble.NO_ANSWER
        yield from self._give_up()
        return NotPrinted(trouble, answers.raw())
