"""The program that looks through the camera, in a process of its own.

`python -m kiosk.drivers.camera.child --source /dev/video0 --memory-mib 384`

OpenCV and zbar leak, hang and abort now and then; here they take nobody with them. Pictures
stay in this process, but for the one that is sought and good enough, and no file can be written
by it. It ends when its standard input closes.
"""

from __future__ import annotations

import argparse
import os
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from kiosk.drivers.camera.protocol import (
    LONGEST_CODE_BYTES,
    Code,
    Failed,
    Heartbeat,
    Lack,
    Message,
    Picture,
    Turn,
    packed,
    turn_of,
)
from kiosk.drivers.camera.status import NO_CAMERA, OVER_MEMORY
from kiosk.drivers.links.ops import ProtocolError, Sought

_HEARTBEAT_EVERY_S = 0.5
_LOOK_EVERY_S = 0.1
_SAME_CODE_EVERY_S = 1.0
_CODE_LOOK_PX = 800  # codes are looked for in a frame of this width at most
_OPEN_LIMIT_MS, _READ_LIMIT_MS = 4000, 4000
_LONGEST_LINE = 64
_MIB = 1024 * 1024


class Child:
    """State that the three threads share: what to look for, and when a frame last came."""

    def __init__(self, source: str, memory_mib: int, out: int) -> None:
        self._source = source
        self._memory_bytes = memory_mib * _MIB
        self._out = out
        self._speaking = threading.Lock()
        self._changed = threading.Condition()
        self._turn: Turn | None = None
        self._frame_s = time.monotonic()

    def run(self) -> NoReturn:
        """Prove that there is a camera, then look whenever the terminal wants it."""
        if self._is_gone():
            self._fail(NO_CAMERA)  # before the libraries are loaded: this may happen for hours
        import cv2

        cv2.setNumThreads(1)
        eye = _opened(cv2, self._source)
        if eye is None or not eye.read()[0]:
            self._fail(NO_CAMERA)
        eye.release()
        threading.Thread(target=self._beat, daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._turn is not None)
            self._look(cv2)

    # --- looking ------------------------------------------------------------------------

    def _look(self, cv2: Any) -> None:
        """Look with an open camera until the terminal says off, or seeks something else."""
        turn = self._turn
        if turn is None:
            return
        see = self._seer(cv2, turn)
        eye = _opened(cv2, self._source)
        if eye is None:
            self._fail(NO_CAMERA)
        if turn.sought is not Sought.CODES:
            _enlarge(cv2, eye)
        looked_s = 0.0
        while self._turn is turn:
            if not eye.grab():
                self._fail("no frame")
            now_s = self._frame_s = time.monotonic()
            if now_s - looked_s < _LOOK_EVERY_S:
                continue
            looked_s = now_s
            taken, frame = eye.retrieve()
            if not taken:
                self._fail("no frame")
            message = see(frame, now_s)
            if message is not None:
                self._say(message)
            if _resident_bytes() > self._memory_bytes:
                self._fail(OVER_MEMORY)
        eye.release()

    def _seer(self, cv2: Any, turn: Turn) -> Callable[[Any, float], Message | None]:
        """What looks at a frame (and the time, s) in this turn, and says what it saw."""
        if turn.sought is Sought.CODES:
            return _code_seer(cv2, turn)
        # Loaded now: most visits need no picture, and the cascade takes its time.
        from kiosk.drivers.camera.taking import PictureTaker

        taker = PictureTaker(turn.sought)

        def see(frame: Any, _now_s: float) -> Message | None:
            match taker.see(frame):
                case None:
                    return None
                case bytes() as jpeg:
                    return Picture(turn.number, jpeg)
                case reason:
                    return Lack(turn.number, reason)

        return see

    # --- the two pipes ------------------------------------------------------------------

    def _beat(self) -> None:
        """Say twice a second how old the last frame is, also while the camera hangs."""
        never = threading.Event()
        while True:
            looking = self._turn is not None
            age_s = time.monotonic() - self._frame_s if looking else 0.0
            self._say(Heartbeat(int(age_s * 1000)))
            if self._is_gone():
                self._fail(NO_CAMERA)
            never.wait(_HEARTBEAT_EVERY_S)

    def _listen(self) -> None:
        """Obey the terminal's lines; end with its end of the pipe."""
        with os.fdopen(0, "rb") as lines:
            while line := lines.readline(_LONGEST_LINE):
                try:
                    turn = turn_of(line)
                except ProtocolError:
                    self._fail("a line it does not know")
                with self._changed:
                    self._turn, self._frame_s = turn, time.monotonic()
                    self._changed.notify()
        os._exit(0)

    def _is_gone(self) -> bool:
        return self._source.startswith("/") and not Path(self._source).exists()

    def _say(self, message: Message) -> None:
        with self._speaking:
            try:
                os.write(self._out, packed(message))
            except BrokenPipeError:
                os._exit(0)

    def _fail(self, reason: str) -> NoReturn:
        # No tidying up: other threads may stand in OpenCV, and the kernel closes everything.
        self._say(Failed(reason))
        os._exit(1)


def _opened(cv2: Any, source: str) -> Any | None:
    """An open camera, or None. `source` is a device path, its number, or an address."""
    if source.isdigit() or source.startswith("/"):
        eye = cv2.VideoCapture(int(source) if source.isdigit() else source, cv2.CAP_V4L2)
    else:
        limits = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_LIMIT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_LIMIT_MS,
        ]  # fmt: skip
        eye = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
    return eye if eye.isOpened() else None


def _enlarge(cv2: Any, eye: Any) -> None:
    """Ask for the frame that pictures need; a camera gives the nearest that it has."""
    from kiosk.drivers.camera.gates import FRAME_PX

    eye.set(cv2.CAP_PROP_FRAME_WIDTH, FRAME_PX[0])
    eye.set(cv2.CAP_PROP_FRAME_HEIGHT, FRAME_PX[1])


def _code_seer(cv2: Any, turn: Turn) -> Callable[[Any, float], Message | None]:
    from pyzbar import pyzbar

    sent, sent_s = b"", 0.0

    def see(frame: Any, now_s: float) -> Message | None:
        nonlocal sent, sent_s
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        scale = _CODE_LOOK_PX / grey.shape[1]
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        symbols = [pyzbar.ZBarSymbol.QRCODE, pyzbar.ZBarSymbol.CODE128]  # a photo receipt has bars
        for found in pyzbar.decode(grey, symbols=symbols):
            content = bytes(found.data)[:LONGEST_CODE_BYTES]
            if content != sent or now_s - sent_s >= _SAME_CODE_EVERY_S:
                sent, sent_s = content, now_s
                return Code(turn.number, content)
        return None

    return see


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _fence(memory_mib: int) -> None:
    """Bound what the process may do before anything foreign is loaded.

    RLIMIT_DATA counts private writable memory. RLIMIT_AS would count the libraries' mappings
    too: measured while scanning a stream of 640 x 480, OpenCV 5 takes 94 MiB of data and 59 MiB
    of resident memory in an address space of 436 MiB.
    """
    memory = memory_mib * _MIB
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> NoReturn:
    """Parse the command line and look until the terminal ends it."""
    parser = argparse.ArgumentParser(description="looks through a camera")
    parser.add_argument("--source", required=True)
    parser.add_argument("--memory-mib", type=int, required=True)
    options = parser.parse_args()
    _fence(options.memory_mib)
    # The libraries may print what they like; the pipe is for messages alone.
    out = os.dup(1)
    os.dup2(2, 1)
    Child(options.source, options.memory_mib, out).run()


if __name__ == "__main__":
    main()
