"""Money for applications: asked for, arrived, kept or sent back (FEE.REISSUE_20).

A payment comes from outside, by a payment code that the terminal shows: at once, late, twice, of
the wrong amount, or after the person has given up. Whatever comes is written down once under the
payer's bank's own number for it, and is then either kept for exactly one payment or sent back:

* asked for and of the right amount: the payment is paid and has its voucher;
* too late or after the application was given up: kept for the application that the same person
  has begun anew for the same card, if that one is still unpaid, else sent back;
* paid already, another amount, or nobody's: sent back.

Sending back is a row here; the bank's settlement does it. Runs in its caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, bindparam, insert, select, update

from bank import applications
from bank.applications import Application, Progress
from bank.clock import to_text
from bank.schema import arrivals, payments
from sscard.codes import receipt_code
from sscard.forms import voucher_number
from sscard.requests import PaymentState

# How long a payment code is good for: somebody who has no telephone along can come again tomorrow.
PAY_HOURS = 24.0
# How long a paid application waits for its confirmation before the money goes back.
CONFIRM_DAYS = 30

_HEAD = "SSC-PAY"


class Why(StrEnum):
    """Why money went back."""

    UNKNOWN = "unknown"  # no such payment
    AMOUNT = "amount"
    TWICE = "twice"
    TOO_LATE = "too_late"
    ABANDONED = "abandoned"
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """What one application costs, and where that stands."""

    payment_no: str
    application_id: str
    fee_fen: int
    state: PaymentState
    pay_before: datetime
    voucher: str | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of money that came: kept for a payment, or sent back and why."""

    kept_for: str | None
    why: Why | None


_BY_APPLICATION = select(payments).where(payments.c.application_id == bindparam("application_id"))
_BY_APPLICATION_TO_CHANGE = _BY_APPLICATION.with_for_update()
_BY_NUMBER = select(payments).where(payments.c.payment_no == bindparam("payment_no"))
_ARRIVAL = select(arrivals.c.kept_for, arrivals.c.why).where(
    arrivals.c.arrival_no == bindparam("arrival_no")
)


# --- asking for it -----------------------------------------------------------------------


def ask(
    connection: Connection, application_id: str, op_id: str, fee_fen: int, pay_before: datetime
) -> StoredPayment:
    """Ask for the fee of an application; `op_id` (32 hex digits) gives the payment its number."""
    asked = StoredPayment(
        payment_no=receipt_code(bytes.fromhex(op_id)[::-1]),
        application_id=application_id,
        fee_fen=fee_fen,
        state=PaymentState.OPEN,
        pay_before=pay_before,
    )
    connection.execute(
        insert(payments),
        {
            "payment_no": asked.payment_no,
            "application_id": application_id,
            "fee_fen": fee_fen,
            "state": asked.state.value,
            "pay_before": to_text(pay_before),
        },
    )
    return asked


def pay_code(payment: StoredPayment) -> str:
    """What the payment's QR code says: which payment, how much. Not who, and not what for.

    The form of the text is assumed; a bank puts in its payment network's own.
    """
    return f"{_HEAD}:{payment.payment_no}:{payment.fee_fen}"


def read_pay_code(text: str) -> tuple[str, int] | None:
    """The payment's number and the amount in fen that a payer's telephone reads, or None."""
    head, _, rest = text.partition(":")
    payment_no, _, fen = rest.partition(":")
    return (payment_no, int(fen)) if head == _HEAD and fen.isdecimal() else None


def payment_of(
    connection: Connection, application_id: str, to_change: bool = False
) -> StoredPayment:
    """The payment of an application; `to_change` locks it until the commit."""
    query = _BY_APPLICATION_TO_CHANGE if to_change else _BY_APPLICATION
    row = connection.execute(query, {"application_id": application_id}).one()
    of = row._mapping
    return StoredPayment(
        of["payment_no"],
        of["application_id"],
        of["fee_fen"],
        PaymentState(of["state"]),
        datetime.fromisoformat(of["pay_before"]),
        of["voucher"],
    )


def state_at(payment: StoredPayment, now: datetime) -> PaymentState:
    """Where the payment stands at `now`: one that nobody made in time has lapsed."""
    if payment.state is PaymentState.OPEN and now >= payment.pay_before:
        return PaymentState.LAPSED
    return payment.state


# --- money that comes ----------------------------------------------------------------------


def arrive(
    connection: Connection, arrival_no: str, payment_no: str, amount_fen: int, now: datetime
) -> Arrived:
    """Money has come. The same arrival told again changes nothing and is answered alike."""
    known = connection.execute(_ARRIVAL, {"arrival_no": arrival_no}).one_or_none()
    if known is not None:
        return Arrived(known.kept_for, None if known.why is None else Why(known.why))
    payment, why = _use(connection, payment_no, amount_fen, now)
    connection.execute(
        insert(arrivals),
        {
            "arrival_no": arrival_no,
            "payment_no": payment_no,
            "amount_fen": amount_fen,
            "at": to_text(now),
            "kept_for": None if payment is None else payment.payment_no,
            "refunded_at": to_text(now) if payment is None else None,
            "why": why,
        },
    )
    if payment is not None:
        _pay(connection, payment, now)
    return Arrived(None if payment is None else payment.payment_no, why)


