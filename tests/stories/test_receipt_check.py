"""What became of a loss report, by the code of its receipt."""

from __future__ import annotations

import pytest

from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import opens, sees_tile, tile


def reports(world: World, key: str, kind: str) -> str:
    """Report a loss to its end; what the receipt's QR code holds."""
    world.presses("loss")
    world.lays(key)
    world.sees("loss.choose_kind")
    world.presses(kind)
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    world.presses("done")
    world.lifts()
    world.sees("idle")
    return code_on(world.receipts()[-1])


def code_on(receipt: str) -> str:
    """What the QR code of a receipt holds."""
    (code,) = (line for line in receipt.splitlines() if line.startswith("SSC-LOSS:"))
    return code


def shows(world: World, code: str) -> None:
    """Start the service and hold a code up."""
    opens(world, "receipt_check")
    world.sees("receipt_check.code")
    world.holds_up(code)


def test_a_written_report_is_in_force_without_end(world: World) -> None:
    code = reports(world, "chen", "written")
    shows(world, code)
    world.sees("receipt_check.result")
    world.reads("挂失有效，卡已冻结", "书面挂失", "不会自动失效")


def test_an_oral_report_is_in_force_until_its_day(world: World) -> None:
    code = reports(world, "chen", "oral")
    shows(world, code)
    world.sees("receipt_check.result")
    world.reads("挂失有效，卡已冻结", "口头挂失", "11 月 28 日")


def test_an_oral_report_that_has_lapsed_is_said_to_have_lapsed(world: World) -> None:
    code = reports(world, "chen", "oral")
    world.agenda.skip_days(5)
    world.waits(10)
    shows(world, code)
    world.sees("receipt_check.result")
    world.reads("口头挂失已到期失效", "卡已恢复使用")


def test_an_oral_report_made_a_written_one_is_told_by_both_receipts(world: World) -> None:
    first = reports(world, "chen", "oral")
    reports(world, "chen", "written")
    world.agenda.skip_days(6)
    world.waits(10)
    shows(world, first)
    world.sees("receipt_check.result")
    world.reads("挂失有效，卡已冻结", "不会自动失效")


def test_a_report_that_had_to_wait_is_found_by_the_same_receipt(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    code = reports(world, "chen", "written")
    world.repairs_line()
    world.waits(60)
    shows(world, code)
    world.sees("receipt_check.result")
    world.reads("挂失有效，卡已冻结")


def test_the_check_says_nothing_about_whose_report_it_is(world: World) -> None:
    code = reports(world, "chen", "written")
    shows(world, code)
    world.sees("receipt_check.result")
    said = " ".join(world.view.texts())
    for personal in ("陈美玲", "1372", "广发", "99000019880312402X"):
        assert personal not in said


@pytest.mark.parametrize(
    "code",
    [
        "https://example.cn/abcdefgh",
        "SSC-LOSS:12345678",
        "SSC-LOSS:ILOU12345",
        "LOSS-SSC:123456789",
        "99000019880312402X",
    ],
)
def test_a_code_that_is_not_ours_is_said_so_and_the_camera_looks_on(
    world: World, code: str
) -> None:
    shows(world, code)
    world.reads("这不是本系统的挂失凭条")
    assert world.state == "receipt_check.code"
    world.takes_code_away()
    world.waits(1)
    assert world.camera.looking


def test_an_unreadable_code_is_said_so(world: World) -> None:
    shows(world, "x" * 600)
    world.reads("这不是本系统的挂失凭条")
    assert world.state == "receipt_check.code"


def test_after_a_strange_code_the_right_one_works(world: World) -> None:
    code = reports(world, "chen", "written")
    shows(world, "https://example.cn/abcdefgh")
    world.reads("这不是本系统的挂失凭条")
    world.takes_code_away()
    world.holds_up(code)
    world.sees("receipt_check.result")


def test_a_strange_code_held_up_for_long_ends_like_any_other_wait(world: World) -> None:
    shows(world, "https://example.cn/abcdefgh")
    world.waits(30)
    world.sees("receipt_check.code")
    world.sees("goodbye", within_s=40)


def test_a_code_of_ours_that_the_bank_does_not_know(world: World) -> None:
    shows(world, "SSC-LOSS:000000000")
    world.sees("trouble")
    world.reads("银行没有这个受理号")
    world.presses("why")
    world.reads("LOSS.FREEZE_ON_RECEIPT")


def test_without_a_line_the_check_is_not_offered_and_says_why(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    assert tile(world, "receipt_check") == ("线路中断，暂不能办", False)
    world.presses("more")
    world.terminal.press("receipt_check")  # a press that was on its way when the line went
    world.sees("trouble")
    world.reads("现在不能办理这一项")
    world.presses("why")
    world.reads("OFFLINE.THREE")


def test_the_line_drops_while_the_receipt_is_looked_for(world: World) -> None:
    opens(world, "receipt_check")
    world.cuts_line()
    world.waits(20)
    world.holds_up("SSC-LOSS:000000000")
    world.sees("trouble")
    world.reads("现在不能办理这一项")
    world.repairs_line()
    world.waits(20)
    world.presses("again")
    world.reads("银行没有这个受理号")


def test_a_slow_bank_is_said_to_be_slow(world: World) -> None:
    world.bank.mood = BankMood.SLOW
    shows(world, "SSC-LOSS:000000000")
    world.sees("trouble", within_s=15)
    world.reads("银行没有及时答复")


def test_a_silent_bank_is_the_same_as_no_line(world: World) -> None:
    world.bank.mood = BankMood.SILENT
    shows(world, "SSC-LOSS:000000000")
    world.sees("trouble", within_s=15)
    world.reads("现在不能办理这一项")


def test_the_camera_goes_off_as_soon_as_the_person_leaves(world: World) -> None:
    world.inserts("chen")
    world.sees("card_first")
    opens(world, "receipt_check")
    world.sees("receipt_check.code")
    world.waits(1)
    assert world.camera.looking
    world.presses("leave")
    world.sees("take_card")
    world.waits(1)
    assert not world.camera.looking


def test_the_camera_dies_while_it_looks(world: World) -> None:
    opens(world, "receipt_check")
    world.sees("receipt_check.code")
    world.camera.die()
    world.sees("trouble")
    world.reads("摄像头没有应答")
    world.waits(10)
    world.presses("again")
    world.sees("receipt_check.code")
    world.holds_up("SSC-LOSS:000000000")
    world.sees("trouble")
    world.reads("银行没有这个受理号")


def test_without_a_camera_everything_else_goes_on(world: World) -> None:
    world.camera.die()
    sees_tile(world, "receipt_check", enabled=False)
    assert tile(world, "receipt_check") == ("摄像头暂不可用", False)
    world.presses("loss")
    world.sees("loss.id_card")
