"""People who come to the terminal at random, and do there what people do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import text

from bank.people import PEOPLE, Person
from kiosk.fsm import plan as states
from kiosk.fsm.library.choosing import Choose, Confirm, HoldUpCode
from kiosk.fsm.library.custody import HandInCard
from kiosk.fsm.library.identity import InsertCard, LayIdCard
from kiosk.fsm.library.passwords import EnterPassword, NewPassword
from kiosk.fsm.library.paying import AwaitPayment
from kiosk.fsm.library.typing import TypeNumber
from kiosk.fsm.services import SERVICES
from kiosk.fsm.steps import Face, Step
from simulators.world.world import World
from sscard.cards import CardState
from sscard.requests import Answer

AT_RANDOM = 0.3  # of all visits
_ANYTHING = [each.name for each in SERVICES if each.name != "guidance"]
_ERRANDS = {
    CardState.INACTIVE: ["activate"],
    CardState.ACTIVE: ["balance", "change", "password_change", "password_unlock", "loss"],
    CardState.LOST_ORAL: ["loss", "loss_cancel"],
    CardState.LOST_WRITTEN: ["replace", "replace", "loss_cancel"],
    CardState.SUSPENDED: ["where_is_my_card", "balance", "replace"],
}
_STATES = text("select state from cards where card_number = :number")
NEW_PASSWORD = "583174"
STEPS_MAX = 90
WALKS_AWAY = 0.02  # at each screen
WRONG = 0.06  # the wrong card, the wrong document, the wrong password
PAYS = 0.75


@dataclass
class Crowd:
    """Whoever lives in this city, what they hold in their hands, and what they were given."""

    rng: Random
    papers: list[str] = field(default_factory=list)  # texts of codes on receipts so far
    visits: dict[str, int] = field(default_factory=dict)  # how many chose each service
    shown: list[tuple[str, Answer]] = field(default_factory=list)  # op id, answer on the screen

    def somebody(self, with_card: bool = False) -> Person:
        """A person, one with a card if asked for."""
        return self.rng.choice([each for each in PEOPLE if each.cards or not with_card])

    def visit(self, world: World) -> None:
        """One visit, from a tile to the end, however it ends."""
        who, name = self._errand(world)
        service = world.terminal.session.plan.service(name)
        if service.group:
            world.presses(service.group)
        offered = {each.id for each in world.view.options if each.enabled}
        if service.name not in offered:
            self._goes(world)
            return
        self.visits[service.name] = self.visits.get(service.name, 0) + 1
        world.presses(service.name)
        for _ in range(STEPS_MAX):
            if world.state in (states.IDLE, states.OUT_OF_SERVICE):
                break
            self._act(world, who)
        self._goes(world)

    def _errand(self, world: World) -> tuple[Person, str]:
        """Somebody, and what they come for: most come for what their card is in need of."""
        if self.rng.random() < AT_RANDOM:
            return self.somebody(), self.rng.choice(_ANYTHING)
        who = self.somebody(with_card=True)
        with world.bank.engine.connect() as bank:
            states_now = bank.execute(_STATES, {"number": who.cards[0].card_number}).scalars()
            state = CardState(next(iter(states_now)))
        return who, self.rng.choice(_ERRANDS.get(state, _ANYTHING))

    def _goes(self, world: World) -> None:
        """The person goes, and takes what they can see; time does the rest."""
        world.takes_code_away()
        world.lifts()
        world.sees(states.IDLE, states.OUT_OF_SERVICE, states.CARD_LEFT, within_s=900.0)
        if world.slot.occupied:
            world.pulls()
        world.sees(states.IDLE, states.OUT_OF_SERVICE, within_s=900.0)

    # --- what the screen asks --------------------------------------------------------------

    def _act(self, world: World, who: Person) -> None:
        if self.rng.random() < WALKS_AWAY:
            world.waits(200.0)
            return
        here = world.terminal.session.plan.step_of(world.state)
        if here is None:
            self._shared(world)
        else:
            self._step(world, here[1], who)

    def _shared(self, world: World) -> None:
        match world.state:
            case states.TROUBLE:
                buttons = {each.id for each in world.view.buttons()}
                again = "again" in buttons and self.rng.random() < 0.4
                world.presses("again" if again else "leave")
            case states.TAKE_CARD:
                if world.slot.occupied and self.rng.random() > WRONG:
                    world.pulls()
                else:
                    world.waits(60.0)
            case _:
                world.waits(7.0)

    def _step(self, world: World, step: Step, who: Person) -> None:
        match step:
            case AwaitPayment():
                self._pay(world)
            case LayIdCard():
                self._lay(world, who)
            case InsertCard() | HandInCard():
                self._insert(world, who)
            case NewPassword():
                self._type(world, NEW_PASSWORD)
            case EnterPassword():
                right = who.cards[0].password if who.cards else NEW_PASSWORD
                self._type(world, self.rng.choice([right, right, NEW_PASSWORD, "864201"]))
            case TypeNumber():
                self._type_on_screen(world)
            case HoldUpCode():
                world.takes_code_away()
                world.holds_up(self.rng.choice([*self.papers[-8:], "https://example.org/"]))
                world.waits(3.0)
            case Confirm():
                world.presses(self.rng.choice(["confirm"] * 6 + ["leave"]))
            case Choose():
                self._choose(world)
            case _ if step.face is Face.RESULT:
                self._result(world)
            case _:
                world.waits(2.0)

    def _lay(self, world: World, who: Person) -> None:
        wrong = self.rng.random() < WRONG
        world.lifts()
        world.lays(self.somebody().key if wrong else who.key)
        world.waits(3.0)

    def _insert(self, world: World, who: Person) -> None:
        holder = self.somebody(with_card=True) if self.rng.random() < WRONG else who
        if world.slot.occupied or not holder.cards:
            world.presses("leave")
            return
        world.inserts(holder.key, self.rng.randint(1, len(holder.cards)))
        world.waits(2.0)

    def _type(self, world: World, digits: str) -> None:
        world.waits(1.0)
        world.types(f"{digits}e")
        world.waits(2.0)

    def _type_on_screen(self, world: World) -> None:
        ids = [each.id for each in world.view.buttons() if each.enabled]
        digits = [each for each in ids if each[-1:].isdigit()]
        onward = [each for each in ids if each in ("confirm", "keep", "enter", "done")]
        world.presses(self.rng.choice(onward or digits or ["leave"]))

    def _choose(self, world: World) -> None:
        options = [each.id for each in world.view.options if each.enabled]
        world.presses(self.rng.choice(options) if options else "leave")

    def _pay(self, world: World) -> None:
        if self.rng.random() < PAYS:
            world.pays()
            world.waits(6.0)
        else:
            world.waits(100.0)

    def _result(self, world: World) -> None:
        self._remembers(world)
        buttons = [each.id for each in world.view.bar]
        if "print" in buttons and self.rng.random() < 0.5:
            before = len(world.receipts())
            world.presses("print")
            world.waits(20.0)
            if len(world.receipts()) > before:
                self._keeps(world.receipts()[-1].splitlines())
        elif "done" in buttons:
            world.presses("done")

    def _keeps(self, lines: Sequence[str]) -> None:
        self.papers += [line.strip() for line in lines if line.startswith("SSC-")]

    def _remembers(self, world: World) -> None:
        visit = world.terminal.session.situation.person
        if visit.taken is not None and visit.answer is not None:
            self.shown.append((visit.taken.code, visit.answer))
