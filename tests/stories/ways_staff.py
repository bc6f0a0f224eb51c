"""A way to every page of technician mode."""

from __future__ import annotations

from collections.abc import Callable

from simulators.world.world import World

TECHNICIAN, SECOND = "4711", "0815"


def enters(world: World) -> None:
    world.presses("staff")
    world.signs_in(TECHNICIAN)
    world.sees("staff_overview")


def to_staff_number(world: World) -> None:
    world.presses("staff")


def to_staff_code(world: World) -> None:
    world.presses("staff")
    world.enters_digits(TECHNICIAN)


def to_staff_refused(world: World) -> None:
    world.presses("staff")
    world.signs_in(TECHNICIAN, "00000000")


def opens_device(world: World, device: str) -> None:
    world.presses(f"device:{device}")
    world.sees("staff_device")


def to_staff_device(world: World) -> None:
    enters(world)
    opens_device(world, "receipt_printer")


def to_staff_test(world: World) -> None:
    enters(world)
    opens_device(world, "camera")
    world.presses("test")


def to_staff_tasks(world: World) -> None:
    enters(world)
    world.presses("tasks")


def to_staff_paper(world: World) -> None:
    to_staff_tasks(world)
    world.presses("paper")


def to_staff_cards(world: World) -> None:
    to_staff_tasks(world)
    world.presses("cards")
    world.sees("staff_cards")


def to_staff_count(world: World) -> None:
    to_staff_cards(world)
    world.presses("count")


def to_staff_queue(world: World) -> None:
    to_staff_tasks(world)
    world.presses("queue")


def to_staff_confirm(world: World) -> None:
    to_staff_tasks(world)
    world.presses("act:restart")


def to_staff_doing(world: World) -> None:
    to_staff_confirm(world)
    world.presses("confirm")


def to_staff_done(world: World) -> None:
    to_staff_tasks(world)
    world.presses("act:export")
    world.presses("confirm")
    world.signs_in(SECOND)


STAFF_WAYS: dict[str, Callable[[World], None]] = {
    "staff_number": to_staff_number,
    "staff_code": to_staff_code,
    "staff_refused": to_staff_refused,
    "staff_overview": enters,
    "staff_device": to_staff_device,
    "staff_test": to_staff_test,
    "staff_tasks": to_staff_tasks,
    "staff_paper": to_staff_paper,
    "staff_cards": to_staff_cards,
    "staff_count": to_staff_count,
    "staff_queue": to_staff_queue,
    "staff_confirm": to_staff_confirm,
    "staff_doing": to_staff_doing,
    "staff_done": to_staff_done,
}
