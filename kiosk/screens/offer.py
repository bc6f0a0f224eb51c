"""What the terminal offers: a tile for each service, and what each asks of the person."""

from __future__ import annotations

from typing import Final

from kiosk.fsm.plan import Plan
from kiosk.fsm.steps import Service
from kiosk.fsm.visit import Situation
from kiosk.messages.catalogue import Messages
from kiosk.screens.view import Button, Ready, ReadyRow, Role

_GROUP_ICONS: Final = {"password": "lock", "reissue": "swap", "more": "list"}
_THINGS: Final = {"id_card": "id", "card": "card", "password": "keypad", "code": "page"}
"""Steps that need something of the person, with the icon of the thing."""


def tiles(
    plan: Plan, group: str, now: Situation, words: Messages, other: Messages, helpline: str
) -> tuple[Button, ...]:
    """A tile for each service behind a group's tile (behind none: of the idle screen, and for each
    group); a service that cannot be done now says why and cannot be pressed.
    """
    return tuple(
        _group_tile(each, words, other)
        if isinstance(each, str)
        else _tile(plan, each, now, words, other, helpline)
        for each in plan.tiles(group)
    )


def ready(plan: Plan, words: Messages) -> Ready:
    """What to have ready for each service, as its steps say."""
    rows = []
    for service in plan.services:
        names = [step.name for step in service.steps if step.name in _THINGS]
        things = tuple((_THINGS[name], words(f"ready.{name}")) for name in names)
        if things:
            rows.append(ReadyRow(words(f"service.{service.name}.name"), things))
    return Ready(words("ready.head"), tuple(rows))


def _group_tile(group: str, words: Messages, other: Messages) -> Button:
    key = f"group.{group}.tile"
    return Button(group, words(key), Role.TILE, other(key), _GROUP_ICONS[group])


def _tile(
    plan: Plan,
    service: Service,
    now: Situation,
    words: Messages,
    other: Messages,
    helpline: str,
) -> Button:
    missing = plan.missing(service, now)
    refused = plan.refused_without_line(service, now)
    key = f"service.{service.name}.tile"
    if not words.has(key):
        key = f"service.{service.name}.name"
    second = other(key)
    if service.always:
        pass
    elif not now.queue_there:
        gone = "tile.no_queue_urgent" if service.urgent else "tile.no_queue"
        second = words(gone, helpline=helpline)
    elif missing:
        second = words("tile.device", device=words(f"device.{missing[0]}"))
    elif refused:
        second = words("tile.no_line")
    elif not now.line_up:
        own = f"service.{service.name}.tile_no_line"
        second = words(own if words.has(own) else "tile.queued")
    return Button(
        service.name,
        words(key),
        Role.URGENT if service.urgent else Role.TILE,
        second,
        service.icon,
        enabled=service.always or (now.queue_there and not missing and not refused),
    )
