"""The receipt printer in trouble: nothing is called printed without proof, and nobody's paper
carries another person's lines.
"""

from __future__ import annotations

import pytest

from kiosk.drivers.events import PrintTrouble
from simulators.models.paper import PrintedReceipt
from simulators.world.world import World, receipt_text
from sscard.codes import spaced
from tests.stories.acts import reports_a_loss

PROVED, UNSURE = "凭条已打印", "不能确定凭条是否打印完整"
NEW_ROLL = 5_000.0


def prints(world: World) -> None:
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")


def leaves(world: World) -> None:
    world.presses("done")
    world.lifts()
    world.sees("idle")


def printed(world: World) -> object:
    return world.terminal.session.situation.person.printed


def all_paper(world: World) -> list[PrintedReceipt]:
    """Every piece that came out, cut or torn off."""
    return [*world.printer.receipts, *world.printer.scraps]


def whole_receipts(world: World, code: str) -> list[str]:
    """The pieces that carry the code and every line after it, to the end."""
    texts = [receipt_text(piece) for piece in world.printer.receipts]
    return [text for text in texts if code in text and "帮助 12333" in text]


def begins_anew(paper: str) -> bool:
    """Whether the paper holds one receipt from its head, and nothing of another before it."""
    head = "社会保障卡自助服务"
    return paper.startswith(head) and paper.count(head) == 1


def is_offered(world: World) -> bool:
    return any(button.id == "print" for button in world.view.buttons())


def test_a_receipt_is_called_printed_when_it_has_come_out_whole(world: World) -> None:
    code = reports_a_loss(world, "chen")
    prints(world)
    world.reads(PROVED)
    assert len(whole_receipts(world, code)) == 1
    assert not is_offered(world), "one receipt is enough"
    world.presses("language")
    world.reads("The receipt is printed.")


def test_while_it_prints_it_is_not_called_printed(world: World) -> None:
    reports_a_loss(world, "chen")
    world.presses("print")
    while world.state == "loss.printing":
        assert PROVED not in " ".join(world.view.texts())
        world.waits(0.1)
    world.reads(PROVED)


def test_without_paper_printing_is_not_offered_and_the_reason_is_said(world: World) -> None:
    world.printer.paper_lines = 0.0
    world.waits(10.0)
    code = reports_a_loss(world, "chen")
    assert not is_offered(world)
    world.reads("凭条打印机暂不可用", code[:3])
    assert not all_paper(world)


def test_new_paper_while_the_result_is_shown_makes_printing_possible(world: World) -> None:
    world.printer.paper_lines = 0.0
    world.waits(10.0)
    code = reports_a_loss(world, "chen")
    world.printer.load_paper(NEW_ROLL)
    world.waits(10.0)
    prints(world)
    world.reads(PROVED)
    assert len(whole_receipts(world, code)) == 1


def test_paper_that_ends_just_before_the_job_is_said(world: World) -> None:
    reports_a_loss(world, "chen")
    world.printer.paper_lines = 0.0
    prints(world)
    assert printed(world) is PrintTrouble.PAPER_OUT
    world.reads("纸用完了", "您的业务不受影响")
    assert not all_paper(world)


def test_paper_that_ends_in_the_job_is_said_and_new_paper_gives_a_whole_receipt(
    world: World,
) -> None:
    code = reports_a_loss(world, "chen")
    world.printer.paper_lines = 12.0
    prints(world)
    assert printed(world) is PrintTrouble.PAPER_OUT
    world.reads("纸用完了", "卡已冻结")
    assert not whole_receipts(world, code)
    world.printer.load_paper(NEW_ROLL)
    world.waits(10.0)
    prints(world)
    world.reads(PROVED)
    assert len(whole_receipts(world, code)) == 1


def test_paper_that_ends_after_the_job_takes_nothing_back(world: World) -> None:
    code = reports_a_loss(world, "chen")
    prints(world)
    world.printer.paper_lines = 0.0
    world.waits(10.0)
    world.reads(PROVED)
    assert len(whole_receipts(world, code)) == 1


def test_the_rest_of_a_broken_off_receipt_never_comes_out_on_the_next_ones_paper(
    world: World,
) -> None:
    first = reports_a_loss(world, "chen")
    world.printer.paper_lines = 10.0
    prints(world)
    leaves(world)
    world.printer.load_paper(NEW_ROLL)
    world.waits(15.0)
    second = reports_a_loss(world, "zhao")
    prints(world)
    world.reads(PROVED)
    (paper,) = whole_receipts(world, second)
    assert spaced(first) not in paper
    assert "尾号 1372" not in paper, "the first person's card"
    assert begins_anew(paper)


def test_a_broken_off_receipt_is_not_finished_when_the_paper_comes_after_the_person_left(
    world: World,
) -> None:
    first = reports_a_loss(world, "chen")
    world.printer.paper_lines = 10.0
    prints(world)
    leaves(world)
    world.printer.load_paper(NEW_ROLL)
    world.waits(60.0)
    assert not whole_receipts(world, first)


@pytest.mark.parametrize("moment_s", [0.05, 0.5, 1.0])
def test_an_open_cover_in_the_job_is_said_and_the_receipt_can_be_printed_again(
    world: World, moment_s: float
) -> None:
    code = reports_a_loss(world, "chen")
    world.presses("print")
    world.waits(moment_s)
    world.printer.cover_open = True
    world.sees("loss.result")
    assert printed(world) is PrintTrouble.COVER_OPEN
    world.reads("打印机盖开着")
    assert not is_offered(world)
    world.printer.cover_open = False
    world.waits(10.0)
    prints(world)
    world.reads(PROVED)
    assert len(whole_receipts(world, code)) == 1


