"""Applying for a card or its renewal, and where a card is (APPLY.*, BANK.*, COLLECT.*)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from bank import applicants, applications, ledger
from bank.applicants import Applicant, Paper
from bank.applications import Application, Kind, Progress
from bank.clock import to_text
from bank.services.operation import Operation, known_person, refusal_of, refused
from sscard import applying, issuing
from sscard.cards import CardState
from sscard.forms import WORKING_DAYS
from sscard.requests import (
    Answer,
    ApplicationLook,
    ApplicationSubmit,
    ApplicationTaken,
    ApplicationTerms,
    Evidence,
    OnItsWay,
    Refusal,
    RefusalCode,
    Stage,
    Whereabouts,
    WhereIsMyCard,
)
from sscard.rules import Rule

LISTED_MAX = 5  # of a person's cards on their way, the latest: no screen holds more
# A card that was in somebody's hands, or is: the next one renews it.
_HAD = tuple(set(CardState) - {CardState.PRODUCED, CardState.AT_BANK, CardState.DESTROYED})


def application_look(
    connection: Connection, request: ApplicationLook, operation: Operation
) -> Answer:
    """Whether an application is open to the person, and on which terms."""
    found = _open_to(connection, request.evidence, request.agent, operation)
    if isinstance(found, Refusal):
        return found
    banks = issuing.issuing_banks(found.coverage, operation.banks)
    return ApplicationTerms(
        is_renewal=_renewed_card(connection, request.evidence) is not None,
        banks=banks.banks,
        rule=banks.rule,
        details=found.details,
        has_photo=found.has_photo,
    )


def application_submit(
    connection: Connection, request: ApplicationSubmit, operation: Operation
) -> Answer:
    """Take the form: the service point confirms what the applicant has signed (APPLY.BOTH_SIGN).

    The same form again, from a person whom the answer did not reach, is answered as before.
    """
    id_number = request.evidence.id_number.strip()
    found = _open_to(connection, request.evidence, request.agent, operation, to_change=True)
    if isinstance(found, Refusal):
        if found.code is RefusalCode.HAS_CARD:
            return _taken_before(connection, request) or found
        return found
    receipt = None
    if request.photo_receipt is not None:
        receipt = applicants.photo_receipt(connection, request.photo_receipt)
    banks = issuing.issuing_banks(found.coverage, operation.banks)
    for decision in (
        issuing.may_issue(request.bank_id, banks),
        applying.details(request.details.telephone, found.details.telephone),
        applying.photo(
            found.has_photo,
            request.photo_receipt is not None,
            receipt,
            id_number,
            _today(operation),
        ),
        applying.signed(request.is_signed),
        applying.agent(request.agent is not None, request.copy is not None),
    ):
        refusal = refusal_of(decision)
        if refusal is not None:
            return refusal
    old_card = _renewed_card(connection, request.evidence)
    taken = applications.take_new(
        connection,
        application_id=operation.op_id,
        kind=Kind.NEW if old_card is None else Kind.RENEWAL,
        id_number=id_number,
        code=operation.code,
        now=operation.now,
        collection=applications.collection_of(
            operation.banks, request.bank_id, _today(operation), WORKING_DAYS
        ),
        card_id=old_card,
        photo_receipt=request.photo_receipt,
    )
    paper = Paper(request.details, request.is_address_wrong)
    applicants.keep_form(
        connection,
        taken.application_id,
        found.details,
        paper,
        operation.now,
        request.agent,
        request.copy,
    )
    if request.photo_receipt is not None:
        applicants.use_photo_receipt(connection, request.photo_receipt, taken.application_id)
    return _told_of(taken)


def where_is_my_card(
    connection: Connection, request: WhereIsMyCard, operation: Operation
) -> Answer:
    """Where the person's cards are, the latest first; with a form, the card of that form alone.

    A form that is somebody else's, or copied from it, tells nothing (APPLY.UNIQUE_FORM).
    """
    refusal = known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    id_number = request.evidence.id_number.strip()
    if request.form_code is None:
        taken = [
            each
            for each in applications.of_person(connection, id_number)
            if each.progress is Progress.TAKEN
        ]
        return Whereabouts(tuple(map(_on_its_way, taken[:LISTED_MAX])))
    of_form = applications.by_form(connection, request.form_code)
    decision = applying.own_form(
        None if of_form is None else of_form.id_number,
        id_number,
        None if of_form is None else of_form.stage,
    )
    if not decision.allowed or of_form is None:
        return refused(decision)
    return Whereabouts((_on_its_way(of_form),))


def _open_to(
    connection: Connection,
    evidence: Evidence,
    agent: Evidence | None,
    operation: Operation,
    to_change: bool = False,
) -> Applicant | Refusal:
    """The applicant, or why no application is open to them."""
    refusal = known_person(connection, evidence)
    if refusal is not None:
        return refusal
    id_number = evidence.id_number.strip()
    if agent is not None and agent.id_number.strip() == id_number:
        # Nobody is their own agent: the one document was laid twice.
        return Refusal(RefusalCode.NOT_SAME_PERSON, Rule.APPLY_AGENT)
    found = applicants.applicant(connection, id_number, to_change)
    if found is None:
        return Refusal(RefusalCode.NO_NOTICE, Rule.APPLY_IN_STAGES)
    stages = _stages_since(connection, id_number, found.noticed_on)
    return refusal_of(applying.may_apply(found.noticed_on, stages, _today(operation))) or found


def _stages_since(
    connection: Connection, id_number: str, noticed_on: date | None
) -> tuple[Stage, ...]:
    """Where the cards are that the person has applied for on this notice."""
    return tuple(
        each.stage
        for each in applications.of_person(connection, id_number)
        if each.stage is not None
        and each.kind is not Kind.REISSUE
        and (noticed_on is None or each.submitted_on is None or each.submitted_on >= noticed_on)
    )


def _renewed_card(connection: Connection, evidence: Evidence) -> str | None:
    """The card that a new one would renew: the latest that the person had; None for the first."""
    owned = ledger.cards_of(connection, evidence.id_number.strip())
    return next((card.card_id for card in reversed(owned) if card.standing.state in _HAD), None)


def _taken_before(connection: Connection, request: ApplicationSubmit) -> ApplicationTaken | None:
    """The answer to this very form, if it was taken and its card is still on its way."""
    for each in applications.of_person(connection, request.evidence.id_number.strip()):
        paper = applicants.paper_of(connection, each.application_id)
        if each.stage is Stage.SUBMITTED and paper is not None:
            same = (
                each.bank_id == request.bank_id
                and each.photo_receipt == request.photo_receipt
                and paper == Paper(request.details, request.is_address_wrong)
            )
            return _told_of(each) if same else None
    return None


def _told_of(taken: Application) -> ApplicationTaken:
    assert taken.form_code is not None
    assert taken.collection is not None
    assert taken.taken_at is not None
    return ApplicationTaken(
        form_code=taken.form_code,
        is_renewal=taken.kind is Kind.RENEWAL,
        collection=taken.collection,
        at=to_text(taken.taken_at),
    )


def _on_its_way(taken: Application) -> OnItsWay:
    assert taken.form_code is not None
    assert taken.stage is not None
    assert taken.submitted_on is not None
    assert taken.collection is not None
    return OnItsWay(
        form_code=taken.form_code,
        stage=taken.stage,
        submitted_on=taken.submitted_on,
        collection=taken.collection,
        destroyed_on=taken.destroyed_on,
    )


def _today(operation: Operation) -> date:
    """The bank's calendar day; its instants are in China's time."""
    return operation.now.date()
