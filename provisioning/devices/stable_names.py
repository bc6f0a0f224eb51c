"""The udev rules that give each device one name for ever, whatever order the ports come up in.

`/dev/kiosk/pin-pad` is the adapter that the pad was found at: by its USB serial number, and where it
has none of its own, by the socket it is plugged into. Many cheap adapters have none, or all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kiosk.drivers.events import Device
from provisioning.devices.system_ports import PortFacts

RULES_NAME = "90-kiosk-devices.rules"
NAMES: Mapping[Device, str] = {
    Device.ID_SCANNER: "id-scanner",
    Device.PIN_PAD: "pin-pad",
    Device.RECEIPT_PRINTER: "receipt-printer",
    Device.CAMERA: "camera",
}

_HEAD = """\
# Written by kiosk-provision from the devices it found. Search again after a device was moved or
# swapped; what is changed here by hand is lost then.
"""
# Values stand in quotes, and *, ?, [ and | would be patterns: whatever has others is not used.
_SAFE = re.compile(r"[A-Za-z0-9._:@+-]{1,120}")
_HEX = re.compile(r"[0-9a-fA-F]{4}")


class NoStableName(ValueError):
    """Nothing that lasts tells this device from others; the text names it."""


def rules(found: Mapping[Device, PortFacts], ports: Iterable[PortFacts] = ()) -> str:
    """The rule file for what was found, devices in a fixed order.

    `ports`: all that the system has; what is written matches none of the others. Raises
    `NoStableName`. The card reader needs no name: pcscd finds it.
    """
    everything = {facts.node: facts for facts in (*ports, *found.values())}
    lines = [_HEAD]
    for device, name in NAMES.items():
        if device in found:
            own = found[device]
            others = [facts for node, facts in everything.items() if node != own.node]
            lines.append(_rule(device, name, own, others))
    return "\n".join(lines)


def _rule(device: Device, name: str, facts: PortFacts, others: list[PortFacts]) -> str:
    is_camera = device is Device.CAMERA
    subsystem, group = ("video4linux", "video") if is_camera else ("tty", "dialout")
    matches = [f'SUBSYSTEM=="{subsystem}"', *_told_apart(facts, others)]
    if is_camera:
        matches.append('ATTR{index}=="0"')
    given = (
        f'SYMLINK+="kiosk/{name}"',
        f'GROUP="{group}"',
        'MODE="0660"',
        'TAG+="systemd"',
        f'ENV{{SYSTEMD_ALIAS}}="/dev/kiosk/{name}"',
    )
    return ", ".join((*matches, *given)) + "\n"


def _told_apart(facts: PortFacts, others: list[PortFacts]) -> list[str]:
    """What matches this device and no other."""
    plug = [f'ATTRS{{port_number}}=="{facts.plug}"'] if facts.plug.isdecimal() else []
    identity = _identity(facts)
    if identity and all(_identity(other) != identity for other in others):
        return [*identity, *plug]
    if _SAFE.fullmatch(facts.usb_path):
        return [f'ENV{{ID_PATH}}=="{facts.usb_path}"', *plug]
    kernel = facts.node.removeprefix("/dev/")
    if re.fullmatch(r"tty(AMA|S)\d+", kernel):
        return [f'KERNEL=="{kernel}"']  # soldered to the board: its number does not change
    raise NoStableName(f"{facts.node} has neither a serial number of its own nor a known socket")


def _identity(facts: PortFacts) -> list[str]:
    """Vendor, product, serial number and which of its interfaces; empty without one of them."""
    numbers = (facts.vendor, facts.product)
    if not all(map(_HEX.fullmatch, numbers)) or not _SAFE.fullmatch(facts.serial_number):
        return []
    matches = [
        f'ENV{{ID_VENDOR_ID}}=="{facts.vendor}"',
        f'ENV{{ID_MODEL_ID}}=="{facts.product}"',
        f'ENV{{ID_SERIAL_SHORT}}=="{facts.serial_number}"',
    ]
    if re.fullmatch(r"[0-9a-f]{2}", facts.interface):
        matches.append(f'ENV{{ID_USB_INTERFACE_NUM}}=="{facts.interface}"')
    return matches
