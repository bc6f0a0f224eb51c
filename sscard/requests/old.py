"""What a terminal can ask of the bank, and what the bank can answer.

Requests and answers are plain data with one wire form (`to_wire`, `from_wire`): JSON objects
whose `kind` names the class. A terminal asks for the fields that a service needs and no
more (CARD.NEED_TO_KNOW). All amounts are whole fen, all times ISO 8601 with offset.

No request carries a password: a PIN block travels beside its request as a `Companion`, in
memory only (OFFLINE.NO_PIN).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from sscard.cards import Account, CardState, LossKind
from sscard.rules import Rule


class MalformedMessage(ValueError):
    """A request or an answer that is not one. The text never quotes its content."""


# --- requests --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who stood at the terminal, as read from the identity document."""

    document: str  # `DocumentKind` of the document read
    id_number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BalanceCheck:
    """Both balances of the card in the reader. Queued without a line; then no password goes along."""

    evidence: Evidence
    card_number: str = field(repr=False)

    kind = "balance_check"


@dataclass(frozen=True, slots=True)
class CardList:
    """The cards of the person, masked. Read only; never waits."""

    evidence: Evidence

    kind = "card_list"


@dataclass(frozen=True, slots=True)
class LossReport:
    """A loss report for one card of `CardList`, or (`card_id` None) for every card of the person."""

    evidence: Evidence
    loss: LossKind
    card_id: str | None = None

    kind = "loss_report"


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """What became of the loss report whose receipt carries `code`. Read only; never waits."""

    code: str

    kind = "report_status"


@dataclass(frozen=True, slots=True)
class PasswordUnlock:
    """Unlock one account's password of the card in the reader (PIN.UNLOCK).

    Waits without a line as well, and carries evidence of identity alone: a new password is set
    elsewhere, at a terminal that has a line (OFFLINE.NO_PIN).
    """

    evidence: Evidence
    card_number: str = field(repr=False)
    account: Account

    kind = "password_unlock"


Request = BalanceCheck | CardList | LossReport | PasswordUnlock | ReportStatus


@dataclass(frozen=True, slots=True)
class Companion:
    """What goes with a request but is never stored: the encrypted PIN block, 16 hex digits."""

    pin_block: str = field(repr=False)


# --- answers ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Balances:
    """The balances of both accounts, in fen, as the bank knew them at `at`."""

    medical_fen: int = field(repr=False)
    financial_fen: int = field(repr=False)
    bank_id: str
    card_tail: str
    at: str

    kind = "balances"


@dataclass(frozen=True, slots=True)
class BalanceByOwnChannel:
    """The check arrived without a password: the bank tells the holder by its own channel (OFFLINE.ANSWER)."""

    at: str

    kind = "balance_by_own_channel"


@dataclass(frozen=True, slots=True)
class ListedCard:
    """One card of the person: an opaque `card_id`, its bank, the last four characters, its state."""

    card_id: str
    bank_id: str
    card_tail: str
    state: CardState
    lapses_at: str | None = None  # of an oral report in force


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of the person, in the order they were issued."""

    cards: tuple[ListedCard, ...]

    kind = "cards"


@dataclass(frozen=True, slots=True)
class CardFrozen:
    """One card on which the report is in force."""

    bank_id: str
    card_tail: str
    loss: LossKind
    since: str
    lapses_at: str | None  # None: does not lapse
    rule: Rule


@dataclass(frozen=True, slots=True)
class LossInForce:
    """The bank received the report at `at` and froze the cards (LOSS.FREEZE_ON_RECEIPT)."""

    frozen: tuple[CardFrozen, ...]
    at: str

    kind = "loss_in_force"


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The account's password takes entries again: its count of wrong ones is 0 (PIN.UNLOCK)."""

    account: Account
    card_tail: str
    at: str

    kind = "unlocked"


class ReportState(StrEnum):
    """What became of a loss report."""

    IN_FORCE = "in_force"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ReportFound:
    """A report the bank knows by its receipt's code."""

    state: ReportState
    loss: LossKind
    since: str
    lapses_at: str | None

    kind = "report_found"


class RefusalCode(StrEnum):
    """Why the bank says no, for good."""

    WRONG_PASSWORD = "wrong_password"
    PASSWORD_LOCKED = "password_locked"
    NOT_SAME_PERSON = "not_same_person"
    PERSON_UNKNOWN = "person_unknown"
    CARD_UNKNOWN = "card_unknown"
    CARD_INACTIVE = "card_inactive"
    CARD_LOST = "card_lost"
    CARD_SUSPENDED = "card_suspended"
    CARD_SUPERSEDED = "card_superseded"
    NO_CARD_TO_REPORT = "no_card_to_report"
    CODE_UNKNOWN = "code_unknown"
    TOO_LATE = "too_late"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The bank's final no, with the rule it follows."""

    code: RefusalCode
    rule: Rule
    tries_left: int | None = None

    kind = "refusal"


