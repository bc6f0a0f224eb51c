"""The byte stream of an ESC/POS printer, cut into commands, strictly.

Real-time commands (DLE EOT, DLE ENQ) are found before all else, in the middle of a job and even
inside the data of another command. What is not understood is skipped and kept as a complaint,
so that a test can insist on there being none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DLE, ESC, FS, GS = 0x10, 0x1B, 0x1C, 0x1D
EOT, ENQ = 0x04, 0x05

MOST_DATA_BYTES = 65_535
"""Data of one raster image: 576 dots across, 910 down."""

MOST_COMPLAINTS = 100


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name as the ESC/POS reference writes it, its parameters, its data.

    `size` is what it takes up in the printer's buffer, in bytes.
    """

    name: str
    parameters: tuple[int, ...] = ()
    data: bytes = b""
    size: int = 1

    def __repr__(self) -> str:
        return f"Command({self.name}, {len(self.data)} bytes)"


_CONTROLS = {0x0A: "LF", 0x0D: "CR", 0x09: "HT"}
_FIXED: dict[bytes, tuple[str, int]] = {
    b"\x1b@": ("ESC @", 0),
    b"\x1ba": ("ESC a", 1),
    b"\x1bd": ("ESC d", 1),
    b"\x1bJ": ("ESC J", 1),
    b"\x1b!": ("ESC !", 1),
    b"\x1bE": ("ESC E", 1),
    b"\x1c&": ("FS &", 0),
    b"\x1c.": ("FS .", 0),
    b"\x1c!": ("FS !", 1),
    b"\x1cW": ("FS W", 1),
    b"\x1d!": ("GS !", 1),
    b"\x1dr": ("GS r", 1),
    b"\x1da": ("GS a", 1),
}
_CUT, _CODE, _RASTER = b"\x1dV", b"\x1d(k", b"\x1dv0"
_CODE_HEAD, _RASTER_HEAD = 5, 8


class StreamParser:
    """Cuts bytes into commands. `real_time(kind, n)` is called for DLE EOT n and DLE ENQ n."""

    def __init__(self, real_time: Callable[[int, int], None]) -> None:
        self._real_time = real_time
        self._held: list[tuple[int, bool]] = []  # a real-time command's beginning, perhaps
        self._pending = b""
        self._wide = False
        self.complaints: list[str] = []

    def feed(self, byte: int) -> list[Command]:
        """The commands that `byte` completes."""
        commands: list[Command] = []
        in_data = self._in_data()
        if in_data:
            commands += self._take(byte)
        self._held.append((byte, in_data))
        held = [value for value, _ in self._held]
        if len(held) == 3:
            self._held.clear()
            self._real_time(held[1], held[2])
            return commands
        if held[0] == DLE and (len(held) == 1 or held[1] in (EOT, ENQ)):
            return commands
        waiting, self._held = self._held, []
        for value, taken in waiting:
            if not taken:
                commands += self._take(value)
        return commands

    def forget(self, wide: bool) -> None:
        """The buffer was cleared: drop the half command; Chinese mode is what was last done."""
        self._pending = b""
        self._wide = wide

    def complain(self, what: str) -> None:
        """Note that something was not understood or cannot be done."""
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(what)

    # --- commands ------------------------------------------------------------------------

    def _in_data(self) -> bool:
        """Whether the next byte belongs to the data of an image or code."""
        pending = self._pending
        return (pending.startswith(_CODE) and len(pending) >= _CODE_HEAD) or (
            pending.startswith(_RASTER) and len(pending) >= _RASTER_HEAD
        )

    def _take(self, byte: int) -> list[Command]:
        first = not self._pending
        self._pending += bytes([byte])
        pending = self._pending
        if first:
            return self._begin(byte)
        if pending[0] >= 0x80:
            return self._wide_text(pending)
        if pending[:2] in _FIXED:
            name, parameters = _FIXED[pending[:2]]
            return self._whole(name, 2, 2 + parameters)
        if pending.startswith(_CUT):
            return self._cut(pending)
        if pending.startswith(_CODE):
            return self._code(pending)
        if pending.startswith(_RASTER):
            return self._raster(pending)
        if _CODE.startswith(pending) or _RASTER.startswith(pending):
            return []
        return self._refuse(f"unknown command {pending.hex(' ')}")

    def _begin(self, byte: int) -> list[Command]:
        if byte in _CONTROLS:
            return self._whole(_CONTROLS[byte], 1, 1)
        if byte in (ESC, FS, GS):
            return []
        if 0x20 <= byte < 0x7F:
            return self._done(Command("text", data=bytes([byte])))
        if 0x81 <= byte <= 0xFE and self._wide:
            return []
        return self._refuse(f"byte {byte:02x} in the text, Chinese mode {self._wide}")

    def _whole(self, name: str, head: int, length: int) -> list[Command]:
        if len(self._pending) < length:
            return []
        parameters = tuple(self._pending[head:])
        if name in ("FS &", "FS .", "ESC @"):
            self._wide = name == "FS &"  # off after ESC @ (assumed)
        return self._done(Command(name, parameters, size=length))

    def _cut(self, pending: bytes) -> list[Command]:
        if len(pending) < 3:
            return []
        if pending[2] in (0x00, 0x01, 0x30, 0x31):
            return self._whole("GS V", 2, 3)
        if pending[2] in (0x41, 0x42):
            return self._whole("GS V", 2, 4)
        return self._refuse(f"unknown cut {pending[2]:02x}")

    def _code(self, pending: bytes) -> list[Command]:
        if len(pending) < _CODE_HEAD:
            return []
        length = _CODE_HEAD + int.from_bytes(pending[3:5], "little")
        if len(pending) < length:
            return []
        return self._done(Command("GS ( k", data=pending[_CODE_HEAD:], size=length))

    def _raster(self, pending: bytes) -> list[Command]:
        if len(pending) < _RASTER_HEAD:
            return []
        mode = pending[3] & 0x0F
        across, down = (int.from_bytes(pending[at : at + 2], "little") for at in (4, 6))
        if mode > 3 or not 0 < across * down <= MOST_DATA_BYTES:
            return self._refuse(f"raster image of mode {mode}, {across} by {down}")
        length = _RASTER_HEAD + across * down
        if len(pending) < length:
            return []
        data = pending[_RASTER_HEAD:]
        return self._done(Command("GS v 0", (mode, across, down), data, length))

    def _wide_text(self, pending: bytes) -> list[Command]:
        """A GB18030 character of two or four bytes."""
        if len(pending) == 2 and 0x30 <= pending[1] <= 0x39:
            return []
        if len(pending) == 3:
            return []
        try:
            pending.decode("gb18030")
        except UnicodeDecodeError:
            return self._refuse("bytes that are no GB18030 character")
        return self._done(Command("text", data=pending, size=len(pending)))

    def _done(self, command: Command) -> list[Command]:
        self._pending = b""
        return [command]

    def _refuse(self, what: str) -> list[Command]:
        self._pending = b""
        self.complain(what)
        return []
