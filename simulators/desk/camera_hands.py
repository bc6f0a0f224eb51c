"""What a person does before the camera of the desk: holds codes up, stands there, shows the ID card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulators.desk.hands import CannotDo, Details, Say
from simulators.models.camera import Camera
from simulators.models.id_scanner import LaidDocument
from simulators.models.scenes import Light, Shown, Stand

_ASKED = {"look_here": Shown.NOTHING, "copy_front": Shown.FRONT, "copy_back": Shown.BACK}
_SCENE_FAULTS = ("shaky", "half_out", "shiny", "upside_down")


class CameraHands:
    """The camera. Whoever laid down an ID card stands before it, looks into it and shows the sides
    of the card as the screen asks (`reads_screen`), unless told otherwise.
    """

    def __init__(self, model: Camera, last_code: Callable[[], str | None], say: Say) -> None:
        self._model = model
        self._last_code = last_code
        self._say = say
        self._picture = 0

    def perform(self, action: str, details: Details) -> None:
        """`hold_up` {text}, `hold_up_receipt`, `take_away`; `step_away`, `come_back`, `turn_card`,
        `bring_company`; `light` {state}; `fault` {frozen, shaky, half_out, shiny, upside_down}.
        """
        match action:
            case "hold_up":
                self._hold_up(details.get("text"))
            case "hold_up_receipt":
                if (code := self._last_code()) is None:
                    raise CannotDo("no receipt with a code was printed yet")
                self._hold_up(code)
            case "take_away":
                self._model.take_away()
                self._changed("code taken away")
            case "step_away":
                self._model.willing = False
                self._stand(Stand.AWAY, "nobody stands before it")
            case "come_back":
                self._model.willing = True
                self._stand(Stand.HERE, "somebody stands before it")
            case "bring_company":
                self._stand(Stand.IN_COMPANY, "two people stand before it")
            case "turn_card":
                self._model.willing = False
                self._model.turns_card()
                self._changed("the card is turned over")
            case "light":
                self._light(details.get("state"))
            case "fault":
                self._fault(details.get("name"), on=details.get("on") is True)
            case _:
                raise CannotDo("the camera has no such action")

    def comes(self, document: LaidDocument) -> None:
        """The person of this document stands at the terminal now."""
        self._model.willing = True
        self._model.comes(document)
        self._picture += 1

    def reads_screen(self, picture: str) -> None:
        """The screen shows this picture: the person does what it asks."""
        if picture in _ASKED:
            before = self._model.scene
            self._model.asked_for(_ASKED[picture])
            self._picture += self._model.scene != before

    def state(self) -> Details:
        """`showing`: whether a code is in front of the lens; `picture` counts its changes."""
        showing, scene = self._model.in_view is not None, self._model.scene
        return {
            "busy": showing,
            "text": "a code is held up" if showing else "nothing held up",
            "showing": showing,
            "picture": self._picture,
            "stand": scene.stand.value,
            "shown": scene.shown.value,
            "light": scene.light.value,
            "faults": {
                "frozen": self._model.frozen,
                **{name: getattr(scene, name) for name in _SCENE_FAULTS},
            },
        }

    def _stand(self, stand: Stand, words: str) -> None:
        shown = self._model.scene.shown if stand is not Stand.AWAY else Shown.NOTHING
        self._model.scene = replace(self._model.scene, stand=stand, shown=shown)
        self._changed(words)

    def _light(self, state: object) -> None:
        if not isinstance(state, str) or state not in tuple(Light):
            raise CannotDo(f"the light is one of {', '.join(Light)}")
        light = Light(state)
        self._model.scene = replace(self._model.scene, light=light)
        self._changed(f"the light is {light}")

    def _fault(self, name: object, *, on: bool) -> None:
        if name == "frozen":
            self._model.frozen = on
        elif name in _SCENE_FAULTS:
            changes: Any = {str(name): on}
            self._model.scene = replace(self._model.scene, **changes)
        else:
            raise CannotDo("the camera has no such fault")
        self._changed(f"fault {name} {'on' if on else 'off'}")

    def _hold_up(self, text: object) -> None:
        if not isinstance(text, str):
            raise CannotDo("say the text of the code")
        try:
            self._model.hold_up(text)
        except ValueError as error:
            raise CannotDo(str(error)) from None
        self._changed("code held up")

    def _changed(self, words: str) -> None:
        self._picture += 1
        self._say(words)
