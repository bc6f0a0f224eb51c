"""Boots a folder with a real systemd as PID 1, in a container, until it powers itself off."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

BOOT_LIMIT_S = 300.0
# systemd-nspawn looks whether it was started by systemd; on a machine without one it is told so.
_PREPARE = (
    "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec systemd-nspawn --quiet"
    ' --directory="$0" --register=no --keep-unit --machine=terminal --hostname=terminal --boot'
)


class DidNotEnd(RuntimeError):
    """The container did not power itself off in time; the text has the end of its log."""


def boot(root: Path, log: Path) -> None:
    """Boot `root` and wait until it is off again. Raises `DidNotEnd`."""
    with log.open("wb") as file:
        machine = subprocess.Popen(
            ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", _PREPARE, root),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = machine.wait(BOOT_LIMIT_S)
        except BaseException as error:
            os.killpg(machine.pid, signal.SIGKILL)
            machine.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise DidNotEnd(_tail(log)) from error
            raise
    if code != 0:
        raise DidNotEnd(_tail(log))


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
