"""`kiosk`: the screen process. It puts the parts together and runs them.

python -m kiosk.app --settings FILE
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk import quick_start
from kiosk.claims import ClaimBook
from kiosk.clock import SystemClock
from kiosk.devices import device_runners
from kiosk.drivers.events import Device, DeviceEvent
from kiosk.drivers.links.runner import Link
from kiosk.fsm import plan as states
from kiosk.journal import Journal
from kiosk.place import Place
from kiosk.screens.fonts import Fonts, prepare_fonts
from kiosk.screens.view import Frame, View
from kiosk.screens.window import Screens
from kiosk.settings import Settings, load_settings
from kiosk.shelf import FileShelf
from kiosk.telling import Telling
from kiosk.terminal import Terminal
from kiosk.upkeep import Upkeep, staff_files
from kiosk.watchdog import Watchdog
from offline_queue.door import QueueDoor
from offline_queue.service_manager import service_manager
from sscard.banks import load_banks

CLAIMS = "claims"  # the book of the cards that are kept, beside the journal
PUMP_EVERY_S = 0.25  # the clock's limits are whole seconds; events do not wait for this


class Kiosk:
    """One terminal at work: the road, its devices, its door to the queue, and its glass."""

    def __init__(self, settings: Settings, fonts: Fonts, card_reader: Link | None = None) -> None:
        self.on_view: list[Callable[[View], None]] = []
        self.last_frame: Frame | None = None
        self.clock = SystemClock()
        self._telling = Telling(settings.status_socket, self.clock.now_s)
        self._journal = Journal(settings.journal_path)
        place = Place(
            settings.terminal_id,
            {"zh": settings.site_zh, "en": settings.site_en},
            settings.helpline,
            load_banks(settings.banks_path),
        )
        claims = ClaimBook(FileShelf(settings.journal_path.with_name(CLAIMS)))
        self.exit_code = 0
        self.terminal = Terminal(
            place=place,
            clock=self.clock,
            record=self._record,
            new_op_id=lambda: os.urandom(16).hex(),
            claims=claims,
            upkeep=Upkeep(
                terminal_id=settings.terminal_id,
                clock=self.clock,
                claims=claims,
                files=staff_files(settings),
                end=self._end,
                aside=lambda work: threading.Thread(target=work, name="aside", daemon=True).start(),
            ),
            wake=self._wake,
        )
        self._opened = False
        self._stopped = False
        # The devices wake up while the window opens, which takes as long; the camera, which asks
        # much of the processor and is not needed to stand ready, after the first frame.
        self._door = QueueDoor(settings.queue_socket, self.terminal.post)
        self._runners = device_runners(settings, self._heard, card_reader)
        self.terminal.connect(self._runners, self._door)
        threads = ["queue-door", *(f"device-{device}" for device in self._runners)]
        self._watchdog = Watchdog(service_manager(), threads)
        for device, runner in self._runners.items():
            if device is not Device.CAMERA:
                runner.start()
        self.screens = Screens(
            size=settings.size,
            fonts=fonts,
            on_press=self.press,
            now_s=self.clock.now_s,
            on_frame=self._drawn,
            fullscreen=settings.size is None,
        )
        self._opened = True
        self.terminal.pump()
        self.view = self.terminal.view()

    def press(self, button_id: str) -> None:
        """A finger on a button of the view. On the screen's thread."""
        self._telling.touched()
        self.terminal.press(button_id)

    def run(self) -> None:
        """Show the first screen and go on until `stop`."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.screens.stop())
        self.screens.show(self.view)
        self.screens.every(PUMP_EVERY_S, self._pump)
        try:
            self.screens.run()
        finally:
            self.close()

    def _end(self, exit_code: int) -> None:
        """A technician wants the process to end; what brings it back sees the code."""
        self.exit_code = exit_code
        self.stop()

    def stop(self) -> None:
        """End `run`. From any thread."""
        self.screens.post(self.screens.stop)

    def close(self) -> None:
        """Give every device back; may be called twice."""
        if self._stopped:
            return
        self._stopped = True
        self._watchdog.stopping()
        for runner in self._runners.values():
            runner.close()
        self._door.close()
        self._telling.close()
        self._journal.close()

    def _record(self, what: str, detail: str) -> None:
        self._journal.append(what, detail, self.clock.wall())

    def _heard(self, device: Device, number: int, event: DeviceEvent) -> None:
        """On the device's own thread."""
        self._telling.heard(event)
        self.terminal.post_device(device, number, event)

    def _tell(self) -> None:
        session = self.terminal.session
        missing = {
            each.name: session.plan.missing(each, session.situation)
            for each in session.plan.services
        }
        self._telling.is_now(
            mode_of(session.state, visiting=session.situation.visit is not None), missing
        )

    def _wake(self) -> None:
        if self._opened:
            self.screens.post(self._pump)

    def _pump(self) -> None:
        self._watchdog.turn(self.clock.now_s())
        self.terminal.pump()
        self._tell()
        view = self.terminal.view()
        if view != self.view:
            self.view = view
            self.screens.show(view)
            for listener in self.on_view:
                listener(view)

    def _drawn(self, frame: Frame) -> None:
        first = self.last_frame is None
        self.last_frame = frame
        if first and not self._stopped:
            quick_start.over()
            self._runners[Device.CAMERA].start()
        self._watchdog.drawn(frame.at_s)
        self._telling.drawn(frame.at_s)


def mode_of(state: str, *, visiting: bool) -> str:
    """The mode a state of the session belongs to, without what the visit is about."""
    if state in states.STAFF:
        return "staff"
    if visiting:
        return "visit"
    return "outOfService" if state == states.OUT_OF_SERVICE else "idle"


def build_kiosk(settings: Settings, card_reader: Link | None = None) -> Kiosk:
    """The kiosk of these settings; its window opens here. `card_reader`: another link than
    pcscd's, for a reader that needs one.
    """
    os.umask(0o077)
    return Kiosk(settings, prepare_fonts(settings.fonts_dir), card_reader)


def main() -> int:
    """Run until the window is closed or the process is told to stop. Answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.app", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    kiosk = build_kiosk(load_settings(parser.parse_args().settings))
    kiosk.run()
    return kiosk.exit_code


if __name__ == "__main__":
    sys.exit(main())
