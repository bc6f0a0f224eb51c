"""The identity document: laid badly, taken away, not one, not good any more, somebody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bank.people import person
from kiosk.drivers.events import Device
from simulators.documents import laid_document
from simulators.models.id_scanner import LaidDocument, Layout
from simulators.world.world import World
from tests.stories.acts import tile

CHEN = laid_document(person("chen"))


def starts(world: World, service: str = "balance") -> None:
    """Choose a service that begins with the ID card."""
    world.presses(service)
    world.sees(f"{service}.id_card")


@pytest.mark.parametrize("service", ["balance", "loss"])
def test_an_id_card_laid_wrong_is_asked_to_be_laid_anew(world: World, service: str) -> None:
    world.presses(service)
    world.lays("chen", wrong=True)
    world.waits(5)
    world.reads("请重新平放，不要移动")
    world.sees(f"{service}.id_card")
    world.lifts()
    world.lays("chen")
    world.sees("balance.card", "loss.choose_kind")


@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.4, 0.6, 0.8])
def test_an_id_card_taken_away_too_early_can_be_laid_again(world: World, after_s: float) -> None:
    starts(world)
    world.lays("chen")
    world.waits(after_s)
    assert world.state == "balance.id_card"
    world.lifts()
    world.waits(5)
    assert world.state == "balance.id_card"
    world.lays("chen")
    world.sees("balance.card")


def test_a_hand_that_shakes_is_told_to_hold_still(world: World) -> None:
    starts(world)
    for _ in range(6):
        world.lays("chen")
        world.waits(0.5)
        world.lifts()
        world.waits(0.3)
    world.reads("请重新平放，不要移动")
    world.lays("chen")
    world.sees("balance.card")


def test_what_was_said_of_the_id_card_is_not_said_of_the_card(world: World) -> None:
    starts(world)
    world.lays("chen", wrong=True)
    world.reads("请重新平放")
    world.lays("chen")
    world.sees("balance.card")
    assert not any("请重新平放" in each for each in world.view.texts())


def test_an_id_card_that_was_laid_before_a_service_was_chosen_is_read(world: World) -> None:
    world.lays("chen")
    world.waits(5)
    world.sees("idle")
    world.presses("balance")
    world.sees("balance.card")


def test_a_suspect_document_is_sent_to_the_counter(world: World) -> None:
    world.scanner.faults.suspect = True
    starts(world)
    world.lays("chen")
    world.sees("trouble")
    world.reads("证件没有通过验证")
    assert {button.id for button in world.view.bar} == {"leave"}
    world.presses("leave")
    world.sees("goodbye")


def test_something_with_a_chip_that_is_no_document_is_named_so(world: World) -> None:
    world.scanner.faults.unknown_card = True
    starts(world)
    world.lays("chen")
    world.reads("这不是能识别的证件")
    world.scanner.faults.unknown_card = False
    world.lifts()
    world.waits(5)
    world.lays("chen")
    world.sees("balance.card")


def test_a_document_of_a_kind_nobody_knows_yet_is_not_guessed_at(world: World) -> None:
    starts(world)
    world.lays_document(replace(CHEN, type_flag="Q"))
    world.reads("这不是能识别的证件")
    assert world.state == "balance.id_card"


@pytest.mark.parametrize(
    "document",
    [
        replace(CHEN, number="990000198803124028"),  # check digit X
        replace(CHEN, number=""),
        replace(CHEN, name=""),
        replace(CHEN, valid_until="20261340"),
    ],
    ids=["check digit", "no number", "no name", "no date"],
)
def test_a_document_that_does_not_hold_together_is_not_believed(
    world: World, document: LaidDocument
) -> None:
    starts(world)
    world.lays_document(document)
    world.reads("没有读清楚")
    world.waits(10)
    assert world.state == "balance.id_card"


def test_a_read_of_wrong_lengths_is_not_believed(world: World) -> None:
    world.scanner.faults.wrong_lengths = True
    starts(world)
    world.lays("chen")
    world.reads("没有读清楚")
    assert world.state == "balance.id_card"


def test_an_expired_document_is_refused_and_a_valid_one_taken_after_it(world: World) -> None:
    world.presses("balance")
    world.lays("sun")
    world.sees("trouble")
    world.reads("身份证已过有效期")
    world.presses("why")
    world.reads("ACTIVATE.ORIGINALS")
    world.lifts()
    world.presses("again")
    world.sees("balance.id_card")
    world.lays("chen")
    world.sees("balance.card")


def test_a_document_is_good_to_the_end_of_its_last_day(world: World) -> None:
    starts(world)
    world.lays_document(replace(CHEN, valid_until=f"{world.agenda.wall():%Y%m%d}"))
    world.sees("balance.card")


def test_a_document_that_expires_at_midnight_is_refused_after_it(world: World) -> None:
    last_day = f"{world.agenda.wall():%Y%m%d}"
    world.agenda.skip_days(1)
    starts(world)
    world.lays_document(replace(CHEN, valid_until=last_day))
    world.sees("trouble")
    world.reads("身份证已过有效期")


@pytest.mark.parametrize("key", ["zhang", "lin", "zhao"])
def test_a_document_without_an_end_is_taken(world: World, key: str) -> None:
    world.presses("balance")
    world.lays(key)
    world.sees("balance.card")


def test_every_kind_of_document_is_taken(world: World) -> None:
    for key in ("chen", "ho", "meulen"):
        starts(world)
        world.lays(key)
        world.sees("balance.card")
        world.presses("leave")
        world.lifts()
        world.sees("idle")


def test_an_older_permanent_residence_card_is_taken(world: World) -> None:
    starts(world)
    world.lays_document(
        LaidDocument(
            layout=Layout.FOREIGNER_2017,
            number="NLD990085050601",
            name="",
            english_name="VAN DER MEULEN, ANNELIESE",
            sex="2",
            birth="19850506",
            nationality="NLD",
            valid_from="20190301",
            valid_until="20290301",
        )
    )
    world.sees("balance.card")


def test_someone_elses_id_card_does_not_open_a_card(world: World) -> None:
    world.presses("balance")
    world.lays("li")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("trouble")
    world.reads("卡和身份证不是同一个人")


def test_the_right_number_with_another_name_is_not_the_same_person(world: World) -> None:
    starts(world)
    world.lays_document(replace(CHEN, name="陈美丽"))
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("trouble")
    world.reads("卡和身份证不是同一个人")


def test_nobody_reports_a_loss_for_somebody_of_another_name(world: World) -> None:
    starts(world, "loss")
    world.lays_document(replace(CHEN, name="陈美丽"))
    world.sees("trouble")
    world.reads("卡和身份证不是同一个人")


def test_an_id_card_left_behind_is_not_the_next_persons(world: World) -> None:
    starts(world, "loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("leave")
    world.sees("idle")
    starts(world, "loss")
    world.waits(30)
    assert world.state == "loss.id_card"


def test_nobodys_id_card_is_read_once_the_person_has_left(world: World) -> None:
    world.inserts("chen")
    world.sees("card_first")
    starts(world)
    world.presses("leave")
    world.sees("take_card")
    world.waits(1)
    world.lays("chen")
    world.waits(10)
    assert world.state == "take_card"
    assert not world.scanner.read_whole


def test_the_id_card_may_be_taken_away_once_it_is_read(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.lifts()
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")


def test_a_broken_security_module_is_not_the_persons_fault(world: World) -> None:
    starts(world)
    world.scanner.faults.sam_broken = True
    world.lays("chen")
    world.sees("trouble")
    world.reads("不是您的")
    world.presses("leave")
    world.waits(30)
    assert tile(world, "receipt_check")[1]
    assert not world.terminal.session.situation.usable(Device.ID_SCANNER)
