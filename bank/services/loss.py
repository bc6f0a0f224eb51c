"""Loss reports (LOSS.*)."""

from __future__ import annotations

from sqlalchemy import Connection

from bank import ledger
from bank.clock import to_text, to_text_or_none
from bank.ledger import StoredCard
from bank.services.operation import (
    Operation,
    known_person,
    refusal_of,
    refused,
    same_person,
)
from sscard import loss, presence
from sscard.cards import masked_tail
from sscard.decisions import Decision
from sscard.requests import (
    Answer,
    CardFrozen,
    LossCancel,
    LossCancelled,
    LossInForce,
    LossReport,
    Refusal,
    RefusalCode,
    ReportFound,
    ReportState,
    ReportStatus,
)
from sscard.rules import Rule


def loss_report(connection: Connection, request: LossReport, operation: Operation) -> Answer:
    """Freeze one card of the person, or all that can be reported, now (LOSS.FREEZE_ON_RECEIPT)."""
    refusal = known_person(connection, request.evidence)
    refusal = refusal or refusal_of(loss.in_person(request.loss, request.presence))
    if refusal is not None:
        return refusal
    owned = ledger.cards_of(connection, request.evidence.id_number.strip(), to_change=True)
    if request.card_ids:
        named = set(request.card_ids)
        owned = [card for card in owned if card.card_id in named]
        if len(owned) < len(named):
            return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    frozen: list[CardFrozen] = []
    reasons: set[Decision] = set()
    for card in owned:
        done = loss.report(card.standing, request.loss, operation.now, operation.oral_days)
        if done.freeze is None:
            reasons.add(done.decision)
            continue
        if done.standing != card.standing:
            ledger.set_standing(connection, card.card_id, done.standing)
        ledger.keep_report(
            connection, operation.op_id, operation.code, card.card_id, request.loss, done.freeze
        )
        frozen.append(
            CardFrozen(
                bank_id=card.bank_id,
                card_tail=masked_tail(card.card_number),
                loss=done.freeze.loss,
                since=to_text(done.freeze.since),
                lapses_at=to_text_or_none(done.freeze.lapses_at),
                rule=done.decision.rule,
            )
        )
    if frozen:
        return LossInForce(tuple(frozen), to_text(operation.now))
    if len(reasons) == 1:
        return refused(reasons.pop())
    return Refusal(RefusalCode.NO_CARD_TO_REPORT, Rule.CARD_STATES)


def loss_cancel(connection: Connection, request: LossCancel, operation: Operation) -> Answer:
    """Make a card that was found again work again (LOSS.CANCEL).

    Asked again after it was done, the bank says that the card is not lost: nothing is done twice.
    """
    card = ledger.card_by_number(connection, request.card_number, to_change=True)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    refusal = refusal_of(same_person((card.id_number, card.name), request.evidence))
    refusal = refusal or refusal_of(
        presence.in_person_with_copy(request.presence, Rule.LOSS_CANCEL)
    )
    if refusal is not None:
        return refusal
    form = _form(connection, request.form_code, card)
    done = loss.cancel(card.standing, form, operation.now)
    if done.decision.refusal is not None:
        return refused(done.decision)
    ledger.set_standing(connection, card.card_id, done.standing)
    return LossCancelled(card.bank_id, masked_tail(card.card_number), to_text(operation.now))


def _form(connection: Connection, code: str | None, card: StoredCard) -> loss.Form:
    """What the receipt shown is to this card."""
    since = card.standing.lost_since
    if code is None:
        return loss.Form.NONE
    if since is not None and ledger.is_form_of(connection, code, card.card_id, since):
        return loss.Form.ITS_OWN
    return loss.Form.ANOTHERS if ledger.is_report(connection, code) else loss.Form.UNKNOWN


def report_status(connection: Connection, request: ReportStatus, operation: Operation) -> Answer:
    """What became of the report with this code.

    Of a report that froze several cards the weakest is told, so that nobody takes for frozen
    what is not: one that no longer holds before one that does, then the one that lapses first.
    """
    found = ledger.reports_by_code(connection, request.code)
    if not found:
        # The bank freezes what it has received; under this code it has received nothing.
        return Refusal(RefusalCode.CODE_UNKNOWN, Rule.LOSS_FREEZE_ON_RECEIPT)
    told = [
        (loss.report_state(freeze, standing, operation.now), freeze) for freeze, standing in found
    ]
    state, freeze = min(
        told,
        key=lambda each: (
            each[0] is ReportState.IN_FORCE,
            each[1].lapses_at is None,
            each[1].lapses_at or each[1].since,
        ),
    )
    return ReportFound(state, freeze.loss, to_text(freeze.since), to_text_or_none(freeze.lapses_at))
