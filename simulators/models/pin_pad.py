"""An encrypting PIN pad of the SZZT "long frame" family (ZT598), simulated.

Frames go to and fro; between them each key pressed is one raw byte, in PIN entry the mask and
never the digit. The digits stay in here: what comes out is an ISO 9564-1 format 0 block under
one of the pad's PIN keys. It holds two: the bank's, and that of the social security application.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulators.models.checksum import xor_of
from simulators.models.line_faults import LineFaults, Outbox
from simulators.models.pin_crypto import check_value, decrypt, encrypt, format_0_block

STX, ETX = 0x02, 0x03
CANCEL, ENTER, CLEAR, DOUBLE_ZERO, MASK = 0x1B, 0x0D, 0x08, 0x22, 0x2A

# Return codes of the family. 60 to 9F are success; which of them a command gives is not
# published, so one serves for all (assumed).
OK = 0x60
KEY_LENGTH, NO_MASTER, NO_KEY, COMMAND_LENGTH, ILLEGAL = 0xE3, 0xE4, 0xE5, 0xE8, 0xE9
PARAMETER, TIMED_OUT, OTHER, NO_INPUT, PIN_LENGTH, TAMPERED = 0xEB, 0xEE, 0xEF, 0xF8, 0xFC, 0xFF

PIN_KEY_INDEX = 0x30  # the bank's
SOCIAL_SECURITY_KEY_INDEX = 0x31
PIN_KEY_TYPE = "3"
TEST_PIN_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
TEST_SOCIAL_SECURITY_KEY = bytes.fromhex("1032547698BADCFEEFCDAB8967452301")

_KEYS = {"cancel": CANCEL, "enter": ENTER, "clear": CLEAR, "00": DOUBLE_ZERO}
_BAUD_CODE_9600 = 0x33
_LONGEST_FRAME = 600
_GAP_S = 0.5  # a frame that stops for longer is dropped
_THINKS_S = {"1": 0.15, "2": 0.2, "3": 0.05, "5": 0.03, "6": 0.05, "7": 0.2}
_RESETS_S = 1.5  # deaf for so long after a reset or a wipe (assumed)


class Mode(StrEnum):
    """What a key press means to the pad now."""

    CLOSED = "closed"
    PLAIN = "plain"
    PIN = "pin"
    ENTERED = "entered"  # enter was pressed; the block may be fetched


@dataclass(slots=True)
class PinPadFaults(LineFaults):
    """Faults of the pad besides those of its line."""

    tampered: bool = False  # the removal switch has opened: every answer is FF
    clear_digits: bool = False  # gives the digit itself where the mask belongs
    mute_timeout: bool = False  # closes the entry at its time limit without a word


@dataclass(frozen=True, slots=True)
class PadKey:
    """A key in the pad's store. Its value never shows."""

    kind: str
    value: bytes

    def __repr__(self) -> str:
        return f"PadKey(kind={self.kind})"


