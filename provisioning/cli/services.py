"""The terminal's own services, where this machine has a systemd that runs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

KIOSK, QUEUE = "kiosk.service", "kiosk-queue.service"
_SYSTEMD = Path("/run/systemd/system")
_LIMIT_S = 90.0


def restart_queue() -> None:
    """The queue takes its new certificate; what is not running stays so."""
    _systemctl("try-restart", QUEUE)


def stop_all() -> None:
    """Nothing is served any more."""
    _systemctl("disable", "--now", KIOSK, QUEUE)


def _systemctl(*words: str) -> None:
    if _SYSTEMD.exists():
        subprocess.run(("systemctl", *words), check=False, capture_output=True, timeout=_LIMIT_S)
