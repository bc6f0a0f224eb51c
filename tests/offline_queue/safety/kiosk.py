"""A terminal's folder with settings and keys, no bank at the other end, and the real command."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from base64 import b64encode
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offline_queue.formats.envelope import new_unsealing_key, sealing_bytes
from simulators.desk.pki import Pki, make_pki, private_pem, write_secret
from tests.offline_queue.safety.ledger import KEY, RESCUE_BYTES, TERMINAL

ROOT = Path(__file__).parents[3]
BANK = Ed25519PrivateKey.from_private_bytes(b"an invented bank's verdict key..")


@cache
def _pki() -> Pki:
    """Made once: it takes longest."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return make_pki(folder / "pki", TERMINAL)


class Kiosk:
    """The commands of one terminal, and its running process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "queue.toml"
        self.database = folder / "queue.db"
        self.socket = folder / "queue.sock"
        self.admin = folder / "queue.sock.admin"
        self._child: subprocess.Popen[str] | None = None
        pki = _pki()
        write_secret(folder / "signing.pem", private_pem(KEY))
        write_secret(folder / "lane.key", os.urandom(32))
        public = b64encode(sealing_bytes(new_unsealing_key())).decode()
        self.settings.write_text(
            f"""
            [queue]
            terminal = "{TERMINAL}"
            database = "queue.db"
            socket = "queue.sock"
            rescue_bytes = {RESCUE_BYTES}
            ballast_bytes = 65536

            [bank]
            url = "https://127.0.0.1:1"
            ca = "{pki.root}"
            verdict_key = "{BANK.public_key().public_bytes_raw().hex()}"

            [bank.sealing_key]
            id = "k1"
            public = "{public}"
            not_after = "2099-01-01T00:00:00+08:00"

            [keys]
            client_cert = "{pki.terminal}"
            client_key = "{pki.terminal_key}"
            signing_key = "signing.pem"
            lane_key = "lane.key"
            """
        )

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        name, *rest = arguments
        return subprocess.run(
            [sys.executable, "-m", "offline_queue", name, "--settings", str(self.settings), *rest],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self) -> subprocess.Popen[str]:
        """Start the process and wait until it says that it is ready."""
        self._child = child = subprocess.Popen(
            [sys.executable, "-m", "offline_queue", "run", "--settings", str(self.settings)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stderr is not None
        said = ""
        for line in child.stderr:
            said += line
            if "ready" in line:
                return child
        raise AssertionError(f"kiosk-queue did not start: {said}")

    def stop(self) -> None:
        """End the process, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=30)
