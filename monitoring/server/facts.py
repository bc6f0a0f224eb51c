"""What the collector tells its pages, as plain data. Times are whole seconds since 1970 (UTC)."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from monitoring.wire.messages import DeviceReport, Health


class Role(StrEnum):
    """What a person may do; each may all that those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    ADMIN = "admin"

    def reaches(self, other: Role) -> bool:
        """Whether this role may what the other may."""
        rank = list(Role)
        return rank.index(self) >= rank.index(other)


class Severity(StrEnum):
    """What cardholders lose."""

    CRITICAL = "critical"  # every service, or a loss report that waits
    MAJOR = "major"  # a service
    MINOR = "minor"  # none yet
    INFO = "info"  # none, and somebody wanted it so


class Outcome(StrEnum):
    """What came of an action."""

    DONE = "done"
    FORBIDDEN = "forbidden"  # the role does not reach
    UNKNOWN = "unknown"  # no such alert, terminal, person
    ALREADY = "already"  # it is so, nothing was changed
    BAD = "bad"  # it cannot be asked so


class Person(Struct, frozen=True):
    """Who is at the desk."""

    person: str
    name: str
    role: Role


class Site(Struct, frozen=True):
    """A place where terminals stand, and how they are."""

    site: str
    name_zh: str
    name_en: str
    city: str
    longitude: float
    latitude: float
    terminals: int = 0
    online: int = 0
    worst: Severity | None = None  # of its open alerts


class TerminalFilters(Struct, frozen=True):
    """Which terminals; an empty word or None asks for no such thing."""

    site: str = ""
    city: str = ""
    online: bool | None = None
    mode: str = ""
    remedy: str = ""
    health: str = ""
    software: str = ""
    lacks: str = ""  # a service that it cannot do now
    text: str = ""  # begins a terminal's name, or is within its label


class TerminalLine(Struct, frozen=True):
    """A terminal in the table. One that never said anything has `last_seen` 0 and health `unknown`."""

    terminal: str
    site: str
    label: str
    name_zh: str  # of the site
    name_en: str
    city: str
    online: bool
    last_seen: int
    mode: str
    software: str
    worst_health: str
    remedy: str
    waiting: int  # requests for the bank
    oldest_s: int
    lacks: tuple[str, ...]  # services


class TerminalsPage(Struct, frozen=True):
    """A page of the table. `after` of the next page is `next_after`; "" at the end."""

    lines: tuple[TerminalLine, ...]
    next_after: str


class Happened(Struct, frozen=True):
    """An event of a terminal. `at` is the terminal's clock."""

    id: int
    at: int
    what: str
    detail: dict[str, str | int | bool]


class AlertFilters(Struct, frozen=True):
    """Which alerts; an empty word asks for no such thing."""

    open: bool = True
    severity: str = ""
    site: str = ""
    remedy: str = ""
    cause: str = ""
    terminal: str = ""
    assigned_to: str = ""


class Alert(Struct, frozen=True):
    """What is wrong somewhere: one cause at one site, at `count` terminals."""

    id: int
    remedy: str
    cause: str
    part: str  # a device, or ""
    severity: Severity
    site: str
    name_zh: str  # of the site
    name_en: str
    terminal: str  # the first one
    terminals: tuple[str, ...]  # 200 at most, sorted
    count: int
    lost: tuple[str, ...]  # services that cardholders cannot have there
    raw: str  # the devices' own words
    raised: int
    last_seen: int
    cleared: int | None
    acknowledged_by: str | None
    assigned_to: str | None
    silenced_until: int | None
    escalated: int


class AlertsPage(Struct, frozen=True):
    """Newest first. `before` of the next page is `next_before`; None at the end."""

    alerts: tuple[Alert, ...]
    next_before: int | None


class OrderStep(Struct, frozen=True):
    """A step that an order took, by the terminal's clock."""

    step: str
    at: int
    reason: str


class OrderFacts(Struct, frozen=True):
    """An order and how far it is."""

    order: str
    terminal: str
    kind: str
    argument: str
    role: str
    made: int
    expires: int
    made_by: str
    step: str
    reason: str
    updated: int
    bundle: str  # SHA-256 of what the terminal sent, or ""
    steps: tuple[OrderStep, ...] = ()


class OrdersPage(Struct, frozen=True):
    """Newest first. `before` of the next page is `next_before`; "" at the end."""

    orders: tuple[OrderFacts, ...]
    next_before: str


class Terminal(Struct, frozen=True):
    """All that is known of one terminal."""

    line: TerminalLine
    serial: str
    model: str
    added: int
    retired: int | None
    session: str
    booted: int
    configuration: int | None
    health: Health | None
    devices: tuple[DeviceReport, ...]
    services: dict[str, tuple[str, ...]]  # service: devices missing; none: it can
    changed: int
    alerts: tuple[Alert, ...]  # the open ones
    history: tuple[Happened, ...]  # newest first, 50 at most
    orders: tuple[OrderFacts, ...]  # newest first, 20 at most


class ServiceCount(Struct, frozen=True):
    """How many terminals can do a service now."""

    service: str
    can: int
    cannot: int  # offline ones are among these


class RemedyCount(Struct, frozen=True):
    """How many terminals want a remedy."""

    remedy: str
    terminals: int


class Overview(Struct, frozen=True):
    """The fleet at a glance."""

    made: int  # when the figures were counted: old ones are stale
    terminals: int
    online: int
    serving: int  # online, in service, and at least one service can be done
    never: int  # added, and never said anything
    waiting: int  # requests for the bank, all together
    oldest_s: int
    services: tuple[ServiceCount, ...]
    remedies: tuple[RemedyCount, ...]
    alerts: tuple[Alert, ...]  # the open ones, worst first, 50 at most
    alerts_open: int
    sites: tuple[Site, ...] = field(default_factory=tuple)


class AuditLine(Struct, frozen=True):
    """Who did what."""

    id: int
    at: int
    person: str
    what: str
    on_what: str
    detail: str


class AuditPage(Struct, frozen=True):
    """Newest first. `before` of the next page is `next_before`; None at the end."""

    lines: tuple[AuditLine, ...]
    next_before: int | None
