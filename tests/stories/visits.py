"""Whole visits, told once: played in the world by `test_visits.py`, on the desk by `tests/desk`."""

from __future__ import annotations

from simulators.world.stage import Stage

CODE = "SSC-LOSS:"


def balances_with_line(stage: Stage) -> None:
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
    stage.presses("print")
    stage.reads("凭条已打印")
    paper = stage.receipts()[-1]
    assert "¥ 1,234.56" in paper
    assert "CARD.TWO_ACCOUNTS" in paper
    stage.presses("done")
    stage.sees("take_card")
    stage.pulls()
    stage.lifts()
    stage.sees("idle")


def balances_without_line(stage: Stage) -> None:
    """No password is asked; what was taken waits, and the screen says so."""
    stage.cuts_line()
    stage.sees_button("receipt_check", enabled=False)
    stage.presses("balance")
    stage.sees("balance.id_card")
    stage.lays("ho")
    stage.sees("balance.card")
    stage.inserts("ho")
    stage.sees("balance.result")
    stage.reads("查询已登记，还没有查到", "等待送达银行")
    stage.presses("print")
    stage.reads("凭条已打印")
    assert "已登记，等待送达银行" in stage.receipts()[-1]
    stage.repairs_line()
    stage.reads("银行会直接答复您")
    stage.presses("done")
    stage.sees("take_card")
    stage.pulls()
    stage.lifts()
    stage.sees("idle")


def loss_with_line(stage: Stage) -> None:
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
    stage.presses("print")
    stage.reads("凭条已打印")
    paper = stage.receipts()[-1]
    assert "已生效，卡已冻结" in paper
    assert "LOSS.ORAL_LAPSE" in paper
    assert "2746" not in paper, "the other card is not concerned"
    stage.presses("done")
    stage.lifts()
    stage.sees("idle")


def loss_without_line(stage: Stage) -> None:
    """It waits, first in line, and says so; the receipt's code tells that it has arrived."""
    stage.cuts_line()
    stage.sees_button("receipt_check", enabled=False)
    stage.presses("loss")
    stage.sees("loss.id_card")
    stage.lays("wu")
    stage.sees("loss.choose_kind")
    stage.presses("written")
    stage.sees("loss.confirm")
    stage.presses("confirm")
    stage.sees("loss.result")
    stage.reads("挂失已登记，但还没有生效", "冻结前，卡仍可能被使用", "95001")
    stage.presses("print")
    stage.reads("凭条已打印")
    paper = stage.receipts()[-1]
    assert "已登记，尚未生效" in paper
    stage.presses("done")
    stage.lifts()
    stage.sees("idle")
    stage.repairs_line()
    stage.sees_button("receipt_check")
    stage.presses("receipt_check")
    stage.sees("receipt_check.code")
    stage.holds_up(paper[paper.index(CODE) :].split()[0])
    stage.sees("receipt_check.result")
    stage.reads("挂失有效，卡已冻结", "书面挂失")
    stage.takes_code_away()
    stage.presses("done")
    stage.sees("idle")


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


VISITS = (
    balances_with_line,
    loss_with_line,
    card_pulled_at_the_password,
    balances_without_line,
    loss_without_line,
)
