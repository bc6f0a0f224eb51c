"""A bare board and the real office: a server over TLS on loopback, with a clock that a test sets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from kiosk.shelf import FileShelf
from provisioning.configuration.signed import sign_configuration
from provisioning.office import desk, founding
from provisioning.office.office import Office, open_office
from provisioning.office.server import CERTIFICATE, keep_certificate
from provisioning.office.settings import OfficeSettings
from provisioning.terminal.clock import TrustedClock
from provisioning.terminal.configured import Configured
from provisioning.terminal.identity import Identity
from provisioning.terminal.keys.file import FileProvider
from provisioning.terminal.office_line import OfficeLine
from provisioning.terminal.renewal import Renewals
from provisioning.terminal.setup import Board, Setup, Step
from provisioning.wire import ExpectedDevice
from tests.provisioning.configurations import KEY, NOW, TERMINAL, document
from tests.provisioning.office.board import Server, serving
from tests.provisioning.terminal.test_configured import PLACES

SERIAL = "10000000A1B2C3D4"
WHO = "clerk"
PASSPHRASE = b"only for tests, invented"


def fine(said: desk.Said | desk.No) -> desk.Said:
    """What the desk answered, which was not no."""
    assert not isinstance(said, desk.No), said
    return said


@dataclass
class Times:
    """The two clocks of a story: the office's, and the board's own, which may be wrong."""

    office: datetime = NOW
    board: datetime = NOW


@dataclass
class Bank:
    """The office at work."""

    office: Office
    url: str
    root: bytes
    times: Times
    server: Server

    def goes_to(self, moment: datetime) -> None:
        """The office's clock goes on; its hourly work is done as if it had come to it."""
        self.times.office = moment
        if keep_certificate(self.office):
            assert self.server.config.ssl is not None
            self.server.config.ssl.load_cert_chain(self.office.folder / CERTIFICATE)

    def token(self, terminal: str = TERMINAL) -> str:
        """A new token for a terminal's board."""
        return str(fine(desk.make_token(self.office, WHO, terminal, "tech-1"))["token"])


@contextmanager
def open_bank(folder: Path, times: Times) -> Iterator[Bank]:
    """An office with one site, one technician, and the terminal `TERMINAL` on the board `SERIAL`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:  # from now on: nobody waits
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        settings = OfficeSettings("bank.example", ("127.0.0.1",), url)
        clock = lambda: times.office  # noqa: E731
        home, medium = folder / "office", folder / "medium"
        made = founding.set_up(home, settings, medium, PASSPHRASE, WHO, clock=clock)
        assert not isinstance(made, desk.No), made
        with open_office(home, clock=clock) as office:
            _furnish(office)
            root = office.root.public_bytes(serialization.Encoding.PEM)
            with serving(office, listening) as server:
                yield Bank(office, url, root, times, server)


def _furnish(office: Office) -> None:
    site = ("hospital-1", "示例医院", "Example Hospital")
    fine(
        desk.put_site(office, WHO, *site, "https://gateway.bank.example", "mqtts://broker.example")
    )
    fine(desk.put_technician(office, WHO, "tech-1"))
    fine(desk.add_terminal(office, WHO, TERMINAL, SERIAL, "kiosk-1", "hospital-1"))
    fine(desk.expect_devices(office, WHO, TERMINAL, [ExpectedDevice("receipt_printer")]))
    desk.believe_configuration_key(office, WHO, KEY.public_key())
    fine(desk.assign_configuration(office, WHO, TERMINAL, sign_configuration(document(1), KEY)))


@dataclass
class BareBoard:
    """A board with the common image: the bank's root, the office's address, no secret."""

    folder: Path
    bank: Bank
    times: Times
    serial_number: str = SERIAL
    said: list[tuple[Step, str]] = field(default_factory=list)

    def starts(self) -> Setup:
        """The machine starts: everything is built anew from what lies on the disk."""
        self.folder.mkdir(exist_ok=True)
        board = Board(self.serial_number, self.folder, self.places)
        clock = self.clock
        line = OfficeLine(self.bank.url, self.bank.root, clock)
        return Setup(board, self.identity, line, clock, lambda *said: self.said.append(said))

    def looks(self) -> Renewals:
        """The part that looks after its certificate, after a start."""
        clock = self.clock
        line = OfficeLine(self.bank.url, self.bank.root, clock)
        return Renewals(self.identity, line, clock, spread=0.0)

    @property
    def clock(self) -> TrustedClock:
        """Its clock as after a start."""
        made = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
        return TrustedClock(FileShelf(self.folder / "floor"), made, lambda: self.times.board)

    @property
    def identity(self) -> Identity:
        """Its key and certificate."""
        return Identity(self.folder / "identity", self.bank.root, offered=[FileProvider()])

    @property
    def places(self) -> dict[str, str]:
        """Where things lie: what is written, in its own folder."""
        own = ("client_cert", "client_key", "signing_key", "lane_key", "staff_secret")
        return PLACES | {name: str(self.folder / "handed" / name) for name in own}

    @property
    def configured(self) -> Configured:
        """Its configurations."""
        return Configured(self.folder / "configurations", TERMINAL, [KEY.public_key()], self.places)
