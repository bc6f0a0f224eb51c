"""What a person at the desk does: each checks the role, and each leaves a line in the audit.

Nothing is done without its line: both are one transaction. What was refused has its line too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, func, insert, select, update

from monitoring.server.changes import bump
from monitoring.server.facts import Outcome, Person, Role, Site
from monitoring.server.passwords import hashed, matches
from monitoring.server.schema import (
    alerts,
    audit,
    order_steps,
    orders,
    people,
    sites,
    terminals,
)
from monitoring.wire.orders import ENDS, MAY, Order, OrderKind, Step
from monitoring.wire.topics import Kind, topic

ORDER_LIFE_S = 24 * 3600
ORDERS_OPEN_MAX = 16  # of one terminal: more are a mistake
SILENCE_S_MAX = 7 * 24 * 3600
_PROCESSES = frozenset({"kiosk", "kiosk-queue", "kiosk-health"})
_DETAIL_MAX = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What came of an order; `order` is its name if it was given."""

    outcome: Outcome
    order: str = ""


def acknowledge(engine: Engine, by: Person, alert: int, now: int) -> Outcome:
    """Somebody has seen the alert. Operators may. One that is over cannot be: `ALREADY`."""
    return _on_alert(engine, by, alert, now, "acknowledge", "", {"acknowledged_by": by.person})


def assign(engine: Engine, by: Person, alert: int, to: str, now: int) -> Outcome:
    """The alert is somebody's; `to` "" takes it from them. Operators may. `BAD`: nobody is called so."""
    with engine.connect() as connection:
        if to and not _is_person(connection, to):
            return Outcome.BAD
    return _on_alert(engine, by, alert, now, "assign", to, {"assigned_to": to or None})


def silence(engine: Engine, by: Person, alert: int, until: int, now: int) -> Outcome:
    """Nobody is told of the alert until then; it stays on the page. Operators may.

    `until` 0 ends it. `BAD`: longer than a week.
    """
    if until and not now < until <= now + SILENCE_S_MAX:
        return Outcome.BAD
    values = {"silenced_until": until or None}
    return _on_alert(engine, by, alert, now, "silence", str(until), values)


def give_order(
    engine: Engine,
    key: Ed25519PrivateKey,
    by: Person,
    terminal: str,
    kind: OrderKind,
    argument: str,
    now: int,
) -> Given:
    """Order something of a terminal; the collector rings for it within seconds.

    `monitoring.wire.orders.MAY` says which role may. `UNKNOWN`: no such terminal in use. `BAD`: the
    argument is not one of the kind. `ALREADY`: the same order is open, or too many are.
    """
    with engine.begin() as connection:
        outcome = _may_order(connection, by, terminal, kind, argument)
        name = token_hex(16) if outcome is Outcome.DONE else ""
        detail = " ".join(each for each in (kind, argument, name, outcome) if each)
        _note(connection, by, now, "order", terminal, detail)
        if outcome is not Outcome.DONE:
            return Given(outcome)
        order = Order(name, terminal, kind, by.role, now, now + ORDER_LIFE_S, argument).signed(key)
        connection.execute(
            insert(orders).values(
                order=name,
                terminal=terminal,
                kind=kind,
                argument=argument,
                role=by.role,
                signature=order.signature,
                made=now,
                expires=order.expires,
                made_by=by.person,
                step=Step.WAITING,
                reason="",
                updated=now,
                rung=0,
                bundle="",
            )
        )
        connection.execute(
            insert(order_steps).values(order=name, step=Step.WAITING, at=now, reason="")
        )
        bump(connection)
        return Given(Outcome.DONE, name)


def add_site(engine: Engine, by: Person, site: Site, now: int) -> Outcome:
    """Enter a site, or correct it. Engineers may."""
    values = {
        "name_zh": site.name_zh,
        "name_en": site.name_en,
        "city": site.city,
        "longitude": site.longitude,
        "latitude": site.latitude,
    }
    with engine.begin() as connection:
        if not _reaches(connection, by, Role.ENGINEER, now, "site", site.site):
            return Outcome.FORBIDDEN
        changed = update(sites).where(sites.c.site == site.site).values(**values)
        if connection.execute(changed).rowcount == 0:
            connection.execute(insert(sites).values(site=site.site, **values))
        bump(connection)
        return Outcome.DONE


def add_terminal(
    engine: Engine,
    by: Person,
    terminal: str,
    site: str,
    label: str,
    now: int,
    serial: str = "",
    model: str = "",
) -> Outcome:
    """Enter a terminal, move it, or bring one back that was retired. Engineers may.

    From now on its silence is an alert. `UNKNOWN`: no such site. `BAD`: not a terminal's name.
    """
    try:
        topic(terminal, Kind.HEALTH)
    except ValueError:
        return Outcome.BAD
    values = {"site": site, "label": label, "serial": serial, "model": model, "retired": None}
    with engine.begin() as connection:
        if not _reaches(connection, by, Role.ENGINEER, now, "terminal", terminal):
            return Outcome.FORBIDDEN
        known = select(func.count()).where(sites.c.site == site)
        if not connection.execute(known).scalar_one():
            return Outcome.UNKNOWN
        changed = update(terminals).where(terminals.c.terminal == terminal).values(**values)
        if connection.execute(changed).rowcount == 0:
            connection.execute(insert(terminals).values(terminal=terminal, added=now, **values))
        bump(connection)
        return Outcome.DONE


