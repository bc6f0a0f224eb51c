"""What the monitoring desk may tell a terminal to do.

An order waits at the collector. The broker only rings (`topics.bell`); the terminal asks for its
orders over HTTPS with its own certificate, checks signature, name and time, and reports each step.
A terminal does an order once: its id is written down before it is begun.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct
from msgspec.structs import replace

ORDERS_PATH = "/terminal/v1/orders"  # GET: `Orders`
STEPS_PATH = "/terminal/v1/steps"  # POST: `StepReport`
BUNDLES_PATH = "/terminal/v1/bundles"  # PUT with the order's id: a journal or support bundle
BUNDLE_BYTES_MAX = 4_194_304
_DOMAIN = b"sscard monitoring order 1\n"


class OrderKind(StrEnum):
    """What can be ordered."""

    OUT_OF_SERVICE = "outOfService"
    IN_SERVICE = "inService"
    RESTART = "restart"  # of the process in `argument`: kiosk, kiosk-queue, kiosk-health
    SELF_TEST = "selfTest"
    JOURNAL = "journal"
    BUNDLE = "bundle"
    RENEW = "renew"  # the certificate
    CONFIGURE = "configure"  # fetch and apply the newest configuration


class Step(StrEnum):
    """How far an order is; the last four end it."""

    WAITING = "waiting"  # not yet fetched
    TAKEN = "taken"  # written down by the terminal
    DEFERRED = "deferred"  # a visit is on
    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"  # `reason`: signature, role, other, unknown
    FAILED = "failed"
    EXPIRED = "expired"


ENDS = frozenset({Step.DONE, Step.REFUSED, Step.FAILED, Step.EXPIRED})


_ENGINEERS = frozenset({"engineer", "admin"})
_OPERATORS = _ENGINEERS | {"operator"}
MAY: dict[OrderKind, frozenset[str]] = {
    OrderKind.OUT_OF_SERVICE: _OPERATORS,
    OrderKind.IN_SERVICE: _OPERATORS,
    OrderKind.SELF_TEST: _OPERATORS,
    OrderKind.RESTART: _ENGINEERS,
    OrderKind.JOURNAL: _ENGINEERS,
    OrderKind.BUNDLE: _ENGINEERS,
    OrderKind.RENEW: frozenset({"admin"}),
    OrderKind.CONFIGURE: frozenset({"admin"}),
}
"""Which roles may give which order: the collector checks it, and the terminal again."""


class Order(Struct, frozen=True):
    """One order for one terminal, signed (Ed25519) over everything else in it."""

    order: str  # 32 hexadecimal digits
    terminal: str
    kind: OrderKind
    role: str  # of the person who gave it: the terminal checks that it may
    made: int  # seconds since 1970
    expires: int
    argument: str = ""
    signature: str = ""  # hexadecimal

    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return _DOMAIN + msgspec.json.encode(replace(self, signature=""), order="sorted")

    def signed(self, key: Ed25519PrivateKey) -> Order:
        """The order with its signature."""
        return replace(self, signature=key.sign(self.signed_bytes()).hex())

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is the key's."""
        try:
            key.verify(bytes.fromhex(self.signature), self.signed_bytes())
        except (InvalidSignature, ValueError):
            return False
        return True


class Orders(Struct, frozen=True):
    """The open orders of one terminal, oldest first."""

    orders: tuple[Order, ...] = ()


class StepReport(Struct, frozen=True):
    """How far the terminal is with an order. Sent again until it is answered."""

    order: str
    step: Step
    at: int
    reason: str = ""  # one word of a catalogue
