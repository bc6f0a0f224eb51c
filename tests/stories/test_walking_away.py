"""People walk away, at every screen there is; and one stranger presses and does everything."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from bank.people import PEOPLE, person
from kiosk.fsm.services import SERVICES
from kiosk.fsm.session import Session
from kiosk.fsm.staff.words import StandingIs
from kiosk.fsm.steps import Face
from simulators.documents import card_data, laid_document
from simulators.models.id_scanner import LaidDocument
from simulators.models.social_security_card import CardFaults, Malformation
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import opens
from tests.stories.ways import WAYS, goes_to

STATES = Session().plan.chart().states
AT_REST = ("idle", "out_of_service")


def next_person_can_start(world: World) -> None:
    """Nothing of the visit before is left, and the terminal is there for the next one."""
    assert world.terminal.session.situation.visit is None
    said = " ".join(world.view.texts())
    for each in PEOPLE:
        assert each.name not in said
        assert not any(card.card_number[-4:] in said for card in each.cards)
    assert "¥" not in said
    world.takes_code_away()
    world.lifts()
    opens(world, "receipt_check")
    world.sees("receipt_check.code")


# --- walking away -------------------------------------------------------------------------------


def test_there_is_a_way_to_every_screen() -> None:
    assert set(WAYS) == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_the_person_leaves_everything_and_walks_away(world: World, state: str) -> None:
    goes_to(world, state)
    world.sees(*AT_REST, "card_left", within_s=600)
    if world.slot.occupied:
        world.sees("card_left")
        world.waits(120)
        assert world.state == "card_left"
        world.pulls()
    world.sees("idle")
    next_person_can_start(world)


@pytest.mark.parametrize("state", STATES)
def test_the_person_takes_the_card_and_walks_away(world: World, state: str) -> None:
    goes_to(world, state)
    world.lifts()
    if world.slot.occupied:
        world.pulls()
    world.sees("idle", within_s=600)
    next_person_can_start(world)


@pytest.mark.parametrize("state", STATES)
def test_the_line_drops_and_the_person_walks_away(world: World, state: str) -> None:
    goes_to(world, state)
    world.cuts_line()
    world.sees(*AT_REST, "card_left", within_s=600)
    if world.slot.occupied:
        world.pulls()
    world.repairs_line()
    world.waits(30)
    world.sees("idle")
    next_person_can_start(world)


@pytest.mark.parametrize("state", STATES)
def test_the_person_presses_leave_wherever_it_is_offered(world: World, state: str) -> None:
    goes_to(world, state)
    if "leave" not in {button.id for button in world.view.buttons()}:
        ends = (*AT_REST, "take_card", "card_left", "goodbye", "last_call", "keeping")
        ends_too = ("card_kept", "staff_doing")
        here = world.terminal.session.plan.step_of(state)
        assert here[1].face in (Face.WAIT, Face.RESULT) if here else state in (*ends, *ends_too)
        return
    world.presses("leave")
    world.sees("take_card", "goodbye", "card_left", "last_call", "idle")
    if world.slot.occupied:
        world.pulls()
    world.sees("idle")
    next_person_can_start(world)


@pytest.mark.parametrize("state", STATES)
def test_a_finger_on_every_button_there_ever_was_does_no_harm(world: World, state: str) -> None:
    """A press may arrive after its screen has gone, and lead on to where the next one is late."""
    names = ["back", "leave", "again", "done", "print", "confirm", "oral", "card:9", "balance"]
    goes_to(world, state)
    for name in Random(state).sample(names, len(names)):
        world.terminal.press(name)
        world.waits(0.2)
        world.view.texts()
    world.sees(*AT_REST, "card_left", within_s=1800)
    assert world.terminal.session.situation.visit is None


# --- the stranger -------------------------------------------------------------------------------


class Stranger:
    """Somebody who does whatever comes to mind, from a seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.rng = Random(seed)
        self.seen: set[str] = set()
        self.queue_lives = True
        self._deeds: list[tuple[int, Callable[[], None]]] = [
            (40, self.does_what_the_screen_asks),
            (20, self.presses),
            (3, self.presses_too_late),
            (10, self.lays),
            (3, world.lifts),
            (10, self.inserts),
            (3, world.pulls),
            (6, self.types),
            (3, self.holds_up),
            (1, world.takes_code_away),
            (1, world.cuts_line),
            (6, world.repairs_line),
            (1, self.spoils_the_bank),
            (1, self.unplugs),
            (1, self.kills_the_queue),
            (10, self.plugs),
            (20, self.waits),
        ]

    def does_something(self) -> None:
        """One deed; afterwards every screen can be shown in both languages."""
        weights = [weight for weight, _ in self._deeds]
        ((_, deed),) = self.rng.choices(self._deeds, weights)
        deed()
        self.world.waits(0.0)
        self.seen.add(self.world.state)
        self.world.view.texts()

    def goes(self) -> None:
        """The stranger has had enough, and everything is put right behind them."""
        if self.world.shelves["closed"].content:  # what a technician closed, one opens again
            self.world.shelves["closed"].begin(b"")
            self.world.terminal.post(StandingIs(has_codes=True))
        self.plugs()
        self.world.bank.mood = BankMood.WELL
        self.world.repairs_line()
        self.world.takes_code_away()
        self.world.lifts()
        if self.world.slot.occupied:
            self.world.pulls()

    def does_what_the_screen_asks(self) -> None:
        world = self.world
        state, _, step = world.state.partition(".")
        if world.slot.occupied and state in ("take_card", "card_left", "idle"):
            world.pulls()
        elif step == "id_card":
            world.lays("li")
        elif step == "card" and not world.slot.occupied:
            world.inserts("li")
        elif step in ("password", "old", "new", "new_again"):
            world.types("135790e")
        elif step in ("code", "form"):
            self.holds_up()
        elif state in ("staff_number", "staff_code"):
            self.tries_a_code()
        else:
            offered = [each.id for each in world.view.buttons() if each.enabled]
            onward = [button for button in offered if button not in ("back", "leave", "language")]
            if onward:
                world.presses(self.rng.choice(onward))

    def tries_a_code(self) -> None:
        """A stranger knows no code; one time in three somebody who does stands there."""
        world = self.world
        if world.state == "staff_number":
            digits = self.rng.choice(["4711", "0815", "4711"])
        else:
            duty = world.terminal.session.situation.worker
            right = world.code_of(duty.number)
            digits = self.rng.choice([right, "00000000", "12345678"])
        for digit in digits:
            if f"digit:{digit}" in {b.id for b in world.view.buttons() if b.enabled}:
                world.presses(f"digit:{digit}")
        if "confirm" in {b.id for b in world.view.buttons() if b.enabled}:
            world.presses("confirm")

    def presses(self) -> None:
        offered = [button.id for button in self.world.view.buttons() if button.enabled]
        if offered:
            self.world.presses(self.rng.choice(offered))

    def presses_too_late(self) -> None:
        every = ["back", "leave", "again", "done", "print", "confirm", "oral", "card:1", "loss"]
        self.world.terminal.press(self.rng.choice(every))

    def lays(self) -> None:
        document = self.rng.choice([LaidDocument(), laid_document(self.rng.choice(PEOPLE))])
        if self.rng.random() < 0.8:
            document = laid_document(person("li"))
        self.world.lays_document(document, wrong=self.rng.random() < 0.1)

    def inserts(self) -> None:
        if self.world.slot.occupied:
            return
        holders = [each for each in PEOPLE if each.cards]
        holder = self.rng.choice([*holders, *[person("li")] * 50])
        faults = CardFaults()
        match self.rng.randrange(12):
            case 0:
                faults = CardFaults(malformed=self.rng.choice(list(Malformation)))
            case 1:
                faults = CardFaults(pulled_at_apdu=self.rng.randint(1, 20))
            case 2:
                faults = CardFaults(mute=True)
        upside_down = self.rng.random() < 0.1
        data = card_data(holder, self.rng.choice(holder.cards))
        self.world.inserts_card(data, faults, upside_down=upside_down)

    def types(self) -> None:
        keys = ["135790e", "135790e", "864209e", "864209e", "111111e", "12e", "c", "d", "e", "9"]
        self.world.types(self.rng.choice(keys))

    def holds_up(self) -> None:
        codes = ["https://example.cn/abcdefgh", "SSC-LOSS:000000000", "x" * 600]
        for receipt in self.world.receipts()[-3:]:
            codes += [line for line in receipt.splitlines() if line.startswith("SSC-LOSS:")]
        self.world.holds_up(self.rng.choice(codes))

    def spoils_the_bank(self) -> None:
        self.world.bank.mood = self.rng.choice([BankMood.WELL] * 12 + [*BankMood])

    def unplugs(self) -> None:
        match self.rng.randrange(5):
            case 0:
                self.world.camera.die()
            case 1:
                self.world.slot.lose_reader(service=self.rng.random() < 0.5)
            case _:
                self.world.lines[self.rng.choice(list(self.world.lines))].unplug()

    def kills_the_queue(self) -> None:
        if self.queue_lives:
            self.world.kills_queue()
            self.queue_lives = False

    def plugs(self) -> None:
        if not self.queue_lives:
            self.world.starts_queue()
            self.queue_lives = True
        self.world.slot.find_reader()
        for line in self.world.lines.values():
            line.plug()

    def waits(self) -> None:
        self.world.waits(
            self.rng.choice([0.05, 0.3, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 9.0, 31.0, 65.0])
        )


@pytest.mark.parametrize("seed", range(12))
def test_a_stranger_who_does_everything_never_breaks_the_terminal(world: World, seed: int) -> None:
    stranger = Stranger(world, seed)
    for _ in range(4):
        for _ in range(100):
            stranger.does_something()
        stranger.goes()
        world.sees("idle", within_s=600)
        assert world.terminal.session.situation.visit is None


def test_the_stranger_comes_into_most_of_the_services() -> None:
    """If not, the stories above would say little."""
    seen: set[str] = set()
    for seed in range(100, 106):
        with World() as world:
            stranger = Stranger(world, seed)
            for _ in range(300):
                stranger.does_something()
            seen |= stranger.seen
            seen |= {detail for what, detail in world.records if what == "step"}
    services = {state.partition(".")[0] for state in seen if "." in state}
    assert len(services) > 0.8 * len(SERVICES), sorted(services)
