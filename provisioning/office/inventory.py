"""What the office knows before anything is plugged in: sites, terminals, their devices, technicians."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from provisioning.office.schema import expected_devices, sites, technicians, terminals
from provisioning.wire import ExpectedDevice

DEVICES_MAX = 32
_SERIAL_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_TEXT_MAX = 120


def is_serial_number(text: str) -> bool:
    """Letters, digits, points, dashes and underscores, at most 64. No colon: HTTP Basic splits there."""
    return _SERIAL_NUMBER.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """The id of a site or a technician."""
    return _ID.fullmatch(text) is not None


def is_text(text: str) -> bool:
    """A short text of one line."""
    return 0 < len(text) <= _TEXT_MAX and text.isprintable() and text == text.strip()


def site_of(connection: Connection, site_id: str) -> Row[Any] | None:
    """A site's row."""
    return connection.execute(select(sites).where(sites.c.site_id == site_id)).first()


def terminal_of(connection: Connection, terminal_id: str) -> Row[Any] | None:
    """A terminal's row."""
    query = select(terminals).where(terminals.c.terminal_id == terminal_id)
    return connection.execute(query).first()


def terminal_of_board(connection: Connection, serial_number: str) -> Row[Any] | None:
    """The row of the terminal that has this board."""
    query = select(terminals).where(terminals.c.serial_number == serial_number)
    return connection.execute(query).first()


def technician_of(connection: Connection, technician_id: str) -> Row[Any] | None:
    """A technician's row."""
    query = select(technicians).where(technicians.c.technician_id == technician_id)
    return connection.execute(query).first()


def devices_of(connection: Connection, terminal_id: str) -> tuple[ExpectedDevice, ...]:
    """The devices that a terminal is to have."""
    query = select(expected_devices).where(expected_devices.c.terminal_id == terminal_id)
    return tuple(
        ExpectedDevice(row.kind, row.model, row.serial_number, bool(row.required))
        for row in connection.execute(query.order_by(expected_devices.c.place))
    )


def put_devices(
    connection: Connection, terminal_id: str, devices: Sequence[ExpectedDevice]
) -> None:
    """Replace the devices that a terminal is to have."""
    own = expected_devices.c.terminal_id == terminal_id
    connection.execute(delete(expected_devices).where(own))
    rows = [
        {
            "terminal_id": terminal_id,
            "place": place,
            "kind": device.kind,
            "model": device.model,
            "serial_number": device.serial_number,
            "required": device.required,
        }
        for place, device in enumerate(devices)
    ]
    if rows:
        connection.execute(insert(expected_devices), rows)
