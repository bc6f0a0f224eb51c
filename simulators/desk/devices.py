"""Every simulated device of the desk, on its real wire."""

from __future__ import annotations

import threading
from typing import Any

from bank.people import PEOPLE
from simulators.desk.camera_hands import CameraHands
from simulators.desk.card_hands import CardHands, card_id
from simulators.desk.hands import (
    CannotDo,
    Details,
    Hands,
    PadHands,
    Say,
    ScannerHands,
    a_person,
)
from simulators.desk.happenings import Happenings
from simulators.desk.printer_hands import PrinterHands
from simulators.desk.state import TERMINAL, DeskState
from simulators.documents import document_words, laid_document
from simulators.models.camera import Camera
from simulators.models.chip_keys import TEST_CARD_KEY
from simulators.models.id_scanner import IdScanner
from simulators.models.pin_pad import PinPad
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.wires.camera_feed import CameraFeed
from simulators.wires.pty_line import PtyLine
from simulators.wires.question import AnswerSocket
from sscard.cards import masked_tail

_LOOK_EVERY_S = 0.2
_WORDS = {
    "card_reader": "card slot", "id_scanner": "ID scanner", "pin_pad": "PIN pad",
    "receipt_printer": "receipt printer", "camera": "camera",
}  # fmt: skip


class Devices:
    """The five devices. The card slot is on the virtual reader of pcscd, the others on
    pseudo-terminals and on an HTTP camera; all begin with nothing in or on them."""

    def __init__(self, state: DeskState, happenings: Happenings) -> None:
        self._happenings = happenings
        scanner, printer, camera = IdScanner(), ReceiptPrinter(), Camera()
        keys = state.bank_keys()
        pad = PinPad(keys.bank.pin_keys[TERMINAL], keys.social_security.pin_keys[TERMINAL])
        self._lines = {
            "id_scanner": PtyLine(scanner, state.port("id_scanner")),
            "pin_pad": PtyLine(pad, state.port("pin_pad")),
            "receipt_printer": PtyLine(printer, state.port("receipt_printer")),
        }
        self._camera = camera
        self._feed = CameraFeed(camera)
        card_key = keys.social_security.card_key or TEST_CARD_KEY
        self._card = CardHands(self._say("card_reader"), card_key)
        self._printer = PrinterHands(
            printer, self._lines["receipt_printer"], self._say("receipt_printer")
        )
        self._motor = AnswerSocket(state.motor_socket, self._card.motor)
        self._before_lens = CameraHands(camera, self._printer.last_code, self._say("camera"))
        self._hands: dict[str, Hands] = {
            "card_reader": self._card,
            "id_scanner": ScannerHands(scanner, self._lines["id_scanner"], self._say("id_scanner")),
            "pin_pad": PadHands(pad, self._lines["pin_pad"], self._say("pin_pad")),
            "receipt_printer": self._printer,
            "camera": self._before_lens,
        }
        self._known = {name: str(hands.state()["text"]) for name, hands in self._hands.items()}
        self._known_lock = threading.Lock()
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="devices", daemon=True)
        self._watcher.start()

    @property
    def camera_url(self) -> str:
        """Where the kiosk finds its camera."""
        return self._feed.url

    def perform(self, name: str, action: str, details: Details) -> Details:
        """Do `action` at device `name`; the result is its state. Raises `CannotDo`."""
        if name not in self._hands:
            raise CannotDo(f"the desk has no such device; it has {', '.join(self._hands)}")
        with self._known_lock:
            self._hands[name].perform(action, details)
            if (name, action) == ("id_scanner", "lay"):
                self._before_lens.comes(laid_document(a_person(details)))
            state = self._hands[name].state()
            self._known[name] = state["text"]  # told already, as what was done
        return state

    def read_screen(self, picture: str) -> None:
        """The screen shows this picture, and the person before it does what it asks."""
        self._before_lens.reads_screen(picture)

    def state(self) -> dict[str, Details]:
        """What can be seen of every device."""
        return {name: hands.state() for name, hands in self._hands.items()}

    def people(self) -> list[dict[str, Any]]:
        """The invented people; the password is the financial account's."""
        return [
            {
                "id": person.key,
                "name": person.name,
                "letter": person.name[0],
                "document": document_words(person),
                "cards": [
                    {
                        "id": card_id(person, number),
                        "tail": masked_tail(card.card_number),
                        "bank": card.bank_id,
                        "state": card.state.value,
                        "password": card.password,
                    }
                    for number, card in enumerate(person.cards, 1)
                ],
            }
            for person in PEOPLE
        ]

    def receipts(self) -> list[Details]:
        """All receipts so far, oldest first."""
        self._printer.look()
        return self._printer.receipts()

    def receipt_png(self, number: int) -> bytes:
        """One receipt as it looks on paper. Raises `CannotDo`."""
        return self._printer.png(number)

    def camera_jpeg(self) -> bytes:
        """What the camera sees now."""
        return self._camera.frame_jpeg()

    def close(self) -> None:
        """Take everything away. May be called twice."""
        self._closing.set()
        self._watcher.join()
        self._motor.close()
        self._card.close()
        for line in self._lines.values():
            line.close()
        self._feed.close()

    # --- inside -------------------------------------------------------------------------

    def _say(self, device: str) -> Say:
        def say(text: str) -> None:
            self._happenings.add("device", f"{_WORDS[device]}: {text}")

        return say

    def _watch(self) -> None:
        """Tell of what the devices do by themselves: a pad that opens, paper that comes out."""
        while not self._closing.wait(_LOOK_EVERY_S):
            for _ in range(self._printer.look()):
                self._happenings.add("receipt", "a receipt came out")
            for name, hands in self._hands.items():
                with self._known_lock:
                    text = hands.state()["text"]
                    changed = text != self._known[name]
                    self._known[name] = text
                if changed:
                    self._happenings.add("device", f"{_WORDS[name]}: {text}")
