"""A terminal hands in what it found out about itself, and is in service or is told why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning import wire
from provisioning.office import looking
from provisioning.terminal.office_line import OfficeFailed, OfficeLine
from provisioning.terminal.sign_off import SignOff, Standing
from provisioning.wire import Finding, FoundDevice, Outcome, ReadinessReport
from tests.provisioning.configurations import NOW, TERMINAL
from tests.provisioning.terminal.boards import Bank, BareBoard, Times, open_bank
from tests.provisioning.terminal.cutting import PowerCut, cut_after

SHARP = Finding("receipt_printer.sharp", Outcome.PASSED, "the print is sharp")
JAMMED = Finding("receipt_printer.paper", Outcome.FAILED, "jammed", "open it and take it out")
PRINTER = FoundDevice("receipt_printer", "80 mm", "P-1", "1.0")


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with open_bank(tmp_path, Times()) as bank:
        yield bank


@pytest.fixture
def board(tmp_path: Path, bank: Bank) -> BareBoard:
    board = BareBoard(tmp_path / "board", bank, bank.times)
    board.starts().run(bank.token)
    return board


def report(minutes: int, *findings: Finding, version: int = 1) -> ReadinessReport:
    passed = all(each.outcome is Outcome.PASSED for each in findings)
    made_at = (NOW + timedelta(minutes=minutes)).isoformat()
    return ReadinessReport(
        TERMINAL, made_at, "tech-1", "1.0", version, passed, (PRINTER,), findings
    )


def handed_in(board: BareBoard, *reports: ReadinessReport) -> wire.ReportTaken:
    credentials = board.identity.in_use
    assert credentials is not None
    answer = None
    for each in reports:
        sign_off = SignOff(board.folder)
        sign_off.write(each, credentials)
        answer = sign_off.hand_in(
            OfficeLine(board.bank.url, board.bank.root, board.clock), credentials
        )
    assert answer is not None
    return answer


def standing(board: BareBoard) -> Standing:
    return SignOff(board.folder).standing


def test_who_has_passed_is_in_service(board: BareBoard, bank: Bank) -> None:
    assert not standing(board).in_service
    assert handed_in(board, report(1, SHARP)).in_service
    assert standing(board) == Standing(True, ())
    (row,) = looking.all_terminals(bank.office)
    assert (row["state"], row["signed_off_by"]) == ("in_service", "tech-1")


def test_who_has_not_passed_is_not_and_says_why(board: BareBoard) -> None:
    answer = handed_in(board, report(1, SHARP, JAMMED))
    assert answer.new == ("receipt_printer.paper",)
    found = standing(board)
    assert not found.in_service
    assert found.because


def test_what_is_new_and_what_is_gone_is_told(board: BareBoard) -> None:
    answer = handed_in(board, report(1, SHARP, JAMMED), report(2, SHARP))
    assert (answer.new, answer.gone) == ((), ("receipt_printer.paper",))
    assert standing(board).in_service


def test_another_configuration_than_the_assigned_one_is_not_signed_off(board: BareBoard) -> None:
    assert not handed_in(board, report(1, SHARP, version=7)).in_service


def test_a_report_whose_answer_was_lost_is_sent_again_as_it_was(
    board: BareBoard, bank: Bank
) -> None:
    credentials = board.identity.in_use
    assert credentials is not None
    cuts, was_cut = 0, True
    while was_cut:
        sign_off = SignOff(board.folder)
        sign_off.write(report(cuts, SHARP), credentials)
        line = OfficeLine(bank.url, bank.root, board.clock)
        with cut_after(cuts) as happened:
            try:
                sign_off.hand_in(line, credentials)
            except PowerCut:
                assert happened()
        was_cut = happened()
        assert sign_off.hand_in(line, credentials) is not None
        assert standing(board).in_service
        cuts += 1
    shown = looking.one_terminal(bank.office, TERMINAL)
    assert shown is not None
    assert len({each["number"] for each in shown["reports"]}) == len(shown["reports"]) <= cuts


def test_without_a_line_it_waits_and_the_terminal_does_not_serve(
    board: BareBoard, bank: Bank
) -> None:
    credentials = board.identity.in_use
    assert credentials is not None
    sign_off = SignOff(board.folder)
    sign_off.write(report(1, SHARP), credentials)
    with pytest.raises(OfficeFailed):
        sign_off.hand_in(OfficeLine("https://127.0.0.1:9", bank.root, board.clock), credentials)
    assert standing(board) == Standing(False, ("its report has not been handed in",))


def test_a_broken_note_is_no_report(board: BareBoard) -> None:
    handed_in(board, report(1, SHARP))
    (board.folder / "report.json").write_bytes(b"{")
    assert standing(board) == Standing(False, ("it has not been tested",))
