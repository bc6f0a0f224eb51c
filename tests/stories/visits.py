"""Whole visits, told once: the terminal in virtual time plays them (`test_visits.py`), the desk with
its real parts (`tests/desk`), and they are what `docs/screens` is drawn from (`tests/pictures.py`).

Each has people of its own: on the desk they all happen before one bank, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable

from simulators.world.stage import Stage
from tests.stories.acts import code_on, leaves, opens, prints_it, sees_tile, takes_the_card

LOSS_CODE = "SSC-LOSS:"
FORM_CODE = "SSC-FORM:"


def loss(stage: Stage) -> None:
    """One of two cards, in words: in force at once, until a day that the paper names."""
    stage.presses("loss")
    stage.sees("loss.id_card")
    stage.lays("li")
    stage.sees("loss.choose_card")
    stage.presses("card:2")
    stage.sees("loss.choose_kind")
    stage.presses("oral")
    stage.sees("loss.confirm")
    stage.presses("confirm")
    stage.sees("loss.result")
    stage.reads("挂失已生效，卡已冻结", "4119", "口头挂失有效至")
    paper = prints_it(stage)
    assert "已生效，卡已冻结" in paper
    assert "LOSS.ORAL_LAPSE" in paper
    assert "2746" not in paper, "the other card is not concerned"
    leaves(stage)


def balance(stage: Stage) -> None:
    """A wrong password, then the right one; both balances, on screen and on paper."""
    stage.presses("balance")
    stage.sees("balance.id_card")
    stage.lays("chen")
    stage.sees("balance.card")
    stage.inserts("chen")
    stage.sees("balance.password")
    stage.types("111111e")
    stage.reads("密码不对，还可以试 5 次")
    stage.types("246810e")
    stage.sees("balance.result")
    stage.reads("¥ 1,234.56", "¥ 32,081.50", "1372")
    paper = prints_it(stage)
    assert "¥ 1,234.56" in paper
    assert "CARD.TWO_ACCOUNTS" in paper
    takes_the_card(stage)


def password_unlock(stage: Stage) -> None:
    """Six wrong entries have locked the bank's half; its holder sets a new password in person."""
    opens(stage, "password_unlock")
    stage.sees("password_unlock.id_card")
    stage.lays("zhang")
    stage.sees("password_unlock.card")
    stage.inserts("zhang")
    stage.sees("password_unlock.account")
    stage.presses("financial")
    stage.sees("password_unlock.new")
    stage.types("135246e")
    stage.sees("password_unlock.new_again")
    stage.types("135246e")
    stage.sees("password_unlock.result")
    stage.reads("密码已解锁，新密码已生效")
    assert "PIN.UNLOCK" in prints_it(stage)
    takes_the_card(stage)


def password_change(stage: Stage) -> None:
    """The old password, and the new one twice."""
    opens(stage, "password_change")
    stage.sees("password_change.id_card")
    stage.lays("gao")
    stage.sees("password_change.card")
    stage.inserts("gao")
    stage.sees("password_change.account")
    stage.presses("medical")
    stage.sees("password_change.password")
    stage.types("097531e")
    stage.sees("password_change.new")
    stage.types("802461e")
    stage.sees("password_change.new_again")
    stage.types("802461e")
    stage.sees("password_change.result")
    stage.reads("密码已修改", "旧密码不能再用")
    assert "802461" not in prints_it(stage)
    takes_the_card(stage)


def activate(stage: Stage) -> None:
    """A new card: both its passwords, and it works."""
    stage.presses("activate")
    stage.sees("activate.id_card")
    stage.lays("wang")
    stage.sees("activate.card")
    stage.inserts("wang")
    for account, password in (("medical", "135246"), ("financial", "802461")):
        stage.sees(f"activate.new_{account}")
        stage.types(f"{password}e")
        stage.sees(f"activate.new_{account}_again")
        stage.types(f"{password}e")
    stage.sees("activate.result")
    stage.reads("卡已激活，可以使用了", "两个密码已设好")
    assert "ACTIVATE.BOTH_OR_NEITHER" in prints_it(stage)
    takes_the_card(stage)


def replace(stage: Stage) -> None:
    """A lost card: 20 yuan by telephone, the last question, and a new one is made."""
    opens(stage, "replace")
    stage.sees("replace.id_card")
    stage.lays("huang")
    stage.sees("replace.pay")
    stage.reads("¥ 20.00")
    stage.pays()
    stage.sees("replace.decide")
    stage.reads("尾号 9593", "旧卡永远不能再用，费用不退")
    stage.presses("go_on")
    stage.sees("replace.result")
    stage.reads("办好了，新卡开始制作")
    assert "¥ 20.00，已付" in prints_it(stage)
    leaves(stage)


