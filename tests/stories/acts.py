"""What people do in many stories, and what the screen tells them of it."""

from __future__ import annotations

from bank.people import person
from kiosk.fsm.plan import MENU, Plan
from kiosk.fsm.services import SERVICES
from simulators.documents import card_data
from simulators.models.social_security_card import CardData
from simulators.world.stage import Stage
from simulators.world.world import World

PLAN = Plan(SERVICES)


def card_of(key: str) -> CardData:
    """What is on the first card of a person."""
    holder = person(key)
    return card_data(holder, holder.cards[0])


def goes_to_the_card(world: World, key: str = "chen") -> None:
    """Balance check, up to the empty slot."""
    world.presses("balance")
    world.lays(key)
    world.sees("balance.card")


def goes_to_the_password(world: World, key: str = "chen", card: int = 1) -> None:
    """Balance check, up to the PIN pad, the card in the slot."""
    goes_to_the_card(world, key)
    world.inserts(key, card)
    world.sees("balance.password")


def reports_a_loss(world: World, key: str = "chen") -> str:
    """A written report, up to the result; answers its code."""
    world.presses("loss")
    world.lays(key)
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    return code_on_screen(world)


def prints_the_report(world: World) -> str:
    """Print the result of a loss report; the receipt's text."""
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    return world.receipts()[-1]


def code_on_screen(world: World) -> str:
    """The code of what was taken."""
    taken = world.terminal.session.situation.person.taken
    assert taken is not None
    return taken.code


def says(world: World, words: str) -> bool:
    """Whether the screen says this now."""
    return any(words in each for each in world.view.texts())


def opens(stage: Stage, service: str) -> None:
    """Choose a service; one that stands behind a group's tile is looked for there."""
    _to_the_tile(stage, service)
    stage.presses(service)


def sees_tile(stage: Stage, service: str, enabled: bool = True) -> None:
    """Wait, at idle, until a service can be chosen or cannot; idle is the screen again after it."""
    group = _to_the_tile(stage, service)
    stage.sees_button(service, enabled=enabled)
    if group:
        stage.presses("leave")
        stage.sees("idle")


def prints_it(stage: Stage) -> str:
    """Have what came of the visit printed; what stands on the paper."""
    stage.presses("print")
    stage.reads("凭条已打印")
    return stage.receipts()[-1]


def code_on(paper: str, mark: str) -> str:
    """The content of the code on a paper; it begins with `mark`."""
    return paper[paper.index(mark) :].split()[0]


def leaves(stage: Stage) -> None:
    """Done, and the ID card is taken along."""
    stage.presses("done")
    stage.lifts()
    stage.sees("idle")


def takes_the_card(stage: Stage) -> None:
    """Done, and both cards are taken along."""
    stage.presses("done")
    stage.sees("take_card")
    stage.pulls()
    stage.lifts()
    stage.sees("idle")


def tile(world: World, service: str) -> tuple[str, bool]:
    """What a service's tile says below its name, and whether it can be chosen.

    The tile of a group is opened for it, and left again.
    """
    group = _to_the_tile(world, service)
    (found,) = [each for each in world.view.options if each.id == service]
    if group:
        world.presses("leave")
    return found.second, found.enabled


def _to_the_tile(stage: Stage, service: str) -> str:
    """Open the group's tile that a service stands behind; answers the group, if there is one."""
    group = PLAN.service(service).group
    if group:
        stage.presses(group)
        stage.sees(MENU)
    return group


def trouble(world: World) -> str:
    """What is the matter, as the session calls it."""
    found = world.terminal.session.situation.person.trouble
    assert found is not None
    return found.code
