"""What the pages ask: each function is a few queries, and takes no lock.

Pages are found by key, never by counting rows, so that the hundredth is as quick as the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, Select, and_, case, func, or_, select, tuple_

from monitoring.server.database import REVISION
from monitoring.server.facts import (
    Alert,
    AlertFilters,
    AlertsPage,
    AuditLine,
    AuditPage,
    Happened,
    OrderFacts,
    OrdersPage,
    OrderStep,
    Overview,
    Person,
    RemedyCount,
    Role,
    ServiceCount,
    Severity,
    Site,
    Terminal,
    TerminalFilters,
    TerminalLine,
    TerminalsPage,
)
from monitoring.server.schema import (
    alert_terminals,
    alerts,
    audit,
    counts,
    history,
    order_steps,
    orders,
    people,
    present,
    sites,
    terminals,
)
from monitoring.wire.messages import DeviceReport, Health
from monitoring.wire.orders import ENDS, Step

PAGE_MAX = 200
_NAMED_MAX = 200  # terminals of an alert
_OVERVIEW_ALERTS = 50
_HISTORY = 50
_ORDERS = 20
_WORST_FIRST = list(Severity)
_STEPS = list(Step)  # in the order that they can come
_rank = case(
    {each.value: number for number, each in enumerate(_WORST_FIRST)},
    value=alerts.c.severity,
    else_=len(_WORST_FIRST),
)
_LINE = (
    select(
        terminals,
        sites.c.name_zh,
        sites.c.name_en,
        sites.c.city,
        present,
    )
    .select_from(
        terminals.outerjoin(sites, sites.c.site == terminals.c.site).outerjoin(
            present, present.c.terminal == terminals.c.terminal
        )
    )
    .order_by(terminals.c.terminal)
)
_ALERT = select(alerts, sites.c.name_zh, sites.c.name_en).select_from(
    alerts.outerjoin(sites, sites.c.site == alerts.c.site)
)


def revision(engine: Engine) -> int:
    """A number that grows with every change that a page could show: ask it once a second."""
    with engine.connect() as connection:
        query = select(counts.c.value).where(counts.c.name == REVISION)
        return int(connection.execute(query).scalar_one())


def overview(engine: Engine) -> Overview:
    """The fleet at a glance, from figures counted every few seconds; with all sites."""
    with engine.connect() as connection:
        figures = {row.name: row.value for row in connection.execute(select(counts))}
        worst = connection.execute(
            _ALERT.where(alerts.c.cleared.is_(None))
            .order_by(_rank, alerts.c.count.desc(), alerts.c.id)
            .limit(_OVERVIEW_ALERTS)
        ).all()
        is_open = alerts.c.cleared.is_(None)
        open_count = connection.execute(select(func.count()).where(is_open)).scalar_one()
        return Overview(
            made=figures.get("made", 0),
            terminals=figures.get("terminals", 0),
            online=figures.get("online", 0),
            serving=figures.get("serving", 0),
            never=figures.get("never", 0),
            waiting=figures.get("waiting", 0),
            oldest_s=figures.get("oldest_s", 0),
            services=tuple(
                ServiceCount(name, can, figures.get(f"cannot:{name}", 0))
                for name, can in _named(figures, "can:")
            ),
            remedies=tuple(RemedyCount(*each) for each in _named(figures, "remedy:")),
            alerts=_alerts(connection, worst),
            alerts_open=open_count,
            sites=_sites(connection),
        )


def terminals_page(
    engine: Engine, filters: TerminalFilters, after: str = "", limit: int = 50
) -> TerminalsPage:
    """Terminals in use after the named one, by name. `limit` is 200 at most."""
    limit = min(limit, PAGE_MAX)
    query = _LINE.where(terminals.c.retired.is_(None), terminals.c.terminal > after)
    query = query.where(*_terminal_conditions(filters)).limit(limit + 1)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    lines = tuple(_line(row) for row in rows[:limit])
    return TerminalsPage(lines, lines[-1].terminal if len(rows) > limit else "")


def terminal(engine: Engine, name: str) -> Terminal | None:
    """All that is known of one terminal; None for one that was never added."""
    with engine.connect() as connection:
        row = connection.execute(_LINE.where(terminals.c.terminal == name)).first()
        if row is None:
            return None
        open_ones = _alert_query(AlertFilters(terminal=name)).limit(PAGE_MAX)
        of_it = select(orders).where(orders.c.terminal == name)
        newest = of_it.order_by(orders.c.made.desc(), orders.c.order.desc()).limit(_ORDERS)
        return Terminal(
            line=_line(row),
            serial=row.serial,
            model=row.model,
            added=row.added,
            retired=row.retired,
            session=row.session or "",
            booted=row.booted or 0,
            configuration=row.configuration,
            health=_decoded(row.health_json, Health, None),
            devices=_decoded(row.devices_json, tuple[DeviceReport, ...], ()),
            services=_decoded(row.services_json, dict[str, tuple[str, ...]], {}),
            changed=row.changed or 0,
            alerts=_alerts(connection, connection.execute(open_ones).all()),
            history=_history(connection, name, None, _HISTORY),
            orders=_orders(connection, connection.execute(newest).all()),
        )


def history_page(
    engine: Engine, name: str, before: int | None = None, limit: int = 50
) -> tuple[Happened, ...]:
    """Events of a terminal, newest first, older than the one with the id `before`."""
    with engine.connect() as connection:
        return _history(connection, name, before, min(limit, PAGE_MAX))


def alerts_page(
    engine: Engine, filters: AlertFilters, before: int | None = None, limit: int = 50
) -> AlertsPage:
    """Alerts, newest first, older than the one with the id `before`."""
    limit = min(limit, PAGE_MAX)
    query = _alert_query(filters).limit(limit + 1)
    if before is not None:
        query = query.where(alerts.c.id < before)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        found = _alerts(connection, rows[:limit])
    return AlertsPage(found, found[-1].id if len(rows) > limit else None)


def alert(engine: Engine, number: int) -> Alert | None:
    """One alert; None if there is none of that id."""
    with engine.connect() as connection:
        rows = connection.execute(_ALERT.where(alerts.c.id == number)).all()
        return next(iter(_alerts(connection, rows)), None)


def orders_page(
    engine: Engine, terminal: str = "", open_only: bool = False, before: str = "", limit: int = 50
) -> OrdersPage:
    """Orders, newest first, made before the order `before`; of one terminal or of all."""
    limit = min(limit, PAGE_MAX)
    query = select(orders).order_by(orders.c.made.desc(), orders.c.order.desc()).limit(limit + 1)
    if terminal:
        query = query.where(orders.c.terminal == terminal)
    if open_only:
        query = query.where(orders.c.step.not_in(ENDS))
    if before:
        place = select(orders.c.made).where(orders.c.order == before).scalar_subquery()
        query = query.where(tuple_(orders.c.made, orders.c.order) < tuple_(place, before))
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        found = _orders(connection, rows[:limit])
    return OrdersPage(found, found[-1].order if len(rows) > limit else "")


def order(engine: Engine, name: str) -> OrderFacts | None:
    """One order with its steps; None if there is none of that name."""
    with engine.connect() as connection:
        rows = connection.execute(select(orders).where(orders.c.order == name)).all()
        return next(iter(_orders(connection, rows)), None)


def audit_page(
    engine: Engine, before: int | None = None, person: str = "", limit: int = 50
) -> AuditPage:
    """Who did what, newest first, older than the line with the id `before`."""
    limit = min(limit, PAGE_MAX)
    query = select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(audit.c.id < before)
    if person:
        query = query.where(audit.c.person == person)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    lines = tuple(AuditLine(*row) for row in rows[:limit])
    return AuditPage(lines, lines[-1].id if len(rows) > limit else None)


def sites_known(engine: Engine) -> tuple[Site, ...]:
    """All sites with how many terminals stand there, how many are online, and the worst alert."""
    with engine.connect() as connection:
        return _sites(connection)


def person(engine: Engine, name: str) -> Person | None:
    """Somebody of the desk; None if nobody is called so."""
    with engine.connect() as connection:
        row = connection.execute(select(people).where(people.c.person == name)).first()
    return None if row is None else Person(row.person, row.name, Role(row.role))


def persons(engine: Engine) -> tuple[Person, ...]:
    """Everybody of the desk, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(people).order_by(people.c.person)).all()
    return tuple(Person(row.person, row.name, Role(row.role)) for row in rows)