def _use(
    connection: Connection, payment_no: str, amount_fen: int, now: datetime
) -> tuple[StoredPayment | None, Why | None]:
    """The payment to keep the money for, or why it goes back."""
    row = connection.execute(_BY_NUMBER, {"payment_no": payment_no}).one_or_none()
    if row is None:
        return None, Why.UNKNOWN
    # The application is locked first, here as in every service: no two wait for each other.
    application = applications.by_id(connection, row.application_id, to_change=True)
    assert application is not None, "a payment has its application"
    payment = payment_of(connection, application.application_id, to_change=True)
    if amount_fen != payment.fee_fen:
        return None, Why.AMOUNT
    if payment.state is PaymentState.PAID:
        return None, Why.TWICE
    if is_waiting(application, payment, now):
        return payment, None
    anew = _begun_anew(connection, application, now)
    if anew is not None and anew.fee_fen == amount_fen:
        return anew, None
    return None, Why.ABANDONED if application.progress is Progress.ABANDONED else Why.TOO_LATE


def is_waiting(application: Application, payment: StoredPayment, now: datetime) -> bool:
    """Whether the application still waits for its money."""
    open_now = state_at(payment, now) is PaymentState.OPEN
    return open_now and application.progress is Progress.BEGUN


def _begun_anew(connection: Connection, ended: Application, now: datetime) -> StoredPayment | None:
    """The unpaid payment of what the same person has begun anew for the same card."""
    if ended.card_id is None:
        return None
    anew = applications.begun_for(connection, ended.card_id)
    if anew is None or anew.id_number != ended.id_number:
        return None
    payment = payment_of(connection, anew.application_id, to_change=True)
    return payment if is_waiting(anew, payment, now) else None


def _pay(connection: Connection, payment: StoredPayment, now: datetime) -> None:
    """The payment is made, and has its voucher from now on."""
    connection.execute(
        update(payments)
        .where(payments.c.payment_no == payment.payment_no)
        .values(
            state=PaymentState.PAID.value,
            paid_at=to_text(now),
            voucher=voucher_number(now.date(), payment.payment_no),
        )
    )


# --- giving it back ----------------------------------------------------------------------


def give_back(
    connection: Connection, application_id: str, why: Why, now: datetime
) -> StoredPayment:
    """End the payment of an application that comes to nothing; the payment as it stands then.

    What was kept for it goes back, and its voucher is void with it.
    """
    payment = payment_of(connection, application_id, to_change=True)
    if payment.state is PaymentState.PAID:
        connection.execute(
            update(arrivals)
            .where(arrivals.c.kept_for == payment.payment_no)
            .values(kept_for=None, refunded_at=to_text(now), why=why.value)
        )
        state = PaymentState.REFUNDED
    elif payment.state is PaymentState.OPEN:
        state = PaymentState.LAPSED
    else:
        return payment
    connection.execute(
        update(payments)
        .where(payments.c.payment_no == payment.payment_no)
        .values(
            state=state.value,
            refunded_at=to_text(now) if state is PaymentState.REFUNDED else None,
        )
    )
    return replace(payment, state=state)


def lapse(connection: Connection, now: datetime, confirm_days: int = CONFIRM_DAYS) -> int:
    """End the applications that nobody paid in time, or paid and never confirmed; how many.

    The bank runs it once a day; a service that meets such an application ends it at once.
    """
    found = connection.execute(
        select(payments.c.application_id)
        .where(payments.c.state.in_((PaymentState.OPEN.value, PaymentState.PAID.value)))
        .order_by(payments.c.application_id)
    ).all()
    return sum(lapse_one(connection, row.application_id, now, confirm_days) for row in found)


def lapse_one(
    connection: Connection, application_id: str, now: datetime, confirm_days: int = CONFIRM_DAYS
) -> bool:
    """End the application if its time is over; whether it was."""
    application = applications.by_id(connection, application_id, to_change=True)
    assert application is not None
    if application.progress is not Progress.BEGUN:
        return False
    payment = payment_of(connection, application_id, to_change=True)
    unpaid = state_at(payment, now) is PaymentState.LAPSED
    forgotten = payment.state is PaymentState.PAID and (
        now >= payment.pay_before + timedelta(days=confirm_days)
    )
    if not (unpaid or forgotten):
        return False
    why = Why.NOT_CONFIRMED if forgotten else Why.TOO_LATE
    give_back(connection, application_id, why, now)
    applications.end(connection, application_id, Progress.LAPSED)
    return True
