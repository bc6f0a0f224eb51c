"""A pcscd of the tests' own: its socket, its virtual reader and its ports are nobody else's.

It is started the way systemd starts it, by the first connection to a socket that it inherits
(sd_listen_fds(3)); so it needs no privilege, and the machine's own pcscd is left alone.
"""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from simulators.wires.vpcd import VPCD_PORT

SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"  # what libpcsclite reads, once a process
END_WITHIN_S = 20.0
_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_PACKAGED = Path("/etc/reader.conf.d/vpcd")  # vpcd's reader as Debian sets it up
_TRIES = 50
# Root's would write its number where the machine's pcscd keeps its own.
_AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


def free_ports() -> int:
    """The first of two ports in a row that nobody has: vpcd takes one for each of its slots."""
    for _ in range(_TRIES):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise AssertionError(f"no two free ports in a row in {_TRIES} tries")


class OwnPcscd:
    """`folder` is an empty one that everybody may enter."""

    def __init__(self, folder: Path) -> None:
        assert _DRIVER.exists(), "vsmartcard-vpcd is missing: `make setup` installs it"
        self.socket = folder / "pcscd.comm"
        self.port = free_ports()  # of the reader's first slot
        self._readers = folder / "readers"
        self._readers.mkdir()
        reader = _PACKAGED.read_text().replace(f"0x{VPCD_PORT:X}", f"0x{self.port:X}")
        (self._readers / "vpcd").write_text(reader)
        for place in (folder, self._readers):
            place.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Have it started by whoever connects first. Does not wait."""
        listen = ("systemd-socket-activate", f"--listen={self.socket}")
        as_user = _AS_NOBODY if os.geteuid() == 0 else ()
        service = ("pcscd", "--foreground", "--config", self._readers)
        self._process = subprocess.Popen(
            [*listen, *as_user, *service], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def running(self) -> bool:
        """Whether it serves, or would if it were asked."""
        return self._process is not None

    def stop(self) -> None:
        """End it, and what it listened on. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(END_WITHIN_S)
            self.socket.unlink(missing_ok=True)
