"""A hall with a bare board: its devices on their real wires, the office, the bank, and a technician."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import tempfile
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from bank.keys import BankKeys, keys_from_toml, write_new_keys
from provisioning.office.office import open_office
from provisioning.pki.authority import new_key
from provisioning.pki.profiles import Kind, server_profile
from provisioning.readiness.lines import queue_status
from provisioning.readiness.questions import QUESTIONS
from simulators.desk.mirror_client import MirrorClient
from simulators.desk.processes import Processes, Program, port_listens, socket_answers, start_xvfb
from simulators.models.camera import Camera
from simulators.models.id_scanner import IdScanner
from simulators.models.line import LineDevice
from simulators.models.pin_crypto import check_value, encrypt
from simulators.models.pin_pad import PadKey, PinPad
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.wires.camera_feed import CameraFeed
from simulators.wires.pty_line import PtyLine
from tests.drivers.links.own_pcscd import SOCKET_VARIABLE, OwnPcscd
from tests.provisioning.story.hand import Came, Hand

ROOT = Path(__file__).parents[3]
TERMINAL, SERIAL = "SZ-0001", "10000000A1B2C3D4"
MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
DEVICES = ("card_reader", "id_scanner", "pin_pad", "receipt_printer", "camera")
KEYS = ("bank", "social_security")
SCREEN_PX = (540, 960)
_TICKS = 600
_PASSPHRASE = "only for tests, invented"


class Hall:
    """Everything of one story, in `folder`."""

    def __init__(self, folder: Path, stack: ExitStack, devices: Sequence[str]) -> None:
        self.folder = folder
        self._devices = devices
        self.office_port, self.bank_port = _free_port(), _free_port()
        self.processes = Processes(folder / "logs", lambda name, code: None)
        stack.callback(self.processes.stop_all)
        reader_folder = folder / "reader"
        reader_folder.mkdir()
        reader = OwnPcscd(reader_folder)
        reader.start()
        stack.callback(reader.stop)
        self.environment = {
            "DISPLAY": start_xvfb(self.processes, SCREEN_PX),
            "SDL_VIDEODRIVER": "x11",
            "KIVY_HOME": str(folder / "kivy"),
            SOCKET_VARIABLE: str(reader.socket),
        }
        self.hand = Hand(folder, self.environment)
        stack.callback(self.hand.close)
        write_new_keys(folder / "bank-keys.toml", [TERMINAL], datetime.now(UTC))
        self.pad = PinPad(pin_key=None, social_security_key=None)
        self.pad.keys[1] = PadKey("2", MASTER)
        self.printer = ReceiptPrinter(lines_per_s=60)
        self.camera = Camera()
        models: dict[str, LineDevice] = {
            "id_scanner": IdScanner(),
            "pin_pad": self.pad,
            "receipt_printer": self.printer,
        }
        self.wires = {
            name: stack.enter_context(closing(PtyLine(model, folder / f"port-{number}")))
            for number, (name, model) in enumerate(models.items())
        }
        self.feed = stack.enter_context(closing(CameraFeed(self.camera)))
        self._write_board()

    # --- typing ---------------------------------------------------------------------------

    def tries(
        self, *words: str, typed: str = "", power_fails_at: tuple[str, int] | None = None
    ) -> Came:
        """Type a command."""
        own = ("--office", str(self.folder / "office"), "--image", str(self.image))
        return self.hand.types(*own, *words, typed=typed, power_fails_at=power_fails_at)

    def does(self, *words: str, typed: str = "") -> Any:
        """Type a command that must succeed; what it says."""
        came = self.tries(*words, typed=typed)
        assert came.code == 0, (words, came.told, (self.folder / "steps").read_text()[-2_000:])
        return came.told

    def reads(self, *words: str, typed: str = "") -> str:
        """Type a command at a console, where its questions are answered; what is on the screen then."""
        own = ("--office", str(self.folder / "office"), "--image", str(self.image))
        came = self.hand.types(*own, *words, typed=typed, at_console=True)
        assert came.code == 0, (words, came.told)
        return str(came.told)

    # --- the back office --------------------------------------------------------------------

    def prepare(self) -> None:
        """Found the office, enter the terminal, sign its configuration, and open for business."""
        (self.folder / "root.pass").write_text(_PASSPHRASE)
        url = f"https://127.0.0.1:{self.office_port}"
        medium, signing = str(self.folder / "medium"), str(self.folder / "signing.pem")
        passphrase = str(self.folder / "root.pass")
        self.does(
            *("office", "set-up", "--bank", "bank.example", "--host", "127.0.0.1", "--url", url),
            *("--root-medium", medium, "--root-passphrase-file", passphrase),
        )
        self.does("config", "new-key", signing)
        gateway = ("--gateway", f"https://127.0.0.1:{self.bank_port}")
        site = ("hospital-1", "示例医院", "Example Hospital")
        self.does("site", "put", *site, *gateway, "--broker", "mqtts://broker.example")
        for technician in ("1001", "1002"):
            self.does("technician", "put", technician)
        self.does("terminal", "add", TERMINAL, SERIAL, "kiosk-1", "hospital-1")
        self.does("terminal", "expect", TERMINAL, *self._devices)
        self.does("config", "sign", TERMINAL, "1", self.values(), "--key", signing)
        self.office_opens()

    def values(self) -> str:
        """The file of the values of this terminal's configuration."""
        path = self.folder / "values.toml"
        path.write_text(self._values(), "utf-8")
        return str(path)

    def office_opens(self) -> None:
        """The office's server; and the board's image, which has to know the office's root."""
        shutil.copy(self.folder / "office" / "authorities" / "root.pem", self.folder / "root.pem")
        self._start("office", "provisioning.office", self.office_port, *self._office_words())

    def token(self) -> str:
        """A new token for the board."""
        return str(self.does("token", "make", TERMINAL, "1001")["token"])

    def bank_opens(self) -> None:
        """The bank believes the terminals whose keys the office hands it, and the office's root."""
        keys = self.folder / "terminals.toml"
        self.does("terminal", "keys", "--out", str(keys))
        with open_office(self.folder / "office") as office:
            key, now = new_key(), datetime.now(UTC)
            issuer = office.issuer(Kind.SERVERS)
            leaf = issuer.issue(key.public_key(), server_profile(("127.0.0.1",)), now)
            assert isinstance(leaf, x509.Certificate)
            pem = [each.public_bytes(Encoding.PEM) for each in (leaf, issuer.certificate)]
            (self.folder / "bank.pem").write_bytes(b"".join(pem))
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (self.folder / "bank.key").write_bytes(private)
        words = [
            f'database = "sqlite:///{self.folder}/bank.db"',
            'keys = "bank-keys.toml"',
            f"port = {self.bank_port}",
            f'banks = "{ROOT}/deploy/banks.toml"',
            '[tls]\ncertificate = "bank.pem"\nkey = "bank.key"\nterminals_ca = "root.pem"',
            keys.read_text(),
        ]
        (self.folder / "bank.toml").write_text("\n".join(words))
        settings = ("--settings", str(self.folder / "bank.toml"), "--invented-people")
        self._start("bank", "bank", self.bank_port, *settings)

    # --- the terminal -------------------------------------------------------------------------

    @property
    def image(self) -> Path:
        """The file of the board's image."""
        return self.folder / "image.toml"

    @property
    def settings(self) -> Path:
        """Where the units look for their settings."""
        return self.folder / "board" / "configurations" / "current"

    @property
    def queue_socket(self) -> Path:
        """Between screen and queue."""
        return self.folder / "queue.sock"

    def queue_starts(self) -> None:
        """The queue's process, with the settings that were written, until the bank answers it."""
        words = ("-m", "offline_queue", "run", "--settings", str(self.settings / "queue.toml"))
        ready = lambda: socket_answers(self.queue_socket)  # noqa: E731
        self.processes.start(Program("kiosk-queue", (sys.executable, *words), ready, 30.0))
        until(lambda: (queue_status(self.queue_socket) or {}).get("line_up") is True)

    @contextmanager
    def kiosk_runs(self) -> Iterator[MirrorClient]:
        """The screen process, with the settings that were written; what it shows."""
        mirror = MirrorClient(self.folder / "mirror.sock", lambda view: None)
        words = ("-m", "simulators.desk.kiosk", "--settings", str(self.settings / "kiosk.toml"))
        sockets = ("--mirror", str(self.folder / "mirror.sock"), "--motor", str(self.folder / "m"))
        command = (sys.executable, *words, *sockets)
        try:
            self.processes.start(
                Program("kiosk", command, mirror.is_showing, 60.0, self.environment)
            )
            yield mirror
        finally:
            mirror.close()
            self.processes.kill("kiosk")

    def readiness(self) -> dict[str, Any] | None:
        """What the screen process reads before it goes into service."""
        path = self.folder / "board" / "readiness.json"
        return dict(json.loads(path.read_text())) if path.exists() else None

    def papers(self, name: str) -> str:
        """What two people type: number and encrypted key, number and check value."""
        keys = self._bank_keys()
        world = keys.bank if name == "bank" else keys.social_security
        key = world.pin_keys[TERMINAL]
        lines = ("1001", encrypt(MASTER, key).hex(), "1002", check_value(key)[:6])
        return "".join(f"{line}\n" for line in lines)

    @property
    def answers(self) -> Path:
        """A person who sees that all is well."""
        path = self.folder / "answers-given.json"
        path.write_text(json.dumps({each.check: "yes" for each in QUESTIONS}))
        return path

    # --- inside -------------------------------------------------------------------------------

    def _bank_keys(self) -> BankKeys:
        return keys_from_toml((self.folder / "bank-keys.toml").read_text("utf-8"))

    def _values(self) -> str:
        keys = self._bank_keys()
        sealing = min(keys.unsealing.values(), key=lambda key: key.not_after)
        names = self.folder / "names"
        return "\n".join(
            [
                '[terminal]\nsite_zh = "示例医院 1 号楼"\nsite_en = "Example Hospital"',
                f"[screen]\nwidth = {SCREEN_PX[0]}\nheight = {SCREEN_PX[1]}",
                f'[id_scanner]\nport = "{names}/id-scanner"',
                f'[pin_pad]\nport = "{names}/pin-pad"',
                f'[receipt_printer]\nport = "{names}/receipt-printer"',
                f'[camera]\nsource = "{self.feed.url}"',
                f'[bank]\nurl = "https://127.0.0.1:{self.bank_port}"',
                f'verdict_key = "{keys.verdict_public.public_bytes_raw().hex()}"',
                f'sealing_key_id = "{sealing.key_id}"',
                f'sealing_key = "{b64encode(sealing.public).decode()}"',
                f'sealing_key_not_after = "{sealing.not_after.isoformat()}"',
            ]
        )

    def _write_board(self) -> None:
        """The image, and what the machine says of itself: a board of 2 GiB with a loudspeaker."""
        machine, handed = self.folder / "machine" / "proc", self.folder / "handed"
        (machine / "asound").mkdir(parents=True)
        (machine / "meminfo").write_text("MemTotal: 1896000 kB\nMemAvailable: 900000 kB\n")
        (machine / "asound" / "cards").write_text(" 0 [Headphones     ]: bcm - Headphones\n")
        data = self.folder / "data"
        data.mkdir()
        (self.folder / "serial").write_text(SERIAL + "\0")
        places = {
            "fonts": self.folder / "fonts",
            "queue_socket": self.queue_socket,
            "journal": data / "journal",
            "banks": ROOT / "deploy" / "banks.toml",
            "database": data / "queue.db",
            "ca": self.folder / "root.pem",
            **{name: handed / name for name in ("client_cert", "client_key", "signing_key")},
            **{name: handed / name for name in ("lane_key", "staff_secret")},
            "staff_state": data / "staff",
            "export_dir": data / "exports",
            "readiness": self.folder / "board" / "readiness.json",
        }
        ports = [str(wire.path) for name, wire in self.wires.items() if name in self._devices]
        cameras = [self.feed.url] if "camera" in self._devices else []
        lines = [
            f'office = "https://127.0.0.1:{self.office_port}"\nroot = "root.pem"',
            f"made = {datetime.now(UTC).date().isoformat()}T00:00:00Z",
            'folder = "board"\nserial_number_file = "serial"\nkeys = "file"\nmachine = "machine"',
            f'camera = "{self.feed.url}"',
            f"[devices]\nports = {json.dumps(ports)}\ncameras = {json.dumps(cameras)}",
            'names = "names"\nrules = "rules"',
            "[places]",
            *(f'{name} = "{path}"' for name, path in places.items()),
        ]
        self.image.write_text("\n".join(lines), "utf-8")

    def _office_words(self) -> tuple[str, ...]:
        return ("--folder", str(self.folder / "office"), "--port", str(self.office_port))

    def _start(self, name: str, module: str, port: int, *words: str) -> None:
        command = (sys.executable, "-m", module, *words)
        self.processes.start(Program(name, command, lambda: port_listens(port), 30.0))


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes by itself."""
    tick = threading.Event()
    for _ in range(_TICKS):
        if holds():
            return
        tick.wait(0.05)
    raise AssertionError("it did not come")


@contextmanager
def hall(devices: Sequence[str] = DEVICES, *, prepared: bool = True) -> Iterator[Hall]:
    """A hall, with its office open if `prepared`. `devices` are those that the terminal is to have."""
    folder = Path(tempfile.mkdtemp(prefix="story-"))  # short: sockets have little room for a name
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        here = Hall(folder, stack, devices)
        if prepared:
            here.prepare()
        yield here


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port
