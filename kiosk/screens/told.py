"""What the result screens say: the blocks for every answer, and for no answer yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kiosk.drivers.events import PrintTrouble
from kiosk.fsm.services.loss import reportable
from kiosk.fsm.visit import Situation, Visit
from kiosk.messages.catalogue import Messages
from kiosk.place import Place, bank_name
from kiosk.screens.view import (
    Amount,
    Block,
    Button,
    Chain,
    ChainStep,
    Ends,
    Facts,
    Hotlines,
    Note,
    Role,
    StepState,
    Tone,
)
from kiosk.wording import moment, time_of_day, yuan
from sscard.cards import LossKind
from sscard.codes import spaced
from sscard.requests import BalanceByOwnChannel, Balances, LossInForce, ReportFound, ReportState
from sscard.rules import Rule


@dataclass(frozen=True, slots=True)
class Told:
    """A result in words. `key` holds the title; `title` overrides it; `rule` is its ground."""

    key: str
    blocks: tuple[Block, ...]
    rule: Rule
    title: str = ""
    lead: str = ""
    tone: Tone = Tone.JADE
    picture: str = ""
    options: tuple[Button, ...] = ()
    printable: bool = True


def tell(visit: Visit, now: Situation, place: Place, wall: datetime, words: Messages) -> Told:
    """The result of the visit as it stands."""
    teller = _Teller(visit, now, place, wall, words)
    match visit.answer:
        case Balances() as balances:
            return teller.balances(balances)
        case BalanceByOwnChannel():
            return teller.balance_waits(arrived=True)
        case LossInForce() as in_force:
            return teller.in_force(in_force)
        case ReportFound() as found:
            return teller.report(found)
    return teller.loss_waits() if visit.service == "loss" else teller.balance_waits(arrived=False)


class _Teller:
    def __init__(
        self, visit: Visit, now: Situation, place: Place, wall: datetime, words: Messages
    ) -> None:
        self.visit = visit
        self.now = now
        self.place = place
        self.wall = wall
        self.words = words

    def balances(self, answer: Balances) -> Told:
        words, hidden = self.words, self.now.wishes.shielded
        key = "result.balance"

        def amount(fen: int) -> str:
            return words(f"{key}.hidden") if hidden else yuan(fen)

        bank = bank_name(self.place, answer.bank_id, words)
        shield = words("button.unshield" if hidden else "button.shield")
        return Told(
            key,
            (
                Amount(
                    words(f"{key}.medical"),
                    amount(answer.medical_fen),
                    words(f"{key}.medical_note"),
                    main=True,
                ),
                Amount(
                    words(f"{key}.financial", bank=bank),
                    amount(answer.financial_fen),
                    words(f"{key}.financial_note"),
                ),
                Ends(
                    words(f"{key}.owner", tail=answer.card_tail),
                    words(f"{key}.at", time=time_of_day(answer.at)),
                ),
                *self._printed(),
            ),
            Rule.CARD_TWO_ACCOUNTS,
            options=(Button("shield", shield, Role.OPTION, icon="eye"),),
        )

    def balance_waits(self, *, arrived: bool) -> Told:
        key = "result.balance_waits"
        words = self.words
        chain = Chain(
            (
                ChainStep(words(f"{key}.saved"), self._saved(key), StepState.DONE),
                ChainStep(
                    words("result.loss_in_force.sent") if arrived else words(f"{key}.sending"),
                    "" if arrived else words(f"{key}.sending_note"),
                    StepState.DONE if arrived else StepState.NOW,
                ),
                ChainStep(
                    words(f"{key}.answer"),
                    words(f"{key}.answer_note"),
                    StepState.NOW if arrived else StepState.LATER,
                ),
            )
        )
        return Told(
            "result.balance_own_channel" if arrived else key,
            (chain, *self._printed()),
            Rule.OFFLINE_ANSWER,
            lead=words(f"{key}.lead"),
            tone=Tone.AMBER,
        )

    def in_force(self, answer: LossInForce) -> Told:
        words, key = self.words, "result.loss_in_force"
        steps = [
            ChainStep(words(f"{key}.saved"), self._saved(key), StepState.DONE),
            ChainStep(
                words(f"{key}.sent"),
                words(f"{key}.sent_note", at=moment(answer.at, self.wall, words)),
                StepState.DONE,
            ),
        ]
        cards = [
            words(
                f"{key}.frozen_note",
                bank=bank_name(self.place, card.bank_id, words),
                tail=card.card_tail,
                kind=words(f"loss_kind.{card.loss}"),
            )
            for card in answer.frozen
        ]
        steps.append(ChainStep(words(f"{key}.frozen"), "\n".join(cards), StepState.DONE))
        lapses = min((card.lapses_at for card in answer.frozen if card.lapses_at), default=None)
        if lapses is None:
            note = Note(
                words(f"{key}.written_note"), Tone.JADE, after=words(f"{key}.written_after")
            )
        else:
            note = Note(
                words(f"{key}.oral_until"),
                Tone.AMBER,
                moment(lapses, self.wall, words),
                words(f"{key}.oral_after"),
            )
        rule = answer.frozen[0].rule if answer.frozen else Rule.LOSS_FREEZE_ON_RECEIPT
        return Told(key, (Chain(tuple(steps)), note, *self._printed()), rule, picture="done")

    def loss_waits(self) -> Told:
        words, key = self.words, "result.loss_waits"
        waiting = "silent_note" if self.now.line_up else "sending_note"
        chain = Chain(
            (
                ChainStep(words(f"{key}.saved"), self._saved(key), StepState.DONE),
                ChainStep(words(f"{key}.sending"), words(f"{key}.{waiting}"), StepState.NOW),
                ChainStep(words(f"{key}.frozen"), words(f"{key}.frozen_note"), StepState.LATER),
            )
        )
        written = self.visit.loss is LossKind.WRITTEN
        return Told(
            key,
            (chain, self._call(), *self._printed()),
            Rule.LOSS_FREEZE_ON_RECEIPT,
            lead=words(f"{key}.lead_written")
            if written
            else words(f"{key}.lead", days=self.place.oral_days),
            tone=Tone.AMBER,
        )

    def _call(self) -> Block:
        """The hotlines of the banks whose cards were reported, or of all when that is not known."""
        words, key = self.words, "result.loss_waits"
        after = words(f"{key}.call_after")
        cards = (self.visit.chosen,) if self.visit.chosen else reportable(self.visit)
        known = {card.bank_id for card in cards}
        every = list(self.place.banks.values())
        banks = [bank for bank in every if bank.bank_id in known] or every
        if len(banks) == 1:
            return Note(words(f"{key}.call"), Tone.AMBER, banks[0].hotline, after)
        rows = tuple((bank_name(self.place, bank.bank_id, words), bank.hotline) for bank in banks)
        return Hotlines(words(f"{key}.call_banks"), rows, after)

    def report(self, answer: ReportFound) -> Told:
        words, key = self.words, "result.report"
        until = (
            words(f"{key}.no_end")
            if answer.lapses_at is None
            else moment(answer.lapses_at, self.wall, words)
        )
        rows = (
            (words(f"{key}.kind"), words(f"loss_kind.{answer.loss}")),
            (words(f"{key}.since"), moment(answer.since, self.wall, words)),
            (words(f"{key}.until"), until),
        )
        notes: tuple[Block, ...] = ()
        if answer.state is not ReportState.IN_FORCE:
            notes = (Note(words(f"{key}.{answer.state}_note"), Tone.AMBER),)
        in_force = answer.state is ReportState.IN_FORCE
        return Told(
            "result.loss_in_force",
            (Facts(rows), *notes),
            Rule.LOSS_ORAL_LAPSE if answer.loss is LossKind.ORAL else Rule.LOSS_WRITTEN_NOW,
            title=f"{key}.title_{answer.state}",
            tone=Tone.JADE if in_force else Tone.AMBER,
            picture="done" if in_force else "",
            printable=False,
        )

    def _saved(self, key: str) -> str:
        taken = self.visit.taken
        assert taken is not None
        at = moment(taken.at, self.wall, self.words)
        return self.words(f"{key}.saved_note", at=at, code=spaced(taken.code))

    def _printed(self) -> tuple[Block, ...]:
        words, printed = self.words, self.visit.printed
        match printed:
            case None | False:
                return ()
            case True:
                return (Note(words("result.printed.ok"), Tone.JADE),)
            case PrintTrouble.NO_ANSWER:
                return (Note(words("result.printed.unknown"), Tone.AMBER),)
        plain = isinstance(self.visit.answer, Balances)
        key = "result.printed.failed_plain" if plain else "result.printed.failed"
        return (Note(words(key, trouble=words(f"print_trouble.{printed}")), Tone.AMBER),)
