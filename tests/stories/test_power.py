"""The power fails, or a process is killed, at every point of a visit: the terminal comes back to
rest by itself, knows nobody, and what was taken still reaches the bank once.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from bank.schema import operations
from kiosk.drivers.events import Device
from simulators.models.pin_pad import Mode
from simulators.world.world import World, receipt_text
from sscard.codes import spaced
from tests.stories.acts import reports_a_loss
from tests.stories.ledger import reports

LONGEST_PAUSE_S = 310.0
UP_S = 20.0

BLOWS: dict[str, Callable[[World], None]] = {
    "power": World.loses_power,
    "kiosk": World.kills_kiosk,
}
BLOW = pytest.mark.parametrize("blow", BLOWS)

# A whole visit in the order of its screens; each step brings it one screen further.
BALANCE: tuple[tuple[str, Callable[[World], None]], ...] = (
    ("balance.id_card", lambda world: world.presses("balance")),
    ("balance.card", lambda world: world.lays("chen")),
    ("balance.reading", lambda world: world.inserts("chen")),
    ("balance.password", lambda world: world.waits(0.0)),
    ("balance.password", lambda world: world.types("246")),
    ("balance.asking", lambda world: world.types("810e")),
    ("balance.result", lambda world: world.waits(0.0)),
    ("balance.printing", lambda world: world.presses("print")),
    ("balance.result", lambda world: world.waits(0.0)),
    ("take_card", lambda world: world.presses("done")),
)


def is_like_new(world: World) -> None:
    """At rest, with no card of anybody in the slot, and a whole visit works."""
    if world.slot.occupied:
        world.sees("card_left", "card_first")
        world.pulls()
    world.lifts()
    world.sees("idle")
    world.waits(UP_S)
    assert world.pad.mode is Mode.CLOSED
    assert not world.pad.holds_digits
    world.presses("balance")
    world.lays("zhao")
    world.sees("balance.card")
    world.inserts("zhao")
    world.sees("balance.password")
    world.waits(1.0)
    world.types("135790e")
    world.sees("balance.result")
    world.reads("¥ 864.20")
    world.presses("done")
    world.pulls()
    world.lifts()
    world.sees("idle")


@BLOW
@pytest.mark.parametrize("steps", range(1, len(BALANCE) + 1))
def test_a_blow_in_a_visit_ends_it_and_nothing_of_it_is_left(
    world: World, blow: str, steps: int
) -> None:
    for state, act in BALANCE[:steps]:
        if state == "balance.password":
            world.sees(state)
            world.waits(1.0)
        act(world)
        if state != "balance.asking":
            world.sees(state)
    BLOWS[blow](world)
    world.waits(UP_S)
    assert world.terminal.session.situation.visit is None
    assert not any("1372" in text or "¥" in text for text in world.view.texts())
    is_like_new(world)


@BLOW
@pytest.mark.parametrize("moment_s", [0.0, 0.0019, 0.0021, 0.003, 0.04, 0.1])
def test_a_blow_while_the_bank_is_asked_reports_at_most_once(
    world: World, blow: str, moment_s: float
) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.waits(moment_s)
    shown = world.terminal.session.situation.person.taken
    BLOWS[blow](world)
    world.lifts()
    world.waits(LONGEST_PAUSE_S)
    world.sees("idle")
    assert world.queue.waiting == 0
    with world.bank.engine.connect() as bank:
        asked = select(operations.c.code).where(operations.c.kind == "loss_report")
        codes = list(bank.execute(asked).scalars())
    assert len(codes) == reports(world) <= 1
    if shown is not None:
        assert codes == [shown.code], "what was shown as taken has reached the bank"


@BLOW
def test_a_blow_with_the_line_down_keeps_what_was_taken(world: World, blow: str) -> None:
    world.cuts_line()
    world.waits(20.0)
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    BLOWS[blow](world)
    world.lifts()
    world.waits(60.0)
    world.sees("idle")
    assert world.queue.waiting == 1
    assert reports(world) == 0
    world.repairs_line()
    world.waits(LONGEST_PAUSE_S)
    assert world.queue.waiting == 0
    assert reports(world) == 1


@BLOW
def test_a_blow_while_it_prints_leaves_nothing_for_the_next_ones_paper(
    world: World, blow: str
) -> None:
    world.printer.lines_per_s = 4.0
    code = reports_a_loss(world)
    world.presses("print")
    world.waits(1.5)
    BLOWS[blow](world)
    world.lifts()
    world.waits(UP_S)
    world.printer.lines_per_s = 20.0
    reports_a_loss(world, "zhao")
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    world.reads("凭条已打印")
    paper = receipt_text(world.printer.receipts[-1])
    assert paper.startswith("社会保障卡自助服务")
    assert paper.count("社会保障卡自助服务") == 1
    assert spaced(code) not in paper
    assert "1372" not in paper


@BLOW
def test_a_card_in_the_slot_when_it_comes_back_is_asked_to_be_taken(
    world: World, blow: str
) -> None:
    world.inserts("chen")
    world.sees("card_first")
    BLOWS[blow](world)
    world.waits(UP_S)
    world.sees("card_left", "card_first")
    world.pulls()
    world.sees("idle")


def test_a_scanner_that_loses_its_power_comes_back(world: World) -> None:
    world.presses("loss")
    world.sees("loss.id_card")
    world.scanner.power_off()
    world.lays("chen")
    world.sees("trouble")
    world.scanner.power_on(world.agenda.now_s())
    world.waits(UP_S)
    world.presses("leave")
    world.lifts()
    world.sees("idle")
    assert world.terminal.session.situation.usable(Device.ID_SCANNER)
    is_like_new(world)


def test_a_dead_queue_leaves_the_terminal_running_and_comes_back(world: World) -> None:
    world.kills_queue()
    world.waits(UP_S)
    world.sees("idle")
    world.reads("本机暂时不能受理任何业务")
    world.starts_queue()
    world.waits(UP_S)
    assert world.terminal.session.situation.line_up
    is_like_new(world)
