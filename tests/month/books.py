"""What must be true of the bank's books and of the terminal's, whoever came and whatever failed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from kiosk.claims import ClaimBook
from sscard.cards import CardState
from sscard.fees import REISSUE_FEN
from sscard.forms import WORKING_DAYS
from sscard.loss import ORAL_DAYS
from sscard.working_days import working_days_after


def wrong(bank: Connection, book: ClaimBook) -> list[str]:
    """Everything that does not add up, in words; empty when all is well."""
    return [
        *_cards(bank),
        *_freezes(bank),
        *_fees(bank),
        *_dates(bank),
        *_accounts(bank),
        *_custody(bank, book),
    ]


def disagreements(bank: Connection, shown: list[tuple[str, dict[str, object]]]) -> list[str]:
    """Answers that a screen showed and that are not what the bank stored under the same code."""
    stored = {
        code: json.loads(answer)
        for code, answer in bank.execute(
            text("select code, answer from operations where answer is not null")
        )
    }
    return [
        f"the screen showed {answer['kind']} under {code}; the bank has something else"
        for code, answer in shown
        if stored.get(code) != answer
    ]


def _rows(bank: Connection, query: str) -> list[dict[str, object]]:
    return [dict(row) for row in bank.execute(text(query)).mappings()]


def _day(value: object) -> date:
    return date.fromisoformat(str(value)[:10])


def _at(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def _cards(bank: Connection) -> Iterator[str]:
    """A card's state and what belongs to the state go together (CARD.STATES)."""
    for card in _rows(bank, "select * from cards"):
        state = CardState(str(card["state"]))
        lost = state in (CardState.LOST_ORAL, CardState.LOST_WRITTEN)
        if lost and card["lost_since"] is None:
            yield f"a card is {state} and nobody knows since when"
        if (state is CardState.LOST_ORAL) != (card["lapses_at"] is not None):
            yield f"a card is {state} and lapses at {card['lapses_at']}"
    begun = _rows(
        bank,
        "select c.state from applications a join cards c using (card_id)"
        " where a.kind = 'reissue' and a.progress = 'taken' and a.stage <> 'collected'",
    )
    for card in begun:
        if card["state"] not in (CardState.SUSPENDED, CardState.SUPERSEDED):
            yield f"a card is being replaced and is {card['state']} (REPLACE.SUSPENDED)"


def _freezes(bank: Connection) -> Iterator[str]:
    """Every freeze came from a report, and an oral one lapses after its days (LOSS.ORAL_LAPSE)."""
    for row in _rows(bank, "select * from loss_reports where lapses_at is not null"):
        if _at(row["lapses_at"]) - _at(row["since"]) != timedelta(days=ORAL_DAYS):
            yield "an oral report does not lapse when it should"
    first = bank.execute(text("select min(at) from operations")).scalar_one()
    for card in _rows(
        bank, "select card_id, lost_since from cards where state in ('lost_oral', 'lost_written')"
    ):
        reports = bank.execute(
            text("select count(*) from loss_reports where card_id = :card and since = :since"),
            {"card": card["card_id"], "since": card["lost_since"]},
        ).scalar_one()
        if not reports and str(card["lost_since"]) > str(first):
            yield "a card is frozen and no report says so"


def _fees(bank: Connection) -> Iterator[str]:
    """What came in was kept for one payment or went back; nothing else (FEE.REISSUE_20)."""
    arrivals = _rows(bank, "select * from arrivals")
    for row in arrivals:
        if (row["kept_for"] is None) == (row["why"] is None):
            yield "money was neither kept nor sent back, or both"
    kept = Counter(row["kept_for"] for row in arrivals if row["why"] is None)
    if any(times > 1 for times in kept.values()):
        yield "a payment was kept twice"
    for row in _rows(
        bank, "select p.*, a.progress from payments p join applications a using (application_id)"
    ):
        if row["fee_fen"] not in (0, REISSUE_FEN):
            yield f"a fee of {row['fee_fen']}"
        if row["state"] == "paid" and row["fee_fen"] and not kept[row["payment_no"]]:
            yield "a payment counts as paid, and no money came"
        if row["progress"] == "taken" and row["state"] != "paid":
            yield "a card was issued before it was paid (REPLACE.PAY_THEN_CONFIRM)"


def _dates(bank: Connection) -> Iterator[str]:
    """Thirty working days, by the schedule (APPLY.THIRTY_WORKING_DAYS)."""
    for row in _rows(bank, "select * from applications where submitted_on is not null"):
        due = working_days_after(_day(row["submitted_on"]), WORKING_DAYS)
        if _day(row["due"]) != due.day:
            yield f"submitted {row['submitted_on']}, due {row['due']}, should be {due.day}"


def _accounts(bank: Connection) -> Iterator[str]:
    """No money is made and none is lost, and no count goes beyond the lock (PIN.LOCK)."""
    for row in _rows(bank, "select balance_fen, wrong_in_a_row from accounts"):
        if int(str(row["balance_fen"])) < 0:
            yield "an account is below nothing"


def _custody(bank: Connection, book: ClaimBook) -> Iterator[str]:
    """What the terminal keeps, the bank knows of, and nothing that it does not keep."""
    told = {row["claim"] for row in _rows(bank, "select claim from kept_cards")}
    held = {claim.number for claim in book.claims()}
    for number in told - held:
        yield f"the bank was told of card {number}, which the terminal does not keep"
    for number in {claim.number for claim in book.claims() if claim.is_told} - told:
        yield f"the terminal keeps card {number} and the bank does not know"
