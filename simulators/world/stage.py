"""What a clerk could tell of a visit: the words in which stories are written.

A story is a function of a `Stage`. The same story is played in the simulated world, in
milliseconds, and on the desk, with the real processes, wires and window.
"""

from __future__ import annotations

from typing import Protocol

KEYS = {"e": "enter", "c": "cancel", "d": "clear"}
"""Keys of the pad that are no digits, as `Stage.types` writes them."""


class Stage(Protocol):
    """A terminal, the person before it, and the line behind it. What is expected is waited for.

    Whoever lays an ID document down stands before the camera, looks into it when the screen says
    so, and shows it both sides of the document.
    """

    def sees(self, *states: str) -> object:
        """Wait until the screen is one of these states; fails when it does not come."""

    def reads(self, *texts: str) -> None:
        """Wait until the screen says each of these texts somewhere."""

    def sees_button(self, button: str, enabled: bool = True) -> object:
        """Wait until the screen has the button, and it can be pressed or cannot."""

    def presses(self, button: str) -> None:
        """Press a button of the screen; it must be there and enabled."""

    def lays(self, person: str, *, wrong: bool = False) -> None:
        """Lay the person's identity document on the scanner."""

    def lifts(self) -> None:
        """Take the document away."""

    def inserts(self, person: str, card: int = 1) -> None:
        """Put one of the person's cards into the slot."""

    def pulls(self) -> None:
        """Take the card out of the slot."""

    def types(self, keys: str) -> None:
        """Press keys of the PIN pad: digits, then ``e`` enter, ``c`` cancel or ``d`` clear."""

    def holds_up(self, text: str) -> None:
        """Hold a QR code up to the camera."""

    def takes_code_away(self) -> None:
        """Take it away again."""

    def shows_app_code(self, person: str) -> None:
        """The person's telephone shows a new code of the electronic card; it is held up."""

    def pays(self) -> None:
        """Pay the code on the screen by telephone."""

    def fits_bin(self) -> None:
        """The card reader is one that can keep cards, from now on."""

    def cuts_line(self) -> None:
        """The line to the bank is down."""

    def repairs_line(self) -> None:
        """The line to the bank is up."""

    def receipts(self) -> list[str]:
        """The text of every receipt so far, oldest first; a code as its content."""