def change(stage: Stage) -> None:
    """A damaged card: paid for, handed in, and kept by the reader."""
    stage.fits_bin()
    opens(stage, "change")
    stage.sees("change.id_card")
    stage.lays("xu")
    stage.sees("change.reason")
    stage.presses("damaged")
    stage.sees("change.pay")
    stage.pays()
    stage.sees("change.decide")
    stage.presses("go_on")
    stage.sees("change.hand_in")
    stage.inserts("xu")
    stage.sees("change.result")
    stage.reads("办好了，新卡开始制作")
    assert "CHANGE.OLD_RETURNED" in prints_it(stage)
    leaves(stage)


def where_is_my_card(stage: Stage) -> None:
    """Who has applied, with the photo of a studio, asks with the form where the card is."""
    paper = _applies(stage, "ma", photo="GD990000000000000501")
    opens(stage, "where_is_my_card")
    stage.sees("where_is_my_card.by")
    stage.presses("form")
    stage.sees("where_is_my_card.form")
    stage.holds_up(code_on(paper, FORM_CODE))
    stage.sees("where_is_my_card.id_card")
    stage.takes_code_away()
    stage.lays("ma")
    stage.sees("where_is_my_card.result")
    stage.reads("申请已收下，等待制卡")
    assert "APPLY.THIRTY_WORKING_DAYS" in prints_it(stage)
    leaves(stage)


def records(stage: Stage) -> None:
    """What was paid this year, by the ID card alone."""
    stage.presses("records")
    stage.sees("records.id_card")
    stage.lays("chen")
    stage.sees("records.what")
    stage.presses("payments")
    stage.sees("records.year")
    stage.presses("2025")
    stage.sees("records.result")
    stage.reads("2025 年缴费记录", "养老保险")
    assert "RIGHTS.RECORDS" in prints_it(stage)
    leaves(stage)


def electronic(stage: Stage) -> None:
    """The electronic card is activated, and its code on the telephone is looked at."""
    stage.presses("electronic")
    stage.sees("electronic.what")
    stage.presses("activate")
    stage.sees("electronic.id_card")
    stage.lays("chen")
    stage.sees("electronic.confirm")
    stage.presses("confirm")
    stage.sees("electronic.result")
    stage.reads("电子社保卡已开通")
    leaves(stage)
    stage.presses("electronic")
    stage.sees("electronic.what")
    stage.presses("show")
    stage.sees("electronic.code")
    stage.shows_app_code("chen")
    stage.sees("electronic.result")
    stage.reads("这是有效的电子社保卡", "陈＊＊")
    stage.takes_code_away()
    leaves(stage)


def loss_cancel(stage: Stage) -> None:
    """The card reported yesterday is found: with it and the ID card it works again."""
    opens(stage, "loss_cancel")
    stage.sees("loss_cancel.id_card")
    stage.lays("liu")
    stage.sees("loss_cancel.card")
    stage.inserts("liu")
    stage.sees("loss_cancel.confirm")
    stage.reads("尾号 8224")
    stage.presses("confirm")
    stage.sees("loss_cancel.result")
    stage.reads("挂失已撤销，卡可以用了")
    assert "LOSS.CANCEL" in prints_it(stage)
    takes_the_card(stage)


def receipt_check(stage: Stage) -> None:
    """Reported with no line; the line is back, and the receipt's code tells that it arrived."""
    stage.cuts_line()
    sees_tile(stage, "receipt_check", enabled=False)
    stage.presses("loss")
    stage.sees("loss.id_card")
    stage.lays("wu")
    stage.sees("loss.choose_kind")
    stage.presses("written")
    stage.sees("loss.confirm")
    stage.presses("confirm")
    stage.sees("loss.result")
    stage.reads("挂失已登记，但还没有生效", "冻结前，卡仍可能被使用", "95001")
    paper = prints_it(stage)
    assert "已登记，尚未生效" in paper
    leaves(stage)
    stage.repairs_line()
    sees_tile(stage, "receipt_check")
    opens(stage, "receipt_check")
    stage.sees("receipt_check.code")
    stage.holds_up(code_on(paper, LOSS_CODE))
    stage.sees("receipt_check.result")
    stage.reads("挂失有效，卡已冻结", "书面挂失")
    stage.takes_code_away()
    leaves(stage)


def apply(stage: Stage) -> None:
    """A card is applied for; the paper is the form, and the bank was chosen for good."""
    paper = _applies(stage, "tan")
    assert FORM_CODE in paper


