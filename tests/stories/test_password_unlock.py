"""A forgotten or locked password: set anew with a line, only unlocked without one."""

from __future__ import annotations

import pytest

from simulators.models.pin_pad import Mode
from simulators.models.scenes import Stand
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import Account
from sscard.requests import Companion, PasswordReset, PasswordUnlock, Request
from tests.stories.acts import code_on_screen, says
from tests.stories.passwords import (
    card_of,
    changes,
    ends_the_visit,
    goes_to_the_unlock,
    hashes,
    sets_anew,
    shows_papers,
    types_twice,
    wrong_in_a_row,
)

ZHANG, TANG = card_of("zhang"), card_of("tang")
NEW = "135246"
LOCKED = pytest.mark.parametrize(
    ("key", "account"), [("zhang", Account.FINANCIAL), ("tang", Account.MEDICAL)]
)


def submitted(world: World) -> list[tuple[Request, Companion | None]]:
    """Every unlock that the terminal hands over from now on."""
    queue = world.queue
    asked: list[tuple[Request, Companion | None]] = []
    plain = queue.submit

    def noting(op_id: str, request: Request, companion: Companion | None) -> None:
        if isinstance(request, PasswordUnlock | PasswordReset):
            asked.append((request, companion))
        plain(op_id, request, companion)

    queue.submit = noting  # type: ignore[method-assign]
    return asked


@LOCKED
@pytest.mark.rule("PIN.UNLOCK", "CARD.TWO_ACCOUNTS", "CARD.TWO_ENVIRONMENTS")
def test_a_locked_password_of_either_account_is_unlocked_and_set_anew(
    world: World, key: str, account: Account
) -> None:
    card = card_of(key)
    sets_anew(world, key, account, NEW)
    world.sees("password_unlock.result")
    world.reads("密码已解锁，新密码已生效")
    assert wrong_in_a_row(world, card, account) == 0
    ends_the_visit(world)
    changes(world, key, account, NEW, "802461")
    world.sees("password_change.result")


@pytest.mark.rule("PIN.UNLOCK")
def test_a_password_that_is_forgotten_and_not_locked_is_set_anew_too(world: World) -> None:
    sets_anew(world, "chen", Account.FINANCIAL, NEW)
    world.sees("password_unlock.result")
    world.reads("新密码已生效")


@pytest.mark.rule("PIN.UNLOCK")
def test_the_still_and_the_copy_go_with_it(world: World) -> None:
    asked = submitted(world)
    sets_anew(world, "zhang", Account.FINANCIAL, NEW)
    world.sees("password_unlock.result")
    ((request, companion),) = asked
    assert isinstance(request, PasswordReset)
    assert request.presence.still.startswith(b"\xff\xd8")
    assert request.presence.front is not None
    assert request.presence.back is not None
    assert companion is not None
    assert companion.new_financial is not None
    assert (companion.pin_block, companion.new_medical) == (None, None)


def test_in_english_with_a_receipt_that_says_no_digit(world: World) -> None:
    world.presses("language")
    sets_anew(world, "tang", Account.MEDICAL, NEW)
    world.sees("password_unlock.result")
    world.reads("Unlocked, and the new password holds")
    world.presses("print")
    world.sees("password_unlock.result")
    world.reads("The receipt is printed")
    (paper,) = world.receipts()
    assert "PIN.UNLOCK" in paper
    assert NEW not in paper


def test_the_locked_password_is_pointed_out(world: World) -> None:
    shows_papers(world, "password_unlock", "zhang")
    world.sees("password_unlock.account")
    second = {each.id: each.second for each in world.view.options}
    assert second == {"medical": "看病、买药时用", "financial": "已锁定"}


def test_a_password_too_easy_is_refused_by_the_bank_and_another_can_be_chosen(
    world: World,
) -> None:
    before = hashes(world, ZHANG)
    sets_anew(world, "zhang", Account.FINANCIAL, "654321")
    world.sees("trouble")
    world.reads("这个密码不能用")
    assert hashes(world, ZHANG) == before
    world.presses("again")
    types_twice(world, "password_unlock.new", NEW)
    world.sees("password_unlock.result")
    world.reads("新密码已生效")


def test_a_card_that_is_not_in_use_says_so_before_any_picture(world: World) -> None:
    shows_papers(world, "password_unlock", "liu")
    world.sees("trouble")
    world.reads("这张卡已经挂失")


@pytest.mark.rule("OFFLINE.HONEST")
def test_a_lost_answer_is_said_to_be_unknown_and_doing_it_again_harms_nothing(
    world: World,
) -> None:
    goes_to_the_unlock(world, "zhang", Account.FINANCIAL)
    world.sees("password_unlock.new")
    world.types(f"{NEW}e")
    world.sees("password_unlock.new_again")
    world.bank.mood = BankMood.ANSWER_LOST
    world.types(f"{NEW}e")
    world.sees("password_unlock.result")
    world.reads("还不知道新密码生效没有", "重复办没有关系")
    assert not says(world, "密码已解锁")
    ends_the_visit(world)
    world.bank.mood = BankMood.WELL
    world.waits(60)
    sets_anew(world, "zhang", Account.FINANCIAL, NEW)
    world.sees("password_unlock.result")
    world.reads("新密码已生效")


