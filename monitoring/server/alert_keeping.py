"""The alerts in the database, kept in step with what is wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, update

from monitoring.server.alerting import Changes, Damper, Fleet, Group, Place, group
from monitoring.server.causes import Cause, Trouble, of_silence
from monitoring.server.changes import bump
from monitoring.server.database import insert_new
from monitoring.server.schema import alert_terminals, alerts, present, sites, terminals


def keep_alerts(engine: Engine, damper: Damper, now: int) -> Changes:
    """Raise, go on with and clear alerts by what the tables say now."""
    with engine.begin() as connection:
        rows = connection.execute(
            select(alerts.c.id, alerts.c.key, alerts.c.cause, alerts.c.raw).where(
                alerts.c.cleared.is_(None)
            )
        ).all()
        groups = group(_found(connection), _fleet(connection))
        changes = damper.step(groups, {row.key: Cause(row.cause) for row in rows}, now)
        ids = {row.key: row.id for row in rows}
        for each in changes.raised:
            _raise(engine, connection, each, now)
        for each in changes.going_on:
            _go_on(connection, ids[each.key], each, now)
        if changes.cleared:
            over = alerts.c.id.in_([ids[key] for key in changes.cleared])
            connection.execute(update(alerts).where(over).values(cleared=now))
        if changes.raised or changes.cleared:
            bump(connection)
    return changes


def _found(connection: Connection) -> list[tuple[Place, Trouble]]:
    """What is wrong where. A silent terminal is that, and what it had said before still stands."""
    query = (
        select(
            terminals.c.terminal,
            terminals.c.site,
            sites.c.city,
            present.c.online,
            present.c.serves,
            present.c.lacks,
            present.c.troubles_json,
        )
        .select_from(
            terminals.outerjoin(sites, sites.c.site == terminals.c.site).outerjoin(
                present, present.c.terminal == terminals.c.terminal
            )
        )
        .where(
            terminals.c.retired.is_(None),
            or_(
                present.c.terminal.is_(None),
                present.c.online.is_(False),
                and_(present.c.troubles_json != ""),
            ),
        )
    )
    found: list[tuple[Place, Trouble]] = []
    for row in connection.execute(query):
        place = Place(row.terminal, row.site, row.city or "")
        if row.online is None:
            found.append((place, of_silence(Cause.NEVER, ())))
            continue
        if not row.online:
            services = ",".join(each for each in (row.serves, row.lacks) if each)
            lost = tuple(sorted(services.split(","))) if services else ()
            found.append((place, of_silence(Cause.SILENT, lost)))
        if row.troubles_json:
            told = msgspec.json.decode(row.troubles_json, type=tuple[Trouble, ...])
            found += [(place, each) for each in told]
    return found


def _fleet(connection: Connection) -> Fleet:
    standing = select(terminals.c.site).where(terminals.c.retired.is_(None))
    at_sites = Counter(connection.execute(standing).scalars())
    cities = select(sites.c.city, func.count()).group_by(sites.c.city)
    return Fleet(at_sites, {row[0]: row[1] for row in connection.execute(cities)})


def _raise(engine: Engine, connection: Connection, group: Group, now: int) -> None:
    values = {**_values(group, now), "key": group.key, "raised": now, "escalated": 0}
    connection.execute(insert_new(engine, alerts).values(**values))
    query = select(alerts.c.id).where(alerts.c.key == group.key, alerts.c.cleared.is_(None))
    _name(connection, connection.execute(query).scalar_one(), group)


def _go_on(connection: Connection, number: int, group: Group, now: int) -> None:
    connection.execute(update(alerts).where(alerts.c.id == number).values(**_values(group, now)))
    of_it = alert_terminals.c.alert == number
    query = select(alert_terminals.c.terminal).where(of_it)
    if set(connection.execute(query).scalars()) != set(group.terminals):
        connection.execute(delete(alert_terminals).where(of_it))
        _name(connection, number, group)
        bump(connection)


def _name(connection: Connection, number: int, group: Group) -> None:
    named = [{"alert": number, "terminal": each} for each in group.terminals]
    connection.execute(insert(alert_terminals), named)


def _values(group: Group, now: int) -> dict[str, Any]:
    return {
        "remedy": group.remedy,
        "cause": group.cause,
        "site": group.site,
        "terminal": group.terminals[0],
        "service_impact": ",".join(group.lost),
        "severity": group.severity,
        "part": group.part,
        "last_seen": now,
        "count": len(group.terminals),
        "raw": group.raw,
    }
