"""The self-test of ID-card scanner and PIN pad: their own status, and the pad's keys."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from kiosk.drivers.events import Device, DeviceStatus
from kiosk.drivers.id_scanner import protocol as scanner
from kiosk.drivers.id_scanner import status as scanner_status
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import LinkLost, Open, Talk
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.drivers.pin_pad import protocol as pad
from kiosk.drivers.pin_pad import status as pad_status
from kiosk.settings import SerialSettings
from provisioning.devices.asking import Asking, Lost, why_lost
from provisioning.devices.identifying import pin_pad as who_is_the_pad
from provisioning.devices.key_book import Holding, KeyEntry, holding
from provisioning.devices.wiring import PEOPLE_SAY, remedy
from provisioning.readiness.verdicts import failed, passed
from provisioning.wire import Finding

T = TypeVar("T")

ANSWER_LIMIT_S: Final = 1.0
_HELD = "Stop the terminal's own program first (`systemctl stop kiosk`), then test again."


def id_scanner(settings: SerialSettings) -> Finding:
    """Whether the scanner's module answers, and its security module has passed its own test."""
    check = f"{Device.ID_SCANNER}.status"
    try:
        answer = _over(settings, scanner.ask(Inbox(), scanner.Command.SAM_STATUS, ANSWER_LIMIT_S))
    except LinkLost as lost:
        return lost_finding(check, Device.ID_SCANNER, lost)
    if scanner_status.succeeded(answer, scanner_status.DONE):
        return passed(check, "The ID-card scanner and its security module are sound.")
    if isinstance(answer, scanner.Answer):
        return failed(
            *(check, f"The scanner's security module does not work ({answer.word})."),
            "Switch the scanner off and on; if it stays so, change the scanner.",
        )
    return _not_understood(check, Device.ID_SCANNER, scanner_status.device_status(answer))


def pin_pad(
    settings: SerialSettings, book: Sequence[KeyEntry], places: Mapping[str, int]
) -> tuple[Finding, ...]:
    """Whether the pad answers untampered and holds its keys.

    `places`: a name for each key the terminal uses, and its place in the pad. That this very pad
    was given them `book` says; the pad itself says only whether it holds any key.
    """
    check = f"{Device.PIN_PAD}.status"
    try:
        answer = _over(settings, _pad_information())
        found = _over(settings, who_is_the_pad(settings.baud))
    except LinkLost as lost:
        return (lost_finding(check, Device.PIN_PAD, lost),)
    status = pad_status.device_status(answer)
    if status is DeviceStatus.FRAUD_ATTEMPT:
        return (
            failed(
                *(check, f"The PIN pad was opened and has erased its keys ({_word(answer)})."),
                "It goes back to the bank. Do not put it into service, do not reset it.",
            ),
        )
    if status is not DeviceStatus.ONLINE or not isinstance(answer, pad.Answer):
        return (_not_understood(check, Device.PIN_PAD, status),)
    number = "" if found is None else found.serial_number
    keys = (_key(name, number, place, book) for name, place in places.items())
    return (passed(check, "The PIN pad answers."), _holds_keys(answer), *keys)


def lost_finding(check: str, device: Device, lost: LinkLost) -> Finding:
    """A line that could not be opened, or went away during the test."""
    name = PEOPLE_SAY[device]
    match why_lost(lost):
        case Lost.BUSY:
            return failed(check, f"Another program holds the {name}'s port.", _HELD)
        case Lost.DENIED:
            text = f"This user may not open the {name}'s port."
            return failed(check, text, "Run this as root, or as a user in the group dialout.")
        case Lost.ABSENT:
            return failed(check, f"The {name}'s port is not there.", remedy(device))
    return failed(check, f"The {name} went away during its test.", remedy(device))


def _over(settings: SerialSettings, talk: Talk[T]) -> T:
    with contextlib.closing(SerialLine(SerialPort(settings.port, settings.baud))) as line:
        line.perform(Open())
        return Asking(line).carry_out(talk)


def _pad_information() -> Talk[pad.Answer | pad.Failure]:
    return (
        yield from pad.ask(
            *(Inbox(), pad.Splitter(), pad.INFORMATION, ANSWER_LIMIT_S, lambda _key: None)
        )
    )


def _word(answer: pad.Answer | pad.Failure) -> str:
    return pad_status.raw(answer)


def _holds_keys(answer: pad.Answer) -> Finding:
    check = f"{Device.PIN_PAD}.keys"
    facts = pad.information_of(answer)
    if facts is not None and not facts.has_keys:
        return failed(
            *(check, "The PIN pad holds no key at all."),
            "Was it opened, or its battery empty? It goes to the bank's key room first.",
        )
    return passed(check, "The PIN pad holds keys." if facts else "The PIN pad does not say which.")


def _key(name: str, pad_number: str, place: int, book: Sequence[KeyEntry]) -> Finding:
    check = f"{Device.PIN_PAD}.key_{name}"
    match holding(book, pad_number, place):
        case Holding.KEY:
            return passed(check, f"The {name} key was loaded into this pad by two people.")
        case Holding.UNCERTAIN:
            text = f"A loading of the {name} key began and its end was not written down."
            return failed(check, text, "Load it again, with both people and both papers.")
    elsewhere = any(entry.index == place and entry.pad != pad_number for entry in book)
    other = ", only into another one" if elsewhere else ""
    return failed(
        *(check, f"The {name} key was not loaded into this pad{other}."),
        "Load it, with two people and their papers.",
    )


def _not_understood(check: str, device: Device, status: DeviceStatus | None) -> Finding:
    name = PEOPLE_SAY[device]
    if status is DeviceStatus.UNKNOWN:
        return failed(check, f"The {name} does not answer.", remedy(device))
    return failed(
        *(check, f"The {name} answers, but not so that it can be understood."),
        f"Its speed is wrong, or its cable picks up noise: search for devices. {remedy(device)}",
    )
