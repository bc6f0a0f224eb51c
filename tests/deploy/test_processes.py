"""Both processes as their manager sees them: real ones, on a real notification socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulators.desk.state import DeskState, open_state, write_settings
from tests.deploy.manager import Manager

_ROOT = Path(__file__).parents[2]
_END_S = 30.0
_WATCHDOG_S = 1


@contextmanager
def _settings(folder: Path) -> Iterator[DeskState]:
    """Settings with nothing behind them: no device answers, no bank is there."""
    state = open_state(folder)
    try:
        write_settings(
            state, 9, "/nowhere", (640, 480), folder / "fonts", _ROOT / "deploy" / "banks.toml"
        )
        yield state
    finally:
        state.close()


def _start(manager: Manager, *words: str | Path, **more: str) -> subprocess.Popen[bytes]:
    environ = os.environ | more
    environ |= {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": str(_WATCHDOG_S * 1_000_000)}
    return subprocess.Popen([sys.executable, "-m", *words], cwd=_ROOT, env=environ)


def test_the_queue_says_that_it_serves_then_that_it_lives(manager: Manager, tmp_path: Path) -> None:
    with _settings(tmp_path / "state") as state:
        queue = _start(manager, "offline_queue", "run", "--settings", state.queue_settings)
        try:
            assert manager.next() == "READY=1"
            assert state.queue_socket.exists()
            assert [manager.next() for _ in range(3)] == ["WATCHDOG=1"] * 3
        finally:
            queue.send_signal(signal.SIGTERM)
            assert queue.wait(_END_S) == 0


def test_the_kiosk_gives_no_sign_of_life_once_its_drawing_stands_still(
    manager: Manager, tmp_path: Path, display: str
) -> None:
    with _settings(tmp_path / "state") as state:
        program = ("tests.deploy.still_screen", state.kiosk_settings)
        kiosk = _start(manager, *program, DISPLAY=display, HOME=str(tmp_path))
        try:
            first, *lived = manager.until("STATUS=the screen stands still")
            after = manager.until("STOPPING=1")
        finally:
            kiosk.terminate()
            assert kiosk.wait(_END_S) == 0
    assert first == "READY=1"
    assert set(lived[:-1]) == {"WATCHDOG=1"}
    assert after == ["STOPPING=1"]
