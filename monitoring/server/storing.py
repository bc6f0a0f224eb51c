"""What a collector knows, to and from the database: one statement a table and batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Integer, and_, case, func, select

from kiosk.drivers.health import HealthWord, Remedy
from monitoring.server.causes import troubles
from monitoring.server.changes import bump
from monitoring.server.database import insert_new, upsert
from monitoring.server.known import Known
from monitoring.server.schema import counts, history, present, terminals
from monitoring.wire.messages import DeviceReport, Health, Mode

_IN_SERVICE = (Mode.IDLE, Mode.VISIT)
_WORST_FIRST = (
    HealthWord.SUSPECT,
    HealthWord.FAULT,
    HealthWord.ABSENT,
    HealthWord.UNKNOWN,
    HealthWord.ATTENTION,
    HealthWord.LIMITED,
    HealthWord.RECOVERING,
    HealthWord.GOOD,
)


@dataclass(slots=True)
class Batch:
    """What is to be written together: rows of `present`, and events."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    is_visible: bool = False  # whether a page could show the difference


def load(engine: Engine) -> dict[str, Known]:
    """All terminals as they were written last."""
    with engine.connect() as connection:
        return {row.terminal: _known(row) for row in connection.execute(select(present))}


def row_of(known: Known, now: int) -> dict[str, Any]:
    """The terminal's row in `present`."""
    health = known.health
    found = troubles(health, known.devices, known.services)
    mode = health.mode if health is not None else Mode.STARTING
    can = mode in _IN_SERVICE
    lacks = sorted(name for name, missing in known.services.items() if missing or not can)
    words = [each.health for each in known.devices]
    return {
        "terminal": known.terminal,
        "online": known.online,
        "session": known.session,
        "booted": known.booted,
        "health_number": known.health_number,
        "devices_number": known.devices_number,
        "event_number": known.event_number,
        "last_seen": known.heard,
        "mode": mode,
        "software": known.software,
        "configuration": None if health is None else health.configuration,
        "waiting": 0 if health is None else health.waiting or 0,
        "oldest_s": 0 if health is None else health.oldest_s or 0,
        "health_json": "" if health is None else _text(health),
        "devices_json": _text(known.devices),
        "services_json": _text(known.services),
        "serves": ",".join(sorted(known.services.keys() - set(lacks))),
        "lacks": ",".join(lacks),
        "worst_health": min(words, key=_WORST_FIRST.index) if words else HealthWord.UNKNOWN,
        "remedy": found[0].remedy if found else Remedy.NONE,
        "troubles_json": _text(found) if found else "",
        "changed": known.changed,
        "updated": now,
    }


def write(engine: Engine, batch: Batch, now: int) -> None:
    """Write a batch in one transaction. Writing it twice changes nothing."""
    with engine.begin() as connection:
        if batch.rows:
            names = [_new_terminal(row["terminal"], now) for row in batch.rows]
            connection.execute(insert_new(engine, terminals), names)
            connection.execute(upsert(engine, present, "terminal"), batch.rows)
        if batch.events:
            connection.execute(insert_new(engine, history), batch.events)
        if batch.is_visible:
            bump(connection)


def count(engine: Engine, now: int) -> None:
    """Count the figures of the overview anew."""
    with engine.begin() as connection:
        figures = {"made": now, **_figures(connection)}
        for row in connection.execute(select(counts.c.name)):
            if ":" in row.name:
                figures.setdefault(row.name, 0)  # what is gone is nought
        values = [{"name": name, "value": value} for name, value in figures.items()]
        connection.execute(upsert(engine, counts, "name"), values)


def _figures(connection: Connection) -> dict[str, int]:
    in_use = terminals.outerjoin(present, present.c.terminal == terminals.c.terminal)
    live = terminals.c.retired.is_(None)
    serves_now = and_(present.c.online, present.c.serves != "")
    totals = connection.execute(
        select(
            func.count().label("terminals"),
            _sum(present.c.online),
            _sum(serves_now),
            _sum(func.coalesce(present.c.last_seen, 0) == 0),
            func.coalesce(func.sum(present.c.waiting), 0),
            func.coalesce(func.max(present.c.oldest_s), 0),
        )
        .select_from(in_use)
        .where(live)
    ).one()
    names = ("terminals", "online", "serving", "never", "waiting", "oldest_s")
    figures = {name: int(value) for name, value in zip(names, totals, strict=True)}
    groups = (
        select(present.c.online, present.c.serves, present.c.lacks, func.count())
        .select_from(in_use)
        .where(live, present.c.terminal.is_not(None))
        .group_by(present.c.online, present.c.serves, present.c.lacks)
    )
    for online, serves, lacks, number in connection.execute(groups):
        for text, can in ((serves, online), (lacks, False)):
            for name in filter(None, text.split(",")):
                for word in ("can", "cannot"):
                    figures.setdefault(f"{word}:{name}", 0)
                figures[f"{'can' if can else 'cannot'}:{name}"] += number
    remedies = select(present.c.remedy, func.count()).select_from(in_use)
    wanted = remedies.where(live, present.c.remedy != Remedy.NONE).group_by(present.c.remedy)
    for word, number in connection.execute(wanted):
        figures[f"remedy:{word}"] = number
    return figures


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0).cast(Integer)), 0)


def _new_terminal(name: str, now: int) -> dict[str, Any]:
    """One that nobody has entered yet, but whose certificate the broker has let in."""
    return {
        "terminal": name,
        "site": "",
        "label": "",
        "serial": "",
        "model": "",
        "added": now,
        "retired": None,
    }


def _known(row: Any) -> Known:
    return Known(
        terminal=row.terminal,
        session=row.session,
        is_up=row.online,
        online=row.online,
        booted=row.booted,
        software=row.software,
        heard=row.last_seen,
        health=msgspec.json.decode(row.health_json, type=Health) if row.health_json else None,
        devices=msgspec.json.decode(row.devices_json, type=tuple[DeviceReport, ...]),
        services=msgspec.json.decode(row.services_json, type=dict[str, tuple[str, ...]]),
        health_number=row.health_number,
        devices_number=row.devices_number,
        event_number=row.event_number,
        changed=row.changed,
    )


def _text(content: object) -> str:
    return msgspec.json.encode(content).decode()
