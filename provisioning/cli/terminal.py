"""The terminal's commands: what a technician runs on the board itself."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from provisioning.cli import image as image_of_board
from provisioning.cli.image import ENROL, FOUND, Image, Terminal, read_image
from provisioning.cli.services import restart_queue
from provisioning.cli.showing import Failed, Shown
from provisioning.configuration.items import BY_KEY, ITEMS, Item
from provisioning.terminal.keys.key import KeyFailed
from provisioning.terminal.queue_keys import hand_over
from provisioning.terminal.renewal import Renewal, Renewals
from provisioning.terminal.setup import Step, Stopped
from provisioning.terminal.token_camera import NoCamera, token_from_camera
from provisioning.terminal.versions import CURRENT


def enrol(chosen: Namespace, shown: Shown) -> None:
    """Do what is missing until the terminal knows who it is and what it is to do."""
    image = read_image(chosen.image)
    machine = Terminal(image)

    def token() -> str:
        if chosen.token == "-":
            return sys.stdin.readline().strip()
        return str(chosen.token or _held_up(image, shown))

    try:
        assignment = machine.setup(lambda step, said: _told(machine, shown, step, said)).run(
            token, anew=chosen.anew
        )
    except Stopped as error:
        raise Failed(error.said, error.remedy) from error
    shown.outcome(
        {
            "terminal": assignment.terminal,
            "site": assignment.site.name_zh,
            "configuration": assignment.configuration_version,
            "next": "in service" if assignment.in_service else "kiosk-provision devices find",
        }
    )


def _told(machine: Terminal, shown: Shown, step: Step, said: str) -> None:
    """Show a step; after the first contact put the machine's clock right, for its other programs."""
    shown.step(step.value, said)
    if step is Step.CONTACT and machine.clock_is_off():
        moment = machine.clock.now()
        try:
            image_of_board.set_machine_clock(moment)
        except OSError:
            shown.waits("the machine's clock is wrong and cannot be set here: use sudo")
        else:
            machine.clock.machine_is_set(moment)
            shown.step("clock", "the machine's clock was wrong and is set")


def _held_up(image: Image, shown: Shown) -> str:
    shown.waits("hold the token's QR code up to the camera")
    other = lambda: shown.waits("that is another code; hold up the token's")  # noqa: E731
    try:
        text = token_from_camera(image.camera, other_code=other)
    except NoCamera as error:
        raise Failed(f"the camera does not work: {error}", "type it: --token -") from error
    if text is None:
        raise Failed("no token was held up", "try again, or type it: --token -")
    return text


def show_status(chosen: Namespace, shown: Shown) -> None:
    """How far the terminal has come. Asks nobody."""
    image = read_image(chosen.image)
    machine = Terminal(image)
    try:
        found = machine.identity.in_use
    except KeyFailed as error:
        raise Failed(error.trouble.said, "enrol anew, with a new token") from error
    assignment = machine.setup().assignment
    told: dict[str, Any] = {"board": image.serial_number, "key": machine.identity.where}
    if found is None:
        told["next"] = ENROL
    else:
        left = found.leaf.not_valid_after_utc - machine.clock.now()
        told |= {
            "terminal": found.terminal,
            "certificate_days_left": left.days,
            "renews_from": found.renew_from(0.0).date().isoformat(),
            "next": _next_step(machine),
        }
    if assignment is not None:
        told |= {
            "site": assignment.site.name_zh,
            "configuration": assignment.configuration_version,
            "in_service": machine.sign_off.standing.in_service,
        }
    shown.outcome(told)


def _next_step(machine: Terminal) -> str:
    """What the technician does now."""
    if not (machine.image.folder / "configurations" / CURRENT).exists():
        return ENROL
    if not (machine.image.folder / FOUND).exists():
        return "kiosk-provision devices find"
    standing = machine.sign_off.standing
    report = machine.sign_off.report
    if standing.in_service:
        return "nothing: it is in service"
    if report is None or not report.passed:
        return "kiosk-provision keys load, then kiosk-provision self-test"
    return "kiosk-provision sign-off" if not standing.because else "; ".join(standing.because)


def renew(chosen: Namespace, shown: Shown) -> None:
    """Renew the certificate if it is time to; run by a timer every hour."""
    machine = Terminal(read_image(chosen.image))
    spread = (int.from_bytes(machine.board.serial_number.encode()[-2:]) % 200 - 100) / 100
    renewals = Renewals(machine.identity, machine.line, machine.clock, spread)
    came = renewals.look()
    if came is Renewal.LATER:
        raise Failed(renewals.why, "the certificate in use stays; it is tried again")
    found = machine.identity.in_use
    try:
        if found is not None and hand_over(found, machine.image.places):
            restart_queue()
    except KeyFailed as error:
        raise Failed(error.trouble.said, "see: kiosk-provision status") from error
    shown.outcome({"renewal": came.value})


def explain(chosen: Namespace, shown: Shown) -> None:
    """What one value of the configuration means, or all of them."""
    if chosen.key is None:
        shown.rows([_explained(item) for item in ITEMS], ("key", "default", "meaning"))
        return
    item = BY_KEY.get(chosen.key)
    if item is None:
        raise Failed(f"{chosen.key} is not a value that a terminal has", "see: config explain")
    shown.outcome(_explained(item))


def _explained(item: Item) -> dict[str, Any]:
    bounds = f"{item.least} to {item.most} {item.unit if item.kind is int else 'characters'}"
    default = "has to be said" if item.default is None else item.default
    return {"key": item.key, "meaning": item.meaning, "bounds": bounds, "default": default}