# --- without a line --------------------------------------------------------------------------


def without_a_line(world: World, key: str, account: Account) -> None:
    """Unlock with no line, up to what there is to confirm."""
    world.cuts_line()
    world.waits(60)
    goes_to_the_unlock(world, key, account)
    world.sees("password_unlock.confirm")


@LOCKED
@pytest.mark.rule("OFFLINE.THREE", "OFFLINE.NO_PIN", "OFFLINE.HONEST", "OFFLINE.ANSWER")
def test_with_no_line_the_unlock_waits_and_no_password_is_asked_for(
    world: World, key: str, account: Account
) -> None:
    card = card_of(key)
    before = hashes(world, card)
    asked = submitted(world)
    without_a_line(world, key, account)
    assert world.pad.mode is Mode.CLOSED
    world.reads("现在只能解锁，不能设新密码", "密码绝不在本机等待")
    world.presses("confirm")
    world.sees("password_unlock.result")
    world.reads("已登记，密码还没有解锁", "新密码没有设", "到任一终端", code_on_screen(world)[:3])
    assert not says(world, "密码已解锁")
    assert wrong_in_a_row(world, card, account) == 6
    ((request, companion),) = asked
    assert isinstance(request, PasswordUnlock)
    assert companion is None
    world.presses("print")
    world.sees("password_unlock.result")
    assert "已登记，还没有解锁" in world.receipts()[-1]
    ends_the_visit(world)
    world.repairs_line()
    world.waits(120)
    assert wrong_in_a_row(world, card, account) == 0
    assert hashes(world, card) == before, "the old password is the one that holds"


@pytest.mark.rule("PIN.UNLOCK")
def test_what_waits_carries_the_still_and_the_copy_where_there_is_a_camera(world: World) -> None:
    asked = submitted(world)
    without_a_line(world, "zhang", Account.FINANCIAL)
    world.presses("confirm")
    world.sees("password_unlock.result")
    ((request, _),) = asked
    assert isinstance(request, PasswordUnlock)
    assert request.presence is not None
    assert request.presence.front is not None
    assert request.presence.back is not None


def test_a_line_that_comes_back_while_the_person_stands_here_is_told(world: World) -> None:
    without_a_line(world, "zhang", Account.FINANCIAL)
    world.presses("confirm")
    world.sees("password_unlock.result")
    world.repairs_line()
    world.waits(20)
    world.reads("密码已解锁", "原来的密码可以再用", "当场设新密码")
    assert wrong_in_a_row(world, ZHANG, Account.FINANCIAL) == 0


@pytest.mark.rule("OFFLINE.NO_PIN")
@pytest.mark.parametrize("typed", ["", "135", "135246e", "135246e135246"])
def test_a_line_that_falls_while_the_new_password_is_typed_leaves_no_password_to_wait(
    world: World, typed: str
) -> None:
    asked = submitted(world)
    goes_to_the_unlock(world, "zhang", Account.FINANCIAL)
    world.sees("password_unlock.new")
    world.waits(1)
    for keys in typed.partition("e"):
        world.types(keys)
        world.waits(1)
    world.cuts_line()
    world.sees("password_unlock.confirm")
    world.waits(1)
    assert world.pad.mode is Mode.CLOSED
    assert world.terminal.session.situation.person.companion is None
    world.presses("confirm")
    world.sees("password_unlock.result")
    ((request, companion),) = asked
    assert isinstance(request, PasswordUnlock)
    assert companion is None


# --- without a camera ------------------------------------------------------------------------


def test_without_pictures_the_password_is_unlocked_as_it_is(world: World) -> None:
    """Nobody sets a password here whose presence is not shown."""
    before = hashes(world, ZHANG)
    shows_papers(world, "password_unlock", "zhang")
    world.sees("password_unlock.account")
    world.stands(Stand.AWAY)
    world.presses("financial")
    world.sees("password_unlock.still")
    world.sees("password_unlock.confirm", within_s=60)
    world.reads("没有取得您的照片和身份证影像")
    world.presses("confirm")
    world.sees("password_unlock.result")
    world.reads("密码已解锁", "原来的密码可以再用")
    assert wrong_in_a_row(world, ZHANG, Account.FINANCIAL) == 0
    assert hashes(world, ZHANG) == before


def test_a_camera_that_is_gone_does_not_keep_a_password_from_being_unlocked(
    world: World,
) -> None:
    shows_papers(world, "password_unlock", "zhang")
    world.sees("password_unlock.account")
    world.camera.die()
    world.waits(1)
    world.presses("financial")
    world.sees("password_unlock.confirm")
    world.presses("confirm")
    world.sees("password_unlock.result")
    world.reads("密码已解锁")