def _terminal_conditions(filters: TerminalFilters) -> Iterable[Any]:
    asked = (
        (terminals.c.site, filters.site),
        (sites.c.city, filters.city),
        (present.c.mode, filters.mode),
        (present.c.remedy, filters.remedy),
        (present.c.software, filters.software),
    )
    yield from (column == word for column, word in asked if word)
    if filters.health:
        yield func.coalesce(present.c.worst_health, "unknown") == filters.health
    if filters.online is not None:
        yield func.coalesce(present.c.online, False).is_(filters.online)
    if filters.lacks:
        yield ("," + present.c.lacks + ",").contains(f",{filters.lacks},", autoescape=True)
    if filters.text:
        yield or_(
            terminals.c.terminal.startswith(filters.text, autoescape=True),
            terminals.c.label.contains(filters.text, autoescape=True),
        )


def _alert_query(filters: AlertFilters) -> Select[Any]:
    asked = (
        (alerts.c.severity, filters.severity),
        (alerts.c.site, filters.site),
        (alerts.c.remedy, filters.remedy),
        (alerts.c.cause, filters.cause),
        (alerts.c.assigned_to, filters.assigned_to),
    )
    query = _ALERT.where(*(column == word for column, word in asked if word))
    if filters.open:
        query = query.where(alerts.c.cleared.is_(None))
    if filters.terminal:
        of_it = alert_terminals.c.terminal == filters.terminal
        query = query.where(alerts.c.id.in_(select(alert_terminals.c.alert).where(of_it)))
    return query.order_by(alerts.c.id.desc())


