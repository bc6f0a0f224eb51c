"""What a board's image says about itself, and the parts of a terminal as they are after a start."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.settings import BadSettings, Settings, load_settings
from kiosk.shelf import FileShelf
from provisioning import wire
from provisioning.cli.showing import Failed
from provisioning.devices.stable_names import RULES_NAME
from provisioning.devices.system_ports import PortFacts, cameras, serial_ports
from provisioning.terminal.clock import TrustedClock
from provisioning.terminal.configured import KIOSK, OPTIONAL, Configured
from provisioning.terminal.handing import give
from provisioning.terminal.identity import Credentials, Identity
from provisioning.terminal.keys.choice import PROVIDERS
from provisioning.terminal.keys.key import KeyFailed, Kind
from provisioning.terminal.office_line import OfficeLine
from provisioning.terminal.setup import Board, Setup, Step
from provisioning.terminal.sign_off import SignOff
from provisioning.terminal.versions import CURRENT

ENROL = "kiosk-provision enrol"
FOUND = "devices.json"  # what the last search found
_NEEDED = (
    *("fonts", "queue_socket", "journal", "banks", "database", "ca"),
    *("client_cert", "client_key", "signing_key", "lane_key"),
)
_CLOCK_OFF_S = 60.0  # less than this a time server puts right by itself


@dataclass(frozen=True, slots=True)
class Image:
    """What the image says: where the office is, whom to trust, where things lie.

    `ports` and `cameras` are those that the system itself does not list: a camera in the network, a
    line that is no tty of the kernel's. They take the place of the search in the system.
    """

    office: str
    root: bytes
    made: datetime
    folder: Path
    serial_number: str
    camera: str
    places: dict[str, str]
    keys: Kind | None  # where the key is to be kept; None: the best place there is
    ports: tuple[str, ...]
    cameras: tuple[str, ...]
    names: Path  # the folder of the devices' stable names
    rules: Path  # what gives them these names at every start
    machine: Path  # below which the board's own figures are read


def read_image(path: Path) -> Image:
    """Read the image's file; paths in it are relative to its folder. Raises `Failed`."""
    try:
        fields: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        serial = (path.parent / fields["serial_number_file"]).read_text("ascii")
        made = fields["made"]
        if not isinstance(made, datetime) or made.tzinfo is None:
            raise ValueError("made is a time with its offset")
        devices, kept = fields.get("devices", {}), fields.get("keys")
        given = fields["places"]
        return Image(
            office=str(fields["office"]),
            root=(path.parent / fields["root"]).read_bytes(),
            made=made,
            folder=path.parent / fields["folder"],
            serial_number=serial.strip().strip("\x00"),
            camera=str(fields["camera"]),
            places={name: str(given[name]) for name in _NEEDED}
            | {name: str(given[name]) for name in OPTIONAL if name in given},
            keys=None if kept is None else Kind(kept),
            ports=tuple(map(str, devices.get("ports", ()))),
            cameras=tuple(map(str, devices.get("cameras", ()))),
            names=path.parent / devices.get("names", "/dev/kiosk"),
            rules=path.parent / devices.get("rules", f"/etc/udev/rules.d/{RULES_NAME}"),
            machine=path.parent / fields.get("machine", "/"),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = f"{path} does not describe an image: {type(error).__name__} {error}"
        raise Failed(said, "write the card anew with the bank's image") from error


def machine_now() -> datetime:
    """The machine's own clock, right or wrong."""
    return datetime.now(UTC)


def set_machine_clock(moment: datetime) -> None:
    """Set the machine's clock. Raises `OSError` where only somebody else may."""
    time.clock_settime(time.CLOCK_REALTIME, moment.timestamp())


class Terminal:
    """The parts of a terminal."""

    def __init__(self, image: Image) -> None:
        image.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        give(image.folder, 0o711)  # settings in it are for other users, keys are not
        self.image = image
        self.clock = TrustedClock(FileShelf(image.folder / "clock_floor"), image.made, machine_now)
        offered = [each for each in PROVIDERS if image.keys in (None, each.kind)]
        self.identity = Identity(image.folder / "identity", image.root, image.keys, offered)
        self.line = OfficeLine(image.office, image.root, self.clock)
        self.board = Board(image.serial_number, image.folder, image.places)
        self.sign_off = SignOff(image.folder)

    def setup(self, said: Callable[[Step, str], None] = lambda step, said: None) -> Setup:
        """Its setup."""
        return Setup(self.board, self.identity, self.line, self.clock, said)

    def credentials(self) -> Credentials:
        """Its certificate and key. Raises `Failed` before it has them."""
        try:
            found = self.identity.in_use
        except (KeyFailed, OSError) as error:
            raise Failed(str(error), f"enrol anew, with a new token: {ENROL} --anew") from error
        if found is None:
            raise Failed("this board is not a terminal yet", ENROL)
        return found

    def assignment(self) -> wire.Assignment:
        """What the office said last. Raises `Failed` before it said anything."""
        found = self.setup().assignment
        if found is None:
            raise Failed("the office has not said yet what this terminal is to be", ENROL)
        return found

    def settings(self) -> tuple[Settings, int]:
        """The screen process's settings in use, and their version. Raises `Failed`."""
        found = self.assignment()
        keys = [Ed25519PublicKey.from_public_bytes(key) for key in found.configuration_keys]
        folder = self.image.folder / "configurations"
        configured = Configured(folder, found.terminal, keys, self.image.places)
        try:
            return load_settings(folder / CURRENT / KIOSK), configured.version
        except BadSettings as error:
            raise Failed("there is no configuration yet", ENROL) from error

    def ports(self) -> tuple[PortFacts, ...]:
        """Where serial devices may be."""
        given = self.image.ports
        return tuple(map(PortFacts, given)) if given else serial_ports()

    def cameras(self) -> tuple[PortFacts, ...]:
        """Where cameras may be."""
        given = self.image.cameras
        return tuple(map(PortFacts, given)) if given else cameras()

    def clock_is_off(self) -> bool:
        """Whether the machine's clock is not the one that is trusted."""
        return abs((machine_now() - self.clock.now()).total_seconds()) > _CLOCK_OFF_S
