"""What a terminal can ask of the bank and of the social security agency, and what they answer.

A terminal asks for the fields that a service needs and no more (CARD.NEED_TO_KNOW). No request
carries a password: PIN blocks travel beside their request as a `Companion`, in memory only
(OFFLINE.NO_PIN).
"""

from __future__ import annotations

from typing import Any

import msgspec

from sscard.requests.activation import Activated, Activation
from sscard.requests.applying import (
    ApplicationLook,
    ApplicationSubmit,
    ApplicationTaken,
    ApplicationTerms,
    Details,
    IdCopy,
    OnItsWay,
    Stage,
    Whereabouts,
    WhereIsMyCard,
)
from sscard.requests.balance import BalanceByOwnChannel, BalanceCheck, Balances
from sscard.requests.base import (
    CardFrozen,
    Collection,
    Companion,
    Evidence,
    ListedCard,
    MalformedMessage,
    Presence,
    Refusal,
    RefusalCode,
)
from sscard.requests.cards import CardFound, CardKept, CardList, CardLook, Cards, Kept, Noted
from sscard.requests.electronic import (
    ElectronicActivate,
    ElectronicActivated,
    ElectronicHolder,
    ElectronicLook,
)
from sscard.requests.loss import (
    LossCancel,
    LossCancelled,
    LossInForce,
    LossReport,
    ReportFound,
    ReportState,
    ReportStatus,
)
from sscard.requests.passwords import (
    ChipCipher,
    ChipCommand,
    ChipUnlock,
    ChipUnlockDone,
    PasswordChange,
    PasswordReset,
    PasswordSet,
    PasswordUnlock,
    ReadBack,
    Unlocked,
)
from sscard.requests.records import (
    Contribution,
    Contributions,
    Insurance,
    InsuranceStanding,
    PaymentRecords,
    Rights,
    RightsRecord,
)
from sscard.requests.reissue import (
    Abandoned,
    FeeDue,
    Payment,
    PaymentLook,
    PaymentState,
    Reason,
    ReissueAbandon,
    ReissueBegin,
    ReissueConfirm,
    Reissued,
)
from sscard.requests.unit import Member, MemberState, UnitBatch, UnitLook, UnitUpdate

Request = (
    Activation
    | ApplicationLook
    | ApplicationSubmit
    | BalanceCheck
    | CardKept
    | CardList
    | CardLook
    | ChipUnlock
    | ChipUnlockDone
    | ElectronicActivate
    | ElectronicLook
    | LossCancel
    | LossReport
    | PasswordChange
    | PasswordReset
    | PasswordUnlock
    | PaymentLook
    | PaymentRecords
    | ReissueAbandon
    | ReissueBegin
    | ReissueConfirm
    | ReportStatus
    | RightsRecord
    | UnitLook
    | UnitUpdate
    | WhereIsMyCard
)

Answer = (
    Abandoned
    | Activated
    | ApplicationTaken
    | ApplicationTerms
    | BalanceByOwnChannel
    | Balances
    | CardFound
    | Cards
    | ChipCommand
    | Contributions
    | ElectronicActivated
    | ElectronicHolder
    | FeeDue
    | LossCancelled
    | LossInForce
    | Noted
    | PasswordSet
    | Payment
    | Refusal
    | Reissued
    | ReportFound
    | Rights
    | UnitBatch
    | Unlocked
    | Whereabouts
)


def to_wire(message: Request | Answer | Companion) -> dict[str, Any]:
    """The JSON object of a message."""
    wire: dict[str, Any] = msgspec.to_builtins(message)
    return wire


def request_from_wire(wire: object) -> Request:
    """Read a request. Raises `MalformedMessage`."""
    try:
        request: Request = msgspec.convert(wire, type=Request)
    except (msgspec.ValidationError, RecursionError) as error:
        raise MalformedMessage(f"not a request{_where(error)}") from None
    return request


def answer_from_wire(wire: object) -> Answer:
    """Read an answer. Raises `MalformedMessage`."""
    try:
        answer: Answer = msgspec.convert(wire, type=Answer)
    except (msgspec.ValidationError, RecursionError) as error:
        raise MalformedMessage(f"not an answer{_where(error)}") from None
    return answer


def companion_from_wire(wire: object) -> Companion:
    """Read a companion. Raises `MalformedMessage`."""
    try:
        return msgspec.convert(wire, Companion)
    except (msgspec.ValidationError, RecursionError) as error:
        raise MalformedMessage(f"not a companion{_where(error)}") from None


def _where(error: Exception) -> str:
    """The field that is wrong, by its path; the rest of the text may quote what it held."""
    _, at, path = str(error).rpartition(" - at ")
    return f": {path}" if at else ""


__all__ = [
    "Abandoned",
    "Activated",
    "Activation",
    "Answer",
    "ApplicationLook",
    "ApplicationSubmit",
    "ApplicationTaken",
    "ApplicationTerms",
    "BalanceByOwnChannel",
    "BalanceCheck",
    "Balances",
    "CardFound",
    "CardFrozen",
    "CardKept",
    "CardList",
    "CardLook",
    "Cards",
    "ChipCipher",
    "ChipCommand",
    "ChipUnlock",
    "ChipUnlockDone",
    "Collection",
    "Companion",
    "Contribution",
    "Contributions",
    "Details",
    "ElectronicActivate",
    "ElectronicActivated",
    "ElectronicHolder",
    "ElectronicLook",
    "Evidence",
    "FeeDue",
    "IdCopy",
    "Insurance",
    "InsuranceStanding",
    "Kept",
    "ListedCard",
    "LossCancel",
    "LossCancelled",
    "LossInForce",
    "LossReport",
    "MalformedMessage",
    "Member",
    "MemberState",
    "Noted",
    "OnItsWay",
    "PasswordChange",
    "PasswordReset",
    "PasswordSet",
    "PasswordUnlock",
    "Payment",
    "PaymentLook",
    "PaymentRecords",
    "PaymentState",
    "Presence",
    "ReadBack",
    "Reason",
    "Refusal",
    "RefusalCode",
    "ReissueAbandon",
    "ReissueBegin",
    "ReissueConfirm",
    "Reissued",
    "ReportFound",
    "ReportState",
    "ReportStatus",
    "Request",
    "Rights",
    "RightsRecord",
    "Stage",
    "UnitBatch",
    "UnitLook",
    "UnitUpdate",
    "Unlocked",
    "WhereIsMyCard",
    "Whereabouts",
    "answer_from_wire",
    "companion_from_wire",
    "request_from_wire",
    "to_wire",
]
