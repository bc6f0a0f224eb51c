"""What is known of the keys pressed during one entry: how many, never which."""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.pin_pad.protocol import CLEAR_DIGITS, Key

MEANT = frozenset(Key)


class Keys(Struct):
    """The keys of one entry, as far as they mean something.

    Bytes other than the mask character, clear, enter and cancel are noise. After enter or
    cancel nothing counts any more. A digit in clear is not stored, only that there was one.
    """

    longest: int
    pin_mode: bool = False
    digits: int = 0
    count: int = 0  # keys that meant something, to tell a pause
    entered: bool = False
    cancelled: bool = False
    clear_digit: bool = False

    @classmethod
    def closed(cls) -> Keys:
        """While the pad takes no PIN: whatever comes is noise."""
        return cls(longest=0)

    def press(self, key: int) -> None:
        """Count one raw byte."""
        if not self.pin_mode:
            return
        if key in CLEAR_DIGITS:
            self.clear_digit = True
        if key not in MEANT or self.entered or self.cancelled:
            return
        self.count += 1
        match key:
            case Key.MASKED_DIGIT:
                self.digits = min(self.digits + 1, self.longest)
            case Key.CLEAR:
                self.digits = max(self.digits - 1, 0)
            case Key.ENTER:
                self.entered = True
            case Key.CANCEL:
                self.cancelled = True
