"""What no machine can see: questions to the person before the terminal, whose answers are findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from kiosk.drivers.events import Device
from provisioning.wire import Finding, Outcome


class Answer(StrEnum):
    """What the person said."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not_asked"


class Question(Struct, frozen=True):
    """`device` None: asked of every terminal. "Yes" is always the good answer."""

    check: str
    device: Device | None
    text: str
    remedy: str


QUESTIONS: Final[tuple[Question, ...]] = (
    Question(
        *("receipt_printer.print_sharp", Device.RECEIPT_PRINTER),
        "Is the print on the test page sharp and dark, from edge to edge?",
        "Clean the print head with its pen, see that the paper is thermal and the right side up.",
    ),
    Question(
        *("receipt_printer.cut_clean", Device.RECEIPT_PRINTER),
        "Did the page come out of the slot cut off, and can it be taken?",
        "Take the paper out, look for scraps at the cutter, put the roll in again.",
    ),
    Question(
        *("card_reader.light", Device.CARD_READER),
        "Does the light at the card slot shine, and does a card go in and come out?",
        "Look at the light's plug; clean the slot with a cleaning card.",
    ),
    Question(
        *("id_scanner.light", Device.ID_SCANNER),
        "Does the light at the ID-card scanner shine, and is its glass clean?",
        "Look at the light's plug; clean the glass with a soft cloth.",
    ),
    Question(
        *("pin_pad.shield", Device.PIN_PAD),
        "Does the shield hide the pad from others, and does nothing foreign sit on the keys?",
        "Mount the shield. Anything foreign: touch nothing, call the bank's security desk.",
    ),
    Question(
        *("camera.clear", Device.CAMERA),
        "Does the camera see the face of a person of 1.5 m and of one of 1.9 m?",
        "Tilt the camera until both are whole in the picture; take the film off the lens.",
    ),
    Question(
        *("screen.even", None),
        "Are all five colours even, without dark lines or spots?",
        "Look at the panel's ribbon cable; a panel with lines is changed.",
    ),
    Question(
        *("screen.touch", None),
        "Does each mark light up where your finger is, in the corners too?",
        "Calibrate the touch screen, clean it, and see that the frame does not press on it.",
    ),
    Question(
        *("sound.heard", None),
        "Did you hear the chime clearly?",
        "Turn the volume up; look at the loudspeaker's plug.",
    ),
    Question(
        *("housing.locked", None),
        "Is the housing screwed to the wall or floor and locked, and no cable within reach?",
        "Fix it, lock it, take the key along.",
    ),
)


def questions(devices: Iterable[Device]) -> tuple[Question, ...]:
    """Those for a terminal with these devices, in the order in which one walks about it."""
    have = set(devices)
    return tuple(each for each in QUESTIONS if each.device is None or each.device in have)


def answered(asked: Iterable[Question], answers: Mapping[str, Answer]) -> tuple[Finding, ...]:
    """A finding a question; one that was not answered is not done."""
    return tuple(_finding(each, answers.get(each.check, Answer.NOT_ASKED)) for each in asked)


def _finding(question: Question, answer: Answer) -> Finding:
    match answer:
        case Answer.YES:
            return Finding(question.check, Outcome.PASSED, f"{question.text} Yes.")
        case Answer.NO:
            return Finding(question.check, Outcome.FAILED, f"{question.text} No.", question.remedy)
    return Finding(
        *(question.check, Outcome.NOT_DONE, f"{question.text} Nobody has said."),
        "Look, and answer.",
    )
