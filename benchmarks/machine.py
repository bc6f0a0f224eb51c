"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.window_process import renderer


def machine() -> str:
    """Processor, cores, Python, Kivy and what draws, in one line of text."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
        f"Python {platform.python_version()}, Kivy {version('kivy')}; "
        f"OpenGL by {renderer()} on Xvfb, load {os.getloadavg()[0]:.1f} at the end of the run"
    )


def _processor() -> str:
    """The model as the kernel tells it (proc(5), `cpuinfo`); not every machine has one."""
    rows = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    names = [row.partition(":")[2].strip() for row in rows if row.startswith("model name")]
    return names[0] if names else platform.machine()
