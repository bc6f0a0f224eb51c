"""The ports and cameras that the system has, and what udev knows of each.

All is read below `root`: the device nodes, `/sys/class`, and udev's own database in
`/run/udev/data`, whose words (ID_VENDOR_ID and so on) a rule can match again.
"""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

_SERIAL_GLOBS = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS*")
_CAMERA_GLOB = "video*"
_LONGEST_FACTS = 65_536  # bytes of udev's file on one device


class PortFacts(Struct, frozen=True):
    """One device node. Empty: not known."""

    node: str  # as /dev/ttyUSB0
    vendor: str = ""  # of the USB device, four hex digits
    product: str = ""
    serial_number: str = ""
    usb_path: str = ""  # where it is plugged in, as udev's ID_PATH
    interface: str = ""  # of the USB device, two hex digits
    plug: str = ""  # of an adapter with several plugs, its number
    title: str = ""  # as the kernel's driver calls it; of a camera its model


def serial_ports(root: Path = Path("/")) -> tuple[PortFacts, ...]:
    """Every serial port with hardware behind it, USB adapters first."""
    found = [_facts(root, node, "tty") for glob in _SERIAL_GLOBS for node in _nodes(root, glob)]
    # The kernel keeps nodes for UARTs that no board has; those have no driver's type.
    return tuple(facts for facts in found if _has_hardware(root, facts))


def cameras(root: Path = Path("/")) -> tuple[PortFacts, ...]:
    """Every video device that gives pictures; a camera's second node gives only facts of them."""
    found = [_facts(root, node, "video4linux") for node in _nodes(root, _CAMERA_GLOB)]
    indexes = {facts.node: _word(_class(root, "video4linux", facts) / "index") for facts in found}
    return tuple(facts for facts in found if indexes[facts.node] in ("", "0"))


def _nodes(root: Path, glob: str) -> list[Path]:
    return sorted((root / "dev").glob(glob), key=lambda path: (len(path.name), path.name))


def _facts(root: Path, node: Path, kind: str) -> PortFacts:
    place = root / "sys/class" / kind / node.name
    known = _udev_words(root, _word(place / "dev"))
    return PortFacts(
        node=f"/dev/{node.name}",
        vendor=known.get("ID_VENDOR_ID", ""),
        product=known.get("ID_MODEL_ID", ""),
        serial_number=known.get("ID_SERIAL_SHORT", ""),
        usb_path=known.get("ID_PATH", ""),
        interface=known.get("ID_USB_INTERFACE_NUM", ""),
        plug=_word(place / "device/port_number"),
        title=_word(place / "name"),
    )


def _has_hardware(root: Path, facts: PortFacts) -> bool:
    if not re.fullmatch(r"/dev/ttyS\d+", facts.node):
        return True
    return _word(_class(root, "tty", facts) / "type") not in ("", "0")


def _class(root: Path, kind: str, facts: PortFacts) -> Path:
    return root / "sys/class" / kind / Path(facts.node).name


def _udev_words(root: Path, number: str) -> dict[str, str]:
    """The properties ("E:NAME=value") of the character device with this number, as "188:0"."""
    if not re.fullmatch(r"\d+:\d+", number):
        return {}
    try:
        text = (root / "run/udev/data" / f"c{number}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line[2:].split("=", 1) for line in text[:_LONGEST_FACTS].splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _word(path: Path) -> str:
    """A file of one word or line; '' where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
