"""The terminal's commands: what a technician runs on the board itself."""

from __future__ import annotations

import sys
import tomllib
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.shelf import FileShelf
from provisioning.cli.showing import Failed, Shown
from provisioning.configuration.items import BY_KEY, ITEMS, Item
from provisioning.terminal.clock import TrustedClock
from provisioning.terminal.identity import Identity
from provisioning.terminal.keys.key import KeyFailed
from provisioning.terminal.office_line import OfficeLine
from provisioning.terminal.renewal import Renewal, Renewals
from provisioning.terminal.setup import Board, Setup, Step, Stopped
from provisioning.terminal.token_camera import NoCamera, token_from_camera

_PLACES = (
    *("fonts", "queue_socket", "journal", "banks", "database", "ca"),
    *("client_cert", "client_key", "signing_key", "lane_key"),
)


@dataclass(frozen=True, slots=True)
class Image:
    """What the image says about itself: where the office is, whom to trust, where things lie."""

    office: str
    root: bytes
    made: datetime
    folder: Path
    serial_number: str
    camera: str
    places: dict[str, str]


def read_image(path: Path) -> Image:
    """Read the image's file; paths in it are relative to its folder. Raises `Failed`."""
    try:
        fields: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        serial = (path.parent / fields["serial_number_file"]).read_text("ascii")
        made = fields["made"]
        if not isinstance(made, datetime) or made.tzinfo is None:
            raise ValueError("made is a time with its offset")
        return Image(
            str(fields["office"]),
            (path.parent / fields["root"]).read_bytes(),
            made,
            path.parent / fields["folder"],
            serial.strip().strip("\x00"),
            str(fields["camera"]),
            {name: str(fields["places"][name]) for name in _PLACES},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = f"{path} does not describe an image: {type(error).__name__} {error}"
        raise Failed(said, "write the card anew with the bank's image") from error


class _Machine:
    """The parts of a terminal, as they are after a start."""

    def __init__(self, image: Image) -> None:
        image.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shelf = FileShelf(image.folder / "clock_floor")
        self.clock = TrustedClock(shelf, image.made, lambda: datetime.now(UTC))
        self.identity = Identity(image.folder / "identity", image.root)
        self.line = OfficeLine(image.office, image.root, self.clock)
        self.board = Board(image.serial_number, image.folder, image.places)

    def setup(self, said: Callable[[Step, str], None] = lambda step, said: None) -> Setup:
        """Its setup."""
        return Setup(self.board, self.identity, self.line, self.clock, said)


def enrol(chosen: Namespace, shown: Shown) -> None:
    """Do what is missing until the terminal knows who it is and what it is to do."""
    image = read_image(chosen.image)
    machine = _Machine(image)

    def token() -> str:
        if chosen.token == "-":
            return sys.stdin.readline().strip()
        return str(chosen.token or _held_up(image, shown))

    try:
        assignment = machine.setup(lambda step, said: shown.step(step.value, said)).run(
            token, anew=chosen.anew
        )
    except Stopped as error:
        raise Failed(error.said, error.remedy) from error
    shown.outcome(
        {
            "terminal": assignment.terminal,
            "site": assignment.site.name_zh,
            "configuration": assignment.configuration_version,
            "next": "in service" if assignment.in_service else "connect the devices and test them",
        }
    )


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
    machine = _Machine(image)
    try:
        found = machine.identity.in_use
    except KeyFailed as error:
        raise Failed(error.trouble.said, "enrol anew, with a new token") from error
    assignment = machine.setup().assignment
    told: dict[str, Any] = {"board": image.serial_number, "key": machine.identity.where}
    if found is None:
        told["next"] = "kiosk-provision enrol"
    else:
        left = found.leaf.not_valid_after_utc - machine.clock.now()
        told |= {
            "terminal": found.terminal,
            "certificate_days_left": left.days,
            "renews_from": found.renew_from(0.0).date().isoformat(),
        }
    if assignment is not None:
        told |= {
            "site": assignment.site.name_zh,
            "configuration": assignment.configuration_version,
            "in_service": assignment.in_service,
        }
    shown.outcome(told)


def renew(chosen: Namespace, shown: Shown) -> None:
    """Renew the certificate if it is time to; run by a timer every hour."""
    machine = _Machine(read_image(chosen.image))
    spread = (int.from_bytes(machine.board.serial_number.encode()[-2:]) % 200 - 100) / 100
    renewals = Renewals(machine.identity, machine.line, machine.clock, spread)
    came = renewals.look()
    if came is Renewal.LATER:
        raise Failed(renewals.why, "the certificate in use stays; it is tried again")
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
