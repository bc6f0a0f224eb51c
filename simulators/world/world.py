"""The world: one terminal with its devices, its queue and its bank, in one process, in virtual
time, from one seed. Session, drivers, queue and gateway are the real ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from types import TracebackType
from typing import Any

from bank.people import person
from bank.services.electronic import show_code
from kiosk.claims import ClaimBook
from kiosk.drivers.camera.driver import Camera, CameraConfig
from kiosk.drivers.card_reader.driver import CardReader, CardReaderConfig
from kiosk.drivers.events import Device, DeviceEvent
from kiosk.drivers.id_scanner.driver import IdScanner, IdScannerConfig
from kiosk.drivers.links.ops import Talk
from kiosk.drivers.pin_pad.driver import PinPad, PinPadConfig
from kiosk.drivers.receipt_printer.driver import ReceiptPrinter, ReceiptPrinterConfig
from kiosk.place import Place
from kiosk.screens.view import View
from kiosk.shelf import MemoryShelf
from kiosk.terminal import Terminal
from kiosk.upkeep import StaffFiles, Upkeep
from offline_queue.door import TAKE_TIMEOUT_S
from offline_queue.presence import QueueChanged
from simulators.documents import card_data, laid_document
from simulators.models.camera import Camera as CameraModel
from simulators.models.camera import Stand
from simulators.models.id_scanner import IdScanner as ScannerModel
from simulators.models.id_scanner import LaidDocument
from simulators.models.paper import PrintedLine, PrintedQr, PrintedReceipt
from simulators.models.pin_pad import PinPad as PadModel
from simulators.models.receipt_printer import ReceiptPrinter as PrinterModel
from simulators.models.retain_bin import RetainBin
from simulators.models.social_security_card import CardData, CardFaults, SocialSecurityCard
from simulators.world.agenda import Agenda
from simulators.world.bank_line import TERMINAL, WorldBank, WorldQueue, banks
from simulators.world.links import WorldCamera, WorldLine, WorldSlot
from simulators.world.payer import Payer
from simulators.world.runner import WorldLink, WorldRunner, nobody
from simulators.world.stage import KEYS
from sscard.staff_codes import Role, staff_code

STAFF_SECRET = b"a world's own secret, 32 bytes.!"
RESTART_S = 2.0  # the service manager's pause before it begins a process anew
KEY_S = 0.35  # between two keys of a person who knows the password


class World:
    """A world with one terminal, started and idle. It is the `Stage` of the stories."""

    def __init__(self, seed: int = 1, *, bin_: RetainBin | None = None) -> None:
        rng = Random(seed)  # noqa: S311  # a world is replayed from its seed
        self.agenda = Agenda()
        self.scanner = ScannerModel()
        self.pad = PadModel()
        self.printer = PrinterModel()
        self.lens = CameraModel()
        self.lines = {
            Device.ID_SCANNER: WorldLine(self.scanner, self.agenda),
            Device.PIN_PAD: WorldLine(self.pad, self.agenda),
            Device.RECEIPT_PRINTER: WorldLine(self.printer, self.agenda),
        }
        self.slot = WorldSlot(self.agenda, bin_)
        self.book = ClaimBook(MemoryShelf(), lambda: rng.getrandbits(64))
        self.shelves: dict[str, MemoryShelf] = defaultdict(MemoryShelf)  # technician mode's disk
        self.staff_files = StaffFiles(STAFF_SECRET, lambda name: self.shelves[name])
        self.ended: list[int] = []  # exit codes of the terminal's process
        self.camera = WorldCamera(self.lens, self.agenda)
        self.records: list[tuple[str, str]] = []
        self._rng = rng
        self.on_view: Callable[[], None] = nobody  # whoever watches the screen, after each event
        self._woken = False
        self._queue_lives = False
        self._lives = 0  # of the queue's process
        self.bank = WorldBank(self.agenda)
        self.payer = Payer(self.bank.engine, self.agenda, lambda: self.view)
        self.queue = WorldQueue(self.agenda, self.bank, rng, lambda told: self.terminal.post(told))
        self.terminal, self.runners = self._kiosk()
        self._start_kiosk()
        self.starts_queue()
        ready = self._run(60.0, self._ready)
        assert ready and self.state == "idle", "the world does not start"

    def __enter__(self) -> World:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the databases back."""
        self.queue.close()
        self.bank.close()

    @property
    def state(self) -> str:
        """The session's state."""
        return self.terminal.session.state

    @property
    def view(self) -> View:
        """What the screen shows now."""
        return self.terminal.view()

    # --- the clerk's words (see `Stage`) ---------------------------------------------------

    def sees(self, *states: str, within_s: float = 120.0) -> str:
        """See `Stage`."""
        until_s = self.agenda.now_s() + within_s
        came = self._run(until_s, lambda: self.state in states)
        assert came, f"expected {' or '.join(states)}, the screen is {self.state}"
        return self.state

    def reads(self, *texts: str) -> None:
        """See `Stage`."""
        for text in texts:
            came = self._run(self.agenda.now_s() + 5.0, partial(self._says, text))
            assert came, f"{text!r} is not on the screen {self.state}: {self.view.texts()}"

    def sees_button(self, button: str, enabled: bool = True) -> None:
        """See `Stage`."""

        def there() -> bool:
            return any(b.id == button and b.enabled is enabled for b in self.view.buttons())

        came = self._run(self.agenda.now_s() + 30.0, there)
        assert came, f"no button {button!r} {'on' if enabled else 'off'} in {self.state}"

    def presses(self, button: str) -> None:
        """See `Stage`."""
        offered = {each.id for each in self.view.buttons() if each.enabled}
        assert button in offered, f"{button!r} is not among {sorted(offered)} of {self.state}"
        self.terminal.press(button)
        self._pump()

    def lays(self, person: str, *, wrong: bool = False) -> None:
        """See `Stage`."""
        self.lays_document(laid_document(_person(person)), wrong=wrong)

    def lays_document(self, document: LaidDocument, *, wrong: bool = False) -> None:
        """Lay any document on the scanner."""
        self.scanner.lay(document, wrong)
        self.lens.comes(document)
        self.lines[Device.ID_SCANNER].poke()

    def lifts(self) -> None:
        """See `Stage`."""
        self.scanner.lift()
        self.lines[Device.ID_SCANNER].poke()

    def inserts(self, person: str, card: int = 1, *, upside_down: bool = False) -> None:
        """See `Stage`."""
        holder = _person(person)
        self.inserts_card(card_data(holder, holder.cards[card - 1]), upside_down=upside_down)

    def inserts_card(
        self, data: CardData, faults: CardFaults | None = None, *, upside_down: bool = False
    ) -> None:
        """Put any card into the slot, with what is wrong with it."""
        card = SocialSecurityCard(data, self._rng.randbytes)
        card.faults = replace(faults) if faults else CardFaults()
        self.slot.insert(card, upside_down=upside_down)

    def pulls(self) -> None:
        """See `Stage`."""
        self.slot.pull()

    def types(self, keys: str) -> None:
        """See `Stage`."""
        for key in keys:
            self.waits(KEY_S)
            self.pad.press(KEYS.get(key, key))
            self.lines[Device.PIN_PAD].poke()
        self.waits(0.05)

    def holds_up(self, text: str) -> None:
        """See `Stage`."""
        self.lens.hold_up(text)
        self.camera.look()

    def takes_code_away(self) -> None:
        """See `Stage`."""
        self.lens.take_away()

    def shows_app_code(self, person: str) -> None:
        """See `Stage`."""
        code = self._rng.randbytes(24).hex()
        with self.bank.engine.begin() as connection:
            show_code(connection, _person(person).id_number, code, self.agenda.wall())
        self.holds_up(code)

    def fits_bin(self) -> None:
        """See `Stage`."""
        self.slot.bin = RetainBin()
        self.slot.wake()
        self.waits(0.1)

    def stands(self, stand: Stand) -> None:
        """Before the camera, or away from it; whoever lays down an ID card stands there anyway."""
        self.scene(stand=stand)

    def scene(self, **changes: Any) -> None:
        """Change what the camera sees: the fields of `simulators.models.scenes.Scene`."""
        self.lens.scene = replace(self.lens.scene, **changes)
        self.camera.look()

    def pays(self, *, fen: int | None = None, after_s: float = 1.0, times: int = 1) -> None:
        """Somebody pays the code on the screen by telephone; the money comes after a while."""
        self.payer.pays(self.payer.scans(), fen=fen, after_s=after_s, times=times)

    def cuts_line(self) -> None:
        """See `Stage`."""
        self.queue.line_up = False

    def repairs_line(self) -> None:
        """See `Stage`."""
        self.queue.line_up = True

    def receipts(self) -> list[str]:
        """See `Stage`."""
        return [receipt_text(receipt) for receipt in self.printer.receipts]

    def waits(self, seconds: float) -> None:
        """Let time pass."""
        self._run(self.agenda.now_s() + seconds, lambda: False)

    # --- technicians -----------------------------------------------------------------------

    def code_of(self, technician: str, role: Role = Role.TECHNICIAN) -> str:
        """The one-time code that the office reads to a technician now."""
        return staff_code(STAFF_SECRET, technician, role, self.agenda.wall())

    def enters_digits(self, digits: str) -> None:
        """Type a number on the screen's keys, and take it."""
        for digit in digits:
            self.presses(f"digit:{digit}")
        self.presses("confirm")

    def signs_in(self, technician: str, code: str = "") -> None:
        """Number and code, from the page that asks for the number; the right code if none is given."""
        self.sees("staff_number")
        self.enters_digits(technician)
        self.sees("staff_code")
        self.enters_digits(code or self.code_of(technician))

    # --- what befalls the machine ----------------------------------------------------------

    def kills_kiosk(self) -> None:
        """The terminal's process dies and begins anew; queue and devices run on."""
        for runner in self.runners.values():
            runner.stop()
        self.camera.die()  # it is the terminal's child
        self.terminal, self.runners = self._kiosk()
        self.queue.meet_new_terminal()
        self._start_kiosk()
        if self._queue_lives:
            self.terminal.post(QueueChanged(True))

    def kills_queue(self) -> None:
        """The queue's process dies; the door says so when it stays away."""
        self.queue.kill()
        self._queue_lives = False
        lives = self._lives
        self.agenda.after(TAKE_TIMEOUT_S, lambda: self._miss_queue(lives))

    def starts_queue(self, *, rebooted: bool = False) -> None:
        """The queue's process begins, or begins anew; the door says so with its first word."""
        self._queue_lives = True
        self._lives += 1
        self.terminal.post(QueueChanged(True))
        self.queue.start(rebooted=rebooted)

    def _end(self, exit_code: int) -> None:
        """The process ends by itself, and the service manager begins it anew."""
        self.ended.append(exit_code)
        self.agenda.after(RESTART_S, self.kills_kiosk)

    def _miss_queue(self, lives: int) -> None:
        if lives == self._lives:
            self.terminal.post(QueueChanged(False))

    def loses_power(self) -> None:
        """The power fails and comes back. Disk, papers and cards stay, and the pad has a battery."""
        self.kills_queue()
        self.scanner.power_off()
        self.printer.switch_off()
        self.slot.lose_reader(service=True)
        self.scanner.power_on(self.agenda.now_s())
        self.printer.switch_on()
        self.slot.find_reader()
        self.kills_kiosk()
        self.starts_queue(rebooted=True)

    # --- time ------------------------------------------------------------------------------

    def _run(self, until_s: float, enough: Callable[[], bool]) -> bool:
        """Let time pass; the terminal takes its events and its own limits on the way."""
        while True:
            self._pump()
            if enough():
                return True
            limit_s = self.terminal.next_s
            stop_s = until_s if limit_s is None else min(until_s, limit_s)
            self.agenda.run(stop_s, lambda: self._woken)
            if not self._woken and self.agenda.now_s() >= until_s:
                self._pump()
                return enough()

    def _pump(self) -> None:
        self._woken = False
        self.terminal.pump()
        self.on_view()

    def _wake(self) -> None:
        self._woken = True

    def _says(self, text: str) -> bool:
        return any(text in each for each in self.view.texts())

    def _ready(self) -> bool:
        now = self.terminal.session.situation
        return now.queue_there and now.line_up and all(now.usable(device) for device in Device)

    # --- parts -----------------------------------------------------------------------------

    def _kiosk(self) -> tuple[Terminal, dict[Device, WorldRunner]]:
        """The terminal's process, not yet begun: the session and the drivers."""
        site = {"zh": "示例医院 · 1 号机", "en": "Sample Hospital · 1"}
        terminal = Terminal(
            place=Place(TERMINAL, site, "12333", banks()),
            clock=self.agenda,
            record=lambda what, detail: self.records.append((what, detail)),
            new_op_id=lambda: self._rng.randbytes(16).hex(),
            claims=self.book,
            upkeep=Upkeep(
                terminal_id=TERMINAL,
                clock=self.agenda,
                claims=self.book,
                files=self.staff_files,
                end=self._end,
            ),
            wake=self._wake,
        )
        return terminal, self._runners()

    def _start_kiosk(self) -> None:
        self.terminal.connect(self.runners, self.queue)
        for runner in self.runners.values():
            runner.start()

    def _runners(self) -> dict[Device, WorldRunner]:
        parts: dict[Device, tuple[Talk[None], WorldLink]] = {
            Device.CARD_READER: (CardReader(CardReaderConfig()).serve(), self.slot),
            Device.ID_SCANNER: (
                IdScanner(IdScannerConfig()).serve(),
                self.lines[Device.ID_SCANNER],
            ),
            Device.PIN_PAD: (PinPad(PinPadConfig()).serve(), self.lines[Device.PIN_PAD]),
            Device.RECEIPT_PRINTER: (
                ReceiptPrinter(ReceiptPrinterConfig()).serve(),
                self.lines[Device.RECEIPT_PRINTER],
            ),
            Device.CAMERA: (Camera(CameraConfig()).serve(), self.camera),
        }
        return {
            device: WorldRunner(device, talk, link, self.agenda, self._emitter(device))
            for device, (talk, link) in parts.items()
        }

    def _emitter(self, device: Device) -> Callable[[int, DeviceEvent], None]:
        return lambda number, event: self.terminal.post_device(device, number, event)


_person = person


def receipt_text(receipt: PrintedReceipt) -> str:
    """Everything that can be read on a receipt, a line each; a code as its content."""
    return "\n".join(i.text for i in receipt.items if isinstance(i, PrintedLine | PrintedQr))
