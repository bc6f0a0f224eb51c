"""What the session knows: of the terminal (`Situation`) and of the person (`Visit`).

Everything personal is in `Visit`, and a visit is dropped whole: there is no other place to
clean (PRIVACY.NOTHING_STAYS).
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Struct

from kiosk.drivers.events import (
    CardFacts,
    CardTrouble,
    ChallengeGiven,
    Device,
    DeviceStatus,
    IdDocument,
    IdTrouble,
    PinStop,
    PrintTrouble,
    Wanting,
)
from kiosk.drivers.masked import Masked
from kiosk.fsm.events import RequestTaken
from kiosk.fsm.leftover import Leftover
from kiosk.fsm.staff.duty import Duty
from kiosk.fsm.staff.words import Fitness, StandingIs
from sscard.requests import Answer, Companion, RefusalCode
from sscard.rules import Rule


class SlotUse(StrEnum):
    """What is in the card slot, as last told."""

    UNKNOWN = "unknown"
    EMPTY = "empty"
    CARD = "card"
    MUTE = "mute"
    UNSEEN = "unseen"  # the reader fell silent with this visit's card in it


class SessionTrouble(StrEnum):
    """What the session itself finds wrong."""

    NOT_SAME_PERSON = "not_same_person"
    ID_EXPIRED = "id_expired"
    NO_BANK_APPLICATION = "no_bank_application"
    NO_LINE = "no_line"
    NO_QUEUE = "no_queue"  # the process that keeps requests does not answer
    NOT_TAKEN = "not_taken"
    DEVICE_GONE = "device_gone"
    NO_ANSWER = "no_answer"
    NO_PICTURE = "no_picture"  # somebody is there, and no picture was good enough
    CANNOT_KEEP = "cannot_keep"  # the reader has no bin, or it is full
    CARD_STUCK = "card_stuck"  # it jammed on its way into the bin
    KEPT_UNKNOWN = "kept_unknown"  # the reader fell silent while it took the card in
    NOT_OLD_CARD = "not_old_card"  # another card than the one to be handed in
    OTHER_CARD = "other_card"  # than the one that was read, or that left too early
    NOT_ALIKE = "not_alike"  # the two entries of a new password
    SAME_ID_CARD = "same_id_card"  # the agent's own card, where the holder's is asked for


A = TypeVar("A", bound=Answer)
TroubleCode = SessionTrouble | CardTrouble | IdTrouble | PinStop | RefusalCode


class Trouble(Struct, frozen=True):
    """Why the visit cannot go on as it is. `retry` names the step to go back to, if any helps."""

    code: TroubleCode
    rule: Rule | None = None
    retry: str | None = None
    tries_left: int | None = None
    device: Device | None = None
    claim: str = ""  # under which a card is kept that nobody is sure of


class HandedIn(Masked, frozen=True):
    """A card that was handed in and that the terminal keeps."""

    card_number: str | None  # None: its chip did not answer
    claim: str


@dataclass(slots=True)
class Visit:
    """One person at the terminal. Dropped whole at the end."""

    service: str
    document: IdDocument | None = field(default=None, repr=False)
    agent: IdDocument | None = field(default=None, repr=False)  # who stands here for the holder
    card: CardFacts | None = field(default=None, repr=False)
    old_card: CardFacts | None = field(default=None, repr=False)  # that is to be handed in
    handed_in: HandedIn | None = field(default=None, repr=False)
    chip: ChallengeGiven | None = field(default=None, repr=False)  # before it was given a command
    companion: Companion | None = field(default=None, repr=False)
    first_entry: str = field(default="", repr=False)  # the block that the second is to be like
    pin_ready: bool = False  # the pad has said that it takes keys
    pin_digits: int = 0
    typed: str = field(default="", repr=False)  # on the screen, so far
    tries_left: int | None = None  # after a wrong password
    # What the person answered and what the bank told, by the step that asked.
    said: dict[str, str] = field(default_factory=dict, repr=False)
    heard: dict[str, Answer] = field(default_factory=dict, repr=False)
    # What the camera took, by the step that asked: the evidence that the holder stands here.
    pictures: dict[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    ticket: int = 0  # of the request in hand
    taken: RequestTaken | None = None
    answer: Answer | None = field(default=None, repr=False)
    hint: TroubleCode | Wanting | None = None  # said on the same screen, which goes on
    trouble: Trouble | None = None
    # None: not asked for; False: what is being printed is out of date already.
    printed: bool | PrintTrouble | None = None

    def twin(self) -> Visit:
        """The same visit, which changes on its own from here."""
        return replace(
            self, said=dict(self.said), heard=dict(self.heard), pictures=dict(self.pictures)
        )

    def void(self, steps: Iterable[str]) -> None:
        """Forget what these steps learned: an earlier one is asked anew."""
        for step in steps:
            self.said.pop(step, None)
            self.heard.pop(step, None)
            self.pictures.pop(step, None)

    def told(self, step: str, kind: type[A]) -> A | None:
        """What the bank answered at the step, if it answered, and answered this."""
        answer = self.heard.get(step)
        return answer if isinstance(answer, kind) else None


class Wishes(msgspec.Struct):
    """How this person wants the screen; back to default for the next one."""

    language: str = "zh"
    large_text: bool = False
    shielded: bool = False
    why_open: bool = False


class Situation(msgspec.Struct):
    """What the session knows now."""

    devices: dict[Device, DeviceStatus] = msgspec.field(
        default_factory=lambda: dict.fromkeys(Device, DeviceStatus.UNKNOWN)
    )
    today: date | None = None
    slot: SlotUse = SlotUse.UNKNOWN
    reader_retains: bool = False  # the card reader can keep a card now
    line_up: bool = False
    queue_there: bool = False
    next_ticket: int = 1
    menu: str = ""  # the group whose services are shown
    visit: Visit | None = None
    leftover: Leftover | None = None  # a card that nobody took and that is being kept
    standing: StandingIs = StandingIs()  # whether it may serve at all
    duty: Duty | None = None  # a technician is at work
    wishes: Wishes = msgspec.field(default_factory=Wishes)

    def twin(self) -> Situation:
        """The same situation, which changes on its own from here."""
        twin = copy(self)
        twin.devices = dict(self.devices)
        twin.visit = None if self.visit is None else self.visit.twin()
        twin.leftover = None if self.leftover is None else replace(self.leftover)
        twin.duty = None if self.duty is None else self.duty.twin()
        twin.wishes = copy(self.wishes)
        return twin

    @property
    def person(self) -> Visit:
        """The visit of a state that has one."""
        assert self.visit is not None
        return self.visit

    @property
    def worker(self) -> Duty:
        """The duty of a state that has one."""
        assert self.duty is not None
        return self.duty

    @property
    def may_serve(self) -> bool:
        """Whether the terminal passed its self-test, and no technician took it out of service."""
        return self.standing.fitness is Fitness.PASSED and not self.standing.closed

    @property
    def is_suspect(self) -> bool:
        """Whether a device says now that somebody meddled with it."""
        return DeviceStatus.FRAUD_ATTEMPT in self.devices.values()

    @property
    def slot_used(self) -> bool:
        """Whether anything is in the card slot."""
        return self.slot in (SlotUse.CARD, SlotUse.MUTE)

    @property
    def card_may_be_in(self) -> bool:
        """Whether the person must be asked to take a card, as far as the terminal can tell."""
        return self.slot_used or self.slot is SlotUse.UNSEEN

    def usable(self, device: Device) -> bool:
        """Whether the device can be asked to do something now."""
        return self.devices[device] in (DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY)
