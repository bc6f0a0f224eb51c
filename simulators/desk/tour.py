"""The tour: what a visitor of the desk is shown first.

A balance check; a loss report while the line is down; the line returns, and the report
arrives, as its own receipt tells when it is held up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from simulators.desk.visitor import Unexpected, View, Visitor

HOLDER, PASSWORD = "chen", "246810"
LOSER = "li"
TILES = (
    "loss", "balance", "password", "activate", "reissue", "where_is_my_card", "records",
    "electronic", "more",
)  # fmt: skip
NEEDS_LINE = "records"


@dataclass(frozen=True, slots=True)
class TourStep:
    """One line in the terminal and what it does. `picture` names the picture kept after it."""

    text: str
    do: Callable[[Visitor], object]
    picture: str = ""


def _ready(visitor: Visitor) -> None:
    visitor.sees("idle")
    for tile in TILES:
        visitor.sees_button(tile)


def _laid(person: str, then: str) -> Callable[[Visitor], View]:
    def do(visitor: Visitor) -> View:
        visitor.lays(person)
        return visitor.sees(then)

    return do


def _pressed(button: str, then: str) -> Callable[[Visitor], View]:
    def do(visitor: Visitor) -> View:
        visitor.presses(button)
        return visitor.sees(then)

    return do


def _card_in(visitor: Visitor) -> None:
    visitor.inserts(HOLDER)
    visitor.sees("balance.password")


def _password(visitor: Visitor) -> None:
    visitor.types(f"{PASSWORD}e")
    visitor.sees("balance.result")


def _printed(service: str, number: int) -> Callable[[Visitor], None]:
    def do(visitor: Visitor) -> None:
        visitor.presses("print")
        visitor.gets_receipt(number)
        visitor.sees(f"{service}.result")
        visitor.tears_off()

    return do


def _card_out(visitor: Visitor) -> None:
    visitor.presses("done")
    visitor.sees("take_card")
    visitor.pulls()
    visitor.lifts()
    visitor.sees("goodbye")


def _line_cut(visitor: Visitor) -> None:
    visitor.presses("done")
    visitor.sees("idle")
    visitor.cuts_line()
    # What needs the line is refused as soon as the terminal knows.
    visitor.sees_button(NEEDS_LINE, enabled=False)


def _left(visitor: Visitor) -> None:
    visitor.sees_waiting(1)
    visitor.presses("done")
    visitor.lifts()
    visitor.sees("goodbye")
    visitor.presses("done")
    visitor.sees("idle")


def _line_back(visitor: Visitor) -> None:
    visitor.repairs_line()
    visitor.sees_button(NEEDS_LINE)
    visitor.sees_all_delivered()


def _code_held_up(visitor: Visitor) -> None:
    visitor.presses("more")
    visitor.sees("menu")
    visitor.presses("receipt_check")
    visitor.sees("receipt_check.code")
    visitor.holds_up_receipt()
    visitor.sees("receipt_check.result")
    visitor.takes_code_away()


TOUR = (
    TourStep("The terminal waits, all its devices up", _ready, "idle"),
    TourStep("Balance check chosen", _pressed("balance", "balance.id_card"), "balance-id-card"),
    TourStep("ID card laid on the scanner", _laid(HOLDER, "balance.card"), "balance-card"),
    TourStep("Social security card put in and read", _card_in, "balance-password"),
    TourStep("Password entered on the pad, balances from the bank", _password, "balance-result"),
    TourStep("Receipt printed and torn off", _printed("balance", 1), "balance-printed"),
    TourStep("Card taken back", _card_out, "balance-goodbye"),
    TourStep("The line to the bank is cut", _line_cut, "line-down"),
    TourStep("Loss report chosen all the same", _pressed("loss", "loss.id_card"), "loss-id-card"),
    TourStep("ID card laid on the scanner", _laid(LOSER, "loss.choose_kind"), "loss-choose-kind"),
    TourStep("A written report", _pressed("written", "loss.confirm"), "loss-confirm"),
    TourStep("Confirmed: saved here, not yet in force", _pressed("confirm", "loss.result"), "loss-waits"),
    TourStep("Receipt printed and torn off", _printed("loss", 2), "loss-printed"),
    TourStep("The holder leaves", _left, "loss-left"),
    TourStep("The line returns and the report goes out", _line_back, "line-up"),
    TourStep("The receipt's code held up: the report has arrived", _code_held_up, "receipt-check-result"),
    TourStep("Done", _pressed("done", "idle"), "end"),
)  # fmt: skip


def play(visitor: Visitor, kept: Path, tell: Callable[[str], None]) -> bool:
    """Play the whole tour, stopping at the first step that fails. Result: whether none did.

    Each step is told in one line; pictures and receipts go to `kept`, numbered.
    """
    for number, step in enumerate(TOUR, 1):
        try:
            step.do(visitor)
            name = f"{number:02d}-{step.picture}.png"
            (kept / name).write_bytes(visitor.screen_png())
        except (Unexpected, httpx.HTTPError) as trouble:
            tell(f"{number:2d}  FAILED  {step.text}: {trouble}")
            _keep_receipts(visitor, kept)
            return False
        tell(f"{number:2d}  {step.text}")
    _keep_receipts(visitor, kept)
    return True


def _keep_receipts(visitor: Visitor, kept: Path) -> None:
    try:
        for receipt in visitor.papers():
            number = receipt["number"]
            (kept / f"receipt-{number}.png").write_bytes(visitor.receipt_png(number))
            (kept / f"receipt-{number}.txt").write_text(receipt["text"] + "\n", encoding="utf-8")
    except (Unexpected, httpx.HTTPError):
        return  # the step that failed has been told already
