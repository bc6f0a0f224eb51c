"""A printer with a small buffer that asks for pauses (XON/XOFF)."""

from __future__ import annotations

from kiosk.drivers.events import NotPrinted, Printed, PrintTrouble
from kiosk.drivers.orders import Line, PrintReceipt
from kiosk.drivers.receipt_printer.driver import ReceiptPrinter
from tests.drivers.talking import Bench, Scripted, line_to

XON, XOFF = b"\x11", b"\x13"
LONG = PrintReceipt(tuple(Line(f"长凭条第{number}行") for number in range(60)))


class SmallBuffer(Scripted):
    """Asks for a pause of `pause_s` after each text it gets; None: for ever."""

    def __init__(self, pause_s: float | None) -> None:
        super().__init__()
        self.pause_s = pause_s
        self.texts = 0
        self.heard_while_held = 0
        self._held_until_s = 0.0

    def hear(self, data: bytes, now_s: float) -> None:
        for _ in range(data.count(b"\x10\x04")):
            self.say(now_s + 0.01, b"\x12")
        if "长凭条".encode("gb18030") in data:
            self.texts += 1
            self.heard_while_held += now_s < self._held_until_s
            self.say(now_s, XOFF)
            self._held_until_s = float("inf")
            if self.pause_s is not None:
                self._held_until_s = now_s + self.pause_s
                self.say(self._held_until_s, XON)
        if data.endswith(b"\x1dr\x01"):
            self.say(now_s + 0.05, b"\x00")


def test_a_pause_is_waited_for_before_the_next_piece() -> None:
    printer = SmallBuffer(pause_s=1.5)
    bench = Bench(ReceiptPrinter().serve(), line_to(printer))
    bench.order(5.0, LONG)
    bench.run_until(40.0)
    assert printer.texts > 3
    assert printer.heard_while_held == 0
    assert bench.of(Printed) == [Printed()]


def test_a_pause_without_end_is_not_a_receipt() -> None:
    printer = SmallBuffer(pause_s=None)
    bench = Bench(ReceiptPrinter().serve(), line_to(printer))
    bench.order(5.0, LONG)
    bench.run_until(120.0)
    assert printer.texts == 1
    assert [event.trouble for event in bench.of(NotPrinted)] == [PrintTrouble.NO_ANSWER]
    assert bench.of(Printed) == []