Answer = Balances | BalanceByOwnChannel | Cards | LossInForce | ReportFound | Unlocked | Refusal


# --- wire ------------------------------------------------------------------------------

W = TypeVar("W", bound=StrEnum)

_TEXT_MAX = 200
_LIST_MAX = 50


def to_wire(message: Request | Answer) -> dict[str, Any]:
    """The JSON object of a request or an answer."""
    return {"kind": message.kind, **asdict(message)}


def request_from_wire(wire: object) -> Request:
    """Read a request. Raises `MalformedMessage`."""
    fields = _fields(wire)
    match fields.get("kind"):
        case "balance_check":
            return BalanceCheck(_evidence(fields), _text(fields, "card_number"))
        case "card_list":
            return CardList(_evidence(fields))
        case "loss_report":
            card_id = None if fields.get("card_id") is None else _text(fields, "card_id")
            return LossReport(_evidence(fields), _word(LossKind, fields, "loss"), card_id)
        case "password_unlock":
            return PasswordUnlock(
                _evidence(fields), _text(fields, "card_number"), _word(Account, fields, "account")
            )
        case "report_status":
            return ReportStatus(_text(fields, "code"))
    raise MalformedMessage("a request of an unknown kind")


def answer_from_wire(wire: object) -> Answer:
    """Read an answer. Raises `MalformedMessage`."""
    fields = _fields(wire)
    match fields.get("kind"):
        case "balances":
            return Balances(
                _fen(fields, "medical_fen"),
                _fen(fields, "financial_fen"),
                _text(fields, "bank_id"),
                _text(fields, "card_tail"),
                _text(fields, "at"),
            )
        case "balance_by_own_channel":
            return BalanceByOwnChannel(_text(fields, "at"))
        case "cards":
            return Cards(tuple(_listed(row) for row in _rows(fields, "cards")))
        case "loss_in_force":
            return LossInForce(
                tuple(_frozen(row) for row in _rows(fields, "frozen")), _text(fields, "at")
            )
        case "report_found":
            return ReportFound(
                _word(ReportState, fields, "state"),
                _word(LossKind, fields, "loss"),
                _text(fields, "since"),
                _optional(fields, "lapses_at"),
            )
        case "unlocked":
            return Unlocked(
                _word(Account, fields, "account"), _text(fields, "card_tail"), _text(fields, "at")
            )
        case "refusal":
            tries_left = fields.get("tries_left")
            if tries_left is not None and type(tries_left) is not int:
                raise MalformedMessage("tries_left is not a whole number")
            return Refusal(
                _word(RefusalCode, fields, "code"), _word(Rule, fields, "rule"), tries_left
            )
    raise MalformedMessage("an answer of an unknown kind")


def _listed(row: dict[str, Any]) -> ListedCard:
    return ListedCard(
        _text(row, "card_id"),
        _text(row, "bank_id"),
        _text(row, "card_tail"),
        _word(CardState, row, "state"),
        _optional(row, "lapses_at"),
    )


def _frozen(row: dict[str, Any]) -> CardFrozen:
    return CardFrozen(
        _text(row, "bank_id"),
        _text(row, "card_tail"),
        _word(LossKind, row, "loss"),
        _text(row, "since"),
        _optional(row, "lapses_at"),
        _word(Rule, row, "rule"),
    )


def _evidence(fields: dict[str, Any]) -> Evidence:
    evidence = _fields(fields.get("evidence"))
    return Evidence(
        _text(evidence, "document"), _text(evidence, "id_number"), _text(evidence, "name")
    )


def _fields(wire: object) -> dict[str, Any]:
    if not isinstance(wire, dict):
        raise MalformedMessage("not an object")
    return wire


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT_MAX:
        raise MalformedMessage(f"{name} is not a text of 1 to {_TEXT_MAX} characters")
    return value


def _optional(fields: dict[str, Any], name: str) -> str | None:
    return None if fields.get(name) is None else _text(fields, name)


def _fen(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if type(value) is not int:
        raise MalformedMessage(f"{name} is not a whole number of fen")
    return value


def _rows(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = fields.get(name)
    if not isinstance(value, list) or len(value) > _LIST_MAX:
        raise MalformedMessage(f"{name} is not a list of at most {_LIST_MAX}")
    return [_fields(row) for row in value]


def _word(words: type[W], fields: dict[str, Any], name: str) -> W:
    try:
        return words(_text(fields, name))
    except ValueError:
        raise MalformedMessage(f"{name} is not one of its words") from None
