"""What terminals ask over HTTPS with their own certificates: their orders, and how far they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from monitoring.server.changes import bump
from monitoring.server.peer_protocol import PEER
from monitoring.server.schema import order_steps, orders, terminals
from monitoring.wire.orders import (
    BUNDLE_BYTES_MAX,
    BUNDLES_PATH,
    ENDS,
    ORDERS_PATH,
    STEPS_PATH,
    Order,
    OrderKind,
    Orders,
    Step,
    StepReport,
)

_REPORT_BYTES_MAX = 1_024
_REASON_MAX = 40
_WITH_BUNDLE = (OrderKind.JOURNAL, OrderKind.BUNDLE)
_JSON = "application/json"


def create_door(
    engine: Engine, bundles: Path, bundles_bytes_max: int, clock: Callable[[], int]
) -> FastAPI:
    """The application. `bundles` is the folder for what terminals send, `clock` seconds since 1970."""
    app = FastAPI(title="Orders of terminals", docs_url=None, redoc_url=None)

    @app.get(ORDERS_PATH)
    async def of_terminal(request: Request) -> Response:
        """The open orders of the terminal whose certificate was shown."""
        found = await run_in_threadpool(_open_orders, engine, request.scope[PEER], clock())
        if found is None:
            return Response(status_code=403)
        return Response(msgspec.json.encode(found), media_type=_JSON)

    @app.post(STEPS_PATH)
    async def step(request: Request) -> Response:
        """Take a step of an order. The same one again is answered the same."""
        body = await _bounded(request, _REPORT_BYTES_MAX)
        if body is None:
            return Response(status_code=413)
        try:
            report = msgspec.json.decode(body, type=StepReport)
        except msgspec.DecodeError:
            return Response(status_code=400)
        if len(report.reason) > _REASON_MAX or report.step is Step.WAITING:
            return Response(status_code=400)
        status = await run_in_threadpool(_take, engine, request.scope[PEER], report, clock())
        return Response(status_code=status)

    @app.put(BUNDLES_PATH + "/{order}")
    async def bundle(request: Request, order: str) -> Response:
        """Take the journal or support bundle that an order asked for, 4 MiB at most."""
        peer = request.scope[PEER]
        if not await run_in_threadpool(_wants_bundle, engine, peer, order):
            return Response(status_code=404)
        body = await _bounded(request, BUNDLE_BYTES_MAX)
        if body is None:
            return Response(status_code=413)
        status = await run_in_threadpool(
            _keep_bundle, engine, bundles, bundles_bytes_max, order, body
        )
        return Response(status_code=status)

    return app


def expire(engine: Engine, now: int) -> int:
    """End the orders whose time is over. How many there were."""
    with engine.begin() as connection:
        late = select(orders.c.order).where(orders.c.expires < now, orders.c.step.not_in(ENDS))
        names = list(connection.execute(late).scalars())
        for name in names:
            _write_step(connection, name, StepReport(name, Step.EXPIRED, now), now)
    return len(names)


def to_ring(engine: Engine, now: int, again_after_s: int = 60) -> list[str]:
    """The terminals whose bell is to be rung now; it counts as rung."""
    wanted = (
        orders.c.step == Step.WAITING,
        orders.c.rung <= now - again_after_s,
        orders.c.expires >= now,
    )
    with engine.begin() as connection:
        query = select(orders.c.terminal).where(*wanted).distinct()
        names = list(connection.execute(query).scalars())
        if names:
            connection.execute(update(orders).where(*wanted).values(rung=now))
    return names


def _open_orders(engine: Engine, peer: str, now: int) -> Orders | None:
    with engine.connect() as connection:
        retired = select(terminals.c.retired).where(terminals.c.terminal == peer)
        found = connection.execute(retired).first()
        if found is None or found.retired is not None:
            return None
        query = select(orders).where(
            orders.c.terminal == peer, orders.c.step.not_in(ENDS), orders.c.expires >= now
        )
        rows = connection.execute(query.order_by(orders.c.made, orders.c.order)).all()
    return Orders(tuple(_order(row) for row in rows))


def _order(row: Row[Any]) -> Order:
    return Order(
        order=row.order,
        terminal=row.terminal,
        kind=OrderKind(row.kind),
        role=row.role,
        made=row.made,
        expires=row.expires,
        argument=row.argument,
        signature=row.signature,
    )


def _take(engine: Engine, peer: str, report: StepReport, now: int) -> int:
    with engine.begin() as connection:
        mine = select(orders.c.step).where(
            orders.c.order == report.order, orders.c.terminal == peer
        )
        row = connection.execute(mine.with_for_update()).first()
        if row is None:
            return 404
        if row.step not in ENDS:
            _write_step(connection, report.order, report, now)
    return 204


def _write_step(connection: Connection, name: str, report: StepReport, now: int) -> None:
    """A step that was told before keeps its first time."""
    same = (order_steps.c.order == name, order_steps.c.step == report.step)
    if connection.execute(select(func.count()).where(*same)).scalar_one():
        return
    values = {"step": report.step, "reason": report.reason}
    connection.execute(insert(order_steps).values(order=name, at=report.at, **values))
    connection.execute(update(orders).where(orders.c.order == name).values(updated=now, **values))
    bump(connection)


def _wants_bundle(engine: Engine, peer: str, name: str) -> bool:
    with engine.connect() as connection:
        query = select(func.count()).where(
            orders.c.order == name, orders.c.terminal == peer, orders.c.kind.in_(_WITH_BUNDLE)
        )
        return bool(connection.execute(query).scalar_one())


def _keep_bundle(engine: Engine, folder: Path, bytes_max: int, name: str, content: bytes) -> int:
    """507 when the folder is full: the terminal keeps it and asks again."""
    path = folder / f"{name}.bundle"
    try:
        held = sum(each.stat().st_size for each in folder.glob("*.bundle") if each != path)
        if held + len(content) > bytes_max:
            return 507
        partial = path.with_suffix(".part")
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        return 507
    with engine.begin() as connection:
        one = update(orders).where(orders.c.order == name)
        connection.execute(one.values(bundle=hashlib.sha256(content).hexdigest()))
        bump(connection)
    return 204


async def _bounded(request: Request, bytes_max: int) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            return None
    return bytes(body)