def retire_terminal(engine: Engine, by: Person, terminal: str, now: int) -> Outcome:
    """The terminal is gone: it has no alerts and gets no orders. Engineers may."""
    with engine.begin() as connection:
        if not _reaches(connection, by, Role.ENGINEER, now, "retire", terminal):
            return Outcome.FORBIDDEN
        gone = update(terminals).where(
            terminals.c.terminal == terminal, terminals.c.retired.is_(None)
        )
        if connection.execute(gone.values(retired=now)).rowcount == 0:
            return Outcome.UNKNOWN
        bump(connection)
        return Outcome.DONE


def add_person(
    engine: Engine, by: Person, person: Person, password: str | None, now: int
) -> Outcome:
    """Let somebody in, or change role, name or password. Admins may.

    `password` None leaves it as it is: somebody new then signs in elsewhere. `BAD`: shorter than 10.
    """
    if password is not None and len(password) < 10:
        return Outcome.BAD
    values = {"name": person.name, "role": person.role}
    if password is not None:
        values["password_hash"] = hashed(password)
    with engine.begin() as connection:
        if not _reaches(connection, by, Role.ADMIN, now, "person", person.person):
            return Outcome.FORBIDDEN
        changed = update(people).where(people.c.person == person.person).values(**values)
        if connection.execute(changed).rowcount == 0:
            whole = {"password_hash": "", **values}
            connection.execute(insert(people).values(person=person.person, **whole))
        return Outcome.DONE


def check_password(engine: Engine, name: str, password: str, now: int) -> Person | None:
    """Who signs in with a local account; None, and a line in the audit, if it is not right."""
    with engine.begin() as connection:
        row = connection.execute(select(people).where(people.c.person == name)).first()
        right = matches(password, "" if row is None else row.password_hash)
        # Who tried is not quoted: people type passwords into the field for names.
        who = name if row is not None else ""
        what = "sign-in" if right else "sign-in refused"
        _line(connection, who, now, what, "", "password")
        return Person(row.person, row.name, Role(row.role)) if row is not None and right else None


def signed_in(engine: Engine, by: Person, way: str, now: int) -> None:
    """Write down that somebody has signed in elsewhere (`way`: the provider)."""
    with engine.begin() as connection:
        _note(connection, by, now, "sign-in", "", way)


def _on_alert(
    engine: Engine,
    by: Person,
    alert: int,
    now: int,
    what: str,
    detail: str,
    values: Mapping[str, object],
) -> Outcome:
    with engine.begin() as connection:
        if not _reaches(connection, by, Role.OPERATOR, now, what, f"alert {alert}", detail):
            return Outcome.FORBIDDEN
        row = connection.execute(select(alerts).where(alerts.c.id == alert)).first()
        if row is None:
            return Outcome.UNKNOWN
        same = all(getattr(row, name) == value for name, value in values.items())
        if row.cleared is not None or same:
            return Outcome.ALREADY
        connection.execute(update(alerts).where(alerts.c.id == alert).values(**values))
        bump(connection)
        return Outcome.DONE


def _may_order(
    connection: Connection, by: Person, terminal: str, kind: OrderKind, argument: str
) -> Outcome:
    if by.role not in MAY[kind]:
        return Outcome.FORBIDDEN
    if argument not in (_PROCESSES if kind is OrderKind.RESTART else {""}):
        return Outcome.BAD
    in_use = select(func.count()).where(
        terminals.c.terminal == terminal, terminals.c.retired.is_(None)
    )
    if not connection.execute(in_use).scalar_one():
        return Outcome.UNKNOWN
    open_ones = connection.execute(
        select(orders.c.kind, orders.c.argument).where(
            orders.c.terminal == terminal, orders.c.step.not_in(ENDS)
        )
    ).all()
    same = any((row.kind, row.argument) == (kind, argument) for row in open_ones)
    return Outcome.ALREADY if same or len(open_ones) >= ORDERS_OPEN_MAX else Outcome.DONE


def _is_person(connection: Connection, name: str) -> bool:
    return bool(
        connection.execute(select(func.count()).where(people.c.person == name)).scalar_one()
    )


def _reaches(
    connection: Connection,
    by: Person,
    role: Role,
    now: int,
    what: str,
    on_what: str,
    detail: str = "",
) -> bool:
    """Whether the role reaches; what was asked is written down either way."""
    reaches = by.role.reaches(role)
    _note(connection, by, now, what, on_what, detail if reaches else Outcome.FORBIDDEN)
    return reaches


def _note(
    connection: Connection, by: Person, now: int, what: str, on_what: str, detail: str
) -> None:
    _line(connection, by.person, now, what, on_what, detail)


def _line(
    connection: Connection, person: str, now: int, what: str, on_what: str, detail: str
) -> None:
    values = {"at": now, "person": person, "what": what, "on_what": on_what[:_DETAIL_MAX]}
    connection.execute(insert(audit).values(detail=detail[:_DETAIL_MAX], **values))
