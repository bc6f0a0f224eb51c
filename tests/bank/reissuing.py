"""A card in place of another, asked of the bank directly: what a terminal would ask, and the money."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from sqlalchemy import Engine

from bank import payments, production
from bank.applications import by_form
from bank.clock import bank_instant
from bank.payments import Arrived
from bank.people import person
from sscard.decisions import Decision
from sscard.requests import (
    Abandoned,
    Answer,
    CardList,
    Cards,
    FeeDue,
    IdCopy,
    Payment,
    PaymentLook,
    Reason,
    Refusal,
    RefusalCode,
    ReissueAbandon,
    ReissueBegin,
    ReissueConfirm,
    Reissued,
)
from sscard.rules import Rule
from tests.bank.terminal import NOW, Terminal, evidence

COPY = IdCopy(b"\xff\xd8\xff front \xff\xd9", b"\xff\xd8\xff back \xff\xd9")


def refusal(answer: object) -> tuple[RefusalCode, Rule]:
    assert isinstance(answer, Refusal), answer
    return answer.code, answer.rule


@dataclass
class Counter:
    """One person at a terminal, and the world that pays."""

    terminal: Terminal
    engine: Engine
    key: str = "huang"
    now: datetime = NOW
    arrivals: count[int] = field(default_factory=lambda: count(1))

    def card_id(self, card: int = 1) -> str:
        listed = self.terminal.ask(CardList(evidence(self.key)), now=self.now)
        assert isinstance(listed, Cards)
        return listed.cards[card - 1].card_id

    def tries_to_begin(
        self,
        reason: Reason = Reason.LOST,
        *,
        card: int = 1,
        receipt: str | None = None,
        copy: IdCopy | None = COPY,
    ) -> Answer:
        asked = ReissueBegin(evidence(self.key), self.card_id(card), reason, receipt, copy)
        return self.terminal.ask(asked, now=self.now)

    def begins(
        self, reason: Reason = Reason.LOST, *, card: int = 1, receipt: str | None = None
    ) -> FeeDue:
        answer = self.tries_to_begin(reason, card=card, receipt=receipt)
        assert isinstance(answer, FeeDue), answer
        return answer

    def pays(self, due: FeeDue, fen: int | None = None, arrival: str | None = None) -> Arrived:
        read = payments.read_pay_code(due.pay_code)
        assert read is not None
        payment_no, amount_fen = read
        return self.sends(payment_no, amount_fen if fen is None else fen, arrival)

    def sends(self, payment_no: str, fen: int, arrival: str | None = None) -> Arrived:
        arrival_no = arrival or f"arrival-{next(self.arrivals)}"
        with self.engine.begin() as connection:
            at = bank_instant(self.now)
            return payments.arrive(connection, arrival_no, payment_no, fen, at)

    def looks(self, due: FeeDue) -> Payment:
        answer = self.terminal.ask(PaymentLook(evidence(self.key), due.application), now=self.now)
        assert isinstance(answer, Payment), answer
        return answer

    def tries_to_confirm(
        self, due: FeeDue, number: str | None = None, claim: str | None = None
    ) -> Answer:
        asked = ReissueConfirm(evidence(self.key), due.application, number, claim)
        return self.terminal.ask(asked, now=self.now)

    def confirms(
        self, due: FeeDue, number: str | None = None, claim: str | None = None
    ) -> Reissued:
        answer = self.tries_to_confirm(due, number, claim)
        assert isinstance(answer, Reissued), answer
        return answer

    def tries_to_abandon(self, due: FeeDue) -> Answer:
        return self.terminal.ask(ReissueAbandon(evidence(self.key), due.application), now=self.now)

    def abandons(self, due: FeeDue) -> Abandoned:
        answer = self.tries_to_abandon(due)
        assert isinstance(answer, Abandoned), answer
        return answer

    def replaces(self) -> Reissued:
        """The whole way of a replacement."""
        due = self.begins()
        self.pays(due)
        return self.confirms(due)

    def collects(self, form_code: str) -> Decision:
        """A clerk hands the card over at the outlet."""
        with self.engine.begin() as connection:
            found = by_form(connection, form_code)
            assert found is not None
            return production.collect(
                connection,
                found.application_id,
                person(self.key).id_number,
                bank_instant(self.now).date(),
            )

    def day_passes_at_the_bank(self) -> None:
        """What the bank runs once a day."""
        at = bank_instant(self.now)
        with self.engine.begin() as connection:
            payments.lapse(connection, at)
            production.advance(connection, at.date())


def books(engine: Engine) -> tuple[int, int, int]:
    """Money in fen: what came, what is kept for a payment that is paid, what went back."""
    with engine.connect() as connection:
        came = kept = back = 0
        query = (
            "SELECT amount_fen, kept_for, arrivals.refunded_at, state FROM arrivals"
            " LEFT JOIN payments ON arrivals.kept_for = payments.payment_no"
        )
        for amount_fen, kept_for, refunded_at, state in connection.exec_driver_sql(query):
            came += amount_fen
            if kept_for is not None:
                assert state == "paid", "money is kept for what is not paid"
                kept += amount_fen
            if refunded_at is not None:
                back += amount_fen
    return came, kept, back
