"""The link to the camera's child process: starts it, kills it, and hears what it has seen.

This process imports neither OpenCV nor zbar; all it gets is the content of a code, or the one
picture that was asked for and passed its gate.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

from kiosk.drivers.camera.protocol import (
    OFF,
    TURNS,
    Code,
    Failed,
    Heartbeat,
    Lack,
    Message,
    Picture,
    Turn,
    Unpacker,
    on,
)
from kiosk.drivers.events import Wanting
from kiosk.drivers.links.ops import (
    CameraOn,
    LinkLost,
    NextCode,
    NextPicture,
    Op,
    Open,
    ProtocolError,
    Sought,
)

_PROGRAM = "kiosk.drivers.camera.child"
_READ_BYTES = 65_536
_MOST_CODES = 4  # the latest ones; nobody needs older
_REAP_LIMIT_S = 5.0


class CameraChild:
    """The camera behind `source`: a device path, its number, or the address of a stream.

    `start_limit_s` bounds the start up to the first heartbeat, `heartbeat_limit_s` the silence
    after it, `frame_limit_s` the age of the last frame while looking. A child that breaks one
    of them is killed.
    """

    def __init__(
        self,
        source: str,
        memory_mib: int = 384,
        start_limit_s: float = 9.0,
        heartbeat_limit_s: float = 4.0,
        frame_limit_s: float = 6.0,
    ) -> None:
        self._command = [
            sys.executable, "-B", "-m", _PROGRAM,
            "--source", source, "--memory-mib", str(memory_mib),
        ]  # fmt: skip
        self._start_limit_s = start_limit_s
        self._heartbeat_limit_s = heartbeat_limit_s
        self._frame_limit_s = frame_limit_s
        self._child: subprocess.Popen[bytes] | None = None
        self._unpacker = Unpacker()
        self._codes: deque[bytes] = deque(maxlen=_MOST_CODES)
        self._picture: bytes | Wanting | None = None  # or what it lacks, the latest
        self._turn = 0
        self._looking = False
        self._heard_s: float | None = None
        self._reason = ""
        self._closed = False
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_r, False)
        os.set_blocking(self._wake_w, False)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "no child" if self._child is None else "child runs"
        return f"CameraChild({state}, looking: {self._looking})"

    @property
    def pid(self) -> int | None:
        """The child's process number, None while there is none."""
        return self._child.pid if self._child is not None else None

    def perform(self, op: Op) -> Any:
        """Carry out `Open`, `CameraOn`, `NextCode` or `NextPicture`. Raises `LinkLost`."""
        match op:
            case Open():
                return self._open()
            case CameraOn(turned_on, sought):
                return self._switch(turned_on, sought)
            case NextCode(timeout_s):
                return self._next(timeout_s, self._take_code)
            case NextPicture(timeout_s):
                return self._next(timeout_s, self._take_picture)
        raise TypeError(f"a camera cannot do {type(op).__name__}")

    def wake(self) -> None:
        """End the running wait for what is seen, or the next one. From any thread."""
        # A full pipe wakes just as well.
        with contextlib.suppress(BlockingIOError):
            if not self._closed:
                os.write(self._wake_w, b"!")

    def close(self) -> None:
        """Kill the child and give the pipes back. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._kill()
        os.close(self._wake_r)
        os.close(self._wake_w)

    # --- operations ---------------------------------------------------------------------

    def _open(self) -> None:
        """Start a child, with any old one killed first, and wait until it has shown life."""
        self._kill()
        quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | quiet,
            )
        except OSError as error:
            raise LinkLost("the child cannot be started") from error
        end_s = time.monotonic() + self._start_limit_s
        while self._heard_s is None:
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                self._lose("no sign of life after its start")
            self._hear(left_s)

    def _switch(self, turned_on: bool, sought: Sought) -> None:
        child = self._running()
        self._forget()
        self._looking = turned_on
        self._turn = (self._turn + 1) % TURNS
        assert child.stdin is not None
        try:
            child.stdin.write(on(Turn(self._turn, sought)) if turned_on else OFF)
            child.stdin.flush()
        except OSError:
            self._lose("ended")

    def _next(
        self, timeout_s: float, take: Callable[[], bytes | Wanting | None]
    ) -> bytes | Wanting | None:
        end_s = time.monotonic() + timeout_s
        while True:
            left_s = max(0.0, end_s - time.monotonic())
            awake = self._hear(min(left_s, self._heartbeat_limit_s))
            seen = take()
            if seen is not None:
                return seen
            self._judge_silence()
            if awake or left_s == 0.0:
                return None

    def _take_code(self) -> bytes | None:
        return self._codes.popleft() if self._codes else None

    def _take_picture(self) -> bytes | Wanting | None:
        picture, self._picture = self._picture, None
        return picture

    def _forget(self) -> None:
        """Nothing that was seen stays here."""
        self._codes.clear()
        self._picture = None

    # --- hearing ------------------------------------------------------------------------

    def _hear(self, timeout_s: float) -> bool:
        """Take in what the child says within `timeout_s`. Result: whether `wake` was called.

        During a start nobody may cut the wait short, so a wake then stays for the next one.
        """
        child = self._running()
        assert child.stdout is not None
        starting = self._heard_s is None
        mouth = child.stdout.fileno()
        ears = [mouth] if starting else [mouth, self._wake_r]
        readable, _, _ = select.select(ears, [], [], timeout_s)
        if mouth in readable:
            data = os.read(mouth, _READ_BYTES)
            if not data:
                self._lose("ended")
            try:
                messages = self._unpacker.feed(data)
            except ProtocolError as error:
                self._lose(str(error))
            for message in messages:
                self._take(message)
        if self._wake_r in readable:
            os.read(self._wake_r, _READ_BYTES)
            return True
        return False

    def _take(self, message: Message) -> None:
        match message:
            case Heartbeat(frame_age_ms):
                self._heard_s = time.monotonic()
                if self._looking and frame_age_ms > self._frame_limit_s * 1000:
                    self._lose("the picture stands still")
            case Code(turn, content):
                if self._looking and turn == self._turn:
                    self._codes.append(content)
            case Picture(turn, jpeg):
                if self._looking and turn == self._turn:
                    self._picture = jpeg
            case Lack(turn, reason):
                if self._looking and turn == self._turn:
                    self._picture = reason
            case Failed(reason):
                self._reason = reason

    def _judge_silence(self) -> None:
        assert self._heard_s is not None
        if time.monotonic() - self._heard_s > self._heartbeat_limit_s:
            self._lose("no heartbeat")

    # --- the process --------------------------------------------------------------------

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise LinkLost("no child")
        return self._child

    def _lose(self, why: str) -> NoReturn:
        """Kill the child; its own words go before ours."""
        reason = self._reason or why
        self._kill()
        raise LinkLost(reason)

    def _kill(self) -> None:
        child, self._child = self._child, None
        self._unpacker = Unpacker()
        self._forget()
        self._looking, self._heard_s, self._reason = False, None, ""
        if child is None:
            return
        child.kill()
        assert child.stdin is not None
        assert child.stdout is not None
        with contextlib.suppress(OSError):
            child.stdin.close()
        child.stdout.close()
        # A process in an uninterruptible read of its camera is left to the kernel to reap.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_REAP_LIMIT_S)
