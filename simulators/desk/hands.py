"""What a person's hands do at one device of the desk, and what can be seen there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Protocol

from bank.people import PEOPLE, Person, person
from simulators.documents import laid_document
from simulators.models.id_scanner import IdScanner
from simulators.models.pin_pad import PinPad
from simulators.wires.pty_line import PtyLine

Details = dict[str, Any]
Say = Callable[[str], None]


class CannotDo(Exception):
    """The device has no such action, or it makes no sense now; the text says why."""


class Hands(Protocol):
    """One device as a person meets it."""

    def perform(self, action: str, details: Details) -> None:
        """Do it. Raises `CannotDo`."""

    def state(self) -> Details:
        """What can be seen: `busy`, `text`, `faults`, and what only this device has."""


class SerialFaults:
    """What any device on a serial line can suffer: its model's faults, a cut wire, a pulled plug."""

    def __init__(self, line: PtyLine, faults: object, say: Say) -> None:
        self._line = line
        self._faults = faults
        self._say = say
        self._port = {"wire_cut": False, "unplugged": False}

    def perform(self, action: str, details: Details) -> None:
        """`fault` {name, on}. Raises `CannotDo` for anything else."""
        name, on = details.get("name"), details.get("on") is True
        if action != "fault" or name not in self.switches():
            raise CannotDo("the device has no such action or fault")
        match name, on:
            case "wire_cut", True:
                self._line.cut()
            case "wire_cut", False:
                self._line.restore()
            case "unplugged", True:
                self._line.unplug()
            case "unplugged", False:
                self._line.plug()
            case _:
                with self._line.device_lock:
                    setattr(self._faults, name, on)
        if name in self._port:
            self._port[name] = on
        self._say(f"fault {name} {'on' if on else 'off'}")

    def switches(self) -> dict[str, bool]:
        """Every fault that is on or off, by name."""
        return {**fault_switches(self._faults), **self._port}


class ScannerHands:
    """The ID-card scanner: lay a document down, take it away."""

    def __init__(self, model: IdScanner, line: PtyLine, say: Say) -> None:
        self._model = model
        self._line = line
        self._say = say
        self._serial = SerialFaults(line, model.faults, say)
        self._laid: tuple[Person, bool] | None = None

    def perform(self, action: str, details: Details) -> None:
        """`lay` {person, wrong?}, `lift`, and what every line can suffer."""
        match action:
            case "lay":
                holder, wrong = a_person(details), details.get("wrong") is True
                with self._line.device_lock:
                    self._model.lay(laid_document(holder), wrong)
                self._laid = (holder, wrong)
                self._say(f"ID document of {holder.key} laid down{' badly' if wrong else ''}")
            case "lift":
                with self._line.device_lock:
                    self._model.lift()
                self._laid = None
                self._say("ID document taken away")
            case _:
                self._serial.perform(action, details)

    def state(self) -> Details:
        """`laid`: whose document and how, or None."""
        laid = None
        if self._laid is not None:
            holder, wrong = self._laid
            laid = {"person": holder.key, "label": holder.name, "wrong": wrong}
        text = (
            "empty"
            if laid is None
            else "read"
            if self._model.read_whole
            else "a document lies there"
        )
        return {
            "busy": laid is not None,
            "text": text,
            "laid": laid,
            "faults": self._serial.switches(),
        }


class PadHands:
    """The PIN pad: its keys. Which were pressed stands nowhere."""

    def __init__(self, model: PinPad, line: PtyLine, say: Say) -> None:
        self._model = model
        self._line = line
        self._serial = SerialFaults(line, model.faults, say)

    def perform(self, action: str, details: Details) -> None:
        """`press` {key}: "0".."9", "00", "enter", "cancel" or "clear"."""
        if action != "press":
            self._serial.perform(action, details)
            return
        with self._line.device_lock:
            try:
                self._model.press(str(details.get("key")))
            except ValueError as error:
                raise CannotDo(str(error)) from None

    def state(self) -> Details:
        """`mode`: what a key press means to the pad now."""
        mode = self._model.mode.value
        words = {"closed": "closed", "pin": "waits for a password", "plain": "plain keys"}
        return {
            "busy": mode in ("pin", "plain"),
            "text": words.get(mode, mode),
            "mode": mode,
            "faults": self._serial.switches(),
        }


def a_person(details: Details) -> Person:
    """The person that the request names. Raises `CannotDo`."""
    try:
        return person(str(details.get("person")))
    except KeyError:
        known = ", ".join(each.key for each in PEOPLE)
        raise CannotDo(f"nobody of that name is here; there are {known}") from None


def fault_switches(faults: object) -> dict[str, bool]:
    """The faults that are on or off, by name."""
    return {
        each.name: getattr(faults, each.name)
        for each in fields(faults)  # type: ignore[arg-type]
        if type(getattr(faults, each.name)) is bool
    }
