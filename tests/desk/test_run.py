"""`python -m simulators.desk` as `make run` starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.desk.tour import TOUR

pytestmark = pytest.mark.timeout(400)

_ROOT = Path(__file__).resolve().parents[2]
_ENDS_S = 60.0


@contextmanager
def _started(folder: Path, *words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    surroundings = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators.desk", "--size", "540x960", "--state", folder, *words],
        cwd=_ROOT,
        env={**surroundings, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_ENDS_S)
        if process.stdout is not None:
            process.stdout.close()


def _left_over(folder: Path) -> list[str]:
    """Command lines of processes that still have to do with the desk in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended just now
            continue
        if str(folder) in command and "pytest" not in command:
            found.append(command)
    return found


def test_the_tour_plays_tells_each_step_and_keeps_its_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    with _started(folder, "--tour-only") as process:
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    for step in TOUR:
        assert step.text in said
    assert "Bench: http://127.0.0.1:" in said
    kept = folder / "tour"
    assert str(kept) in said
    names = {path.name for path in kept.iterdir()}
    assert len([name for name in names if name[0].isdigit()]) == len(TOUR)
    assert {"receipt-1.png", "receipt-1.txt", "receipt-2.png", "receipt-2.txt"} <= names
    assert _left_over(folder) == []


def test_ctrl_c_ends_the_desk_and_everything_it_started(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    with _started(folder, "--no-tour") as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "yours" in line:
                break
        process.send_signal(signal.SIGINT)
        said += process.stdout.readlines()
        assert process.wait(_ENDS_S) == 0, "".join(said)
    assert _left_over(folder) == []


def test_a_desk_that_cannot_come_up_says_why_and_fails(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    with _started(folder, "--tour-only", DISPLAY="127.0.0.1:9999") as process:
        said, _ = process.communicate(timeout=200)
    assert process.returncode == 1
    assert "FAILED  kiosk" in said
    assert _left_over(folder) == []
