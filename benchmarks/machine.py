"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

from benchmarks.window_process import renderer

_ROOT = Path(__file__).parents[1]


def window_machine() -> str:
    """Processor, cores, Python, Kivy and what draws, in one line of text."""
    return (
        f"{_processor()}; Python {platform.python_version()}, Kivy {version('kivy')}; "
        f"OpenGL by {renderer()} on Xvfb, {_load()}"
    )


def disk_machine() -> str:
    """Processor, cores, file system, Python and SQLite, in one line of text."""
    return (
        f"{_processor()}; {_file_system(_ROOT)}; Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, cryptography {version('cryptography')}; {_load()}"
    )


def processor_machine() -> str:
    """Processor, cores, Python and cryptography, in one line of text."""
    python, library = platform.python_version(), version("cryptography")
    return f"{_processor()}; Python {python}, cryptography {library}; {_load()}"


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} at the end of the run"


def _processor() -> str:
    """The model as the kernel tells it (proc(5), `cpuinfo`); not every machine has one."""
    rows = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    names = [row.partition(":")[2].strip() for row in rows if row.startswith("model name")]
    model = names[0] if names else platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def _file_system(path: Path) -> str:
    """The type of the file system that holds `path` (proc(5), `mounts`)."""
    rows = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    mounts = {Path(row.split()[1]): row.split()[2] for row in rows}
    return next(mounts[each] for each in (path, *path.parents) if each in mounts)
