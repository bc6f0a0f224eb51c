"""What the bank asks of the pictures, keeps of them, and shows to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from bank.likeness import note_likeness
from bank.presence_schema import presence, presence_looks
from bank.services.presence import (
    KEPT_DAYS,
    delete_old_pictures,
    pictures_for,
    presence_refusal,
)
from offline_queue.formats.envelope import Outcome
from sscard.cards import LossKind
from sscard.requests import LossReport, Presence, RefusalCode
from sscard.rules import Rule
from tests.bank.terminal import NOW, PICTURE, SHOWN, Terminal, evidence

NO_PICTURE = b"GIF89a"


def reported(terminal: Terminal, shown: Presence | None) -> tuple[str, Outcome]:
    """A written report with these pictures: its operation, and the verdict's word."""
    op = terminal.op(LossReport(evidence("chen"), LossKind.WRITTEN, presence=shown))
    (verdict,) = terminal.send(op)
    return op.header.op_id, verdict.outcome


@pytest.mark.parametrize(
    ("shown", "copy", "code"),
    [
        (SHOWN, True, None),
        (Presence(PICTURE), False, None),
        (None, False, RefusalCode.NOT_IN_PERSON),
        (Presence(NO_PICTURE, PICTURE, PICTURE), True, RefusalCode.NOT_IN_PERSON),
        (Presence(PICTURE), True, RefusalCode.NO_COPY),
        (Presence(PICTURE, PICTURE), True, RefusalCode.NO_COPY),
        (Presence(PICTURE, NO_PICTURE, PICTURE), True, RefusalCode.NO_COPY),
    ],
)
@pytest.mark.rule("ACTIVATE.IN_PERSON")
def test_what_is_missing_is_refused_under_the_rule_of_who_asks(
    shown: Presence | None, copy: bool, code: RefusalCode | None
) -> None:
    refusal = presence_refusal(shown, Rule.ACTIVATE_IN_PERSON, copy=copy)
    assert (refusal and refusal.code) == code
    assert refusal is None or refusal.rule is Rule.ACTIVATE_IN_PERSON


def test_the_pictures_are_kept_with_what_was_done(terminal: Terminal, engine: Engine) -> None:
    op_id, outcome = reported(terminal, SHOWN)
    assert outcome is Outcome.APPLIED
    with engine.connect() as connection:
        (row,) = connection.execute(select(presence)).all()
    assert (row.op_id, row.kind, row.still, row.front, row.back) == (
        op_id, "loss_report", PICTURE, PICTURE, PICTURE,
    )  # fmt: skip


@pytest.mark.rule("CARD.NEED_TO_KNOW")
def test_pictures_of_what_was_refused_are_not_kept(terminal: Terminal, engine: Engine) -> None:
    _, outcome = reported(terminal, Presence(PICTURE))
    assert outcome is Outcome.REJECTED
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(presence)).scalar() == 0


def test_the_same_operation_again_keeps_its_pictures_once(
    terminal: Terminal, engine: Engine
) -> None:
    op = terminal.op(LossReport(evidence("chen"), LossKind.WRITTEN, presence=SHOWN))
    terminal.send(op)
    (again,) = terminal.send(op)
    assert again.outcome is Outcome.DUPLICATE
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(presence)).scalar() == 1


@pytest.mark.rule("CARD.NEED_TO_KNOW")
def test_every_look_is_written_down_with_who_and_why(terminal: Terminal, engine: Engine) -> None:
    op_id, _ = reported(terminal, SHOWN)
    with engine.begin() as connection:
        assert pictures_for(connection, op_id, "clerk 7", "complaint 12", NOW) == SHOWN
        assert pictures_for(connection, "none", "clerk 7", "complaint 12", NOW) is None
    with engine.connect() as connection:
        (look,) = connection.execute(select(presence_looks)).all()
    assert (look.op_id, look.who, look.why) == (op_id, "clerk 7", "complaint 12")


@pytest.mark.parametrize(("who", "why"), [("", "complaint 12"), ("clerk 7", " ")])
@pytest.mark.rule("CARD.NEED_TO_KNOW")
def test_nobody_looks_unnamed_or_out_of_curiosity(
    terminal: Terminal, engine: Engine, who: str, why: str
) -> None:
    op_id, _ = reported(terminal, SHOWN)
    with engine.begin() as connection, pytest.raises(ValueError, match="written down"):
        pictures_for(connection, op_id, who, why, NOW)


def test_pictures_go_after_three_years_and_the_looks_with_them(
    terminal: Terminal, engine: Engine
) -> None:
    op_id, _ = reported(terminal, SHOWN)
    with engine.begin() as connection:
        pictures_for(connection, op_id, "clerk 7", "complaint 12", NOW)
    kept = timedelta(days=KEPT_DAYS)
    assert delete_old_pictures(engine, NOW + kept - timedelta(days=1)) == 0
    assert delete_old_pictures(engine, NOW + kept + timedelta(days=1)) == 1
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(presence_looks)).scalar() == 0


def test_a_bank_may_have_faces_compared_and_the_number_is_a_note_that_refuses_nobody(
    terminal: Terminal, engine: Engine
) -> None:
    _, outcome = reported(terminal, SHOWN)
    assert outcome is Outcome.APPLIED
    assert note_likeness(engine, lambda still, front: None) == 0
    assert note_likeness(engine, lambda still, front: 7.0 if still == front else -1.0) == 1
    assert note_likeness(engine, lambda still, front: 0.5) == 0
    with engine.connect() as connection:
        assert connection.execute(select(presence.c.likeness)).scalar() == 1.0