def _line(row: Row[Any]) -> TerminalLine:
    never = row.online is None
    return TerminalLine(
        terminal=row.terminal,
        site=row.site,
        label=row.label,
        name_zh=row.name_zh or "",
        name_en=row.name_en or "",
        city=row.city or "",
        online=bool(row.online),
        last_seen=row.last_seen or 0,
        mode=row.mode or "",
        software=row.software or "",
        worst_health="unknown" if never else row.worst_health,
        remedy="configuration" if never else row.remedy,
        waiting=row.waiting or 0,
        oldest_s=row.oldest_s or 0,
        lacks=_words(row.lacks),
    )


def _alerts(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Alert, ...]:
    named: dict[int, list[str]] = {row.id: [] for row in rows}
    for number, names in named.items():
        of_it = select(alert_terminals.c.terminal).where(alert_terminals.c.alert == number)
        query = of_it.order_by(alert_terminals.c.terminal).limit(_NAMED_MAX)
        names.extend(connection.execute(query).scalars())
    return tuple(
        Alert(
            id=row.id,
            remedy=row.remedy,
            cause=row.cause,
            part=row.part,
            severity=Severity(row.severity),
            site=row.site,
            name_zh=row.name_zh or "",
            name_en=row.name_en or "",
            terminal=row.terminal,
            terminals=tuple(named[row.id]),
            count=row._mapping["count"],  # a row has a method of that name
            lost=_words(row.service_impact),
            raw=row.raw,
            raised=row.raised,
            last_seen=row.last_seen,
            cleared=row.cleared,
            acknowledged_by=row.acknowledged_by,
            assigned_to=row.assigned_to,
            silenced_until=row.silenced_until,
            escalated=row.escalated,
        )
        for row in rows
    )


def _history(
    connection: Connection, name: str, before: int | None, limit: int
) -> tuple[Happened, ...]:
    query = select(history).where(history.c.terminal == name)
    if before is not None:
        query = query.where(history.c.id < before)
    rows = connection.execute(query.order_by(history.c.id.desc()).limit(limit))
    return tuple(
        Happened(row.id, row.at, row.what, msgspec.json.decode(row.detail_json)) for row in rows
    )


def _orders(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[OrderFacts, ...]:
    names = [row.order for row in rows]
    steps: dict[str, list[OrderStep]] = {name: [] for name in names}
    query = select(order_steps).where(order_steps.c.order.in_(names))
    for row in connection.execute(query):
        steps[row.order].append(OrderStep(row.step, row.at, row.reason))
    return tuple(
        OrderFacts(
            order=row.order,
            terminal=row.terminal,
            kind=row.kind,
            argument=row.argument,
            role=row.role,
            made=row.made,
            expires=row.expires,
            made_by=row.made_by,
            step=row.step,
            reason=row.reason,
            updated=row.updated,
            bundle=row.bundle,
            steps=tuple(sorted(steps[row.order], key=lambda each: _STEPS.index(Step(each.step)))),
        )
        for row in rows
    )


def _sites(connection: Connection) -> tuple[Site, ...]:
    in_use = terminals.outerjoin(present, present.c.terminal == terminals.c.terminal)
    online = func.sum(case((present.c.online.is_(True), 1), else_=0))
    standing = (
        select(terminals.c.site, func.count().label("terminals"), online.label("online"))
        .select_from(in_use)
        .where(terminals.c.retired.is_(None))
        .group_by(terminals.c.site)
        .subquery()
    )
    worst = (
        select(alerts.c.site, func.min(_rank).label("worst"))
        .where(alerts.c.cleared.is_(None))
        .group_by(alerts.c.site)
        .subquery()
    )
    query = select(sites, standing.c.terminals, standing.c.online, worst.c.worst).select_from(
        sites.outerjoin(standing, standing.c.site == sites.c.site).outerjoin(
            worst, and_(worst.c.site == sites.c.site)
        )
    )
    return tuple(
        Site(
            row.site,
            row.name_zh,
            row.name_en,
            row.city,
            row.longitude,
            row.latitude,
            row.terminals or 0,
            int(row.online or 0),
            None if row.worst is None else _WORST_FIRST[row.worst],
        )
        for row in connection.execute(query.order_by(sites.c.site))
    )


def _named(figures: dict[str, int], prefix: str) -> list[tuple[str, int]]:
    """The figures under a prefix that are not nothing: what is gone is written as nought."""
    found = [(name.removeprefix(prefix), figures[name]) for name in sorted(figures)
             if name.startswith(prefix)]  # fmt: skip
    return [(name, value) for name, value in found if value or prefix == "can:"]


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _decoded(text: str | None, kind: Any, empty: Any) -> Any:
    return msgspec.json.decode(text, type=kind) if text else empty
