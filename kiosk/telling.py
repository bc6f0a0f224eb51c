"""The status door of the screen process: what `kiosk-health` may know, one line of JSON a connection.

It has a thread of its own, so that it answers, and with the true age of the last frame, while the
screen's thread hangs. Modes, devices' words and service names: there is nothing of a visit in it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from kiosk.drivers.events import Device, DeviceChanged, DeviceEvent

LINE_BYTES_MAX = 16_384
PATIENCE_S = 2.0  # with an asker who does not read, and with a door that does not answer
STARTING = "starting"


class Told(Struct, frozen=True):
    """How the screen process is. Ages in seconds, None: never; services with the devices missing."""

    mode: str = STARTING  # starting, idle, visit, staff, outOfService
    frame_age_s: float | None = None
    touch_age_s: float | None = None
    devices: tuple[DeviceChanged, ...] = ()
    services: dict[str, tuple[str, ...]] = {}


class Telling:
    """Keeps the newest status and tells it to whoever connects. Every method from any thread."""

    def __init__(self, path: Path | None, now_s: Callable[[], float]) -> None:
        """`path`: of the socket, whose folder exists; None: nobody asks. `now_s`: monotonic."""
        self._now_s = now_s
        self._lock = threading.Lock()
        self._mode = STARTING
        self._services: dict[str, tuple[str, ...]] = {}
        self._drawn_s: float | None = None
        self._touched_s: float | None = None
        self._devices: dict[Device, DeviceChanged] = {}
        self._path = path
        self._socket: socket.socket | None = None
        if path is not None:
            path.unlink(missing_ok=True)
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.bind(str(path))
            path.chmod(0o660)
            self._socket.listen()
            threading.Thread(target=self._serve, name="telling", daemon=True).start()

    def heard(self, event: DeviceEvent) -> None:
        """A device told something; only its status is kept."""
        if isinstance(event, DeviceChanged):
            with self._lock:
                self._devices[event.device] = event

    def drawn(self, at_s: float) -> None:
        """A frame is on the glass since then."""
        with self._lock:
            self._drawn_s = at_s

    def touched(self) -> None:
        """A finger was on a button."""
        with self._lock:
            self._touched_s = self._now_s()

    def is_now(self, mode: str, services: Mapping[str, tuple[str, ...]]) -> None:
        """The terminal's mode, and for each service the devices that are missing for it."""
        with self._lock:
            self._mode, self._services = mode, dict(services)

    def told(self) -> Told:
        """The newest status."""
        with self._lock:
            return Told(
                self._mode,
                self._age_s(self._drawn_s),
                self._age_s(self._touched_s),
                tuple(self._devices.values()),
                self._services,
            )

    def close(self) -> None:
        """Close the door; may be called twice."""
        if self._socket is not None and self._path is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
            self._socket.close()
            self._path.unlink(missing_ok=True)
            self._socket = None

    def _age_s(self, at_s: float | None) -> float | None:
        return None if at_s is None else max(0.0, round(self._now_s() - at_s, 1))

    def _serve(self) -> None:
        door = self._socket
        assert door is not None
        while True:
            try:
                asker, _ = door.accept()
            except OSError:
                return  # closed
            with asker, suppress(OSError):
                asker.settimeout(PATIENCE_S)
                asker.sendall(msgspec.json.encode(self.told()) + b"\n")


def ask(path: Path) -> Told | None:
    """What the screen process tells; None: it does not answer, or not as it should."""
    line = bytearray()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.settimeout(PATIENCE_S)
            door.connect(str(path))
            while len(line) <= LINE_BYTES_MAX and (piece := door.recv(LINE_BYTES_MAX)):
                line += piece
        return msgspec.json.decode(line, type=Told) if len(line) <= LINE_BYTES_MAX else None
    except (OSError, msgspec.DecodeError):
        return None
