"""What people ask for in a story, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from offline_queue.messages import NotTakenReason, Taken
from simulators.sync.bank import card_id, first_card, people, pin_block
from simulators.sync.steps import Ask, Submit
from sscard.cards import Account, LossKind
from sscard.requests import (
    BalanceCheck,
    CardList,
    Companion,
    Evidence,
    LossReport,
    PasswordUnlock,
    Presence,
    Request,
)

_PICTURE = b"\xff\xd8\xff\xd9"  # the least that is a JPEG
_SHOWN = Presence(_PICTURE, _PICTURE, _PICTURE)


@dataclass(slots=True)
class Asked:
    """One request of the story, and what the people at the terminal were told."""

    op: int
    op_id: str
    terminal: int
    ask: Ask
    person: int
    order: int  # of the first storing, among all
    asked_at_s: float  # when it was stored first
    request: Request = field(repr=False)
    companion: Companion | None = field(repr=False)
    said: Taken | None = None
    refused: NotTakenReason | None = None
    stored: bool = False  # its row was in the database at some time
    lost: bool = False  # its row went with a database that was replaced
    was_lost: bool = False  # that happened once
    arrived_s: float | None = None  # at the bank, first
    settled_s: float | None = None  # its row was first seen settled


@dataclass(slots=True)
class Run:
    """What came of a story."""

    asked: dict[int, Asked] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    faulted_syncs: int = 0
    faulted_hellos: int = 0
    syncs: int = 0
    crashed: bool = False
    calm_s: float = 0.0  # how long it took until nothing waited
    log: list[str] = field(default_factory=list)


def request_of(step: Submit) -> tuple[Request, Companion | None]:
    """The request of a step, with its companion if it carries a password."""
    person = people()[step.person]
    evidence = Evidence(person.document, person.id_number, person.name)
    card = person.cards[0].card_number
    match step.ask:
        case Ask.LOSS_ALL:
            return LossReport(evidence, LossKind.ORAL), None
        case Ask.LOSS_ONE:
            token = card_id(first_card(step.person))
            return LossReport(evidence, LossKind.WRITTEN, (token,), _SHOWN), None
        case Ask.CARDS:
            return CardList(evidence), None
        case Ask.UNLOCK:
            return PasswordUnlock(evidence, card, Account.FINANCIAL), None
        case Ask.BALANCE:
            return BalanceCheck(evidence, card), None
    block = pin_block(person, right=step.ask is Ask.BALANCE_RIGHT)
    return BalanceCheck(evidence, card), Companion(block)
