"""What a kiosk needs around it: a virtual screen, its devices on their wires, and its queue.

There is no bank and no card reader: the kiosk stands idle with its line down, and looks for its
reader again and again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kiosk.screens.fonts import Fonts, prepare_fonts
from simulators.desk.devices import Devices
from simulators.desk.happenings import Happenings
from simulators.desk.processes import Processes, Program, socket_answers, start_xvfb
from simulators.desk.state import open_state, write_settings

ROOT = Path(__file__).parents[1]
SIZE = (1080, 1920)
_FONTS = ROOT / ".run" / "fonts"
_BANKS = ROOT / "deploy" / "banks.toml"
_NO_READER = '[card_reader]\nreader = "none"'
_QUEUE_READY_S = 30.0


@dataclass(frozen=True, slots=True)
class Screen:
    """A display, the fonts, and a folder that goes when it goes."""

    display: str
    fonts: Fonts
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """What a window's process gets besides its own environment."""
        return {"DISPLAY": self.display, "KIVY_HOME": str(self.folder / "kivy")}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a kiosk with these settings."""

    screen: Screen
    settings: Path


@contextmanager
def virtual_screen(size: tuple[int, int] = SIZE) -> Iterator[Screen]:
    """A virtual screen alone. Raises `NotReady`."""
    with TemporaryDirectory(prefix="bench-") as name:
        processes = Processes(Path(name) / "logs", lambda name, code: None)
        try:
            yield Screen(start_xvfb(processes, size), prepare_fonts(_FONTS), Path(name))
        finally:
            processes.stop_all()


@contextmanager
def surroundings(size: tuple[int, int] = SIZE) -> Iterator[Surroundings]:
    """All of it, taken down at the end. Raises `NotReady`."""
    with virtual_screen(size) as screen:
        state = open_state(screen.folder / "desk")
        devices = Devices(state, Happenings())
        processes = Processes(state.logs, lambda name, code: None)
        try:
            write_settings(state, state.bank_port, devices.camera_url, size, _FONTS, _BANKS)
            settings = state.kiosk_settings
            text = settings.read_text(encoding="utf-8")
            settings.write_text(text.replace("[card_reader]", _NO_READER), encoding="utf-8")
            processes.start(_queue(state.queue_settings, state.queue_socket))
            yield Surroundings(screen, settings)
        finally:
            processes.stop_all()
            devices.close()
            state.close()


def _queue(settings: Path, socket: Path) -> Program:
    command = (sys.executable, "-m", "offline_queue", "run", "--settings", str(settings))
    return Program("kiosk-queue", command, lambda: socket_answers(socket), _QUEUE_READY_S)
