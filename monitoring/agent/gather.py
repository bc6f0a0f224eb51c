"""One look round the terminal: the screen process, the queue, and the board."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import suppress
from pathlib import Path

from kiosk.telling import PATIENCE_S, ask
from monitoring.agent.agent import Gathered, Machine
from offline_queue.messages import LINE_BYTES_MAX, QueueStatus
from offline_queue.wire import AskStatus, call_line, read_notice
from sscard.requests import MalformedMessage

_MEBI = 1_048_576
_MEMORY = Path("/proc/meminfo")
_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")  # thousandths of a degree


def gather(status_socket: Path, queue_socket: Path, disk: Path) -> Gathered:
    """Ask both processes and the board; may last some seconds when one hangs."""
    return Gathered(ask(status_socket), ask_queue(queue_socket), machine(disk))


def ask_queue(path: Path) -> QueueStatus | None:
    """The queue's status; None: it does not answer."""
    heard = bytearray()
    with suppress(OSError, MalformedMessage), socket.socket(socket.AF_UNIX) as door:
        door.settimeout(PATIENCE_S)
        door.connect(str(path))
        door.sendall(call_line(AskStatus()))
        while len(heard) <= LINE_BYTES_MAX and (piece := door.recv(LINE_BYTES_MAX)):
            *lines, heard = (heard + piece).split(b"\n")
            for line in lines:
                notice = read_notice(bytes(line))
                if isinstance(notice, QueueStatus):
                    return notice
    return None


def machine(disk: Path) -> Machine:
    """The board, by what Linux tells; `disk`: a path on the file system that matters."""
    cores = os.cpu_count() or 1
    return Machine(
        disk_free_mb=shutil.disk_usage(disk).free // _MEBI,
        memory_free_mb=_memory_mb(),
        load_percent=round(100 * os.getloadavg()[0] / cores),
        celsius=_celsius(),
    )


def _memory_mb() -> int | None:
    for line in _MEMORY.read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024  # proc(5): in kB
    return None


def _celsius() -> int | None:
    try:
        return round(int(_THERMAL.read_text("ascii")) / 1000)
    except (OSError, ValueError):
        return None
