"""A person at the terminal, through the bench's API: looks, presses, brings cards and papers.

What is expected is waited for; what does not come is an `Unexpected` that says what is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from simulators.world.stage import KEYS

_PATIENCE_S = 40.0  # a busy machine is no trouble of the terminal
_LOOK_EVERY_S = 0.1
_ANSWER_S = 90.0  # giving the power back answers when the kiosk is up

View = dict[str, Any]


class Unexpected(Exception):
    """The terminal shows something else, or the bench refused."""


class Visitor:
    """One person. `patience_s` is how long anything may take that is waited for."""

    def __init__(self, bench_url: str, patience_s: float = _PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._bench = httpx.Client(base_url=bench_url, timeout=_ANSWER_S, trust_env=False)
        self._never = threading.Event()

    def __repr__(self) -> str:
        return f"Visitor({self._bench.base_url})"

    def close(self) -> None:
        """Go away. May be called twice."""
        self._bench.close()

    # --- looks ------------------------------------------------------------------------------

    def view(self) -> View:
        """What the screen shows, as data. Raises `Unexpected` with no kiosk."""
        view: View = self._get("/view").json()
        return view

    def screen_png(self) -> bytes:
        """A picture of the screen."""
        return self._get("/screen.png").content

    def sees(self, *states: str) -> View:
        """Wait until the screen is in one of these states."""
        words = "the screen " + " or ".join(states)
        return self.sees_that(words, lambda view: view["state"] in states)

    def reads(self, *texts: str) -> None:
        """Wait until the screen says each of these texts somewhere."""
        for text in texts:
            self.sees_that(f"the text {text!r}", partial(_says, text))

    def sees_that(self, what: str, is_so: Callable[[View], bool]) -> View:
        """Wait until `is_so` holds of the view."""
        view: View = {}

        def holds() -> bool:
            nonlocal view
            view = self.view()
            return is_so(view)

        if not self._comes(holds):
            raise Unexpected(f"waited for {what}, the screen is {view['state']}: {view['title']}")
        return view

    def sees_button(self, button: str, enabled: bool = True) -> View:
        """Wait until the screen has the button, and it can be pressed or cannot."""

        def has(view: View) -> bool:
            return any(
                each["id"] == button and each["enabled"] is enabled for each in view["buttons"]
            )

        return self.sees_that(f"button {button} {'on' if enabled else 'off'}", has)

    def sees_all_delivered(self) -> None:
        """Wait until nothing in the terminal waits for the bank."""
        if not self._comes(lambda: self._state()["waiting"] == 0):
            raise Unexpected("something still waits for the bank")

    def sees_waiting(self, count: int) -> None:
        """Wait until so many requests in the terminal wait for the bank."""
        if not self._comes(lambda: self._state()["waiting"] == count):
            raise Unexpected(f"waited for {count} waiting, there are {self._state()['waiting']}")

    def receipts(self) -> list[str]:
        """The text of every receipt so far, oldest first; a code as its content."""
        return ["\n".join([each["text"], *each["codes"]]) for each in self.papers()]

    def papers(self) -> list[dict[str, Any]]:
        """Everything printed so far, oldest first, as the bench tells of it."""
        found: list[dict[str, Any]] = self._get("/receipts").json()
        return found

    def receipt_png(self, number: int) -> bytes:
        """A picture of one receipt."""
        return self._get(f"/receipts/{number}.png").content

    def gets_receipt(self, number: int) -> dict[str, Any]:
        """Wait until so many receipts have come out; the last one."""
        if not self._comes(lambda: len(self.papers()) >= number):
            raise Unexpected(f"waited for receipt {number}, it did not come")
        return self.papers()[number - 1]

    # --- does -------------------------------------------------------------------------------

    def presses(self, button: str) -> None:
        """Press a button of the screen."""
        self.sees_button(button)
        self._post("/press", {"button": button})

    def touches(self, x: float, y: float) -> None:
        """Touch the glass, pixels from the top left."""
        self._post("/touch", {"x": x, "y": y})

    def inserts(self, person: str, card: int = 1) -> None:
        """Put one of the person's cards in."""
        self.does("card_reader", "insert", {"person": person, "card": f"{person}:{card}"})

    def pulls(self) -> None:
        """Pull the card out."""
        self.does("card_reader", "pull")

    def lays(self, person: str, *, wrong: bool = False) -> None:
        """Lay the person's identity document down."""
        self.does("id_scanner", "lay", {"person": person, "wrong": wrong})

    def lifts(self) -> None:
        """Take the identity document away."""
        self.does("id_scanner", "lift")

    def types(self, keys: str) -> None:
        """Press keys of the PIN pad, once it takes them: digits, `e`nter, `c`ancel, clear (`d`)."""
        if not self._comes(lambda: self._state()["devices"]["pin_pad"]["mode"] == "pin"):
            raise Unexpected("the PIN pad does not take a password")
        for key in keys:
            self.does("pin_pad", "press", {"key": KEYS.get(key, key)})

    def tears_off(self) -> None:
        """Take the receipt."""
        self.does("receipt_printer", "tear_off")

    def holds_up(self, text: str) -> None:
        """Hold a QR code up to the camera."""
        self.does("camera", "hold_up", {"text": text})

    def holds_up_receipt(self) -> None:
        """Hold the newest receipt's code up to the camera."""
        self.does("camera", "hold_up_receipt")

    def takes_code_away(self) -> None:
        """Take the code away from the camera."""
        self.does("camera", "take_away")

    def shows_app_code(self, person: str) -> None:
        """The person's telephone shows a new code of the electronic card; it is held up."""
        self._post("/app_code", {"person": person})

    def pays(self) -> None:
        """Pay the code on the screen by telephone."""
        self._post("/pay", {})

    def fits_bin(self) -> None:
        """The card reader is one that can keep cards, from now on."""
        self.does("card_reader", "bin", {"state": "fitted"})

    def cuts_line(self) -> None:
        """Cut the line to the bank."""
        self._post("/line", {"up": False})

    def repairs_line(self) -> None:
        """Repair the line to the bank."""
        self._post("/line", {"up": True})

    def cuts_power(self) -> None:
        """Cut the terminal's power."""
        self._post("/power", {"on": False})

    def gives_power(self) -> None:
        """Give the power back; returns when the kiosk shows something."""
        self._post("/power", {"on": True})

    def does(self, device: str, action: str, details: dict[str, Any] | None = None) -> None:
        """Anything a device of the bench can suffer."""
        self._post(f"/devices/{device}/{action}", details or {})

    # --- inside -----------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = self._get("/state").json()
        return state

    def _comes(self, is_so: Callable[[], bool]) -> bool:
        deadline_s = time.monotonic() + self._patience_s
        while not is_so():
            if time.monotonic() > deadline_s:
                return False
            self._never.wait(_LOOK_EVERY_S)
        return True

    def _get(self, path: str) -> httpx.Response:
        return _good(self._bench.get(path))

    def _post(self, path: str, body: dict[str, Any]) -> None:
        _good(self._bench.post(path, json=body))


def _says(text: str, view: View) -> bool:
    return any(text in each for each in view["texts"])


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise Unexpected(
            f"{answer.request.url.path}: {answer.json().get('detail', answer.status_code)}"
        )
    return answer
