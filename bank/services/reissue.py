"""A card in place of a lost, damaged or outdated one (REPLACE.*, CHANGE.*, FEE.REISSUE_20).

Each of the requests can be asked again, at any terminal, without being done twice: an application
that is begun is taken up, a confirmation that is done answers what it answered.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select

from bank import applicants, applications, ledger, payments
from bank.applications import Application, Kind, Progress
from bank.clock import bank_instant, to_text
from bank.kept_cards import kept_cards
from bank.ledger import StoredCard
from bank.payments import StoredPayment, Why
from bank.schema import cards, changed_details, document_copies, people
from bank.services.operation import Operation, known_person, refusal_of, refused, state_now
from sscard import fees, reissue
from sscard.cards import CardState, masked_tail
from sscard.decisions import Decision
from sscard.forms import WORKING_DAYS
from sscard.loss import Standing
from sscard.requests import (
    Abandoned,
    Answer,
    Evidence,
    FeeDue,
    Kept,
    Payment,
    PaymentLook,
    PaymentState,
    Reason,
    Refusal,
    RefusalCode,
    ReissueAbandon,
    ReissueBegin,
    ReissueConfirm,
    Reissued,
)
from sscard.rules import Rule

_NO_SUCH = Refusal(RefusalCode.PAYMENT_UNKNOWN, Rule.REPLACE_PAY_THEN_CONFIRM)
_ISSUED = select(cards.c.issued).where(cards.c.card_id == bindparam("card_id"))
_CHANGED_ON = (
    select(func.max(changed_details.c.changed_on))
    .join_from(changed_details, people)
    .where(people.c.id_number == bindparam("id_number"))
)
_KEPT_SINCE = (
    select(kept_cards.c.claim)
    .where(
        kept_cards.c.card_id == bindparam("card_id"),
        kept_cards.c.why == Kept.OLD_CARD.value,
        kept_cards.c.at >= bindparam("begun_at"),
    )
    .order_by(kept_cards.c.at.desc())
    .limit(1)
)


def reissue_begin(connection: Connection, request: ReissueBegin, operation: Operation) -> Answer:
    """Begin the application, or take up the one that is begun for this card, paid or not."""
    refusal = known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    id_number = request.evidence.id_number.strip()
    card = _card(connection, id_number, request.card_id)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    begun = _begun(connection, card, operation)
    refusal = _why_not(connection, request, card, begun, operation)
    if refusal is not None:
        return refusal
    if begun is None:
        payment = _begin(connection, request, card, operation)
    else:
        _change_reason(connection, begun, request)
        payment = payments.payment_of(connection, begun.application_id)
    _keep_copy(connection, payment.application_id, request)
    today = operation.now.date()
    return FeeDue(
        application=payment.application_id,
        fee_fen=payment.fee_fen,
        pay_code=payments.pay_code(payment),
        pay_before=to_text(payment.pay_before),
        collection=applications.collection_of(operation.banks, card.bank_id, today, WORKING_DAYS),
        is_paid=payment.state is PaymentState.PAID,
        old_claim=None if begun is None else _claim(connection, begun, card),
    )


def payment_look(connection: Connection, request: PaymentLook, operation: Operation) -> Answer:
    """Where the fee of an application of this person stands. Changes nothing."""
    refusal = known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    application = applications.by_id(connection, request.application)
    if not _is_theirs(application, request.evidence):
        return _NO_SUCH
    payment = payments.payment_of(connection, request.application)
    return Payment(payments.state_at(payment, operation.now), payment.fee_fen, payment.voucher)


def reissue_confirm(
    connection: Connection, request: ReissueConfirm, operation: Operation
) -> Answer:
    """Issue the card: from now on the old one is suspended for good (REPLACE.SUSPENDED)."""
    found = _locked(connection, request.evidence, request.application)
    if isinstance(found, Refusal):
        return found
    application, card = found
    if application.progress is Progress.TAKEN:
        return _reissued(connection, application, card)
    over = application.progress is not Progress.BEGUN
    if over or payments.lapse_one(connection, application.application_id, operation.now):
        return _NO_SUCH
    assert application.reason is not None, "a reissue has its reason"
    payment = payments.payment_of(connection, application.application_id, to_change=True)
    for decision in (
        reissue.is_paid(payment.state is PaymentState.PAID),
        reissue.may_reissue(state_now(card, operation.now), application.reason),
        _photo(connection, application.reason, application.photo_receipt, card, operation),
        reissue.old_returned(
            application.reason, card.card_number, request.old_card_number, request.claim
        ),
    ):
        if not decision.allowed:
            return refused(decision)
    taken = applications.take(
        connection,
        application.application_id,
        operation.code,
        operation.now,
        applications.collection_of(
            operation.banks, card.bank_id, operation.now.date(), WORKING_DAYS
        ),
        request.claim,
    )
    suspended = Standing(CardState.SUSPENDED, card.standing.lost_since)
    ledger.set_standing(connection, card.card_id, suspended)
    if application.photo_receipt is not None:
        applicants.use_photo_receipt(
            connection, application.photo_receipt, application.application_id
        )
    return _reissued(connection, taken, card)


def reissue_abandon(
    connection: Connection, request: ReissueAbandon, operation: Operation
) -> Answer:
    """Give the application up; what was paid for it goes back. Never after the confirmation."""
    found = _locked(connection, request.evidence, request.application)
    if isinstance(found, Refusal):
        return found
    application, _ = found
    if application.progress is Progress.TAKEN:
        return Refusal(RefusalCode.CARD_REPLACED, Rule.REPLACE_OLD_IS_DEAD)
    payment = payments.give_back(
        connection, application.application_id, Why.ABANDONED, operation.now
    )
    if application.progress is Progress.BEGUN:
        applications.end(connection, application.application_id, Progress.ABANDONED)
    is_refunded = payment.state is PaymentState.REFUNDED
    return Abandoned(payment.fee_fen if is_refunded else 0, to_text(operation.now))


# --- who, which card, which application -----------------------------------------------------


def _card(connection: Connection, id_number: str, card_id: str) -> StoredCard | None:
    """The person's card, locked: whatever is done to it waits for whatever was begun before."""
    owned = ledger.cards_of(connection, id_number, to_change=True)
    return next((card for card in owned if card.card_id == card_id), None)


