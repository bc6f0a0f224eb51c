"""TPM 2 chips in software (swtpm), each with its own secrets."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def chip(folder: Path) -> Iterator[str]:
    """A chip that keeps itself in `folder`; yields its TCTI. It talks to one program at a time.

    It is given its doors open, so that a program may knock at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    door = folder / "door"
    for left in (door, folder / "door.ctrl"):
        left.unlink(missing_ok=True)
    with _open_door(door) as server, _open_door(folder / "door.ctrl") as control:
        command = [
            *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}"),
            *("--server", f"type=unixio,fd={server.fileno()}"),
            *("--ctrl", f"type=unixio,fd={control.fileno()}"),
            *("--flags", "not-need-init,startup-clear"),
        ]
        process = subprocess.Popen(
            command, pass_fds=[server.fileno(), control.fileno()], stderr=subprocess.DEVNULL
        )
    try:
        yield f"swtpm:path={door}"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _open_door(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()
        yield door
