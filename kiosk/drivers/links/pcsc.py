"""The link to the card reader: pcscd, through the plain PC/SC calls and a context of our own.

No monitor thread of pyscard's: those end with pcscd and do not come back. The context is
thrown away at the first error that is not about the card, `LinkLost` is raised, and the next
`Open` makes a new one.
"""

from __future__ import annotations

import threading
import time
from typing import Any, NoReturn

from smartcard.scard import (
    SCARD_ATTR_CHARACTERISTICS,
    SCARD_CTL_CODE,
    SCARD_E_CANCELLED,
    SCARD_E_CARD_UNSUPPORTED,
    SCARD_E_NO_READERS_AVAILABLE,
    SCARD_E_NO_SMARTCARD,
    SCARD_E_NOT_TRANSACTED,
    SCARD_E_PROTO_MISMATCH,
    SCARD_E_TIMEOUT,
    SCARD_E_UNKNOWN_READER,
    SCARD_EJECT_CARD,
    SCARD_LEAVE_CARD,
    SCARD_PCI_T0,
    SCARD_PCI_T1,
    SCARD_PROTOCOL_T0,
    SCARD_PROTOCOL_T1,
    SCARD_PROTOCOL_UNDEFINED,
    SCARD_S_SUCCESS,
    SCARD_SCOPE_USER,
    SCARD_SHARE_DIRECT,
    SCARD_SHARE_EXCLUSIVE,
    SCARD_STATE_MUTE,
    SCARD_STATE_PRESENT,
    SCARD_STATE_UNAVAILABLE,
    SCARD_STATE_UNAWARE,
    SCARD_STATE_UNKNOWN,
    SCARD_UNPOWER_CARD,
    SCARD_W_REMOVED_CARD,
    SCARD_W_RESET_CARD,
    SCARD_W_UNPOWERED_CARD,
    SCARD_W_UNRESPONSIVE_CARD,
    SCARD_W_UNSUPPORTED_CARD,
    SCardCancel,
    SCardConnect,
    SCardControl,
    SCardDisconnect,
    SCardEstablishContext,
    SCardGetAttrib,
    SCardGetErrorMessage,
    SCardGetStatusChange,
    SCardListReaders,
    SCardReleaseContext,
    SCardStatus,
    SCardTransmit,
)

from kiosk.drivers.links.ops import (
    AwaitChange,
    CardGone,
    Connect,
    Disconnect,
    LinkLost,
    Moved,
    Op,
    Open,
    Retain,
    Slot,
    SlotState,
    Transmit,
)

SLICE_S = 0.25
"""The longest single wait inside pcscd, so that a lost wake costs no more than this."""

EJECTED_WITHIN_S = 1.0
"""How long a motor may take until the slot is seen empty."""

RETAINED_WITHIN_S = 5.0
"""The same for the way into the bin."""

READER_CONFISCATES = 0x04
"""Bit of SCARD_ATTR_CHARACTERISTICS (PC/SC part 3, mechanical class): it has a bin."""

CONFISCATE = SCARD_CTL_CODE(4)
"""IOCTL_SMARTCARD_CONFISCATE of the smart card driver interface; assumed of the reader's driver."""

_MUTE = {
    SCARD_W_UNRESPONSIVE_CARD,
    SCARD_W_UNPOWERED_CARD,  # pcscd's word for a power-up without an answer to reset
    SCARD_W_UNSUPPORTED_CARD,
    SCARD_E_CARD_UNSUPPORTED,
    SCARD_E_PROTO_MISMATCH,
}
"""At `Connect`: the card is there and cannot be talked to."""

_GONE = {
    SCARD_E_NO_SMARTCARD,
    SCARD_E_NOT_TRANSACTED,  # what a card pulled in the middle of an APDU looks like
    SCARD_W_REMOVED_CARD,
    SCARD_W_RESET_CARD,
    SCARD_W_UNPOWERED_CARD,
}


