"""The camera sees who stands there, and copies the ID card: told by a written loss report and by the
activation of the electronic card, which need it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from bank.presence_schema import presence
from kiosk.drivers.events import Device, Wanting
from kiosk.fsm.limits import Limit
from simulators.models.scenes import Light, Shown, Stand
from simulators.world.world import World
from tests.stories.acts import trouble
from tests.stories.test_privacy import objects_of

BEGINS, ENDS = b"\xff\xd8\xff", b"\xff\xd9"


def goes_to_the_still(world: World, key: str = "chen") -> None:
    """A written loss report, up to the camera."""
    world.presses("loss")
    world.lays(key)
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.still")


def goes_to_the_copy(world: World) -> None:
    goes_to_the_still(world)
    world.sees("loss.copy")
    world.waits(0.5)  # the person has read what to do


def evidence_at_bank(world: World) -> list[Any]:
    with world.bank.engine.begin() as connection:
        return list(connection.execute(select(presence)).all())


HINTS = {
    Wanting.NO_FACE: "还没有看到您的脸",
    Wanting.SEVERAL_FACES: "画面里还有别人",
    Wanting.TOO_FAR: "请再走近一点",
    Wanting.TOO_DARK: "光线太暗",
    Wanting.TOO_BRIGHT: "光线太强",
    Wanting.BLURRED: "画面不清楚",
    Wanting.WRONG_SIDE: "这是另一面",
    Wanting.CARD_NOT_WHOLE: "缺了一角",
    Wanting.GLARE: "证件反光",
}


@pytest.mark.rule("LOSS.WRITTEN_NOW", "LOSS.IN_PERSON")
def test_the_still_and_both_sides_go_with_the_report_and_nobody_presses_anything(
    world: World,
) -> None:
    goes_to_the_copy(world)
    world.reads("人像面")
    world.reads("国徽面")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    (row,) = evidence_at_bank(world)
    assert row.kind == "loss_report"
    for jpeg in (row.still, row.front, row.back):
        assert jpeg.startswith(BEGINS)
        assert jpeg.endswith(ENDS)
    assert len({row.still, row.front, row.back}) == 3


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        ({"stand": Stand.AWAY}, Wanting.NO_FACE),
        ({"stand": Stand.IN_COMPANY}, Wanting.SEVERAL_FACES),
        ({"stand": Stand.FAR}, Wanting.TOO_FAR),
        ({"light": Light.DARK}, Wanting.TOO_DARK),
        ({"light": Light.BRIGHT}, Wanting.TOO_BRIGHT),
        ({"shaky": True}, Wanting.BLURRED),
    ],
)
def test_the_screen_says_what_the_still_lacks_and_goes_on_when_it_is_well(
    world: World, scene: dict[str, Any], reason: Wanting
) -> None:
    goes_to_the_still(world)
    before = world.lens.scene
    world.scene(**scene)
    world.reads(HINTS[reason])
    world.lens.scene = before
    world.sees("loss.copy")
    assert not any(HINTS[reason] in text for text in world.view.texts())


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        ({"half_out": True}, Wanting.CARD_NOT_WHOLE),
        ({"shiny": True}, Wanting.GLARE),
        ({"light": Light.DARK}, Wanting.TOO_DARK),
    ],
)
def test_the_screen_says_what_the_copy_lacks(
    world: World, scene: dict[str, Any], reason: Wanting
) -> None:
    goes_to_the_copy(world)
    before = world.lens.scene
    world.scene(**scene)
    world.reads(HINTS[reason])
    world.lens.scene = before
    world.sees("loss.confirm")


def test_whoever_does_not_turn_the_card_over_is_told_and_no_front_passes_for_a_back(
    world: World,
) -> None:
    goes_to_the_copy(world)
    world.lens.willing = False
    world.reads("国徽面", HINTS[Wanting.WRONG_SIDE])
    world.lens.turns_card()
    world.sees("loss.confirm")


def test_a_person_who_is_there_and_never_comes_out_well_is_told_what_to_do(world: World) -> None:
    goes_to_the_still(world)
    world.scene(light=Light.DARK)
    world.sees("trouble", within_s=Limit.STILL.seconds + 5)
    assert trouble(world) == "no_picture"
    world.reads("柜台也能办理")
    world.scene(light=Light.GOOD)
    world.presses("again")
    world.sees("loss.still")
    world.sees("loss.copy")


@pytest.mark.rule("PRIVACY.NOTHING_STAYS")
@pytest.mark.parametrize("to", [goes_to_the_still, goes_to_the_copy])
def test_whoever_walks_away_from_the_camera_leaves_an_idle_terminal(
    world: World, to: Callable[[World], None]
) -> None:
    to(world)
    world.lens.willing = False
    world.scene(stand=Stand.AWAY, shown=Shown.NOTHING)
    world.sees("idle", "goodbye", within_s=Limit.COPY.seconds + 10)
    assert not evidence_at_bank(world)


@pytest.mark.rule("PRIVACY.NOTHING_STAYS")
@pytest.mark.parametrize("ends", ["done", "leaves", "goes_back", "time"])
def test_no_picture_is_left_in_memory_on_the_queue_s_disk_or_in_the_journal(
    world: World, ends: str
) -> None:
    goes_to_the_copy(world)
    world.sees("loss.confirm")
    taken = [
        jpeg for each in world.terminal.session.situation.person.pictures.values() for jpeg in each
    ]
    assert len(taken) == 3
    match ends:
        case "done":
            world.presses("confirm")
            world.sees("loss.result")
            world.presses("done")
        case "leaves":
            world.presses("leave")
        case "goes_back":
            world.presses("back")
            world.lens.willing = False
            world.waits(0.2)
            assert "copy" not in world.terminal.session.situation.person.pictures
            world.presses("leave")
        case "time":
            world.waits(Limit.CHOOSE.seconds + 1)
    world.sees("idle", within_s=120)
    world.waits(60)
    middles = [jpeg[len(jpeg) // 2 :][:64] for jpeg in taken]
    held = [each for each in objects_of(world) if isinstance(each, bytes | bytearray | str)]
    for piece in middles:
        assert not any(piece in each for each in held if not isinstance(each, str))
        assert piece not in world.queue.database()
        assert not any(piece.hex() in detail for _, detail in world.records)


@pytest.mark.rule("OFFLINE.HONEST")
def test_without_a_line_the_pictures_wait_sealed_and_arrive_with_the_report(world: World) -> None:
    world.cuts_line()
    world.waits(30)
    goes_to_the_copy(world)
    world.sees("loss.confirm")
    pictures = world.terminal.session.situation.person.pictures
    piece = pictures["still"][0][100:164]
    world.presses("confirm")
    world.sees("loss.result")
    assert piece not in world.queue.database()
    assert not evidence_at_bank(world)
    world.repairs_line()
    world.waits(400)
    (row,) = evidence_at_bank(world)
    assert piece in row.still


def test_a_camera_that_dies_in_the_middle_is_told_and_can_be_tried_again(world: World) -> None:
    goes_to_the_still(world)
    world.scene(stand=Stand.AWAY)
    world.camera.die()
    world.sees("trouble")
    assert trouble(world) == "device_gone"
    world.scene(stand=Stand.HERE)
    world.waits(10)
    world.presses("again")
    world.sees("loss.still")
    world.sees("loss.copy")


@pytest.mark.rule("LOSS.IN_PERSON")
def test_an_oral_report_is_not_held_up_where_there_is_no_camera(world: World) -> None:
    world.camera.starts = False
    world.camera.die()
    world.waits(10)
    assert not world.terminal.session.situation.usable(Device.CAMERA)
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    assert not evidence_at_bank(world)


@pytest.mark.rule("ACTIVATE.IN_PERSON")
def test_the_english_screen_asks_the_same(world: World) -> None:
    world.presses("language")
    goes_to_the_still(world)
    world.reads("Look at the camera")
    world.scene(stand=Stand.FAR)
    world.reads("come a little closer")
    world.scene(stand=Stand.HERE)
    world.reads(
        "Show the photo side",
    )
    world.reads("Now the side with the emblem")
    world.sees("loss.confirm")
