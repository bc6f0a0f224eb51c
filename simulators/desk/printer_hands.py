"""The receipt printer as a person meets it: paper, cover, and what hangs out of its mouth."""

from __future__ import annotations

import io
from dataclasses import dataclass

from simulators.desk.hands import CannotDo, Details, Say, SerialFaults
from simulators.models.paper import PrintedReceipt, draw
from simulators.models.receipt_printer import NEAR_END_LINES, ROLL_LINES, ReceiptPrinter
from simulators.wires.pty_line import PtyLine

_PAPER_LINES = {"full": ROLL_LINES, "low": NEAR_END_LINES / 2, "out": 0.0}


@dataclass(slots=True)
class _Piece:
    """A receipt, and whether somebody took it."""

    receipt: PrintedReceipt
    torn_off: bool = False
    png: bytes = b""


class PrinterHands:
    """Tear off, load or take paper, open and close the cover."""

    def __init__(self, model: ReceiptPrinter, line: PtyLine, say: Say) -> None:
        self._model = model
        self._line = line
        self._say = say
        self._serial = SerialFaults(line, model.faults, say)
        self._pieces: list[_Piece] = []
        self._seen_cut = 0
        self._seen_scraps = 0

    def perform(self, action: str, details: Details) -> None:
        """`tear_off`, `paper` {state: full, low or out}, `open_cover`, `close_cover`, `fault`."""
        match action:
            case "tear_off":
                self._tear_off()
            case "paper":
                self._load(details.get("state"))
            case "open_cover" | "close_cover":
                with self._line.device_lock:
                    self._model.cover_open = action == "open_cover"
                self._say("cover opened" if action == "open_cover" else "cover closed")
            case _:
                self._serial.perform(action, details)

    def look(self) -> int:
        """Gather what has come out since the last look. Result: how many pieces are new."""
        with self._line.device_lock:
            new = self._model.receipts[self._seen_cut :] + self._model.scraps[self._seen_scraps :]
            self._seen_cut = len(self._model.receipts)
            self._seen_scraps = len(self._model.scraps)
        # Something torn off uncut is in somebody's hand already.
        self._pieces += [_Piece(receipt, torn_off=not receipt.cut) for receipt in new]
        return len(new)

    def state(self) -> Details:
        """`paper`, `cover_open`, and `hanging`: whether a receipt waits to be taken."""
        paper_lines = self._model.paper_lines
        paper = "out" if paper_lines <= 0 else "low" if paper_lines <= NEAR_END_LINES else "full"
        printing = self._model.waiting_bytes > 0
        hanging = any(not piece.torn_off for piece in self._pieces)
        text = "prints" if printing else "a receipt waits to be taken" if hanging else "ready"
        return {
            "busy": printing or hanging,
            "text": "cover open" if self._model.cover_open else text,
            "paper": paper,
            "cover_open": self._model.cover_open,
            "hanging": hanging,
            "faults": self._serial.switches(),
        }

    def receipts(self) -> list[Details]:
        """All receipts so far, oldest first."""
        return [
            {
                "number": number,
                "text": piece.receipt.text,
                "codes": [code.text for code in piece.receipt.codes],
                "whole": piece.receipt.cut,
                "torn_off": piece.torn_off,
            }
            for number, piece in enumerate(self._pieces, 1)
        ]

    def png(self, number: int) -> bytes:
        """One receipt as it looks on paper. Raises `CannotDo`."""
        if not 1 <= number <= len(self._pieces):
            raise CannotDo("there is no such receipt")
        piece = self._pieces[number - 1]
        if not piece.png:
            out = io.BytesIO()
            draw(piece.receipt).save(out, "PNG")
            piece.png = out.getvalue()
        return piece.png

    def last_code(self) -> str | None:
        """The code on the newest receipt that has one."""
        for piece in reversed(self._pieces):
            if piece.receipt.codes:
                return piece.receipt.codes[-1].text
        return None

    def _tear_off(self) -> None:
        with self._line.device_lock:
            self._model.tear_off()
        self.look()
        hanging = [piece for piece in self._pieces if not piece.torn_off]
        for piece in hanging:
            piece.torn_off = True
        self._say("receipt torn off" if hanging else "pulled at an empty mouth")

    def _load(self, state: object) -> None:
        if state not in _PAPER_LINES:
            raise CannotDo("paper is full, low or out")
        with self._line.device_lock:
            # A new roll for "full" and "low"; taking the paper away leaves none to tear.
            self._model.load_paper(_PAPER_LINES[str(state)])
        self._say("paper taken away" if state == "out" else f"a roll put in, {state}")
