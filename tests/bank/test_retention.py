"""Verdicts are kept for 180 days at the least, and what the bank owes its people for longer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text

from bank.retention import KEPT_DAYS, delete_old, main
from bank.schema import operations
from offline_queue.formats.envelope import Outcome
from sscard.cards import LossKind
from sscard.requests import BalanceCheck, CardList, ReportFound, ReportStatus
from tests.bank.terminal import NOW, Rows, Terminal, evidence, just_now, lost

NEVER_LATE = timedelta(days=KEPT_DAYS)


def test_inside_180_days_nothing_is_deleted_and_every_copy_is_a_duplicate(
    terminal: Terminal, engine: Engine
) -> None:
    op = terminal.op(CardList(evidence("li")))
    terminal.send(op)
    assert delete_old(engine, NOW + NEVER_LATE) == 0
    (copy,) = terminal.send(op, now=NOW + NEVER_LATE)
    assert copy.outcome is Outcome.DUPLICATE


def test_what_is_older_goes_and_what_is_newer_stays(
    terminal: Terminal, engine: Engine, rows: Rows
) -> None:
    old = terminal.op(CardList(evidence("li")))
    terminal.send(old)
    late = NOW + NEVER_LATE + timedelta(milliseconds=1)
    new = terminal.op(CardList(evidence("li")), accepted=just_now(late))
    terminal.send(new, now=late)
    assert delete_old(engine, late) == 1
    assert rows("select op_id from operations") == [(new.header.op_id,)]
    assert delete_old(engine, late) == 0


def test_a_clock_that_jumps_ahead_deletes_nothing(terminal: Terminal, engine: Engine) -> None:
    terminal.send(terminal.op(CardList(evidence("li"))))
    assert delete_old(engine, NOW + timedelta(days=3_650)) == 0
    assert delete_old(engine, NOW - timedelta(days=3_650)) == 0


def test_reports_and_what_is_to_be_told_outlive_their_operations(
    terminal: Terminal, engine: Engine, rows: Rows
) -> None:
    report = terminal.op(lost("chen", LossKind.WRITTEN))
    asked = terminal.op(BalanceCheck(evidence("li"), card_of(rows, "li")))
    terminal.send(report, asked)
    late = NOW + timedelta(days=200)
    terminal.ask(CardList(evidence("li")), now=late)
    assert delete_old(engine, late) == 2
    assert rows("select count(*) from own_channel") == [(1,)]
    ((code,),) = rows("select code from loss_reports")
    assert isinstance(terminal.ask(ReportStatus(str(code)), now=late), ReportFound)
    # A copy from beyond the longest outage meets the record of its own effect.
    verdicts = terminal.send(report, asked, now=late)
    assert [each.outcome for each in verdicts] == [Outcome.APPLIED, Outcome.REJECTED]
    assert rows("select count(*) from loss_reports") == [(1,)]
    assert rows("select count(*) from own_channel") == [(1,)]


def card_of(rows: Rows, key: str) -> str:
    ((number,),) = rows(
        "select min(card_number) from cards join people using (person_id) where id_number = :it",
        it=evidence(key).id_number,
    )
    return str(number)


def test_thousands_go_in_several_transactions_and_unfinished_ones_stay(engine: Engine) -> None:
    row = {"request_hash": "h", "terminal": "T", "kind": "card_list", "epoch": 1, "lane": "l"}
    row |= {"lane_seq": 1, "code": "c", "earliest": "", "latest": ""}
    old, new = "2026-01-01T00:00:00.000+08:00", "2026-12-01T00:00:00.000+08:00"
    many = [row | {"op_id": f"{n:032x}", "at": old, "outcome": "applied"} for n in range(2_500)]
    many.append(row | {"op_id": "unfinished", "at": old, "outcome": None})
    many.append(row | {"op_id": "newest", "at": new, "outcome": "applied"})
    with engine.begin() as connection:
        connection.execute(insert(operations), many)
    assert delete_old(engine, datetime(2026, 12, 1, tzinfo=UTC)) == 2_500
    with engine.connect() as connection:
        left = connection.execute(text("select op_id from operations order by 1")).scalars().all()
    assert left == ["newest", "unfinished"]


def test_an_empty_bank_has_nothing_to_delete(engine: Engine) -> None:
    assert delete_old(engine, NOW) == 0


def test_fewer_than_180_days_are_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="at least 180 days"):
        delete_old(engine, NOW, kept_days=179)


def test_it_runs_as_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(
        f'database = "sqlite:///{tmp_path / "bank.db"}"\nkeys = "k"\n[terminals]\n'
        '[tls]\ncertificate = "c"\nkey = "k"\nterminals_ca = "r"\n'
    )
    main(["--settings", str(path)])
    said = capsys.readouterr().out.splitlines()
    assert said == ["0 operations deleted", "the pictures of 0 operations deleted"]
