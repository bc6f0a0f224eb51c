"""Every value that a terminal's configuration has: what it means, its unit, bounds and default.

`kiosk-provision config explain KEY` reads from here, and nothing is accepted that is not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

Value = str | int


class Item(Struct, frozen=True):
    """One value. `default` None: it has to be said. `least`, `most`: of a number, or of a text's length."""

    key: str  # table.name, as in the settings files
    kind: type[str] | type[int]
    meaning: str  # plain English, one sentence
    unit: str = ""
    default: Value | None = None
    least: int = 1
    most: int = 200
    pattern: str = ""  # a text fits it as a whole

    def trouble(self, value: object) -> str:
        """What is wrong with a value, in words that name the key but not the value; '' if nothing."""
        if type(value) is not self.kind:
            return f"{self.key} must be {_NAMES[self.kind]}"
        size = value if isinstance(value, int) else len(str(value))
        if not self.least <= size <= self.most:
            what = "be" if self.kind is int else "have"
            unit = self.unit if self.kind is int else "characters"
            return f"{self.key} must {what} {self.least} to {self.most} {unit}".rstrip()
        if isinstance(value, str) and not (value.isprintable() and _fits(self.pattern, value)):
            return f"{self.key} is not written as it must be: {self.meaning}"
        return ""


_NAMES: dict[type, str] = {str: "a text", int: "a whole number"}
_URL = r"https://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/\-]*)?"
_HEX = r"[0-9a-f]{64}"
_BASE64 = r"[A-Za-z0-9+/]+={0,2}"
_BAUDS = (1_200, 921_600)
_BAUD = "The speed of the line to the "

ITEMS: tuple[Item, ...] = (
    Item("terminal.site_zh", str, "The place as people there call it, in Chinese.", most=60),
    Item("terminal.site_en", str, "The place as people there call it, in English.", most=60),
    Item(
        *("terminal.helpline", str, "The telephone number that the screen shows for help."),
        default="12333",
        most=20,
        pattern=r"[0-9 +\-]+",
    ),
    Item(
        *("screen.width", int, "The width of the screen; 0: the whole of it.", "pixels"),
        default=0,
        least=0,
        most=7_680,
    ),
    Item(
        *("screen.height", int, "The height of the screen; 0: the whole of it.", "pixels"),
        default=0,
        least=0,
        most=7_680,
    ),
    Item(
        *("card_reader.reader", str, "The PC/SC name of the card reader; empty: the first one."),
        default="",
        least=0,
        most=120,
    ),
    *(
        Item(
            *(f"{device}.port", str, f"The stable name of the port of the {name}."),
            default=f"/dev/kiosk/{device.replace('_', '-')}",
            most=120,
            pattern=r"/[A-Za-z0-9._/:\-]+",
        )
        for device, name in (
            ("id_scanner", "ID-card scanner"),
            ("pin_pad", "PIN pad"),
            ("receipt_printer", "receipt printer"),
        )
    ),
    *(
        Item(f"{device}.baud", int, f"{_BAUD}{name}.", "baud", default, *_BAUDS)
        for device, name, default in (
            ("id_scanner", "ID-card scanner", 115_200),
            ("pin_pad", "PIN pad", 9_600),
            ("receipt_printer", "receipt printer", 115_200),
        )
    ),
    Item(
        *("camera.source", str, "The device of the camera, or the URL of its stream."),
        default="/dev/kiosk/camera",
        pattern=r"[A-Za-z0-9._/:\-?=&]+",
    ),
    Item(
        *("camera.memory_mib", int, "The most memory that the camera's process may take.", "MiB"),
        default=384,
        least=128,
        most=2_048,
    ),
    Item("bank.url", str, "Where the bank's gateway is reached, by https.", most=300, pattern=_URL),
    Item(
        *("bank.verdict_key", str, "The bank's Ed25519 key of its verdicts, 32 bytes in hex."),
        pattern=_HEX,
    ),
    Item(
        *("bank.sealing_key_id", str, "The name of the bank's key that requests are sealed to."),
        most=64,
        pattern=r"[A-Za-z0-9._\-]+",
    ),
    Item(
        *("bank.sealing_key", str, "The bank's key that requests are sealed to, in base 64."),
        most=2_000,
        pattern=_BASE64,
    ),
    Item(
        *("bank.sealing_key_not_after", str, "The moment after which that key is not used."),
        most=40,
        pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+\-][0-9]{2}:[0-9]{2})",
    ),
    Item(
        *("queue.capacity_rows", int, "How many requests may wait for the line.", "requests"),
        default=50_000,
        least=100,
        most=1_000_000,
    ),
    Item(
        *("queue.capacity_bytes", int, "How much of the disk the queue may take.", "bytes"),
        default=1_073_741_824,
        least=1_048_576,
        most=1 << 40,
    ),
    Item(
        *("queue.unlock_waits_hours", int, "How long a password unlock may wait.", "hours"),
        default=24,
        least=1,
        most=168,
    ),
)
BY_KEY: Mapping[str, Item] = {item.key: item for item in ITEMS}


def troubles(values: Mapping[str, object]) -> list[str]:
    """Everything that is wrong with a set of values, each in one sentence; empty if nothing is."""
    found = [f"{key} is not a value that a terminal has" for key in sorted({*values} - {*BY_KEY})]
    for item in ITEMS:
        if item.key in values:
            found += filter(None, [item.trouble(values[item.key])])
        elif item.default is None:
            found.append(f"{item.key} has to be said: {item.meaning}")
    return found


def completed(values: Mapping[str, Value]) -> dict[str, Value]:
    """All values, with the default of each that is not said. They must have no `troubles`."""
    found: dict[str, Value] = {}
    for item in ITEMS:
        value = values.get(item.key, item.default)
        assert value is not None, "checked before"
        found[item.key] = value
    return found


def _fits(pattern: str, value: str) -> bool:
    return not pattern or re.fullmatch(pattern, value) is not None