class PinPad:
    """The pad. `press` is the person's; `faults` may be changed at any moment."""

    def __init__(
        self,
        pin_key: bytes | None = TEST_PIN_KEY,
        social_security_key: bytes | None = TEST_SOCIAL_SECURITY_KEY,
    ) -> None:
        self.baud = 9600
        self.faults = PinPadFaults()
        self.keys: dict[int, PadKey] = {}
        for index, key in (
            (PIN_KEY_INDEX, pin_key),
            (SOCIAL_SECURITY_KEY_INDEX, social_security_key),
        ):
            if key is not None:
                self.keys[index] = PadKey(PIN_KEY_TYPE, key)
        self._outbox = Outbox(self.faults)
        self._mode = Mode.CLOSED
        self._digits = bytearray()
        self._pressed: list[str] = []
        self._user_text = "".ljust(50)
        self._settings = {"2": 30, "3": MASK, "4": 4, "5": 12, "6": 0x37, "8": 10, "A": 0x21}
        self._expired = False
        self._deadline_s: float | None = None
        self._now_s = 0.0
        self._deaf_until_s = 0.0
        self._busy_until_s = 0.0
        self._heard = b""
        self._heard_s = 0.0

    def __repr__(self) -> str:
        return f"PinPad(mode: {self._mode}, keys: {len(self.keys)})"

    @property
    def mode(self) -> Mode:
        """What the pad is doing."""
        return self._mode

    @property
    def holds_digits(self) -> bool:
        """Whether any digit of a PIN is still in the pad's buffer."""
        return bool(self._digits)

    def press(self, key: str) -> None:
        """A person presses "0".."9", "00", "enter", "cancel" or "clear"; heard at the next turn."""
        if key not in _KEYS and not (len(key) == 1 and key in "0123456789"):
            raise ValueError("no such key on the pad")
        self._pressed.append(key)

    # --- the line -----------------------------------------------------------------------

    def hear(self, data: bytes, now_s: float) -> None:
        """Bytes from the terminal; whole frames are obeyed in order, the rest is dropped."""
        self._live(now_s)
        if now_s < self._deaf_until_s:
            return
        if now_s - self._heard_s > _GAP_S:
            self._heard = b""
        self._heard_s = now_s
        self._heard += data
        while (start := self._heard.find(STX)) >= 0:
            self._heard = self._heard[start:]
            if len(self._heard) < 4:
                return
            digits = self._heard[1:4]
            size = 1 + 3 + int(digits) + 3 if digits.isdigit() else 0
            if not 8 <= size <= _LONGEST_FRAME:
                self._heard = self._heard[1:]
                continue
            if len(self._heard) < size:
                return
            frame, self._heard = self._heard[:size], self._heard[size:]
            if frame[-3] == ETX and frame[-2:] == _lrc(frame[1:-2]):
                self._obey(frame[4:-3], now_s)
        self._heard = b""

    def speak(self, now_s: float) -> bytes:
        """Answers due at `now_s`, and a byte for each key pressed since."""
        self._live(now_s)
        return self._outbox.speak(now_s)

    def next_s(self) -> float | None:
        """When the pad says something next: an answer, a key, or the end of its time limit."""
        if self._pressed:
            return self._now_s
        times = [time for time in (self._outbox.next_s(), self._deadline_s) if time is not None]
        return min(times, default=None)

    # --- keys ---------------------------------------------------------------------------

    def _live(self, now_s: float) -> None:
        """Let the time limit and the keys pressed up to `now_s` take effect."""
        self._now_s = now_s
        if self._deadline_s is not None and now_s >= self._deadline_s:
            self._close()
            self._expired = True
            if not self.faults.mute_timeout:
                # That the pad reports the limit by itself is assumed.
                self._outbox.answer(now_s, _frame(TIMED_OUT))
        pressed, self._pressed = self._pressed, []
        for key in pressed:
            self._take_key(key, now_s)

    def _take_key(self, key: str, now_s: float) -> None:
        if self.faults.tampered or self._mode in (Mode.CLOSED, Mode.ENTERED):
            return
        if self._mode is Mode.PLAIN:
            self._outbox.say(now_s, bytes([_KEYS.get(key, ord(key[0]))]))
            return
        self._deadline_s = now_s + self._settings["2"]
        match key:
            case "cancel":
                self._close()
            case "clear" if self._settings["A"] == 0x22:
                self._forget_digits()
            case "clear":
                del self._digits[-1:]
            case "enter":
                self._mode, self._deadline_s = Mode.ENTERED, None
            case "00":
                return  # not a PIN key
            case _ if len(self._digits) >= self._settings["5"]:
                return  # full: further digits are not taken and not answered
            case _:
                self._digits.append(ord(key))
                shown = ord(key) if self.faults.clear_digits else self._settings["3"]
                self._outbox.say(now_s, bytes([shown]))
                return
        self._outbox.say(now_s, bytes([_KEYS[key]]))

    def _close(self) -> None:
        self._mode, self._deadline_s = Mode.CLOSED, None
        self._forget_digits()

    def _forget_digits(self) -> None:
        self._digits[:] = bytes(len(self._digits))
        self._digits.clear()

    # --- commands -----------------------------------------------------------------------

    def _obey(self, body: bytes, now_s: float) -> None:
        command, data = chr(body[0]), body[1:].decode("ascii", errors="replace")
        begin_s = max(now_s, self._busy_until_s)
        due_s = begin_s + _THINKS_S.get(command, 0.05) + self.faults.slow_s
        self._busy_until_s = due_s
        if self.faults.tampered:
            self.keys.clear()
            self._close()
            self._outbox.answer(due_s, _frame(TAMPERED))
            return
        try:
            code, answer = self._answer_to(command, data, due_s)
        except ValueError:
            code, answer = ILLEGAL, ""
        self._outbox.answer(due_s, _frame(code, answer))

    def _answer_to(self, command: str, data: str, due_s: float) -> tuple[int, str]:
        """Return code and data. A field that is not hex raises `ValueError`."""
        match command:
            case "1":
                return self._load_plain(data)
            case "2":
                return self._load_encrypted(data)
            case "3":
                return self._information(data)
            case "5":
                return self._control(data, due_s)
            case "6":
                return self._start_entry(data, due_s)
            case "7":
                return self._fetch_block(data)
            case _:
                return OTHER, ""

    def _load_plain(self, data: str) -> tuple[int, str]:
        index, kind, value = int(data[:2], 16), data[2:3], bytes.fromhex(data[4:])
        if len(value) != _key_bytes(data[3:4]):
            return KEY_LENGTH, ""
        if not 0x01 <= index <= 0x7F:
            return PARAMETER, ""
        self.keys[index] = PadKey(kind, value)
        return OK, check_value(value)

    def _load_encrypted(self, data: str) -> tuple[int, str]:
        master, index, kind = int(data[:2], 16), int(data[2:4], 16), data[4:5]
        if data[:2] == "00" and data[4:6] == "00":
            return (OK, "") if self.keys.pop(index, None) else (NO_KEY, "")
        if master not in self.keys:
            return NO_MASTER, ""
        if self.keys[master].kind not in ("1", "2"):
            return NO_KEY, ""
        value = bytes.fromhex(data[6:])
        if len(value) != _key_bytes(data[5:6]):
            return KEY_LENGTH, ""
        clear = decrypt(self.keys[master].value, value)
        self.keys[index] = PadKey(kind, clear)
        return OK, check_value(clear)

    def _information(self, data: str) -> tuple[int, str]:
        if data:
            self._user_text = data[:50].ljust(50)
            return OK, ""
        flags = (not self.keys) | (self._mode is Mode.PLAIN) << 1 | 1 << 2
        limit_s, mask, shortest, longest, hex_mode, beep = (self._settings[i] for i in "234568")
        settings = bytes(
            [flags, 0, limit_s, mask, shortest, longest, _BAUD_CODE_9600, hex_mode, beep, 0]
        )
        # The layout is the ZT588's; that the ZT598 shares it is assumed.
        return OK, "".join(
            (self._user_text, "0" * 48, settings.hex().upper(),
             "00000000", "ZT598 ", "100", "200", "2401", "0001")
        )  # fmt: skip

    def _control(self, data: str, due_s: float) -> tuple[int, str]:
        item, value = data[:1], int(data[1:], 16)
        if len(data) != 3:
            return COMMAND_LENGTH, ""
        if item in self._settings:
            self._settings[item] = value
            return OK, ""
        if item != "0" or value not in (0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3D):
            return PARAMETER, ""
        if value in (0x30, 0x31):
            self._deaf_until_s = due_s + _RESETS_S
        if value == 0x31:
            self.keys.clear()
        if value in (0x30, 0x31, 0x32, 0x33):
            self._close()
            self._expired = False
        if value == 0x33:
            self._mode = Mode.PLAIN
        return OK, ""

    def _start_entry(self, data: str, due_s: float) -> tuple[int, str]:
        if data != "00012":
            return PARAMETER, ""
        self._close()
        self._expired = False
        self._mode, self._deadline_s = Mode.PIN, due_s + self._settings["2"]
        return OK, ""

    def _fetch_block(self, data: str) -> tuple[int, str]:
        index, block_format, pan_digits = int(data[:2], 16), data[2:3], data[3:]
        if self._expired:
            return TIMED_OUT, ""
        if self._mode is not Mode.ENTERED:
            return NO_INPUT, ""
        key = self.keys.get(index)
        if key is None or key.kind != PIN_KEY_TYPE:
            return NO_KEY, ""
        if block_format != " " or len(pan_digits) != 12 or not pan_digits.isdigit():
            return PARAMETER, ""
        digits = self._digits.decode("ascii")
        self._close()
        if not self._settings["4"] <= len(digits) <= self._settings["5"]:
            # That a PIN too short is refused at the fetch, and the entry over, is assumed.
            return PIN_LENGTH, ""
        block = encrypt(key.value, format_0_block(digits, pan_digits))
        return OK, f"00{len(digits):02d}{block.hex().upper()}"


def _frame(code: int, data: str = "") -> bytes:
    """STX, length of code and data in three decimal digits, both, ETX, LRC in two hex digits."""
    length = 1 + len(data)
    inner = f"{length if length < 999 else 0:03d}".encode() + bytes([code]) + data.encode("ascii")
    inner += bytes([ETX])
    return bytes([STX]) + inner + _lrc(inner)


def _lrc(data: bytes) -> bytes:
    return f"{xor_of(data):02X}".encode()


def _key_bytes(length_digit: str) -> int:
    return {"1": 8, "2": 16, "3": 24}.get(length_digit, 0)
