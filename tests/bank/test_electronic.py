"""The electronic card at the agency: activated once, its code used once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bank.people import person
from bank.services.electronic import show_code
from sscard.cards import CardState, LossKind
from sscard.requests import (
    ElectronicActivate,
    ElectronicActivated,
    ElectronicHolder,
    ElectronicLook,
    LossReport,
    Presence,
    Refusal,
    RefusalCode,
)
from tests.bank.terminal import NOW, Rows, Terminal, evidence

CODE = "Zx81-opaque-code"
STILL = Presence(b"\xff\xd8\xff still \xff\xd9")


def shows(engine: Engine, key: str, code: str = CODE) -> None:
    with engine.begin() as connection:
        show_code(connection, person(key).id_number, code, NOW)


def refused(answer: object) -> RefusalCode:
    assert isinstance(answer, Refusal)
    return answer.code


def test_a_code_tells_its_holder_masked_and_no_number(terminal: Terminal, engine: Engine) -> None:
    shows(engine, "chen")
    answer = terminal.ask(ElectronicLook(CODE))
    assert isinstance(answer, ElectronicHolder)
    assert (answer.masked_name, answer.state) == ("陈＊＊", CardState.ACTIVE)
    assert answer.card_tail == person("chen").cards[0].card_number[-4:]


def test_a_code_serves_once_and_for_a_minute(terminal: Terminal, engine: Engine) -> None:
    shows(engine, "chen")
    late = NOW + timedelta(seconds=61)
    assert refused(terminal.ask(ElectronicLook(CODE), now=late)) is RefusalCode.ELECTRONIC_EXPIRED
    assert isinstance(terminal.ask(ElectronicLook(CODE)), ElectronicHolder)
    assert refused(terminal.ask(ElectronicLook(CODE))) is RefusalCode.ELECTRONIC_EXPIRED


def test_the_code_itself_is_not_in_the_database(
    terminal: Terminal, engine: Engine, rows: Rows
) -> None:
    shows(engine, "chen")
    terminal.ask(ElectronicLook(CODE))
    assert CODE not in str(rows("select * from agency_electronic_codes"))


def test_a_code_that_nobody_shows_is_unknown(terminal: Terminal) -> None:
    assert refused(terminal.ask(ElectronicLook(CODE))) is RefusalCode.ELECTRONIC_UNKNOWN


@pytest.mark.rule("CARD.STATES")
def test_the_code_of_a_lost_card_serves_nobody(terminal: Terminal, engine: Engine) -> None:
    terminal.ask(LossReport(evidence("chen"), LossKind.ORAL))
    shows(engine, "chen")
    assert refused(terminal.ask(ElectronicLook(CODE))) is RefusalCode.CARD_LOST


def test_it_is_activated_once(terminal: Terminal, rows: Rows) -> None:
    answer = terminal.ask(ElectronicActivate(evidence("chen"), STILL))
    assert isinstance(answer, ElectronicActivated)
    again = terminal.ask(ElectronicActivate(evidence("chen"), STILL))
    assert refused(again) is RefusalCode.ELECTRONIC_ACTIVE
    assert len(rows("select * from agency_electronic_cards")) == 1


@pytest.mark.rule("ACTIVATE.BEFORE_USE")
def test_behind_an_inactive_card_there_is_no_electronic_one(terminal: Terminal) -> None:
    answer = terminal.ask(ElectronicActivate(evidence("wang"), STILL))
    assert refused(answer) is RefusalCode.CARD_INACTIVE
