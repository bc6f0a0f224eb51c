"""What terminals tell the collector: JSON, one message a topic, nothing of any cardholder.

There is no field in here that could hold a name, a number or a free text from a screen: words come
from catalogues, all else are counts, ages and versions. Unknown fields are ignored, so an older
collector reads a newer terminal; a message of another `version` is kept aside, not guessed at.
Names on the wire are short, since a terminal says its health a million times a year.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from kiosk.drivers.health import HealthWord, Remedy

VERSION = 1
MESSAGE_BYTES_MAX = 8_192
HEALTH_BYTES_MAX = 300
HEALTH_EVERY_S = 30.0  # and up to a tenth sooner or later
DEVICES_EVERY_S = 900.0
STALE_AFTER_S = 3 * HEALTH_EVERY_S  # a terminal that said no health for longer is not online


class BadMessage(ValueError):
    """A message that cannot be one. The text tells what is wrong without quoting it."""


class Mode(StrEnum):
    """What the terminal is doing; `down`: its screen process does not answer."""

    STARTING = "starting"
    IDLE = "idle"
    VISIT = "visit"
    STAFF = "staff"  # a technician is at work on the screen
    OUT_OF_SERVICE = "outOfService"
    DOWN = "down"


class Presence(Struct, frozen=True, omit_defaults=True):
    """Whether a session of the terminal with the broker stands. The will is one with `online` false.

    It counts only for the session that it names: the will of an older one may come later.
    """

    online: bool
    session: str = field(name="s")
    booted: int = field(name="boot", default=0)  # seconds since 1970
    software: str = field(name="sw", default="")
    version: int = field(name="v", default=VERSION)


class Health(Struct, frozen=True, omit_defaults=True):
    """How the terminal is, every half minute. None: it cannot tell."""

    session: str = field(name="s")
    number: int = field(name="n")  # counts up within the session
    at: int = field(name="t")  # seconds since 1970, by the terminal's clock
    mode: Mode = field(name="m")
    clock: str = field(name="ck", default="")  # the queue's word for its quality
    frame_age_s: int | None = field(name="fr", default=None)  # since a frame was drawn
    touch_age_s: int | None = field(name="to", default=None)  # since anybody touched the screen
    waiting: int | None = field(name="q", default=None)  # requests for the bank
    oldest_s: int | None = field(name="qo", default=None)
    losses: int | None = field(name="ql", default=None)  # of them loss reports
    oldest_loss_s: int | None = field(name="lo", default=None)
    bank_age_s: int | None = field(name="ba", default=None)  # since the bank last answered
    disk_free_mb: int | None = field(name="df", default=None)
    disk_wear_percent: int | None = field(name="dw", default=None)
    memory_free_mb: int | None = field(name="mf", default=None)
    load_percent: int | None = field(name="ld", default=None)  # of all cores
    celsius: int | None = field(name="c", default=None)
    throttled: int | None = field(name="th", default=None)  # bits of `vcgencmd get_throttled`
    rtt_ms: int | None = field(name="rt", default=None)  # to the broker and back
    certificate_days: int | None = field(name="ce", default=None)
    configuration: int | None = field(name="cf", default=None)  # its version
    version: int = field(name="v", default=VERSION)


class DeviceReport(Struct, frozen=True, omit_defaults=True):
    """One device: what it said itself, what the terminal made of it, and what helps."""

    device: str  # card_reader, id_scanner, pin_pad, receipt_printer, camera
    status: str  # XFS4IoT's word, as the driver told it last
    health: HealthWord
    remedy: Remedy
    since: int  # seconds since 1970: how long `health` has been so
    raw: str = ""  # the device's own words, at most 80 characters
    paper: str | None = None
    cover_open: bool | None = field(name="cover", default=None)
    retains: bool | None = None
    in_bin: int | None = field(name="bin", default=None)
    seen: int = 0  # how often it was told in a row before it was believed
    last_good: int | None = field(name="good", default=None)  # seconds since 1970


class Devices(Struct, frozen=True, omit_defaults=True):
    """All devices, and which services the terminal can do now: true, or false with what is missing."""

    session: str = field(name="s")
    number: int = field(name="n")
    at: int = field(name="t")
    devices: tuple[DeviceReport, ...] = ()
    services: dict[str, tuple[str, ...]] = field(default_factory=dict)  # service: devices missing
    version: int = field(name="v", default=VERSION)


class Happening(StrEnum):
    """What an event tells; the fields of its `detail` are in `DETAILS`."""

    BOOT = "boot"
    MODE = "mode"
    DEVICE = "device"
    PROCESS = "process"  # one of the terminal's processes ended or came back
    LINE = "line"  # to the bank
    VISITS = "visits"  # how the visits of a quarter of an hour ended
    STEPS = "steps"  # how long their steps took
    ALERT = "alert"  # one of the queue's or the terminal's own
    ORDER = "order"  # a step of an order
    LOST = "lost"  # events that the full spool had to drop


DETAILS: dict[Happening, frozenset[str]] = {
    Happening.BOOT: frozenset({"software", "configuration"}),
    Happening.MODE: frozenset({"mode"}),
    Happening.DEVICE: frozenset({"device", "health", "status", "remedy"}),
    Happening.PROCESS: frozenset({"process", "up"}),
    Happening.LINE: frozenset({"up"}),
    Happening.VISITS: frozenset({"service", "done", "left", "timed_out", "trouble", "seconds"}),
    Happening.STEPS: frozenset({"step", "count", "seconds"}),
    Happening.ALERT: frozenset({"name", "raised"}),
    Happening.ORDER: frozenset({"order", "step", "reason"}),
    Happening.LOST: frozenset({"count"}),
}
"""The allowed fields of each happening: what is not in here is not sent, and not taken."""


class Event(Struct, frozen=True, omit_defaults=True):
    """A fact that changed something. `number` counts up over restarts: a gap is a loss, a repeat is none."""

    number: int = field(name="n")
    at: int = field(name="t")
    what: Happening = field(name="w")
    detail: dict[str, str | int | bool] = field(name="d", default_factory=dict)
    session: str = field(name="s", default="")
    version: int = field(name="v", default=VERSION)


Message = Presence | Health | Devices | Event
M = TypeVar("M", Presence, Health, Devices, Event)


class _Versioned(Struct, frozen=True):
    version: int = field(name="v", default=VERSION)


def to_bytes(message: Message) -> bytes:
    """The message as it goes over the line."""
    return msgspec.json.encode(message)


def read(kind: type[M], content: bytes) -> M:
    """The message of that kind. Raises `BadMessage`."""
    if len(content) > MESSAGE_BYTES_MAX:
        raise BadMessage("too long")
    try:
        version = msgspec.json.decode(content, type=_Versioned).version
        if version != VERSION:
            raise BadMessage(f"version {version}")
        message = msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise BadMessage(type(error).__name__) from None
    if isinstance(message, Event) and not message.detail.keys() <= DETAILS[message.what]:
        raise BadMessage("a detail that is not in the catalogue")
    return message
