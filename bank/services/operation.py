"""What every service knows of its request, and the questions that all of them ask first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bank import ledger
from bank.key_service import KeyService
from bank.ledger import StoredCard
from bank.pin import Vault
from sscard import access, loss
from sscard.banks import Bank
from sscard.cards import Account, CardState
from sscard.decisions import Decision
from sscard.requests import Companion, Evidence, Refusal, RefusalCode
from sscard.rules import Rule

# A request that is none, or a PIN block that does not open (CARD.STATES: "anything else is refused").
MALFORMED = Refusal(RefusalCode.MALFORMED, Rule.CARD_STATES)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a service knows of its request beside the request."""

    op_id: str
    code: str  # of the receipt
    now: datetime  # the bank's receipt of it
    latest: datetime  # when the terminal accepted it, at the latest
    terminal: str
    epoch: int
    lane: str
    lane_seq: int
    oral_days: int
    pin_tries: int
    unlock_hours: float
    banks: Mapping[str, Bank]  # the issuing ones
    reissue_fen: int
    pay_hours: float
    companion: Companion | None = field(repr=False)
    vaults: Mapping[Account, Vault]  # what opens the blocks of the terminal's pad, by their world
    key_service: KeyService  # what speaks to the chips


def known_person(connection: Connection, evidence: Evidence) -> Refusal | None:
    """Why the bank does not know the person by this document, if so."""
    name = ledger.name_of(connection, evidence.id_number.strip())
    if name is None:
        return Refusal(RefusalCode.PERSON_UNKNOWN, Rule.ACTIVATE_ORIGINALS)
    return refusal_of(same_person((evidence.id_number, name), evidence))


def same_person(holder: tuple[str, str], evidence: Evidence) -> Decision:
    """Whether the document is that of this holder, (ID number, name)."""
    return access.same_person(holder, (evidence.id_number, evidence.name))


def is_holders(card: StoredCard, evidence: Evidence) -> bool:
    """Whether the card is that of the person with this document."""
    return same_person((card.id_number, card.name), evidence).allowed


def state_now(card: StoredCard, now: datetime) -> CardState:
    """The card's state at `now`, a lapsed report taken into account."""
    return loss.state_at(card.standing.state, card.standing.lapses_at, now)


def refusal_of(decision: Decision, tries_left: int | None = None) -> Refusal | None:
    """The refusal that a decision comes to; None when it says yes."""
    return None if decision.allowed else refused(decision, tries_left)


def refused(decision: Decision, tries_left: int | None = None) -> Refusal:
    """The refusal of a decision that says no."""
    assert decision.refusal is not None
    return Refusal(decision.refusal, decision.rule, tries_left)
