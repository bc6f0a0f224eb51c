"""Applications for a card: one table for the first card, its renewal and a card in place of another.

Who builds on it:

* `take_new` writes an application for a new card or a renewal in one go (`ApplicationSubmit`):
  the form gets its number (`sscard.forms`), the card its due day and outlet, the stage is
  `SUBMITTED`.
* A reissue is *begun* (`begin`: it has no form yet and nothing is suspended), paid
  (`bank.payments`), and *taken* (`take`) by its confirmation. One that is not taken is ended
  (`end`) as abandoned or lapsed.
* From `SUBMITTED` on the stage is moved by `bank.production` alone: the days go by there.
* `of_person` and `by_form` read; an application that was never taken has no form and no stage.

Every function runs in its caller's transaction and asks nobody who they are: the services do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from bank.clock import from_text, to_text
from bank.schema import applications, people
from sscard.banks import Bank
from sscard.forms import form_code, ready_on
from sscard.requests import Collection, Reason, Stage


class Kind(StrEnum):
    """What an application is for."""

    NEW = "new"
    RENEWAL = "renewal"
    REISSUE = "reissue"


class Progress(StrEnum):
    """How far the application itself has come."""

    BEGUN = "begun"
    TAKEN = "taken"
    ABANDONED = "abandoned"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Application:
    """One application. What it has only once it is taken is None before."""

    application_id: str
    kind: Kind
    id_number: str = field(repr=False)
    bank_id: str
    progress: Progress
    begun_at: datetime
    card_id: str | None = None  # of the old card, if there is one
    reason: Reason | None = None  # of a reissue
    photo_receipt: str | None = field(default=None, repr=False)
    taken_at: datetime | None = None
    form_code: str | None = None
    submitted_on: date | None = None
    collection: Collection | None = None
    claim: str | None = None  # under which a terminal keeps the old card
    stage: Stage | None = None
    at_bank_on: date | None = None
    collected_on: date | None = None
    destroyed_on: date | None = None  # the first day on which it cannot be collected any more
    new_card_id: str | None = None


_APPLICATIONS = (
    select(applications, people.c.id_number)
    .join_from(applications, people)
    .order_by(applications.c.begun_at.desc(), applications.c.application_id)
)
_BY_ID = _APPLICATIONS.where(applications.c.application_id == bindparam("application_id"))
_BY_ID_TO_CHANGE = _BY_ID.with_for_update(of=applications)
_BY_FORM = _APPLICATIONS.where(applications.c.form_code == bindparam("form_code"))
_OF_PERSON = _APPLICATIONS.where(people.c.id_number == bindparam("id_number"))
_OF_CARD = _APPLICATIONS.where(applications.c.card_id == bindparam("card_id"))
_BEGUN = _OF_CARD.where(applications.c.progress == Progress.BEGUN.value).with_for_update(
    of=applications
)
_STAGES = _APPLICATIONS.where(
    applications.c.stage.in_(bindparam("stages", expanding=True))
).with_for_update(of=applications)
_PERSON_ID = select(people.c.person_id).where(people.c.id_number == bindparam("id_number"))


# --- reading ---------------------------------------------------------------------------


def by_id(
    connection: Connection, application_id: str, to_change: bool = False
) -> Application | None:
    """The application with this id; `to_change` locks it until the commit."""
    query = _BY_ID_TO_CHANGE if to_change else _BY_ID
    row = connection.execute(query, {"application_id": application_id}).one_or_none()
    return None if row is None else _application(row)


def by_form(connection: Connection, code: str) -> Application | None:
    """The application whose form has this number."""
    row = connection.execute(_BY_FORM, {"form_code": code}).one_or_none()
    return None if row is None else _application(row)


def of_person(connection: Connection, id_number: str) -> list[Application]:
    """Every application of a person, the latest first, those that came to nothing too."""
    return [_application(row) for row in connection.execute(_OF_PERSON, {"id_number": id_number})]


def of_card(connection: Connection, card_id: str) -> list[Application]:
    """Every application for a card in place of this one, the latest first."""
    return [_application(row) for row in connection.execute(_OF_CARD, {"card_id": card_id})]


def begun_for(connection: Connection, card_id: str) -> Application | None:
    """The application that is begun for a card and not ended, locked until the commit."""
    row = connection.execute(_BEGUN, {"card_id": card_id}).one_or_none()
    return None if row is None else _application(row)


def in_stages(connection: Connection, *stages: Stage) -> list[Application]:
    """The applications that stand in one of these stages, locked until the commit."""
    found = connection.execute(_STAGES, {"stages": [stage.value for stage in stages]})
    return [_application(row) for row in found]


# --- writing ---------------------------------------------------------------------------


def collection_of(
    banks: Mapping[str, Bank], bank_id: str, submitted_on: date, working_days: int
) -> Collection:
    """When and where a card that is submitted on this day can be collected.

    A bank without an outlet in the list is named by its own name.
    """
    ready = ready_on(submitted_on, working_days)
    bank = banks.get(bank_id)
    if bank is None:
        zh = en = bank_id
    elif not bank.outlets:
        zh, en = bank.name_zh, bank.name_en
    else:
        zh, en = bank.outlets[0].text_zh, bank.outlets[0].text_en
    return Collection(ready.day, ready.provisional, bank_id, zh, en)


def take_new(
    connection: Connection,
    *,
    application_id: str,
    kind: Kind,
    id_number: str,
    code: str,
    now: datetime,
    collection: Collection,
    card_id: str | None = None,
    photo_receipt: str | None = None,
) -> Application:
    """Take an application for a first card or a renewal, with its form, at once.

    `code` is the operation's receipt code; `card_id` the card that a renewal is to renew.
    """
    begin(
        connection,
        application_id=application_id,
        kind=kind,
        id_number=id_number,
        bank_id=collection.bank_id,
        now=now,
        card_id=card_id,
        photo_receipt=photo_receipt,
    )
    return take(connection, application_id, code, now, collection)


def begin(
    connection: Connection,
    *,
    application_id: str,
    kind: Kind,
    id_number: str,
    bank_id: str,
    now: datetime,
    card_id: str | None = None,
    reason: Reason | None = None,
    photo_receipt: str | None = None,
) -> None:
    """Begin an application; nothing is made and nothing suspended for it yet."""
    person_id = connection.execute(_PERSON_ID, {"id_number": id_number}).scalar_one()
    connection.execute(
        insert(applications),
        {
            "application_id": application_id,
            "kind": kind.value,
            "person_id": person_id,
            "bank_id": bank_id,
            "card_id": card_id,
            "reason": None if reason is None else reason.value,
            "photo_receipt": photo_receipt,
            "progress": Progress.BEGUN.value,
            "begun_at": to_text(now),
        },
    )


def take(
    connection: Connection,
    application_id: str,
    code: str,
    now: datetime,
    collection: Collection,
    claim: str | None = None,
) -> Application:
    """The application is complete: it gets its form, and its card is going to be made."""
    submitted_on = now.date()
    change(
        connection,
        application_id,
        progress=Progress.TAKEN.value,
        taken_at=to_text(now),
        form_code=form_code(collection.bank_id, submitted_on, code),
        submitted_on=submitted_on.isoformat(),
        due=collection.due.isoformat(),
        provisional=int(collection.provisional),
        outlet_zh=collection.outlet_zh,
        outlet_en=collection.outlet_en,
        claim=claim,
        stage=Stage.SUBMITTED.value,
    )
    taken = by_id(connection, application_id)
    assert taken is not None, "it has just been written"
    return taken


def end(connection: Connection, application_id: str, progress: Progress) -> None:
    """End an application that was begun: `ABANDONED` or `LAPSED`."""
    assert progress in (Progress.ABANDONED, Progress.LAPSED)
    change(connection, application_id, progress=progress.value)


def change(connection: Connection, application_id: str, **values: Any) -> None:
    """Set columns of an application, in their stored form."""
    connection.execute(
        update(applications).where(applications.c.application_id == application_id).values(**values)
    )


def _application(row: Row[*tuple[Any, ...]]) -> Application:
    of = row._mapping
    return Application(
        application_id=of["application_id"],
        kind=Kind(of["kind"]),
        id_number=of["id_number"],
        bank_id=of["bank_id"],
        progress=Progress(of["progress"]),
        begun_at=datetime.fromisoformat(of["begun_at"]),
        card_id=of["card_id"],
        reason=None if of["reason"] is None else Reason(of["reason"]),
        photo_receipt=of["photo_receipt"],
        taken_at=from_text(of["taken_at"]),
        form_code=of["form_code"],
        submitted_on=_day(of["submitted_on"]),
        collection=_collection(of),
        claim=of["claim"],
        stage=None if of["stage"] is None else Stage(of["stage"]),
        at_bank_on=_day(of["at_bank_on"]),
        collected_on=_day(of["collected_on"]),
        destroyed_on=_day(of["destroyed_on"]),
        new_card_id=of["new_card_id"],
    )


def _collection(of: Mapping[Any, Any]) -> Collection | None:
    due = _day(of["due"])
    if due is None:
        return None
    outlet = (of["outlet_zh"], of["outlet_en"])
    return Collection(due, bool(of["provisional"]), of["bank_id"], *outlet)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
