"""What the stories of technicians share."""

from __future__ import annotations

from bank.people import PEOPLE
from simulators.models.retain_bin import RetainBin
from simulators.world.world import World


def records(world: World, what: str) -> list[str]:
    """The details of the journal's entries with this word."""
    return [detail for word, detail in world.records if word == what]


def does(world: World, act: str, *, second: str = "") -> None:
    """Confirm an act, with a second person's code where one is named."""
    world.presses(f"act:{act}")
    world.presses("confirm")
    if second:
        world.signs_in(second)
    world.sees("staff_done")


def shows_nobody(world: World) -> None:
    """No page says anything of anybody whose cards the world knows."""
    said = " ".join(world.view.texts())
    for each in PEOPLE:
        assert each.name not in said
        assert each.id_number not in said
        for card in each.cards:
            assert card.card_number not in said
            assert card.card_number[-4:] not in said
            assert card.pan not in said


def forgets_a_card(world: World) -> None:
    world.slot.bin = RetainBin()
    world.slot.wake()
    world.inserts("chen")
    world.sees("card_kept", within_s=600)
    world.presses("done")
    world.sees("idle")
