"""The whole desk: devices, bank, line, queue and kiosk, and the hand on the switches."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bank.people import Person
from simulators.desk.devices import Devices
from simulators.desk.hands import CannotDo
from simulators.desk.happenings import Happenings
from simulators.desk.line import LineProxy, LineState
from simulators.desk.mirror_client import MirrorClient
from simulators.desk.payer import pay, shown_code
from simulators.desk.processes import (
    NotReady,
    Processes,
    Program,
    port_listens,
    socket_answers,
    start_xvfb,
)
from simulators.desk.queue_watch import QueueWatch
from simulators.desk.state import DeskState, write_settings
from simulators.wires.question import ask

VPCD_PORT = 0x8C7B  # what Debian's vsmartcard-vpcd listens on for slot 0
_PCSCD_SOCKET = Path("/run/pcscd/pcscd.comm")
_READER_LOCK = Path(tempfile.gettempdir()) / "sscard-tests-pcscd.lock"
_READER_WAIT_S = 280.0
_READER_LOOK_S = 1.0
_LOOK_EVERY_S = 0.2
_BANKS_FILE = Path("deploy/banks.toml")
_CODE_BYTES = 24
_REAL_SCREEN = (540, 960)
PANEL = (1080, 1920)


@dataclass(frozen=True, slots=True)
class Screen:
    """The screen the kiosk opens on. `display` is an X display, None: make a virtual one."""

    size: tuple[int, int]
    display: str | None


def choose_screen(size: tuple[int, int] | None) -> Screen:
    """The display there is, else a virtual one; half a panel's size on a desk's monitor."""
    display = os.environ.get("DISPLAY") or None
    local = re.fullmatch(r":(\d+)(\.\d+)?", display or "")
    if local and not socket_answers(Path(f"/tmp/.X11-unix/X{local[1]}")):  # noqa: S108  # X's own
        display = None  # what is left of a session that has ended
    return Screen(size or (_REAL_SCREEN if display else PANEL), display)


_PCSCD = Program("pcscd", ("pcscd", "--foreground"), lambda: port_listens(VPCD_PORT), 10.0)


def _take_reader(tell: Callable[[str], None]) -> IO[str]:
    """Wait for the machine's one virtual reader; the tests take the same lock.

    Raises `NotReady` when whoever has it keeps it.
    """
    lock = _READER_LOCK.open("w")
    deadline_s = time.monotonic() + _READER_WAIT_S
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                tell("waiting for the virtual reader, which another desk or test uses")
                told = True
            if time.monotonic() > deadline_s:
                lock.close()
                raise NotReady("another desk or test keeps the virtual reader") from None
            threading.Event().wait(_LOOK_EVERY_S)
        else:
            return lock


class Desk:
    """Starts in the order things depend on each other, ends in the reverse."""

    def __init__(self, state: DeskState, screen: Screen, root: Path) -> None:
        self.happenings = Happenings()
        self.ending = threading.Event()
        self._state = state
        self._screen = screen
        self._root = root
        self._power_lock = threading.Lock()
        self._env: dict[str, str] = {}
        self.devices = Devices(state, self.happenings)
        self.line = LineProxy(state.bank_port)
        self.mirror = MirrorClient(state.mirror_socket, self._show)
        self._queue_watch = QueueWatch(state.queue_socket, self._waits)
        self._processes = Processes(state.logs, self._ended)
        self._has_power = False
        self._shown = ""
        self._fallen = ""
        self._reader_lock: IO[str] | None = None

    @property
    def has_power(self) -> bool:
        """Whether the terminal is switched on."""
        return self._has_power

    @property
    def folder(self) -> Path:
        """Where the desk keeps everything."""
        return self._state.folder

    @property
    def mirror_socket(self) -> Path:
        """Where the kiosk's mirror listens."""
        return self._state.mirror_socket

    def start(self, tell: Callable[[str], None]) -> None:
        """Bring everything up; `tell` hears each step. Raises `NotReady`."""
        write_settings(
            self._state,
            self.line.port,
            self.devices.camera_url,
            self._screen.size,
            self._state.folder.parent / "fonts",
            self._root / _BANKS_FILE,
        )
        self._start_reader(tell)
        display = self._screen.display
        if display is None:
            display = start_xvfb(self._processes, self._screen.size)
            tell(f"virtual screen {display}, {self._screen.size[0]} × {self._screen.size[1]}")
        self._env = {
            "DISPLAY": display,
            "SDL_VIDEODRIVER": "x11",  # or SDL draws into nowhere where X does not answer
            "KIVY_HOME": str(self._state.folder / "kivy"),
        }
        self._processes.start(self._bank())
        tell(f"bank on 127.0.0.1:{self._state.bank_port}, the line to it on {self.line.port}")
        self._processes.start(self._queue())
        tell("kiosk-queue")
        self._processes.start(self._kiosk())
        self._has_power = True
        tell("kiosk")

    def state(self) -> dict[str, Any]:
        """Everything the bench shows."""
        view = self.mirror.view
        return {
            "screen": {"width": self._screen.size[0], "height": self._screen.size[1]},
            "view": view,
            "devices": self.devices.state(),
            "line": self.line.state.value,
            "power": self._has_power,
            "waiting": self._queue_watch.waiting,
            "receipts": self.devices.receipts(),
            "summary": self.summary(),
        }

    def summary(self) -> str:
        """In one sentence, how the terminal is."""
        view = self.mirror.view
        if not self._has_power:
            return self._fallen or "The terminal has no power."
        if view is None:
            return "The terminal is starting."
        words = {
            LineState.UP: "the line to the bank is up",
            LineState.DOWN: "the line to the bank is cut",
            LineState.SILENT: "the line to the bank is silent",
            LineState.SLOW: "the line to the bank is slow",
        }
        waiting = self._queue_watch.waiting
        waits = f"; waiting for the bank: {waiting}" if waiting else ""
        return f"The terminal shows “{view['title']}”; {words[self.line.state]}{waits}."

    def set_line(self, state: LineState) -> None:
        """Do something to the line to the bank."""
        if state is not self.line.state:
            self.line.set(state)
            self.happenings.add("line", f"the line is {state.value}")

    def pay_shown_code(self) -> None:
        """Somebody pays the payment code on the screen. Raises `CannotDo`."""
        pay(self._state, shown_code(self.mirror.view))
        self.happenings.add("payment", "the code on the screen is paid")

    def show_app_code(self, holder: Person) -> None:
        """The person's telephone shows a new code, held up to the camera. Raises `CannotDo`."""
        code = secrets.token_hex(_CODE_BYTES)
        issued = {"id_number": holder.id_number, "code": code}
        try:
            ask(self._state.app_codes_socket, issued)
        except (OSError, ValueError) as error:
            raise CannotDo("the platform of the electronic card does not answer") from error
        self.devices.perform("camera", "hold_up", {"text": code})

    def power_cut(self) -> None:
        """Take the power from kiosk and queue, as a pulled plug does."""
        with self._power_lock:
            self._has_power, self._fallen = False, ""
            self._processes.kill("kiosk", "kiosk-queue")
            self.happenings.add("power", "the power is cut")

    def power_on(self) -> None:
        """Give the power back. Returns when the kiosk shows something. Raises `NotReady`."""
        with self._power_lock:
            self.happenings.add("power", "the power is back")
            self._processes.restart("kiosk-queue")
            self._processes.restart("kiosk")
            self._has_power, self._fallen = True, ""
            self.happenings.add("process", "the kiosk is up again")

    def announce_end(self) -> None:
        """Tell whoever listens to the desk that it ends. May be called twice."""
        self.ending.set()
        self.happenings.add("process", "the desk ends")

    def close(self) -> None:
        """End everything. May be called twice."""
        self.announce_end()
        self._has_power = False
        self._queue_watch.close()
        self.mirror.close()
        self._processes.stop_all()
        self.line.close()
        self.devices.close()
        self._state.close()
        if self._reader_lock is not None:
            self._reader_lock.close()

    # --- the processes ------------------------------------------------------------------

    def _start_reader(self, tell: Callable[[str], None]) -> None:
        """Use the pcscd that runs, or that systemd starts when asked; else start one."""
        self._reader_lock = _take_reader(tell)
        if socket_answers(_PCSCD_SOCKET):
            tell("card reader: the pcscd of this machine")
        else:
            self._processes.start(_PCSCD)
            tell("card reader: a pcscd of our own")
        if not port_listens(VPCD_PORT):
            raise NotReady("pcscd runs without the virtual reader; install vsmartcard-vpcd")
        threading.Thread(target=self._keep_reader, name="pcscd", daemon=True).start()

    def _keep_reader(self) -> None:
        """Whoever's pcscd it was: when it is gone, go on with one of our own."""
        while not self.ending.wait(_READER_LOOK_S):
            if port_listens(VPCD_PORT):
                continue
            try:
                self._processes.start(_PCSCD)
                self.happenings.add("process", "pcscd was gone; a new one is up")
            except NotReady as trouble:
                self.happenings.add("trouble", str(trouble))

    def _bank(self) -> Program:
        command = self._python(
            "simulators.desk.bank",
            "--app-codes", str(self._state.app_codes_socket),
            "--settings", str(self._state.bank_settings),
            "--invented-people",
        )  # fmt: skip
        return Program("bank", command, lambda: port_listens(self._state.bank_port), 30.0)

    def _queue(self) -> Program:
        command = self._python(
            "offline_queue", "run", "--settings", str(self._state.queue_settings)
        )
        return Program(
            "kiosk-queue", command, lambda: socket_answers(self._state.queue_socket), 30.0
        )

    def _kiosk(self) -> Program:
        command = self._python(
            "simulators.desk.kiosk",
            "--settings", str(self._state.kiosk_settings),
            "--mirror", str(self._state.mirror_socket),
            "--motor", str(self._state.motor_socket),
        )  # fmt: skip
        return Program("kiosk", command, self.mirror.is_showing, 60.0, self._env)

    def _python(self, module: str, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", module, *arguments)

    # --- what comes from them -----------------------------------------------------------

    def _show(self, view: dict[str, Any]) -> None:
        self.devices.read_screen(view["picture"])
        same = view["state"] == self._shown
        self._shown = view["state"]
        self.happenings.add("glass" if same else "view", view["state"], keep=not same)

    def _waits(self, count: int) -> None:
        words = {0: "nothing waits for the bank any more", 1: "1 request waits for the bank"}
        self.happenings.add("line", words.get(count, f"{count} requests wait for the bank"))

    def _ended(self, name: str, code: int) -> None:
        self.happenings.add("trouble", f"{name} ended by itself with {code}")
        if name in ("kiosk", "kiosk-queue"):
            self._fallen = f"{name} ended by itself ({code}): switch the power off and on."
            self._has_power = False
