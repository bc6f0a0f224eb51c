"""What a unit's administrator does with the cards of the unit (COLLECT.*)."""

from __future__ import annotations

from sqlalchemy import Connection

from bank import applicants
from bank.applicants import Unit, UnitCard
from bank.services.operation import Operation, known_person, refused
from sscard import collecting
from sscard.applying import masked_name
from sscard.requests import (
    Answer,
    Evidence,
    Member,
    MemberState,
    Refusal,
    RefusalCode,
    UnitBatch,
    UnitLook,
    UnitUpdate,
)
from sscard.rules import Rule


def unit_look(connection: Connection, request: UnitLook, operation: Operation) -> Answer:
    """The batch of the unit, to its administrator and nobody else."""
    unit = _administered(connection, request.evidence)
    if isinstance(unit, Refusal):
        return unit
    return _batch(unit, applicants.cards_of_unit(connection, unit.unit_id), operation)


def unit_update(connection: Connection, request: UnitUpdate, operation: Operation) -> Answer:
    """Mark cards as handed out, or to be returned: all that are named, or none of them.

    To say the same again is no harm: the answer is the batch as it stands.
    """
    unit = _administered(connection, request.evidence)
    if isinstance(unit, Refusal):
        return unit
    held = applicants.cards_of_unit(connection, unit.unit_id, to_change=True)
    state_of = {card.member_id: card.state for card in held}
    named = set(request.member_ids)
    if not named <= state_of.keys():
        return Refusal(RefusalCode.NOT_IN_BATCH, Rule.COLLECT_FIVE_WORKING_DAYS)
    for member_id in sorted(named):
        decision = collecting.may_become(state_of[member_id], request.state)
        if not decision.allowed:
            return refused(decision)
    for member_id in sorted(named):
        if state_of[member_id] is MemberState.WITH_UNIT:
            applicants.set_member_state(
                connection, member_id, request.state, operation.now, unit.administrator
            )
    return _batch(unit, applicants.cards_of_unit(connection, unit.unit_id), operation)


def _administered(connection: Connection, evidence: Evidence) -> Unit | Refusal:
    """The unit that the person administers, or why there is none."""
    refusal = known_person(connection, evidence)
    if refusal is not None:
        return refusal
    unit = applicants.unit_of(connection, evidence.id_number.strip())
    if unit is None:
        return Refusal(RefusalCode.NOT_ADMINISTRATOR, Rule.COLLECT_FIVE_WORKING_DAYS)
    return unit


def _batch(unit: Unit, cards: list[UnitCard], operation: Operation) -> UnitBatch:
    by = collecting.hand_out_by(unit.received_on)
    bank = operation.banks.get(unit.bank_id)
    if bank is None:
        outlet_zh = outlet_en = unit.bank_id
    elif bank.outlets:
        outlet_zh, outlet_en = bank.outlets[0].text_zh, bank.outlets[0].text_en
    else:
        outlet_zh, outlet_en = bank.name_zh, bank.name_en
    return UnitBatch(
        unit=unit.name,
        bank_id=unit.bank_id,
        outlet_zh=outlet_zh,
        outlet_en=outlet_en,
        received_on=unit.received_on,
        hand_out_by=by.day,
        provisional=by.provisional,
        members=tuple(
            Member(card.member_id, masked_name(card.name), card.card_tail, card.state)
            for card in cards
        ),
    )
