"""A printer with a small buffer that asks for pauses (XON/XOFF)."""

from __future__ import annotations

from kiosk.drivers.events import NotPrinted, Printed, PrintTrouble
from kiosk.drivers.orders import Line, PrintReceipt
from kiosk.drivers.receipt_printer.driver import ReceiptPrinter
from tests.drivers.talking import Bench

XON, XOFF = b"\x11", b"\x13"
LONG = PrintReceipt(tuple(Line(f"长凭条第{number}行") for number in range(60)))


class SmallBuffer:
    """Asks for a pause of `pause_s` after each text it gets; None: for ever."""

    baud = 115_200

    def __init__(self, pause_s: float | None) -> None:
        self.pause_s = pause_s
        self.texts = 0
        self.heard_while_held = 0
        self._to_say: list[tuple[float, bytes]] = []
        self._held_until_s = 0.0

    def hear(self, data: bytes, now_s: float) -> None:
        for _ in range(data.count(b"\x10\x04")):
            self._say(now_s + 0.01, b"\x12")
        if "长凭条".encode("gb18030") in data:
            self.texts += 1
            self.heard_while_held += now_s < self._held_until_s
            self._say(now_s, XOFF)
            self._held_until_s = float("inf")
            if self.pause_s is not None:
                self._held_until_s = now_s + self.pause_s
                self._say(self._held_until_s, XON)
        if data.endswith(b"\x1dr\x01"):
            self._say(now_s + 0.05, b"\x00")

    def speak(self, now_s: float) -> bytes:
        due = b"".join(data for at_s, data in self._to_say if at_s <= now_s)
        self._to_say = [item for item in self._to_say if item[0] > now_s]
        return due

    def next_s(self) -> float | None:
        return min((at_s for at_s, _ in self._to_say), default=None)

    def _say(self, at_s: float, data: bytes) -> None:
        self._to_say.append((at_s, data))
        self._to_say.sort()


def test_a_pause_is_waited_for_before_the_next_piece() -> None:
    printer = SmallBuffer(pause_s=1.5)
    bench = Bench(ReceiptPrinter().serve(), printer)
    bench.order(5.0, LONG)
    bench.run_until(40.0)
    assert printer.texts > 3
    assert printer.heard_while_held == 0
    assert bench.of(Printed) == [Printed()]


def test_a_pause_without_end_is_not_a_receipt() -> None:
    printer = SmallBuffer(pause_s=None)
    bench = Bench(ReceiptPrinter().serve(), printer)
    bench.order(5.0, LONG)
    bench.run_until(120.0)
    assert printer.texts == 1
    assert [event.trouble for event in bench.of(NotPrinted)] == [PrintTrouble.NO_ANSWER]
    assert bench.of(Printed) == []
