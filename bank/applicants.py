"""What the service points ask of the database. Every function runs in its caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from bank.applying_schema import applicants, forms, unit_administrators, unit_cards, units
from bank.clock import to_text
from bank.schema import document_copies, people, photo_receipts
from sscard.applying import PhotoReceipt
from sscard.issuing import Coverage
from sscard.requests import Details, Evidence, IdCopy, MemberState


@dataclass(frozen=True, slots=True)
class Applicant:
    """What the service point knows of a person who may apply."""

    coverage: Coverage
    noticed_on: date | None
    details: Details = field(repr=False)
    has_photo: bool


_APPLICANT = (
    select(
        applicants.c.coverage,
        applicants.c.noticed_on,
        applicants.c.telephone,
        applicants.c.address,
        applicants.c.has_photo,
    )
    .join_from(applicants, people)
    .where(people.c.id_number == bindparam("id_number"))
)
_APPLICANT_TO_CHANGE = _APPLICANT.with_for_update(of=applicants)


def applicant(connection: Connection, id_number: str, to_change: bool = False) -> Applicant | None:
    """The applicant with this ID number; `to_change` locks them until the commit, so that of two
    forms handed in at one moment the second sees the first.
    """
    query = _APPLICANT_TO_CHANGE if to_change else _APPLICANT
    row = connection.execute(query, {"id_number": id_number}).one_or_none()
    if row is None:
        return None
    coverage, noticed_on, telephone, address, has_photo = row
    return Applicant(
        Coverage(coverage),
        None if noticed_on is None else date.fromisoformat(noticed_on),
        Details(telephone, address),
        bool(has_photo),
    )


# --- photo receipts ----------------------------------------------------------------------

_RECEIPT = (
    select(people.c.id_number, photo_receipts.c.made_on, photo_receipts.c.used_for)
    .join_from(photo_receipts, people)
    .where(photo_receipts.c.receipt_no == bindparam("receipt_no"))
    .with_for_update(of=photo_receipts)
)


def photo_receipt(connection: Connection, receipt_no: str) -> PhotoReceipt | None:
    """What a studio has sent in under this number, locked until the commit."""
    row = connection.execute(_RECEIPT, {"receipt_no": receipt_no}).one_or_none()
    if row is None:
        return None
    id_number, made_on, used_for = row
    return PhotoReceipt(id_number, date.fromisoformat(made_on), used_for is not None)


def use_photo_receipt(connection: Connection, receipt_no: str, application_id: str) -> None:
    """The receipt serves this application, and no other."""
    connection.execute(
        update(photo_receipts)
        .where(photo_receipts.c.receipt_no == receipt_no)
        .values(used_for=application_id)
    )


# --- forms -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """What a form says beside the application: the details as the person left them."""

    details: Details = field(repr=False)
    is_address_wrong: bool


_PAPER = select(forms.c.telephone, forms.c.address, forms.c.is_address_wrong).where(
    forms.c.application_id == bindparam("application_id")
)


def paper_of(connection: Connection, application_id: str) -> Paper | None:
    """The form of an application; None where none was filled in (a reissue)."""
    row = connection.execute(_PAPER, {"application_id": application_id}).one_or_none()
    return None if row is None else Paper(Details(row[0], row[1]), bool(row[2]))


def keep_form(
    connection: Connection,
    application_id: str,
    known: Details,
    paper: Paper,
    now: datetime,
    agent: Evidence | None,
    copy: IdCopy | None,
) -> None:
    """Keep a form. What was corrected is kept beside what was known before."""
    given = paper.details
    connection.execute(
        insert(forms),
        {
            "application_id": application_id,
            "telephone": given.telephone,
            "telephone_was": known.telephone if given.telephone != known.telephone else None,
            "address": given.address,
            "address_was": known.address if given.address != known.address else None,
            "is_address_wrong": int(paper.is_address_wrong),
            "agent_id_number": None if agent is None else agent.id_number.strip(),
            "agent_name": None if agent is None else agent.name.strip(),
            "signed_at": to_text(now),
            "confirmed_at": to_text(now),
        },
    )
    if copy is not None:
        sides = {"front": copy.front, "back": copy.back}
        connection.execute(insert(document_copies), {"application_id": application_id, **sides})


# --- units -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and the batch of cards that it received."""

    unit_id: str
    name: str
    bank_id: str
    received_on: date
    administrator: int  # the person


@dataclass(frozen=True, slots=True)
class UnitCard:
    """One card of a unit's batch."""

    member_id: str
    name: str = field(repr=False)
    card_tail: str
    state: MemberState


_UNIT = (
    select(units, unit_administrators.c.person_id)
    .join_from(unit_administrators, units)
    .join(people, people.c.person_id == unit_administrators.c.person_id)
    .where(people.c.id_number == bindparam("id_number"))
)
_UNIT_CARDS = (
    select(unit_cards.c.member_id, unit_cards.c.name, unit_cards.c.card_tail, unit_cards.c.state)
    .where(unit_cards.c.unit_id == bindparam("unit_id"))
    .order_by(unit_cards.c.member_id)
)
_UNIT_CARDS_TO_CHANGE = _UNIT_CARDS.with_for_update()


def unit_of(connection: Connection, id_number: str) -> Unit | None:
    """The unit whose administrator has this ID number."""
    row = connection.execute(_UNIT, {"id_number": id_number}).one_or_none()
    if row is None:
        return None
    of = row._mapping
    received_on = date.fromisoformat(of["received_on"])
    return Unit(of["unit_id"], of["name"], of["bank_id"], received_on, of["person_id"])


def cards_of_unit(connection: Connection, unit_id: str, to_change: bool = False) -> list[UnitCard]:
    """The cards of the batch, in the list's order; `to_change` locks them until the commit."""
    query = _UNIT_CARDS_TO_CHANGE if to_change else _UNIT_CARDS
    return [_unit_card(row) for row in connection.execute(query, {"unit_id": unit_id})]


def set_member_state(
    connection: Connection, member_id: str, state: MemberState, now: datetime, administrator: int
) -> None:
    """Store what has become of a card, since when, and who says so."""
    connection.execute(
        update(unit_cards)
        .where(unit_cards.c.member_id == member_id)
        .values(state=state.value, changed_at=to_text(now), changed_by=administrator)
    )


def _unit_card(row: Row[*tuple[Any, ...]]) -> UnitCard:
    member_id, name, card_tail, state = row
    return UnitCard(member_id, name, card_tail, MemberState(state))
