"""The desk's folder: keys, settings, data, logs, and what the tour kept."""

from __future__ import annotations

import fcntl
import json
import secrets
import shutil
import socket
import tempfile
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bank.keys import BankKeys, keys_from_toml, write_new_keys
from simulators.desk.pki import make_pki, new_signing_key, private_pem, write_secret

TERMINAL = "T0001"
_LANE_KEY_BYTES = 32
_SOCKET_PATH_MAX = 100  # sun_path has 108 bytes, unix(7)


class DeskBusy(RuntimeError):
    """Another desk works in this folder."""


@dataclass(frozen=True, slots=True)
class DeskState:
    """Where everything of one desk is."""

    folder: Path
    sockets: Path
    bank_port: int
    lock: Any = field(repr=False)

    @property
    def kiosk_settings(self) -> Path:
        """Settings of the screen process."""
        return self.folder / "settings" / "kiosk.toml"

    @property
    def queue_settings(self) -> Path:
        """Settings of `kiosk-queue`."""
        return self.folder / "settings" / "queue.toml"

    @property
    def bank_settings(self) -> Path:
        """Settings of the reference gateway."""
        return self.folder / "settings" / "bank.toml"

    @property
    def queue_socket(self) -> Path:
        """Between screen and queue."""
        return self.sockets / "queue.sock"

    @property
    def mirror_socket(self) -> Path:
        """Between desk and kiosk."""
        return self.sockets / "mirror.sock"

    @property
    def motor_socket(self) -> Path:
        """Where the desk answers for the card reader's motor."""
        return self.sockets / "motor.sock"

    @property
    def app_codes_socket(self) -> Path:
        """Where the platform of the electronic card tells the bank of its codes."""
        return self.sockets / "codes.sock"

    @property
    def logs(self) -> Path:
        """A log a process."""
        return self.folder / "logs"

    @property
    def kept(self) -> Path:
        """Pictures and receipts of the tour."""
        return self.folder / "tour"

    def port(self, device: str) -> Path:
        """The stable path of a device's pseudo-terminal."""
        return self.folder / "ports" / device

    def bank_keys(self) -> BankKeys:
        """The bank's secrets: the pad gets its PIN key from here, the queue the public halves."""
        return keys_from_toml((self.folder / "keys" / "bank.toml").read_text(encoding="utf-8"))

    def close(self) -> None:
        """Let another desk have the folder. May be called twice."""
        self.lock.close()
        if self.sockets.parent != self.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)


def open_state(folder: Path, keep: bool = False) -> DeskState:
    """Take the folder, empty it unless `keep`, and make keys that are not there yet.

    Raises `DeskBusy` when another desk has it.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise DeskBusy(f"another desk works in {folder}") from error
    if not keep:
        for name in ("settings", "keys", "data", "ports", "sockets", "logs", "tour"):
            shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("settings", "data", "ports", "logs", "tour"):
        (folder / name).mkdir(exist_ok=True)
    if not (folder / "keys").exists():
        _make_keys(folder / "keys")
    return DeskState(folder, _sockets_dir(folder), _free_port(), lock)


def write_settings(
    state: DeskState, line_port: int, camera_url: str, size: tuple[int, int], fonts_dir: Path,
    banks_file: Path,
) -> None:  # fmt: skip
    """Write the three settings files. The queue is told the line's port, not the bank's."""
    keys, folder = state.bank_keys(), state.folder
    signing = load_pem_private_key((folder / "keys" / "signing.pem").read_bytes(), None)
    assert isinstance(signing, Ed25519PrivateKey), "made by `_make_keys`"
    network = load_pem_private_key((folder / "keys" / "payment_network.pem").read_bytes(), None)
    assert isinstance(network, Ed25519PrivateKey), "made by `_make_keys`"
    sealing = min(keys.unsealing.values(), key=lambda key: key.not_after)
    _write(state.bank_settings, {
        "database": f"sqlite:///{folder / 'data' / 'bank.db'}",
        "keys": str(folder / "keys" / "bank.toml"),
        "host": "127.0.0.1",
        "port": state.bank_port,
        "banks": str(banks_file.absolute()),
        "payment_network": network.public_key().public_bytes_raw().hex(),
        "tls": {
            "certificate": str(folder / "keys" / "server.pem"),
            "key": str(folder / "keys" / "server.key"),
            "terminals_ca": str(folder / "keys" / "root.pem"),
        },
        "terminals": {TERMINAL: signing.public_key().public_bytes_raw().hex()},
    })  # fmt: skip
    _write(state.queue_settings, {
        "queue": {
            "terminal": TERMINAL,
            "database": str(folder / "data" / "queue.db"),
            "socket": str(state.queue_socket),
        },
        "bank": {
            "url": f"https://127.0.0.1:{line_port}",
            "ca": str(folder / "keys" / "root.pem"),
            "verdict_key": keys.verdict_public.public_bytes_raw().hex(),
            "sealing_key": {
                "id": sealing.key_id,
                "public": b64encode(sealing.public).decode(),
                "not_after": sealing.not_after.isoformat(),
            },
        },
        "keys": {
            "client_cert": str(folder / "keys" / "terminal.pem"),
            "client_key": str(folder / "keys" / "terminal.key"),
            "signing_key": str(folder / "keys" / "signing.pem"),
            "lane_key": str(folder / "keys" / "lane.key"),
        },
    })  # fmt: skip
    _write(state.kiosk_settings, {
        "terminal": {
            "id": TERMINAL, "site_zh": "示例医院 · 1 号机", "site_en": "Example Hospital · No. 1",
        },
        "screen": {"width": size[0], "height": size[1], "fonts_dir": str(fonts_dir)},
        "queue": {"socket": str(state.queue_socket)},
        "journal": {"path": str(folder / "data" / "journal")},
        "banks": {"file": str(banks_file)},
        "card_reader": {},
        "id_scanner": {"port": str(state.port("id_scanner")), "baud": 115_200},
        "pin_pad": {"port": str(state.port("pin_pad")), "baud": 9_600},
        "receipt_printer": {"port": str(state.port("receipt_printer")), "baud": 115_200},
        "camera": {"source": camera_url},
    })  # fmt: skip


def _make_keys(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    make_pki(folder, TERMINAL)
    write_new_keys(folder / "bank.toml", [TERMINAL], datetime.now(UTC))
    write_secret(folder / "signing.pem", private_pem(new_signing_key()))
    write_secret(folder / "payment_network.pem", private_pem(new_signing_key()))
    write_secret(folder / "lane.key", secrets.token_bytes(_LANE_KEY_BYTES))


def _sockets_dir(folder: Path) -> Path:
    inside = folder / "sockets"
    if len(str(inside / "mirror.sock").encode()) > _SOCKET_PATH_MAX:
        return Path(tempfile.mkdtemp(prefix="desk-"))
    inside.mkdir(mode=0o700, exist_ok=True)
    return inside


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as end:
        port: int = end.getsockname()[1]
        return port


def _write(path: Path, table: dict[str, Any]) -> None:
    """Write `table` as TOML. Its values are texts, whole numbers and tables of those."""
    lines: list[str] = []
    _add_table(lines, "", table)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _add_table(lines: list[str], name: str, table: dict[str, Any]) -> None:
    if name:
        lines += ["", f"[{name}]"]
    for key, value in table.items():
        if not isinstance(value, dict):
            # A JSON text or number is a TOML one.
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    for key, value in table.items():
        if isinstance(value, dict):
            _add_table(lines, f"{name}.{key}" if name else key, value)
