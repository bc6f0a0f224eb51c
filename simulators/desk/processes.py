"""The desk's child processes: started, watched, killed, started again, ended in order."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LOOK_EVERY_S = 0.05
_TERM_S = 8.0
_KILL_S = 5.0
_LOG_TAIL_LINES = 12


class NotReady(RuntimeError):
    """A process ended or stayed silent before it was ready; the text has the end of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """How to start a process and how to know that it serves."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    ready_within_s: float
    env: Mapping[str, str] = field(default_factory=dict)


class Processes:
    """The children of one desk, by name, in the order they were started.

    Each is the leader of its own session, so a Ctrl-C in the terminal reaches the desk
    alone, which then ends them last come, first gone.
    """

    def __init__(self, logs_dir: Path, on_end: Callable[[str, int], None]) -> None:
        self._logs_dir = logs_dir
        logs_dir.mkdir(parents=True, exist_ok=True)
        self._on_end = on_end
        self._lock = threading.Lock()
        self._programs: dict[str, Program] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._wanted_gone: set[int] = set()

    def start(self, program: Program, pass_fds: tuple[int, ...] = ()) -> None:
        """Start `program` and return when it is ready. Raises `NotReady`."""
        log_path = self._logs_dir / f"{program.name}.log"
        with log_path.open("ab") as log:
            try:
                child = subprocess.Popen(
                    program.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **program.env},
                    start_new_session=True,
                    pass_fds=pass_fds,
                )
            except FileNotFoundError:
                raise NotReady(f"{program.command[0]} is not installed") from None
        with self._lock:
            self._programs[program.name] = program
            self._running[program.name] = child
        threading.Thread(
            target=self._watch,
            args=(program.name, child),
            name=f"watch {program.name}",
            daemon=True,
        ).start()
        self._await_ready(program, child, log_path)

    def restart(self, name: str) -> None:
        """Start a program again that was started before and has ended. Raises `NotReady`."""
        with self._lock:
            program = self._programs[name]
            child = self._running.get(name)
        if child is None or child.poll() is not None:
            self.start(program)

    def kill(self, *names: str) -> None:
        """Take the power from these processes at once: SIGKILL, no goodbye."""
        with self._lock:
            children = [self._running[name] for name in names if name in self._running]
            self._wanted_gone.update(child.pid for child in children)
        for child in children:
            _signal(child, signal.SIGKILL)
        for child in children:
            child.wait(_KILL_S)

    def is_running(self, name: str) -> bool:
        """Whether the process was started and has not ended."""
        with self._lock:
            child = self._running.get(name)
        return child is not None and child.poll() is None

    def names(self) -> list[str]:
        """The processes in the order they were first started."""
        with self._lock:
            return list(self._programs)

    def stop_all(self) -> None:
        """Ask each to end, the last started first, and kill what does not. May be called twice."""
        with self._lock:
            children = [
                self._running[name] for name in reversed(self._programs) if name in self._running
            ]
            self._wanted_gone.update(child.pid for child in children)
        for child in children:
            _signal(child, signal.SIGTERM)
            try:
                child.wait(_TERM_S)
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.wait(_KILL_S)

    # --- inside -------------------------------------------------------------------------

    def _watch(self, name: str, child: subprocess.Popen[bytes]) -> None:
        code = child.wait()
        with self._lock:
            wanted = child.pid in self._wanted_gone
        if not wanted:
            self._on_end(name, code)

    def _await_ready(
        self, program: Program, child: subprocess.Popen[bytes], log_path: Path
    ) -> None:
        ended = threading.Event()
        deadline_s = time.monotonic() + program.ready_within_s
        while not program.ready():
            if child.poll() is not None:
                raise NotReady(f"{program.name} ended with {child.returncode}{_tail(log_path)}")
            if time.monotonic() > deadline_s:
                raise NotReady(
                    f"{program.name} was not ready within {program.ready_within_s:.0f} s"
                    f"{_tail(log_path)}"
                )
            ended.wait(_LOOK_EVERY_S)


def start_xvfb(processes: Processes, size: tuple[int, int], within_s: float = 15.0) -> str:
    """Start a virtual screen of `size` pixels and return its DISPLAY. Raises `NotReady`.

    The server chooses a free number itself and writes it to a pipe when it takes
    connections (`-displayfd`, Xserver(1)).
    """
    read_end, write_end = os.pipe()
    said = b""

    def has_said() -> bool:
        nonlocal said
        while not said.endswith(b"\n"):
            readable, _, _ = select.select([read_end], [], [], 0)
            if not readable:
                return False
            part = os.read(read_end, 64)
            if not part:
                return False
            said += part
        return True

    width, height = size
    command = (
        "Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24",
        "-nolisten", "tcp", "-noreset",
    )  # fmt: skip
    try:
        processes.start(Program("screen", command, has_said, within_s), pass_fds=(write_end,))
    finally:
        os.close(write_end)
        os.close(read_end)
    return f":{int(said)}"


def port_listens(port: int) -> bool:
    """Whether somebody listens on TCP `port` here, told from /proc without connecting to it.

    For the virtual reader a connection is a card put in, so looking must not connect.
    """
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for row in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                local, state = row.split()[1], row.split()[3]
                if state == "0A" and int(local.rsplit(":", 1)[1], 16) == port:
                    return True
    return False


def socket_answers(path: Path) -> bool:
    """Whether a Unix socket at `path` takes connections."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        try:
            end.connect(str(path))
        except OSError:
            return False
    return True


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The whole session: a program's own children go with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _tail(log_path: Path) -> str:
    lines = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    return "".join(f"\n    {line}" for line in (f"end of {log_path.name}:", *lines))
