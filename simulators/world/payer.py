"""Somebody with a telephone: reads the payment code on the screen, and the money goes its own way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

from sqlalchemy import Engine

from bank import payments
from bank.clock import bank_instant
from kiosk.screens.view import Qr, View
from simulators.world.agenda import Agenda


class Payer:
    """Pays what the screen shows. The payment network tells the bank, not the terminal."""

    def __init__(self, engine: Engine, agenda: Agenda, view: Callable[[], View]) -> None:
        self._engine = engine
        self._agenda = agenda
        self._view = view
        self._numbers = count(1)

    def scans(self) -> str:
        """The payment code on the screen."""
        (code,) = [block.text for block in self._view().blocks if isinstance(block, Qr)]
        return code

    def pays(self, code: str, *, fen: int | None, after_s: float, times: int) -> None:
        """Pay a code that was scanned: the amount it asks for, or another; `times` over."""
        read = payments.read_pay_code(code)
        assert read is not None, "this is no payment code"
        payment_no, asked_fen = read
        amount_fen = asked_fen if fen is None else fen
        for _ in range(times):
            arrival_no = f"arrival-{next(self._numbers)}"
            arrive = partial(self._arrive, arrival_no, payment_no, amount_fen)
            self._agenda.after(after_s, arrive)

    def _arrive(self, arrival_no: str, payment_no: str, fen: int) -> None:
        with self._engine.begin() as connection:
            at = bank_instant(self._agenda.wall())
            payments.arrive(connection, arrival_no, payment_no, fen, at)
