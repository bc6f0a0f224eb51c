"""A simulated card in a real pcscd: the card's side of vpcd's TCP protocol.

vpcd (the virtual reader of vsmartcard) listens, the card program connects: a connection is a
card in the slot, its end is a card pulled. Each message either way is a two-byte length and
as many bytes. One byte is a control (power off, power on, reset, get ATR, of which only the
last is answered), anything longer is an APDU.

A mute card answers "get ATR" with more bytes than an ATR can have. vpcd asks the same
question for two purposes: any answer means "a card is present", while powering up fails on
one that does not fit, and pcscd then reports the slot as mute. An empty answer would make
vpcd drop the connection, which is a card pulled, not a mute one. (vsmartcard ifd-vpcd,
measured with pcscd 1.9.9.)
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from simulators.models.card import Card
from simulators.models.social_security_card import CardPulled

VPCD_PORT = 0x8C7B  # slot 0; slot 1 is the next one
OFF, ON, RESET, GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
TOO_LONG_FOR_AN_ATR = bytes(34)  # an ATR has 33 bytes at most (ISO 7816-3)
ABSENT_S = 0.6
"""No card enters sooner after another left: pcscd looks every 0.44 s, and a swap between two
looks is one no hand is capable of. After a pull in the middle of an APDU pcscd would take the
next card for the old one and call the slot empty for ever (measured)."""
CONNECT_LIMIT_S = 5.0
CLOSE_LIMIT_S = 5.0


class _Gone(Exception):
    """The connection ended."""


class VpcdSlot:
    """One slot of vpcd. Survives vpcd going away and coming back with the card still in."""

    def __init__(
        self,
        port: int = VPCD_PORT,
        host: str = "127.0.0.1",
        retry_every_s: float = 0.2,
        absent_s: float = ABSENT_S,
    ) -> None:
        self._address = (host, port)
        self._retry_every_s = retry_every_s
        self._absent_s = absent_s
        self._changed = threading.Condition()
        self._card: Card | None = None
        self._socket: socket.socket | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"vpcd-{port}", daemon=True)

    def __repr__(self) -> str:
        return f"VpcdSlot({self._address[1]}, {'a card' if self._card else 'empty'})"

    def start(self) -> None:
        """Begin to serve. Once only."""
        self._thread.start()

    def insert(self, card: Card) -> None:
        """Put `card` into the slot; one that is in there is pulled first."""
        with self._changed:
            self._put(card)

    def pull(self) -> None:
        """Take the card out, in the middle of an APDU if one is running."""
        with self._changed:
            self._put(None)

    def close(self) -> None:
        """Pull the card and end the thread. May be called twice."""
        with self._changed:
            self._closing = True
            self._put(None)
        if self._thread.ident is not None:
            self._thread.join(CLOSE_LIMIT_S + CONNECT_LIMIT_S)

    @property
    def card(self) -> Card | None:
        """The card in the slot. None after a card pulled itself out by a fault."""
        return self._card

    def _put(self, card: Card | None) -> None:
        self._card = card
        if self._socket is not None:
            # Wakes the thread out of its receive; it closes the socket itself.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._changed.notify_all()

    # --- the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        # Whoever was in the slot before this one may just have left.
        absent_until_s = time.monotonic() + self._absent_s
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._card is not None)
                if self._closing:
                    return
                card = self._card
            assert card is not None
            self._linger(card, absent_until_s - time.monotonic())
            if self._present(card):
                absent_until_s = time.monotonic() + self._absent_s
            self._linger(card, self._retry_every_s)

    def _linger(self, card: Card, seconds: float) -> None:
        """Let `seconds` pass, or less when `card` is pulled."""
        with self._changed:
            self._changed.wait_for(lambda: self._card is not card, max(0.0, seconds))

    def _present(self, card: Card) -> bool:
        """One connection, until it ends or the card is pulled. Result: whether there was one."""
        try:
            connection = socket.create_connection(self._address, CONNECT_LIMIT_S)
        except OSError:
            return False  # no vpcd yet
        with connection:
            # vpcd's port lies among those the system gives to clients: with no vpcd there, a
            # connection can meet itself, and would keep vpcd from its own port.
            if connection.getsockname() == connection.getpeername():
                return False
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                if self._card is not card:
                    return True
                self._socket = connection
            try:
                self._serve(connection, card)
            except (_Gone, OSError):
                pass
            except CardPulled:
                with self._changed:
                    if self._card is card:
                        self._card = None
            finally:
                with self._changed:
                    self._socket = None
                card.power_off()
        return True

    def _serve(self, connection: socket.socket, card: Card) -> None:
        while True:
            message = _receive(connection)
            answer: bytes | None
            if len(message) < 2:
                answer = _control(message, card)
            else:
                answer = card.apdu(message)
                if card.slow_s > 0:
                    self._linger(card, card.slow_s)
            if answer is not None:
                connection.sendall(len(answer).to_bytes(2, "big") + answer)


def _control(control: bytes, card: Card) -> bytes | None:
    """Carry out a control; only "get ATR" has an answer."""
    if control == OFF:
        card.power_off()
    elif control in (ON, RESET):
        card.power_on()
    elif control == GET_ATR:
        return card.atr() or TOO_LONG_FOR_AN_ATR
    return None


def _receive(connection: socket.socket) -> bytes:
    """One whole message. Raises `_Gone` at the end of the connection."""
    return _exactly(connection, int.from_bytes(_exactly(connection, 2), "big"))


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise _Gone
        data += part
        # The kernel forgets this after each receive; without it every APDU takes 40 ms more.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    return data
