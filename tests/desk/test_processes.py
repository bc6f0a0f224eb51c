"""The desk's children: real processes."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.desk.processes import (
    NotReady,
    Processes,
    Program,
    port_listens,
    socket_answers,
    start_xvfb,
)

_LIVES = "import signal; print('up', flush=True); signal.pause()"
_STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\n"
    "while True: signal.pause()"
)


class Ends:
    """What ended by itself."""

    def __init__(self) -> None:
        self.names: list[tuple[str, int]] = []
        self.came = threading.Event()

    def __call__(self, name: str, code: int) -> None:
        self.names.append((name, code))
        self.came.set()


@pytest.fixture
def ends() -> Ends:
    return Ends()


@pytest.fixture
def processes(tmp_path: Path, ends: Ends) -> Iterator[Processes]:
    made = Processes(tmp_path, ends)
    yield made
    made.stop_all()


def _program(tmp_path: Path, name: str, code: str = _LIVES) -> Program:
    log = tmp_path / f"{name}.log"
    return Program(name, (sys.executable, "-c", code), lambda: b"up" in log.read_bytes(), 30.0)


def test_a_process_is_up_when_it_says_so(processes: Processes, tmp_path: Path) -> None:
    processes.start(_program(tmp_path, "one"))
    assert processes.is_running("one")


def test_a_process_that_ends_before_it_is_ready_is_told_with_its_last_words(
    processes: Processes, tmp_path: Path
) -> None:
    with pytest.raises(NotReady, match="no such luck"):
        processes.start(_program(tmp_path, "one", "raise SystemExit('no such luck')"))


def test_a_program_that_is_not_there_is_told_by_name(processes: Processes) -> None:
    with pytest.raises(NotReady, match="no-such-program"):
        processes.start(Program("one", ("no-such-program",), lambda: True, 5.0))


def test_a_process_that_never_gets_ready_is_given_up(processes: Processes) -> None:
    command = (sys.executable, "-c", "import signal; signal.pause()")
    with pytest.raises(NotReady, match="not ready"):
        processes.start(Program("one", command, lambda: False, 0.2))


def test_a_killed_process_is_gone_without_a_goodbye_and_comes_back(
    processes: Processes, tmp_path: Path, ends: Ends
) -> None:
    processes.start(_program(tmp_path, "one", _STUBBORN))
    processes.kill("one")
    assert not processes.is_running("one")
    assert ends.names == []
    processes.restart("one")
    assert processes.is_running("one")


def test_a_process_that_ends_by_itself_is_reported(
    processes: Processes, tmp_path: Path, ends: Ends
) -> None:
    code = "import sys; print('up', flush=True); sys.stdin.read(); import signal; signal.pause()"
    processes.start(_program(tmp_path, "one", code))
    pid = next(iter(_children()))
    os.kill(pid, signal.SIGKILL)
    assert ends.came.wait(20)
    assert ends.names == [("one", -signal.SIGKILL)]


def test_what_does_not_end_when_asked_is_killed(
    tmp_path: Path, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.desk.processes._TERM_S", 0.2)
    processes = Processes(tmp_path, ends)
    processes.start(_program(tmp_path, "stubborn", _STUBBORN))
    processes.stop_all()
    assert not processes.is_running("stubborn")
    processes.stop_all()


def test_a_listening_port_is_seen_without_connecting_to_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port_listens(port)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not port_listens(port)


def test_a_socket_that_nobody_serves_does_not_answer(tmp_path: Path) -> None:
    path = tmp_path / "s"
    assert not socket_answers(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(path))
        server.listen()
        assert socket_answers(path)
    assert not socket_answers(path)


def test_a_virtual_screen_takes_a_free_number(processes: Processes) -> None:
    display = start_xvfb(processes, (320, 240))
    assert socket_answers(Path(f"/tmp/.X11-unix/X{display[1:]}"))  # noqa: S108  # X's own place


def _children() -> list[int]:
    """Direct children of this process that are Python."""
    tasks = Path("/proc/self/task")
    pids = [pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in pids if b"stdin" in Path(f"/proc/{pid}/cmdline").read_bytes()]
