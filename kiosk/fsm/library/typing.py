"""The step in which a number is typed, digit by digit, on keys that are drawn on the screen.

For numbers that are no secret: a password is never typed on the screen, the PIN pad has the keys.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.fsm.effects import Effect
from kiosk.fsm.events import Event, Pressed
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Face, Next, Outcome, Stay, Step
from kiosk.fsm.visit import Situation

DIGITS = "123456789"  # in the order of a telephone's keys; 0 stands beneath
ERASE = "erase"
DONE = "confirm"


def key_of(digit: str) -> str:
    """The button of a digit."""
    return f"digit:{digit}"


class TypeNumber(Step, frozen=True, kw_only=True):
    """A number of `shortest` to `longest` digits; the visit remembers it under the step's name.

    `fits` judges a whole number; only one that fits can be confirmed. `group` is how many digits
    stand together when it is shown.
    """

    shortest: int
    longest: int
    fits: Callable[[str], bool] = str.isdigit
    group: int = 4
    limit: Limit = Limit.TYPE
    face: Face = Face.TYPE

    def __post_init__(self) -> None:
        assert 1 <= self.shortest <= self.longest

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.typed = ""
        return ()

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case Pressed(button) if button in self.keys(situation):
                visit.typed = visit.typed[:-1] if button == ERASE else visit.typed + button[-1]
                return Stay(again=True)
            case Pressed("confirm") if self.is_whole(situation):
                visit.said[self.name] = visit.typed
                return Next()
        return None

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.typed = ""
        return ()

    def keys(self, situation: Situation) -> tuple[str, ...]:
        """The keys that do something now."""
        typed = situation.person.typed
        digits = tuple(map(key_of, DIGITS + "0")) if len(typed) < self.longest else ()
        return (*digits, *((ERASE,) if typed else ()))

    def is_whole(self, situation: Situation) -> bool:
        """Whether what is typed so far is a number that can be confirmed."""
        typed = situation.person.typed
        return self.shortest <= len(typed) <= self.longest and self.fits(typed)
