"""The paper, word for word: `receipts/*.txt` hold every receipt in both languages.
A receipt that is to change is changed in its file, and then in the code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.drivers.orders import Block, Line, Pair, PrintReceipt, QrCode, Rule
from kiosk.fsm.events import RequestTaken
from kiosk.fsm.happenings import ANSWERS, AT, CODE
from kiosk.fsm.session import LANGUAGES, Session
from kiosk.fsm.visit import Situation, Visit, Wishes
from kiosk.receipts import receipt_of
from sscard import rules
from sscard.cards import CardState, LossKind
from sscard.requests import CardFrozen, Cards, ListedCard, LossInForce
from tests.kiosk.places import PLACE, WALL

FOLDER = Path(__file__).parent / "receipts"
TAKEN = RequestTaken(1, CODE, AT)
CARD = ListedCard("id-0", "bank-0", "0010", CardState.ACTIVE)
ORAL, WRITTEN = ({"choose_kind": kind.value} for kind in LossKind)
TWO = LossInForce(
    (
        CardFrozen(
            "bank-0",
            "0010",
            LossKind.ORAL,
            AT,
            "2030-06-19T10:32:05+08:00",
            rules.Rule.LOSS_ORAL_LAPSE,
        ),
        CardFrozen("bank-9", "0029", LossKind.WRITTEN, AT, None, rules.Rule.LOSS_WRITTEN_NOW),
    ),
    AT,
)

VISITS = {
    "balances": Visit("balance", taken=TAKEN, answer=ANSWERS["balance_check"]["balances"]),
    "balance_waits": Visit("balance", taken=TAKEN),
    "balance_by_own_channel": Visit(
        "balance", taken=TAKEN, answer=ANSWERS["balance_check"]["balance by own channel"]
    ),
    "loss_in_force_oral": Visit(
        "loss", said=ORAL, taken=TAKEN, answer=ANSWERS["loss_report"]["in force, oral"]
    ),
    "loss_in_force_written": Visit(
        "loss", said=WRITTEN, taken=TAKEN, answer=ANSWERS["loss_report"]["in force, written"]
    ),
    "loss_in_force_two_cards": Visit("loss", said=ORAL, taken=TAKEN, answer=TWO),
    "loss_waits_oral": Visit("loss", said=ORAL, taken=TAKEN),
    "loss_waits_written": Visit("loss", said=WRITTEN, taken=TAKEN),
    "loss_waits_one_card": Visit(
        "loss",
        said={**ORAL, "choose_card": "card:1"},
        heard={"listing": Cards((CARD,))},
        taken=TAKEN,
    ),
}


def receipt(name: str, language: str) -> PrintReceipt:
    session = Session()
    session.situation = Situation(visit=VISITS[name].twin(), wishes=Wishes(language=language))
    return receipt_of(session, PLACE, WALL)


def as_text(paper: PrintReceipt) -> str:
    """A receipt as plain lines, one a block."""
    return "".join(f"{_line(block)}\n" for block in paper.blocks)


def _line(block: Block) -> str:
    match block:
        case Line(text, big, bold):
            return f"{'# ' if big else '* ' if bold else ''}{text}"
        case Pair(label, value, bold):
            return f"{'* ' if bold else ''}{label}: {value}"
        case Rule():
            return "----"
        case QrCode(text, caption):
            return f"[{text}] {caption}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VISITS)
def test_a_receipt_says_what_is_written_down_for_it(name: str, language: str) -> None:
    wanted = (FOLDER / f"{name}.{language}.txt").read_text(encoding="utf-8")
    assert as_text(receipt(name, language)) == wanted


def test_no_text_is_kept_for_a_receipt_that_is_not_printed() -> None:
    wanted = {f"{name}.{language}.txt" for name in VISITS for language in LANGUAGES}
    assert {path.name for path in FOLDER.iterdir()} == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VISITS)
def test_every_receipt_names_its_rule_its_terminal_and_its_time(name: str, language: str) -> None:
    text = as_text(receipt(name, language))
    assert any(rule in text for rule in rules.Rule)
    assert PLACE.terminal_id in text
    assert "2030-06-14 10:33:07" in text
    assert PLACE.helpline in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in VISITS if name.startswith("loss_waits")])
def test_a_report_that_waits_tells_the_hotline_and_does_not_say_in_force(
    name: str, language: str
) -> None:
    text = as_text(receipt(name, language))
    assert "955-00" in text
    assert rules.Rule.LOSS_FREEZE_ON_RECEIPT in text
    state = next(line for line in text.splitlines() if line.startswith(("* 状态", "* State")))
    assert ("尚未" in state) if language == "zh" else ("NOT in force" in state)


def test_a_report_for_one_card_names_its_bank_only() -> None:
    text = as_text(receipt("loss_waits_one_card", "en"))
    assert "First Bank" in text
    assert "Second Bank" not in text
