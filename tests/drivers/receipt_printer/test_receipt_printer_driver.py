"""The receipt printer's driver against a simulated printer, in virtual time."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DeviceStatus,
    NotPrinted,
    Paper,
    Printed,
    PrintTrouble,
)
from kiosk.drivers.links.ops import Stop
from kiosk.drivers.orders import Line, Pair, PrintReceipt, QrCode, ScanCode
from kiosk.drivers.receipt_printer.driver import ReceiptPrinter, ReceiptPrinterConfig
from simulators.models import receipt_printer as simulated
from tests.drivers.talking import Bench, line_to

FIRST = PrintReceipt((Line("余额查询", big=True), Pair("医疗账户", "100.00元"), Line("第一张")))
SECOND = PrintReceipt((Line("第二张"),))
LONG = PrintReceipt((*(Line(f"长凭条第{number}行") for number in range(120)), Line("末行")))


class Stage:
    """The driver and the printer on one bench."""

    def __init__(self, printer: simulated.ReceiptPrinter | None = None) -> None:
        self.printer = printer or simulated.ReceiptPrinter()
        self.driver = ReceiptPrinter()
        self.bench = Bench(self.driver.serve(), line_to(self.printer))

    def answers(self) -> list[Printed | NotPrinted]:
        return [event for event in self.bench.said() if isinstance(event, Printed | NotPrinted)]

    def status(self) -> DeviceStatus:
        return self.driver.status

    def paper(self) -> str:
        return "\n".join(receipt.text for receipt in self.printer.receipts)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def set_fault(stage: Stage, name: str, value: bool = True) -> None:
    setattr(stage.printer.faults, name, value)


# --- sound -----------------------------------------------------------------------------


def test_a_sound_printer_is_online_and_is_told_once(stage: Stage) -> None:
    stage.bench.run_until(60.0)
    assert stage.bench.said() == [
        DeviceChanged(
            Device.RECEIPT_PRINTER, DeviceStatus.ONLINE, "1=12 2=12 3=12 4=12", Paper.FULL, False
        )
    ]
    assert stage.printer.complaints == []


def test_a_receipt_is_printed_whole_cut_and_proved(stage: Stage) -> None:
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(20.0)
    assert stage.answers() == [Printed()]
    (receipt,) = stage.printer.receipts
    assert receipt.cut
    assert receipt.lines[0].text == "余额查询"
    assert receipt.lines[1].text == "医疗账户" + " " * 32 + "100.00元"
    assert receipt.lines[2].text == "第一张"
    assert stage.printer.complaints == []


def test_printed_is_not_said_before_the_paper_has_gone_through(stage: Stage) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.run_until(8.0)
    assert stage.answers() == []
    assert stage.printer.receipts == []
    stage.bench.run_until(30.0)
    assert stage.answers() == [Printed()]
    assert stage.printer.receipts[-1].lines[-1].text == "末行"


def test_a_code_is_printed_as_a_code(stage: Stage) -> None:
    stage.bench.order(5.0, PrintReceipt((QrCode("SSC-990000-0001", caption="受理编号"),)))
    stage.bench.run_until(20.0)
    (code,) = stage.printer.receipts[0].codes
    assert code.text == "SSC-990000-0001"
    assert code.level == "M"
    assert 0 < code.dots <= 576
    assert stage.printer.receipts[0].lines[-1].text == "受理编号"
    assert stage.printer.complaints == []


def test_paper_near_its_end_is_told_and_printing_goes_on() -> None:
    stage = Stage(simulated.ReceiptPrinter(paper_lines=300))
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(20.0)
    assert stage.status() is DeviceStatus.ONLINE
    assert stage.driver.paper is Paper.LOW
    assert stage.answers() == [Printed()]


def test_receipts_in_a_row_are_pieces_of_their_own(stage: Stage) -> None:
    stage.bench.order(5.0, FIRST)
    stage.bench.order(15.0, SECOND)
    stage.bench.run_until(30.0)
    assert stage.answers() == [Printed(), Printed()]
    assert [receipt.lines[-1].text for receipt in stage.printer.receipts] == ["第一张", "第二张"]


# --- before the first line -------------------------------------------------------------


def test_nothing_is_sent_to_a_printer_without_paper() -> None:
    stage = Stage(simulated.ReceiptPrinter(paper_lines=0))
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(20.0)
    assert stage.status() is DeviceStatus.USER_ERROR
    assert stage.driver.paper is Paper.OUT
    assert stage.answers() == [NotPrinted(PrintTrouble.PAPER_OUT, "before the first line")]
    stage.printer.load_paper()
    stage.bench.run_until(40.0)
    assert stage.paper() == ""
    assert stage.status() is DeviceStatus.ONLINE


def test_nothing_is_sent_to_a_printer_with_an_open_cover(stage: Stage) -> None:
    stage.printer.cover_open = True
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(20.0)
    assert stage.driver.cover_open is True
    assert stage.answers() == [NotPrinted(PrintTrouble.COVER_OPEN, "before the first line")]


def test_a_receipt_longer_than_any_is_refused(stage: Stage) -> None:
    stage.bench.order(5.0, PrintReceipt((Line("长" * 10_000),)))
    stage.bench.run_until(20.0)
    assert stage.answers() == [NotPrinted(PrintTrouble.FAULT, "too long")]


# --- in the middle ---------------------------------------------------------------------


def test_paper_out_in_the_middle_is_told_and_the_tail_never_comes_out(stage: Stage) -> None:
    stage.printer.paper_lines = 40
    stage.bench.order(5.0, LONG)
    stage.bench.run_until(30.0)
    assert [answer.trouble for answer in stage.answers() if isinstance(answer, NotPrinted)] == [
        PrintTrouble.PAPER_OUT
    ]
    stage.printer.load_paper()
    stage.bench.order(40.0, SECOND)
    stage.bench.run_until(60.0)
    assert stage.answers()[-1] == Printed()
    assert "长凭条" not in stage.paper()
    assert stage.printer.receipts[-1].text == "第二张"


def test_paper_out_in_the_middle_leaves_nothing_to_a_driver_started_anew(stage: Stage) -> None:
    stage.printer.paper_lines = 40
    stage.bench.order(5.0, LONG)
    stage.bench.run_until(8.0)
    stage.printer.load_paper(40)  # printing goes on, and nobody is there
    stage.printer.cover_open = True
    again = ReceiptPrinter()
    bench = Bench(again.serve(), line_to(stage.printer), now_s=10.0)
    bench.run_until(12.0)
    stage.printer.cover_open = False
    bench.order(20.0, SECOND)
    bench.run_until(40.0)
    assert bench.of(Printed) == [Printed()]
    assert stage.printer.receipts[-1].text == "第二张"
    assert "末行" not in stage.paper()


@pytest.mark.parametrize(
    ("fault", "trouble", "status", "at_the_end"),
    [
        ("jammed", PrintTrouble.JAMMED, DeviceStatus.HARDWARE_ERROR, False),
        ("cutter", PrintTrouble.CUTTER, DeviceStatus.HARDWARE_ERROR, True),
        ("unrecoverable", PrintTrouble.FAULT, DeviceStatus.HARDWARE_ERROR, False),
        ("head_hot", PrintTrouble.FAULT, DeviceStatus.DEVICE_BUSY, False),
    ],
)
def test_a_fault_in_the_middle_has_its_name_and_the_rest_is_cleared(
    stage: Stage, fault: str, trouble: PrintTrouble, status: DeviceStatus, at_the_end: bool
) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.at(6.0, lambda: set_fault(stage, fault))
    stage.bench.run_until(25.0)
    assert [answer.trouble for answer in stage.answers() if isinstance(answer, NotPrinted)] == [
        trouble
    ]
    assert status in [event.status for event in stage.bench.of(DeviceChanged)]
    set_fault(stage, fault, False)
    stage.bench.run_until(40.0)
    assert stage.status() is DeviceStatus.ONLINE
    stage.bench.order(41.0, SECOND)
    stage.bench.run_until(60.0)
    assert stage.answers()[-1] == Printed()
    assert stage.printer.receipts[-1].text == "第二张"
    # The cutter jams when all is printed: that paper is cut off before the next receipt.
    assert ("末行" in stage.paper()) is at_the_end


def test_a_cover_opened_and_closed_at_once_does_not_give_the_next_person_the_rest(
    stage: Stage,
) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.at(6.0, lambda: setattr(stage.printer, "cover_open", True))
    stage.bench.at(12.0, lambda: setattr(stage.printer, "cover_open", False))
    stage.bench.order(13.0, SECOND)
    stage.bench.run_until(40.0)
    first, second = stage.answers()
    assert isinstance(first, NotPrinted)
    assert first.trouble is PrintTrouble.COVER_OPEN
    assert second == Printed()
    assert stage.printer.receipts[-1].text == "第二张"
    assert "末行" not in stage.paper()


def test_stop_ends_the_receipt_quietly_and_clears_the_rest(stage: Stage) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.order(7.0, Stop())
    stage.bench.order(15.0, SECOND)
    stage.bench.run_until(40.0)
    assert stage.answers() == [Printed()]
    assert "末行" not in stage.paper()
    assert stage.printer.receipts[-1].text == "第二张"


def test_another_order_counts_as_stop_and_that_order(stage: Stage) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.order(7.0, SECOND)
    stage.bench.run_until(40.0)
    assert stage.answers() == [Printed()]
    assert stage.printer.receipts[-1].text == "第二张"


# --- a line that is no good ------------------------------------------------------------


def test_a_silent_printer_is_unknown_and_never_out_of_paper(stage: Stage) -> None:
    stage.printer.faults.silent = True
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(30.0)
    assert stage.status() is DeviceStatus.UNKNOWN
    assert stage.driver.paper is Paper.UNKNOWN
    assert stage.driver.cover_open is None
    assert stage.answers() == [NotPrinted(PrintTrouble.NO_ANSWER, "before the first line")]
    assert stage.paper() == ""


def test_a_printer_that_falls_silent_in_the_middle_is_not_said_to_have_printed(
    stage: Stage,
) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.at(6.0, lambda: set_fault(stage, "silent"))
    stage.bench.run_until(60.0)
    (answer,) = stage.answers()
    assert isinstance(answer, NotPrinted)
    assert answer.trouble is PrintTrouble.NO_ANSWER


@pytest.mark.parametrize("fault", ["garbage", "chatter", "half_frame", "wrong_checksum"])
def test_answers_that_break_the_pattern_end_in_an_event_and_never_in_paper_out(
    stage: Stage, fault: str
) -> None:
    set_fault(stage, fault)
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(120.0)
    (answer,) = stage.answers()
    if isinstance(answer, NotPrinted):
        assert answer.trouble is PrintTrouble.NO_ANSWER
    assert all(event.paper is not Paper.OUT for event in stage.bench.of(DeviceChanged))
    set_fault(stage, fault, False)
    stage.bench.order(121.0, SECOND)
    stage.bench.run_until(150.0)
    assert stage.answers()[-1] == Printed()


def test_a_slow_printer_is_believed_when_its_answers_come(stage: Stage) -> None:
    stage.printer.faults.slow_s = 0.2
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(30.0)
    assert stage.answers() == [Printed()]


def test_stray_bytes_before_an_answer_do_not_hide_it(stage: Stage) -> None:
    stage.printer.faults.stray_bytes = b"\x91\xff"
    stage.bench.order(5.0, FIRST)
    stage.bench.run_until(30.0)
    assert stage.answers() == [Printed()]


def test_a_lost_line_ends_the_receipt_and_the_printer_is_cleared_when_it_is_back(
    stage: Stage,
) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.at(6.0, stage.bench.link.unplug)
    stage.bench.at(7.0, stage.bench.link.plug)
    stage.bench.order(12.0, SECOND)
    stage.bench.run_until(40.0)
    first, second = stage.answers()
    assert isinstance(first, NotPrinted)
    assert first.trouble is PrintTrouble.NO_ANSWER
    assert second == Printed()
    assert DeviceStatus.OFFLINE in [event.status for event in stage.bench.of(DeviceChanged)]
    assert stage.printer.receipts[-1].text == "第二张"
    assert "末行" not in stage.paper()


def test_an_order_without_a_line_is_answered_at_once(stage: Stage) -> None:
    stage.bench.at(5.0, stage.bench.link.unplug)
    stage.bench.order(50.0, FIRST)
    stage.bench.run_until(50.0)
    assert stage.answers() == [NotPrinted(PrintTrouble.NO_ANSWER, "offline")]


def test_the_text_of_a_receipt_is_not_in_the_words_of_the_driver(stage: Stage) -> None:
    stage.bench.order(5.0, LONG)
    stage.bench.run_until(6.0)
    assert "长凭条" not in repr(stage.driver) + repr(vars(stage.driver)) + repr(LONG)


def test_each_time_of_the_driver_is_bounded() -> None:
    config = ReceiptPrinterConfig()
    assert config.in_turn_limit_s < config.job_limit_s
    assert config.stopped_grace_s < config.in_turn_limit_s


@pytest.mark.parametrize("plugged", [True, False])
def test_an_order_of_another_device_is_a_programmer_error(stage: Stage, plugged: bool) -> None:
    if not plugged:
        stage.bench.at(5.0, stage.bench.link.unplug)
    stage.bench.order(12.0, ScanCode())
    with pytest.raises(TypeError, match="receipt printer cannot ScanCode"):
        stage.bench.run_until(15.0)
