"""What technician mode asks for, done: the door on the road beside devices and queue.

It checks codes, remembers what each device said last and since when, keeps the terminal closed
over a restart, counts off kept cards, copies the journal out, and ends the process.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kiosk.claims import BookSpoilt, ClaimBook, Where
from kiosk.clock import Clock
from kiosk.closing import Closed, ClosingBook
from kiosk.drivers.events import Device, DeviceChanged
from kiosk.export import export_journal
from kiosk.fsm.staff.words import (
    Act,
    ActFailed,
    ActTrouble,
    BinEmptied,
    CheckStaffCode,
    ClaimSeen,
    DeviceSeen,
    EmptyBin,
    ExportJournal,
    LookAround,
    Restart,
    SetClosed,
    SignOff,
    StaffEffect,
    StaffEvent,
    StaffSees,
    StandingIs,
)
from kiosk.readiness import read_readiness
from kiosk.settings import Settings
from kiosk.shelf import FileShelf, MemoryShelf, Shelf
from kiosk.software import software_version
from kiosk.staff import StaffGate, read_secret

EXIT_RESTART: Final = 75
EXIT_SIGN_OFF: Final = 76
TRIES: Final = "staff_tries"
CLOSING: Final = "closed"
SIGN_OFF_REQUEST: Final = "sign_off_request"

Tell = Callable[[StaffEvent], None]


@dataclass(slots=True)
class StaffFiles:
    """What lies on the disk for technician mode; nothing on a terminal without it.

    `shelf` gives each small book its place by name; without it they are kept in memory alone.
    """

    secret: bytes | None = field(default=None, repr=False)
    shelf: Callable[[str], Shelf] | None = None
    readiness: Path | None = None
    journal: Path | None = None
    export_dir: Path | None = None

    def book(self, name: str) -> Shelf:
        """The place of a small book."""
        return MemoryShelf() if self.shelf is None else self.shelf(name)


def staff_files(settings: Settings) -> StaffFiles:
    """Where a terminal's settings say that it lies."""
    state = settings.staff_state_path
    return StaffFiles(
        secret=read_secret(settings.staff_secret_path),
        shelf=None
        if state is None
        else lambda name: FileShelf(state if name == TRIES else state.with_name(name)),
        readiness=settings.readiness_path,
        journal=settings.journal_path,
        export_dir=settings.export_dir,
    )


class Upkeep:
    """Does what technicians ask for. `end` ends the process with an exit code; `aside` runs work
    that may take seconds, whose answer is told from wherever it ran."""

    def __init__(
        self,
        *,
        terminal_id: str,
        clock: Clock,
        claims: ClaimBook,
        files: StaffFiles,
        end: Callable[[int], None],
        aside: Callable[[Callable[[], None]], None] = lambda work: work(),
    ) -> None:
        self._terminal_id = terminal_id
        self._clock = clock
        self._claims = claims
        self._files = files
        self._end = end
        self._aside = aside
        self._gate = StaffGate(files.secret, files.book(TRIES))
        self._closing = ClosingBook(files.book(CLOSING))
        self._heard: dict[Device, DeviceSeen] = {}

    def standing(self) -> StandingIs:
        """Whether the terminal may serve, as its files say now."""
        readiness, closed = read_readiness(self._files.readiness), self._closing.read()
        return StandingIs(
            readiness.fitness,
            readiness.remedies,
            readiness.at,
            closed.closed,
            closed.suspect,
            self._gate.has_codes,
        )

    def hear(self, told: DeviceChanged) -> None:
        """A device told how it is."""
        self._heard[told.device] = DeviceSeen(told, self._clock.wall().isoformat())

    def do(self, effect: StaffEffect, tell: Tell) -> None:
        """Do it, and tell what came of it. What prints is the road's own business."""
        match effect:
            case CheckStaffCode(technician, code):
                tell(self._gate.check(technician, code, self._clock.wall()))
            case LookAround():
                tell(self.standing())
                tell(self._look())
            case SetClosed(closed):
                self._attempt(Act.CLOSE if closed else Act.OPEN, tell, self._closes(effect))
            case EmptyBin(found):
                tell(self._emptied(found))
            case ExportJournal():
                self._aside(lambda: tell(self._exported()))
            case Restart():
                self._end(EXIT_RESTART)
            case SignOff():
                self._attempt(Act.SIGN_OFF, tell, self._signs_off(effect))

    def _attempt(self, act: Act, tell: Tell, work: Callable[[], StaffEvent | None]) -> None:
        try:
            came = work()
        except OSError:
            came = ActFailed(act, ActTrouble.CANNOT_WRITE)
        if came is not None:
            tell(came)

    def _closes(self, effect: SetClosed) -> Callable[[], StaffEvent]:
        def work() -> StaffEvent:
            self._closing.write(Closed(effect.closed, effect.suspect))
            return self.standing()

        return work

    def _signs_off(self, effect: SignOff) -> Callable[[], StaffEvent | None]:
        def work() -> StaffEvent | None:
            if self._files.shelf is None:
                return ActFailed(Act.SIGN_OFF, ActTrouble.NO_FOLDER)
            request = {
                "technician": effect.technician,
                "second": effect.second,
                "at": self._clock.wall().isoformat(timespec="seconds"),
            }
            self._files.shelf(SIGN_OFF_REQUEST).begin(json.dumps(request).encode() + b"\n")
            self._end(EXIT_SIGN_OFF)
            return None

        return work

    def _emptied(self, found: int) -> StaffEvent:
        try:
            count = self._claims.emptied(found, self._clock.wall())
        except BookSpoilt:
            return ActFailed(Act.EMPTY_BIN, ActTrouble.BOOK_SPOILT)
        except OSError:
            return ActFailed(Act.EMPTY_BIN, ActTrouble.CANNOT_WRITE)
        return BinEmptied(count.found, count.booked, count.moving)

    def _exported(self) -> StaffEvent:
        files, wall = self._files, self._clock.wall()
        return export_journal(files.journal, files.export_dir, self._terminal_id, wall)

    def _look(self) -> StaffSees:
        claims: tuple[ClaimSeen, ...] | None = None
        with suppress(BookSpoilt, OSError):  # said on the page: not to be read is not empty
            claims = tuple(
                ClaimSeen(each.number, each.since, each.why, each.where is Where.KEPT, each.is_told)
                for each in self._claims.claims()
            )
        return StaffSees(dict(self._heard), claims, software_version())
