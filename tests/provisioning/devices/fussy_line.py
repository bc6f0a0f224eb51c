"""A pseudo-terminal whose device hears only what comes at its own speed, and echoes if told to."""

from __future__ import annotations

import os
import select
import termios
import threading
import time
import tty
from pathlib import Path

from simulators.models.line import LineDevice

_TURN_S = 0.002


class FussyLine:
    """`models` hang on one line, each at its own speed; the terminal's speed is read from termios."""

    def __init__(self, path: Path, *models: LineDevice, echo: bool = False) -> None:
        self.path = path
        self._models = models
        self._echo = echo
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        path.symlink_to(os.ttyname(self._slave))
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fussy line", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self.path.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)

    def _serve(self) -> None:
        while not self._closing.is_set():
            ready, _, _ = select.select([self._master], [], [], _TURN_S)
            data = os.read(self._master, 4096) if ready else b""
            now_s = time.monotonic()
            if self._echo and data:
                os.write(self._master, data)
            speed = termios.tcgetattr(self._master)[5]
            for model in self._models:
                fits = speed == getattr(termios, f"B{model.baud}")
                if data and fits:
                    model.hear(data, now_s)
                said = model.speak(now_s)
                if said and fits:
                    os.write(self._master, said)
