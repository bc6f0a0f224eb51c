"""What the bank does with each kind of request. The rules are `sscard`'s; here they meet the ledger.

Every service runs inside the transaction that also stores its answer (OFFLINE.ONCE), and
says no with a `Refusal`, never with an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from bank import ledger
from bank.ledger import Told
from bank.services.activation import activation
from bank.services.applying import application_look, application_submit, where_is_my_card
from bank.services.balance import balance_check, tell_unheard
from bank.services.cards import card_kept, card_list, card_look
from bank.services.chip import chip_unlock, chip_unlock_done
from bank.services.electronic import electronic_activate, electronic_look
from bank.services.loss import loss_cancel, loss_report, report_status
from bank.services.operation import MALFORMED, Operation, is_holders
from bank.services.passwords import password_change, password_reset, password_unlock
from bank.services.presence import keep_presence
from bank.services.records import payment_records, rights_record
from bank.services.reissue import (
    payment_look,
    reissue_abandon,
    reissue_begin,
    reissue_confirm,
)
from bank.services.unit import unit_look, unit_update
from sscard.requests import (
    Activation,
    Answer,
    ApplicationLook,
    ApplicationSubmit,
    BalanceCheck,
    CardKept,
    CardList,
    CardLook,
    ChipUnlock,
    ChipUnlockDone,
    ElectronicActivate,
    ElectronicLook,
    LossCancel,
    LossReport,
    PasswordChange,
    PasswordReset,
    PasswordUnlock,
    PaymentLook,
    PaymentRecords,
    Refusal,
    RefusalCode,
    ReissueAbandon,
    ReissueBegin,
    ReissueConfirm,
    ReportStatus,
    Request,
    RightsRecord,
    UnitLook,
    UnitUpdate,
    WhereIsMyCard,
)
from sscard.rules import Rule
from sscard.working_days import end_of_next_working_day

TOO_LATE = Refusal(RefusalCode.TOO_LATE, Rule.OFFLINE_THREE)
_SURELY_IN_TIME = timedelta(days=1)  # no balance check's time is over sooner

Service = Callable[[Connection, Any, Operation], Answer | None]
"""One service. None: a later loss report has superseded the request."""

SERVICES: Mapping[type[Request], Service] = {
    Activation: activation,
    ApplicationLook: application_look,
    ApplicationSubmit: application_submit,
    BalanceCheck: balance_check,
    CardKept: card_kept,
    CardList: card_list,
    CardLook: card_look,
    ChipUnlock: chip_unlock,
    ChipUnlockDone: chip_unlock_done,
    ElectronicActivate: electronic_activate,
    ElectronicLook: electronic_look,
    LossCancel: loss_cancel,
    LossReport: loss_report,
    PasswordChange: password_change,
    PasswordReset: password_reset,
    PasswordUnlock: password_unlock,
    PaymentLook: payment_look,
    PaymentRecords: payment_records,
    ReissueAbandon: reissue_abandon,
    ReissueBegin: reissue_begin,
    ReissueConfirm: reissue_confirm,
    ReportStatus: report_status,
    RightsRecord: rights_record,
    UnitLook: unit_look,
    UnitUpdate: unit_update,
    WhereIsMyCard: where_is_my_card,
}

WITH_PASSWORD = (Activation, BalanceCheck, ChipUnlock, PasswordChange, PasswordReset)
"""The requests whose companion is opened: no other service needs a password."""


def answer_to(connection: Connection, request: Request, operation: Operation) -> Answer | None:
    """Decide a request, with its effect. None: a later loss report has superseded it."""
    if is_too_late(request, operation):
        tell_expired(connection, request, operation)
        return TOO_LATE
    service = SERVICES.get(type(request))
    if service is None:
        return MALFORMED
    answer = service(connection, request, operation)
    if answer is not None and not isinstance(answer, Refusal):
        keep_presence(connection, request, operation)
    return answer


def is_too_late(request: Request, operation: Operation) -> bool:
    """Whether the time that a request may wait is over, however late it was accepted.

    A loss report waits without end; what is only read harms nobody.
    """
    match request:
        case PasswordUnlock():
            waited = timedelta(hours=operation.unlock_hours)
            return operation.now > operation.latest + waited
        case BalanceCheck():
            if operation.now <= operation.latest + _SURELY_IN_TIME:
                return False
            return operation.now > end_of_next_working_day(operation.latest)
    return False


def tell_expired(connection: Connection, request: Request, operation: Operation) -> None:
    """The request was never done: the bank's own channel tells the holder of the card.

    Nobody is told of a card that is not theirs.
    """
    match request:
        case PasswordUnlock():
            what = Told.UNLOCK_EXPIRED
        case BalanceCheck():
            what = Told.BALANCE_EXPIRED
        case _:
            return
    card = ledger.card_by_number(connection, request.card_number)
    if card is not None and is_holders(card, request.evidence):
        ledger.tell_by_own_channel(connection, operation.op_id, card.card_id, what, operation.now)


__all__ = [
    "MALFORMED",
    "SERVICES",
    "TOO_LATE",
    "WITH_PASSWORD",
    "Operation",
    "answer_to",
    "is_too_late",
    "tell_expired",
    "tell_unheard",
]
