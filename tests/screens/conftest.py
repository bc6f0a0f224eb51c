"""A glass for the tests: Xvfb, and programs that draw on it (Kivy keeps one window a process)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.xvfb import virtual_display

_ROOT = Path(__file__).parents[2]
_PROGRAM_S = 60.0

RunGlass = Callable[..., Any]


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display of its own, large enough for every size."""
    with virtual_display("1920x1920") as name:
        yield name


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the fonts are kept, and an empty home."""
    made = tmp_path_factory.mktemp("screens")
    (made / "home").mkdir()
    return made


@pytest.fixture(scope="session")
def run_glass(display: str, run_dir: Path) -> RunGlass:
    """Runs `tests.screens.glass` with the given words; its last line of output is what it saw."""

    def run(*words: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "tests.screens.glass", str(run_dir / "fonts"), *words],
            cwd=_ROOT,
            env={**os.environ, "DISPLAY": display, "HOME": str(run_dir / "home")},
            capture_output=True,
            text=True,
            timeout=_PROGRAM_S,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