def test_an_open_cover_before_the_job_is_said(world: World) -> None:
    reports_a_loss(world, "chen")
    world.printer.cover_open = True
    prints(world)
    assert printed(world) is PrintTrouble.COVER_OPEN
    world.printer.cover_open = False
    world.presses("language")
    world.reads("the cover is open", "Your request is safe")


def test_a_cutter_that_jams_is_said_and_comes_free_by_itself_afterwards(world: World) -> None:
    code = reports_a_loss(world, "chen")
    world.printer.faults.cutter = True
    prints(world)
    assert printed(world) is PrintTrouble.CUTTER
    world.reads("切纸刀故障")
    assert not world.receipts()
    world.printer.faults.cutter = False
    world.waits(20.0)  # and what hung before the cutter falls
    prints(world)
    world.reads(PROVED)
    assert code in receipt_text(world.printer.receipts[-1])
    assert begins_anew(receipt_text(world.printer.receipts[-1]))


def test_paper_that_jams_is_said(world: World) -> None:
    code = reports_a_loss(world, "chen")
    world.printer.faults.jammed = True
    prints(world)
    assert printed(world) is PrintTrouble.JAMMED
    world.reads("卡纸")
    world.printer.faults.jammed = False
    world.waits(20.0)
    prints(world)
    world.reads(PROVED)
    assert len(whole_receipts(world, code)) == 1


def test_a_hot_head_is_waited_for_but_not_longer_than_a_person_waits(world: World) -> None:
    reports_a_loss(world, "chen")
    world.presses("print")
    world.waits(0.3)
    world.printer.faults.head_hot = True
    world.sees("loss.result", within_s=31.0)
    assert isinstance(printed(world), PrintTrouble)
    world.printer.faults.head_hot = False
    world.waits(20.0)
    prints(world)
    world.reads(PROVED)


def test_a_printer_that_is_broken_for_good_is_said(world: World) -> None:
    reports_a_loss(world, "chen")
    world.printer.faults.unrecoverable = True
    prints(world)
    assert printed(world) is PrintTrouble.FAULT
    world.reads("打印机故障")


def test_a_silent_printer_that_prints_on_is_not_said_to_have_printed(world: World) -> None:
    code = reports_a_loss(world, "chen")
    world.presses("print")
    world.waits(0.05)
    world.printer.faults.silent = True
    world.sees("loss.result")
    assert printed(world) is PrintTrouble.NO_ANSWER
    world.reads(UNSURE)
    assert PROVED not in " ".join(world.view.texts())
    world.printer.faults.silent = False
    world.waits(20.0)
    prints(world)
    world.reads(PROVED)
    assert whole_receipts(world, code)


def test_a_slow_printer_is_not_said_to_have_printed_when_time_is_up(world: World) -> None:
    world.printer.lines_per_s = 0.5
    code = reports_a_loss(world, "chen")
    prints(world)
    assert isinstance(printed(world), PrintTrouble)
    assert not whole_receipts(world, code)
    world.waits(60.0)
    assert not whole_receipts(world, code), "given up is given up"


def test_a_printer_that_loses_power_in_the_job_is_not_said_to_have_printed(world: World) -> None:
    code = reports_a_loss(world, "chen")
    world.presses("print")
    world.waits(0.5)
    world.printer.switch_off()
    world.sees("loss.result")
    assert printed(world) is PrintTrouble.NO_ANSWER
    world.printer.switch_on()
    world.waits(15.0)
    prints(world)
    world.reads(PROVED)
    (paper,) = whole_receipts(world, code)
    assert begins_anew(paper)


def test_a_cable_pulled_in_the_job_leaves_nothing_of_it_for_the_next_person(world: World) -> None:
    line = world.lines[next(device for device in world.lines if device == "receipt_printer")]
    world.printer.lines_per_s = 4.0
    first = reports_a_loss(world, "chen")
    world.presses("print")
    world.waits(1.0)
    line.unplug()
    world.sees("loss.result")
    leaves(world)
    line.plug()
    world.waits(10.0)
    world.printer.lines_per_s = 20.0
    second = reports_a_loss(world, "zhao")
    prints(world)
    world.reads(PROVED)
    (paper,) = whole_receipts(world, second)
    assert spaced(first) not in paper
    assert begins_anew(paper)


def test_the_person_who_leaves_while_it_prints_leaves_no_tail(world: World) -> None:
    world.printer.lines_per_s = 1.0
    first = reports_a_loss(world, "chen")
    world.presses("print")
    world.waits(2.0)
    world.terminal.press("leave")  # from a screen of a moment ago: the printing one has none
    world.sees("idle")
    world.lifts()
    world.printer.lines_per_s = 20.0
    second = reports_a_loss(world, "zhao")
    prints(world)
    world.reads(PROVED)
    (paper,) = whole_receipts(world, second)
    assert spaced(first) not in paper
    assert begins_anew(paper)


def test_an_answer_that_comes_while_the_paper_prints_is_shown_and_may_be_printed_anew(
    world: World,
) -> None:
    world.printer.lines_per_s = 2.0
    world.cuts_line()
    world.waits(20.0)
    code = reports_a_loss(world, "chen")
    world.reads("还没有生效")
    world.repairs_line()
    world.presses("print")
    world.sees("loss.result")
    world.reads("卡已冻结")
    assert PROVED not in " ".join(world.view.texts()), "that paper says less than the screen"
    assert "尚未生效" in whole_receipts(world, code)[0]
    prints(world)
    world.reads(PROVED)
    assert "已生效" in whole_receipts(world, code)[1]


def test_a_printer_out_of_paper_refuses_no_service(world: World) -> None:
    world.printer.paper_lines = 0.0
    world.waits(10.0)
    assert all(button.enabled for button in world.view.options)