def _is_theirs(application: Application | None, evidence: Evidence) -> bool:
    return application is not None and application.id_number == evidence.id_number.strip()


def _locked(
    connection: Connection, evidence: Evidence, application_id: str
) -> tuple[Application, StoredCard] | Refusal:
    """The person's application and its card, both locked; or why there is none."""
    refusal = known_person(connection, evidence)
    if refusal is not None:
        return refusal
    application = applications.by_id(connection, application_id)
    if application is None or not _is_theirs(application, evidence):
        return _NO_SUCH
    if application.kind is not Kind.REISSUE or application.card_id is None:
        return _NO_SUCH
    card = _card(connection, application.id_number, application.card_id)
    locked = applications.by_id(connection, application_id, to_change=True)
    assert card is not None, "an application keeps its card"
    assert locked is not None, "no application is ever deleted"
    return locked, card


# --- beginning ------------------------------------------------------------------------------


def _begun(connection: Connection, card: StoredCard, operation: Operation) -> Application | None:
    """The application that is begun for the card; one whose time is over is ended here."""
    begun = applications.begun_for(connection, card.card_id)
    if begun is None or payments.lapse_one(connection, begun.application_id, operation.now):
        return None
    return begun


def _why_not(
    connection: Connection,
    request: ReissueBegin,
    card: StoredCard,
    begun: Application | None,
    operation: Operation,
) -> Refusal | None:
    """Why the card cannot be issued again for this reason, if so."""
    decisions = [
        reissue.may_reissue(state_now(card, operation.now), request.reason),
        reissue.has_copy(request.reason, request.copy is not None),
        _photo(connection, request.reason, request.photo_receipt, card, operation),
    ]
    if request.reason is Reason.DETAILS:
        decisions.append(_details(connection, card))
    return next(filter(None, map(refusal_of, decisions)), None)


def _photo(
    connection: Connection,
    reason: Reason,
    receipt_no: str | None,
    card: StoredCard,
    operation: Operation,
) -> Decision:
    if reason is not Reason.PHOTO:
        return Decision(True, reissue.BY_REASON[reason])
    given = receipt_no is not None
    receipt = applicants.photo_receipt(connection, receipt_no) if receipt_no else None
    return reissue.has_photo(given, receipt, card.id_number, operation.now.date())


def _details(connection: Connection, card: StoredCard) -> Decision:
    issued = connection.execute(_ISSUED, {"card_id": card.card_id}).scalar_one()
    changed = connection.execute(_CHANGED_ON, {"id_number": card.id_number}).scalar()
    return reissue.details_changed(
        date.fromisoformat(issued), None if changed is None else date.fromisoformat(changed)
    )


def _begin(
    connection: Connection, request: ReissueBegin, card: StoredCard, operation: Operation
) -> StoredPayment:
    applications.begin(
        connection,
        application_id=operation.op_id,
        kind=Kind.REISSUE,
        id_number=card.id_number,
        bank_id=card.bank_id,
        now=operation.now,
        card_id=card.card_id,
        reason=request.reason,
        photo_receipt=request.photo_receipt,
    )
    pay_before = bank_instant(operation.now + timedelta(hours=operation.pay_hours))
    fee = fees.reissue(operation.reissue_fen)
    return payments.ask(connection, operation.op_id, operation.op_id, fee.fen, pay_before)


def _change_reason(connection: Connection, begun: Application, request: ReissueBegin) -> None:
    """Somebody may come again for another reason: the fee is the same, and so is the payment."""
    if (begun.reason, begun.photo_receipt) != (request.reason, request.photo_receipt):
        applications.change(
            connection,
            begun.application_id,
            reason=request.reason.value,
            photo_receipt=request.photo_receipt,
        )


def _keep_copy(connection: Connection, application_id: str, request: ReissueBegin) -> None:
    if request.copy is None:
        return
    kept = select(document_copies.c.application_id).where(
        document_copies.c.application_id == application_id
    )
    if connection.execute(kept).first() is None:
        sides = {"front": request.copy.front, "back": request.copy.back}
        connection.execute(insert(document_copies), {"application_id": application_id, **sides})


# --- confirming ------------------------------------------------------------------------------


def _claim(connection: Connection, begun: Application, card: StoredCard) -> str | None:
    """Under which claim a terminal keeps the old card since an earlier visit, if one does.

    A card whose chip did not answer is nobody's by that: its holder has the claim on paper.
    """
    since = {"card_id": card.card_id, "begun_at": to_text(begun.begun_at)}
    return connection.execute(_KEPT_SINCE, since).scalar()


def _reissued(connection: Connection, application: Application, card: StoredCard) -> Reissued:
    payment = payments.payment_of(connection, application.application_id)
    assert application.form_code is not None
    assert application.collection is not None
    assert application.taken_at is not None
    assert payment.voucher is not None, "what is confirmed was paid"
    return Reissued(
        form_code=application.form_code,
        voucher=payment.voucher,
        fee_fen=payment.fee_fen,
        card_tail=masked_tail(card.card_number),
        collection=application.collection,
        at=to_text(application.taken_at),
    )
