"""The paper: a visit's result as blocks for the receipt printer.

A receipt names the rule it follows, says what is in force and what is not, and carries no
name and no number beyond a card's last four characters.
"""

from __future__ import annotations

from datetime import datetime

from kiosk.drivers.orders import Align, Block, Line, Pair, PrintReceipt, QrCode, Rule
from kiosk.fsm.visit import Situation, Visit
from kiosk.messages.catalogue import Messages, messages
from kiosk.place import Place, bank_name
from kiosk.wording import date_and_time, yuan
from sscard import rules
from sscard.cards import LossKind
from sscard.codes import qr_text, spaced
from sscard.requests import BalanceByOwnChannel, Balances, LossInForce


def receipt_of(now: Situation, place: Place, wall: datetime) -> PrintReceipt:
    """The receipt of the visit as it stands."""
    return _Paper(now.person, place, wall, messages(now.wishes.language)).receipt()


class _Paper:
    def __init__(self, visit: Visit, place: Place, wall: datetime, words: Messages) -> None:
        self.visit = visit
        self.place = place
        self.wall = wall
        self.words = words

    def receipt(self) -> PrintReceipt:
        body = self._loss() if self.visit.service == "loss" else self._balance()
        words = self.words
        head: list[Block] = [
            Line(words("receipt.heading"), bold=True, align=Align.CENTRE),
            Line(words(f"receipt.{self.visit.service}"), big=True, align=Align.CENTRE),
            Line(self.place.site[words.language], align=Align.CENTRE),
            Rule(),
        ]
        foot: list[Block] = [
            Rule(),
            Pair(words("receipt.terminal"), self.place.terminal_id),
            Pair(words("receipt.printed_at"), f"{self.wall:%Y-%m-%d %H:%M:%S}"),
            Line(words("common.help", helpline=self.place.helpline)),
        ]
        return PrintReceipt((*head, *body, *foot))

    def _pair(self, key: str, value: str, *, bold: bool = False) -> Pair:
        return Pair(self.words(f"receipt.{key}"), value, bold)

    def _by(self, *named: rules.Rule) -> Block:
        return self._pair("rule", " ".join(named))

    def _code(self) -> list[Block]:
        taken = self.visit.taken
        assert taken is not None
        return [
            self._pair("code", spaced(taken.code), bold=True),
            self._pair("saved", date_and_time(taken.at)),
        ]

    # --- balances ----------------------------------------------------------------------

    def _balance(self) -> list[Block]:
        answer = self.visit.answer
        if not isinstance(answer, Balances):
            arrived = isinstance(answer, BalanceByOwnChannel)
            state = self.words("receipt.received" if arrived else "receipt.waits")
            return [
                *self._code(),
                self._pair("state", state, bold=True),
                Line(self.words("receipt.balance_next")),
                self._by(rules.Rule.OFFLINE_ANSWER),
            ]
        return [
            self._pair("bank", bank_name(self.place, answer.bank_id, self.words)),
            self._pair("card", answer.card_tail),
            self._pair("medical", yuan(answer.medical_fen), bold=True),
            self._pair("financial", yuan(answer.financial_fen), bold=True),
            self._pair("at", date_and_time(answer.at)),
            self._by(rules.Rule.CARD_TWO_ACCOUNTS),
        ]

    # --- loss --------------------------------------------------------------------------

    def _loss(self) -> list[Block]:
        assert self.visit.loss is not None
        assert self.visit.taken is not None
        answer = self.visit.answer
        kind = self.words(f"loss_kind.{self.visit.loss}")
        blocks = [*self._code(), self._pair("kind", kind, bold=True)]
        blocks += self._in_force(answer) if isinstance(answer, LossInForce) else self._waits()
        caption = self.words("receipt.check")
        return [
            *blocks,
            Line(self.words("receipt.free")),
            QrCode(qr_text(self.visit.taken.code), caption),
        ]

    def _in_force(self, answer: LossInForce) -> list[Block]:
        words = self.words
        blocks: list[Block] = [self._pair("state", words("receipt.in_force"), bold=True)]
        for card in answer.frozen:
            until = (
                words("receipt.no_end") if card.lapses_at is None else date_and_time(card.lapses_at)
            )
            blocks += [
                self._pair("bank", bank_name(self.place, card.bank_id, words)),
                self._pair("card", card.card_tail),
                self._pair("since", date_and_time(card.since)),
                self._pair("until", until, bold=True),
                self._by(card.rule),
            ]
        lapses = any(card.lapses_at for card in answer.frozen)
        return [*blocks, Line(words("receipt.oral_next" if lapses else "receipt.written_next"))]

    def _waits(self) -> list[Block]:
        words = self.words
        blocks: list[Block] = [
            self._pair("state", words("receipt.not_in_force"), bold=True),
        ]
        chosen = self.visit.chosen
        if chosen is None:
            blocks.append(Line(words("receipt.all_cards")))
        else:
            blocks.append(self._pair("bank", bank_name(self.place, chosen.bank_id, words)))
            blocks.append(self._pair("card", chosen.card_tail))
        blocks.append(Line(words("receipt.freeze")))
        banks = self.place.banks
        named = [banks[chosen.bank_id]] if chosen and chosen.bank_id in banks else banks.values()
        for bank in named:
            blocks.append(Pair(bank_name(self.place, bank.bank_id, words), bank.hotline, bold=True))
        oral = self.visit.loss is LossKind.ORAL
        following = (
            words("receipt.oral_next_waits", days=self.place.oral_days)
            if oral
            else words("receipt.written_next")
        )
        lapse = (rules.Rule.LOSS_ORAL_LAPSE,) if oral else ()
        return [*blocks, Line(following), self._by(rules.Rule.LOSS_FREEZE_ON_RECEIPT, *lapse)]