def unit(stage: Stage) -> None:
    """The administrator of a unit hands one of twelve cards out."""
    opens(stage, "unit")
    stage.sees("unit.id_card")
    stage.lays("xie")
    stage.sees("unit.member")
    stage.reads("还有 12 张")
    stage.presses("unit-990000-1-01")
    stage.sees("unit.what")
    stage.presses("handed_out")
    stage.sees("unit.confirm")
    stage.presses("confirm")
    stage.sees("unit.member")
    stage.reads("还有 11 张")
    stage.presses("finish")
    stage.sees("unit.result")
    assert "COLLECT.FIVE_WORKING_DAYS" in prints_it(stage)
    leaves(stage)


def guidance(stage: Stage) -> None:
    """Which banks there are, and what a rule says; nobody is asked who they are."""
    opens(stage, "guidance")
    stage.sees("guidance.topic")
    stage.presses("banks")
    stage.sees("guidance.result")
    stage.reads("东莞银行", "95001")
    stage.presses("back")
    stage.sees("guidance.topic")
    stage.presses("rules")
    stage.sees("guidance.theme")
    stage.presses("fee")
    stage.sees("guidance.rule")
    stage.presses("FEE.REISSUE_20")
    stage.sees("guidance.result")
    stage.reads("FEE.REISSUE_20")
    leaves(stage)


def my_cards(stage: Stage) -> None:
    """Two cards of two banks."""
    opens(stage, "my_cards")
    stage.sees("my_cards.id_card")
    stage.lays("song")
    stage.sees("my_cards.result")
    stage.reads("中国工商银行", "还没有激活")
    assert "CARD.STATES" in prints_it(stage)
    leaves(stage)


def balance_without_line(stage: Stage) -> None:
    """No password is asked; what was taken waits, and the screen says so."""
    stage.cuts_line()
    sees_tile(stage, "receipt_check", enabled=False)
    stage.presses("balance")
    stage.sees("balance.id_card")
    stage.lays("ho")
    stage.sees("balance.card")
    stage.inserts("ho")
    stage.sees("balance.result")
    stage.reads("查询已登记，还没有查到", "等待送达银行")
    assert "已登记，等待送达银行" in prints_it(stage)
    stage.repairs_line()
    stage.reads("银行会直接答复您")
    takes_the_card(stage)


def card_pulled_at_the_password(stage: Stage) -> None:
    """The visit stops there, says why, and goes on when the card is back."""
    stage.presses("balance")
    stage.sees("balance.id_card")
    stage.lays("zhao")
    stage.sees("balance.card")
    stage.inserts("zhao")
    stage.sees("balance.password")
    stage.pulls()
    stage.sees("trouble")
    stage.reads("卡被取出了")
    stage.inserts("zhao")
    stage.sees("balance.password")
    stage.types("c")
    stage.sees("take_card")
    stage.pulls()
    stage.lifts()
    stage.sees("idle")


SERVICE_VISITS: dict[str, Callable[[Stage], None]] = {
    "loss": loss,
    "balance": balance,
    "password_unlock": password_unlock,
    "password_change": password_change,
    "activate": activate,
    "replace": replace,
    "change": change,
    "where_is_my_card": where_is_my_card,
    "records": records,
    "electronic": electronic,
    "loss_cancel": loss_cancel,
    "receipt_check": receipt_check,
    "apply": apply,
    "unit": unit,
    "guidance": guidance,
    "my_cards": my_cards,
}
"""A happy visit of each service, in the order of the idle screen."""

VISITS = (*SERVICE_VISITS.values(), balance_without_line, card_pulled_at_the_password)


def _applies(stage: Stage, person: str, photo: str = "") -> str:
    """Apply for oneself; what stands on the paper. `photo`: a studio's receipt."""
    opens(stage, "apply")
    stage.sees("apply.who")
    stage.presses("self")
    stage.sees("apply.id_card")
    stage.lays(person)
    stage.sees("apply.bank")
    stage.presses("ccb")
    stage.sees("apply.confirm_bank")
    stage.presses("confirm")
    stage.sees("apply.details")
    stage.presses("right")
    stage.sees("apply.photo")
    if photo:
        stage.presses("receipt")
        stage.sees("apply.photo_receipt")
        stage.holds_up(photo)
    else:
        stage.presses("id_photo")
    stage.sees("apply.sign")
    stage.takes_code_away()
    stage.presses("confirm")
    stage.sees("apply.result")
    paper = prints_it(stage)
    leaves(stage)
    return paper