class PcscLink:
    """The reader called `reader_name`, or whose name begins so; None: the first there is.

    `perform` and `close` belong to one thread, `wake` to any. A card that does not answer the
    reset, or speaks no protocol of ours, is `Slot.MUTE` until it leaves the slot.
    """

    def __init__(self, reader_name: str | None = None) -> None:
        self._reader_name = reader_name
        self._reader: str | None = None  # as pcscd calls it now
        self._context: Any = None
        self._card: Any = None
        self._send_pci: Any = None
        self._raw_state: int = SCARD_STATE_UNAWARE
        self._mute_counter: int | None = None
        self._retains: bool | None = None  # as the reader found says; None: it has no bin
        self._woken = threading.Event()

    def __repr__(self) -> str:
        state = "closed" if self._context is None else "connected" if self._card else "open"
        return f"PcscLink({self._reader or self._reader_name or 'first reader'}, {state})"

    def perform(self, op: Op) -> Any:
        """Carry out one of the card reader's operations (see `ops`). Raises as they say."""
        match op:
            case Open():
                return self._open()
            case AwaitChange(known, timeout_s):
                return self._await_change(known, timeout_s)
            case Connect():
                return self._connect()
            case Transmit(apdu):
                return self._transmit(apdu)
            case Disconnect(eject):
                return self._disconnect(eject)
            case Retain():
                return self._retain()
        raise TypeError(f"no operation of a card reader: {op!r}")

    def wake(self) -> None:
        """End the `AwaitChange` that waits now, or else the next one, early."""
        self._woken.set()
        context = self._context
        if context is not None:
            SCardCancel(context)

    def close(self) -> None:
        """Power the card down and let go of pcscd. May be called twice."""
        self._drop_card()
        context, self._context = self._context, None
        if context is not None:
            SCardReleaseContext(context)

    # --- the context ---------------------------------------------------------------------

    def _open(self) -> None:
        self.close()
        self._reader, self._mute_counter = None, None
        code, context = SCardEstablishContext(SCARD_SCOPE_USER)
        if code != SCARD_S_SUCCESS:
            raise LinkLost(_words(code))
        self._context = context

    def _lose(self, code: int) -> NoReturn:
        self.close()
        raise LinkLost(_words(code))

    def _opened(self) -> Any:
        if self._context is None:
            raise LinkLost("not open")
        return self._context

    # --- the slot ------------------------------------------------------------------------

    def _await_change(self, known: SlotState | None, timeout_s: float) -> SlotState:
        until_s = time.monotonic() + timeout_s
        while True:
            state = self._look()
            left_s = until_s - time.monotonic()
            if known is None or state != known:
                return state
            if left_s <= 0 or self._woken.is_set():
                self._woken.clear()
                return state
            self._pass(min(left_s, SLICE_S), state)

    def _look(self) -> SlotState:
        """The slot as it is now; finds the reader again if it went away and came back."""
        context = self._opened()
        if self._reader is None:
            self._reader = self._find_reader()
            self._retains = self._has_bin()
        if self._reader is None:
            return SlotState(Slot.NO_READER)
        code, states = SCardGetStatusChange(context, 0, [(self._reader, SCARD_STATE_UNAWARE)])
        if code in (SCARD_E_UNKNOWN_READER, SCARD_E_NO_READERS_AVAILABLE):
            return self._reader_left()
        if code not in (SCARD_S_SUCCESS, SCARD_E_TIMEOUT, SCARD_E_CANCELLED):
            self._lose(code)
        _, raw_state, atr = states[0]
        if raw_state & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE):
            return self._reader_left()
        self._raw_state = raw_state
        counter = raw_state >> 16 & 0xFFFF
        if not raw_state & SCARD_STATE_PRESENT:
            return SlotState(Slot.EMPTY, counter, retains=self._retains)
        mute = raw_state & SCARD_STATE_MUTE or counter == self._mute_counter
        slot = Slot.MUTE if mute else Slot.PRESENT
        return SlotState(slot, counter, bytes(atr), self._retains)

    def _find_reader(self) -> str | None:
        code, readers = SCardListReaders(self._opened(), [])
        if code == SCARD_E_NO_READERS_AVAILABLE:
            return None
        if code != SCARD_S_SUCCESS:
            self._lose(code)
        wanted = self._reader_name or ""
        return next((name for name in readers if name.startswith(wanted)), None)

    def _has_bin(self) -> bool | None:
        """True where the reader says that it confiscates; None where it does not, or says nothing."""
        if not self._connect_direct():
            return None
        code, answer = SCardGetAttrib(self._card, SCARD_ATTR_CHARACTERISTICS)
        self._drop_card(SCARD_LEAVE_CARD)
        can = code == SCARD_S_SUCCESS and answer and answer[0] & READER_CONFISCATES
        return True if can else None

    def _connect_direct(self) -> bool:
        """Connect to the reader itself, whatever is in its slot."""
        if self._context is None or self._reader is None:
            return False
        code, card, _ = SCardConnect(
            self._context, self._reader, SCARD_SHARE_DIRECT, SCARD_PROTOCOL_UNDEFINED
        )
        if code != SCARD_S_SUCCESS:
            return False
        self._card = card
        return True

    def _reader_left(self) -> SlotState:
        self._drop_card()
        self._reader, self._mute_counter = None, None
        return SlotState(Slot.NO_READER)

    def _pass(self, seconds: float, state: SlotState) -> None:
        """Let at most `seconds` go by; ends early when pcscd tells a change, or at `wake`."""
        if state.slot is Slot.NO_READER:
            self._woken.wait(seconds)
            return
        SCardGetStatusChange(
            self._opened(), max(1, int(seconds * 1000)), [(self._reader, self._raw_state)]
        )  # whatever it says, the next look says it better

    # --- the card ------------------------------------------------------------------------

    def _connect(self) -> bytes:
        context = self._opened()
        self._drop_card()
        state = self._look()
        if state.slot is not Slot.PRESENT:
            raise CardGone(state.slot)
        code, card, protocol = SCardConnect(
            context, self._reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1
        )
        if code in _MUTE:
            self._mute_counter = state.counter
            raise CardGone(_words(code))
        self._check(code)
        self._card = card
        self._send_pci = SCARD_PCI_T1 if protocol == SCARD_PROTOCOL_T1 else SCARD_PCI_T0
        code, _, _, _, atr = SCardStatus(card)
        self._check(code)
        return bytes(atr)

    def _transmit(self, apdu: bytes) -> bytes:
        self._opened()
        if self._card is None:
            raise CardGone("not connected")
        code, answer = SCardTransmit(self._card, self._send_pci, list(apdu))
        self._check(code)
        if not answer:  # some drivers call it a success when the card leaves in the middle
            self._drop_card(SCARD_LEAVE_CARD)
            raise CardGone("no answer")
        return bytes(byte & 0xFF for byte in answer)

    def _check(self, code: int) -> None:
        if code == SCARD_S_SUCCESS:
            return
        if code in _GONE:
            # Powering down a card that is not there any more can upset the reader's driver.
            self._drop_card(SCARD_LEAVE_CARD)
            raise CardGone(_words(code))
        # Also a reader unplugged, or held by another program: neither is about the card.
        self._lose(code)

    def _disconnect(self, eject: bool) -> bool:
        if not eject:
            self._drop_card()
            return False
        if self._card is None and not self._connect_direct():
            return False
        self._drop_card(SCARD_EJECT_CARD)
        return self._left_the_slot()

    def _retain(self) -> Moved:
        """Have the card moved into the bin; that it left the slot is looked at, not believed."""
        self._drop_card()
        if self._look().slot is Slot.EMPTY:
            return Moved.NO_MEDIA
        if self._retains is None or not self._connect_direct():
            return Moved.UNSUPPORTED
        code, _ = SCardControl(self._card, CONFISCATE, [])
        self._drop_card(SCARD_LEAVE_CARD)
        done = code == SCARD_S_SUCCESS and self._left_the_slot(RETAINED_WITHIN_S, to_end=True)
        return Moved.DONE if done else Moved.MEDIA_JAM

    def _left_the_slot(self, within_s: float = EJECTED_WITHIN_S, *, to_end: bool = False) -> bool:
        """Whether the slot is seen empty soon: a motor, and not a hand. `to_end`: heed no order."""
        until_s = time.monotonic() + within_s
        try:
            while True:
                state = self._look()
                left_s = until_s - time.monotonic()
                if state.slot is Slot.EMPTY:
                    return True
                woken = self._woken.is_set() and not to_end
                if left_s <= 0 or state.slot is Slot.NO_READER or woken:
                    return False
                self._pass(min(left_s, SLICE_S), state)
        except LinkLost:
            return False  # the next operation says so, on a link that is closed now

    def _drop_card(self, disposition: int = SCARD_UNPOWER_CARD) -> None:
        card, self._card = self._card, None
        if card is not None:
            SCardDisconnect(card, disposition)


def _words(code: int) -> str:
    return f"{SCardGetErrorMessage(code)} ({code & 0xFFFFFFFF:08X})"
