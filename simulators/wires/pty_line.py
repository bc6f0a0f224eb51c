"""A device model at the end of a real pseudo-terminal, at the pace of its line."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulators.models.line import BITS_A_BYTE, LineDevice

_CHUNK_S = 0.01  # bytes move in bundles of about so much time on the line
_LONGEST_REST_S = 1.0
_MOST_UNREAD_BYTES = 4096  # what the terminal's side holds before the rest is lost


class PtyLine:
    """Serves `device` at `path`, a link to whatever pseudo-terminal there is now.

    Both directions are paced at the device's `baud`. `cut` and `restore` are a broken wire
    behind a port that stays; `unplug` and `plug` take the port itself away and bring it back.
    Other threads touch the model only inside `with line.device_lock:`.
    """

    def __init__(self, device: LineDevice, path: Path) -> None:
        self._device = device
        self.path = path
        self._lock = threading.RLock()
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_r, False)
        os.set_blocking(self._wake_w, False)
        self._master: int | None = None
        self._slave: int | None = None
        self._cut = False
        self._closing = False
        self._going_in: list[tuple[float, bytes]] = []  # when it has arrived whole, what
        self._going_out = b""
        self._in_free_s = 0.0
        self._out_free_s = 0.0
        self.plug()
        self._thread = threading.Thread(target=self._serve, name=f"pty {path.name}", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        state = "unplugged" if self._master is None else "cut" if self._cut else "up"
        return f"PtyLine({self._device!r} at {self.path.name}, {state})"

    # --- what may happen to a line ------------------------------------------------------

    @property
    @contextmanager
    def device_lock(self) -> Iterator[LineDevice]:
        """Hold the model still; on leaving, the line looks at what has changed."""
        with self._lock:
            yield self._device
        self._wake()

    def cut(self) -> None:
        """Break the wire: nothing gets through either way, the port stays."""
        with self._lock:
            self._cut = True
            self._lose()

    def restore(self) -> None:
        """Mend the wire."""
        with self._lock:
            self._cut = False
        self._wake()

    def unplug(self) -> None:
        """Take the port away; who has it open gets an error. May be called twice."""
        with self._lock:
            self._lose()
            for fd in (self._master, self._slave):
                if fd is not None:
                    os.close(fd)
            self._master = self._slave = None
            self.path.unlink(missing_ok=True)
        self._wake()

    def plug(self) -> None:
        """Bring the port back under the same path. May be called twice."""
        with self._lock:
            if self._master is not None or self._closing:
                return
            # The slave stays open here too: the port outlives each visit of a terminal.
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            link = self.path.with_name(f".{self.path.name}.new")
            link.unlink(missing_ok=True)
            link.symlink_to(os.ttyname(self._slave))
            link.replace(self.path)
        self._wake()

    def close(self) -> None:
        """End the line and its thread. May be called twice."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        self.unplug()
        self._thread.join()
        os.close(self._wake_r)
        os.close(self._wake_w)

    # --- the thread ---------------------------------------------------------------------

    def _wake(self) -> None:
        # A full pipe wakes the thread just as well; a closed one has nobody to wake.
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self._wake_w, b"!")

    def _lose(self) -> None:
        self._going_in.clear()
        self._going_out = b""

    def _serve(self) -> None:
        while True:
            with self._lock:
                if self._closing:
                    return
                rest_s = self._turn(time.monotonic())
                listening = self._listening()
            try:
                readable, _, _ = select.select([self._wake_r, *listening], [], [], rest_s)
            except OSError:  # unplugged since
                continue
            if self._wake_r in readable:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_r, 4096)

    def _listening(self) -> list[int]:
        """The master, unless as much as the line carries at a time is already on its way."""
        return [self._master] if self._master is not None and not self._going_in else []

    def _turn(self, now_s: float) -> float:
        """Move everything that is due at `now_s`. Result: seconds until the next is."""
        self._take_in(now_s)
        while self._going_in and self._going_in[0][0] <= now_s:
            arrived_s, data = self._going_in.pop(0)
            self._device.hear(data, arrived_s)
        said = self._device.speak(now_s)
        if said and not self._cut and self._master is not None:
            if not self._going_out:
                self._out_free_s = now_s
            self._going_out = (self._going_out + said)[-_MOST_UNREAD_BYTES:]
        self._give_out(now_s)
        return self._rest_s(now_s)

    def _take_in(self, now_s: float) -> None:
        """Put one bundle from the terminal on its way."""
        if not self._listening() or self._master is None:
            return
        try:
            data = os.read(self._master, self._bundle_bytes())
        except OSError:  # nothing there
            return
        if data and not self._cut:
            self._in_free_s = max(self._in_free_s, now_s) + self._takes_s(len(data))
            self._going_in.append((self._in_free_s, data))

    def _give_out(self, now_s: float) -> None:
        """Hand the terminal the bundles whose last bit has come through by `now_s`."""
        while self._going_out and self._master is not None:
            bundle = self._going_out[: self._bundle_bytes()]
            through_s = self._out_free_s + self._takes_s(len(bundle))
            if through_s > now_s:
                return
            self._out_free_s = through_s
            self._going_out = self._going_out[len(bundle) :]
            # A terminal that does not read loses what comes, as with a real port.
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, bundle)

    def _rest_s(self, now_s: float) -> float:
        times = [arrives_s for arrives_s, _ in self._going_in[:1]]
        if self._going_out:
            bundle = min(self._bundle_bytes(), len(self._going_out))
            times.append(self._out_free_s + self._takes_s(bundle))
        if (speaks_s := self._device.next_s()) is not None:
            times.append(speaks_s)
        if not times:
            return _LONGEST_REST_S
        return min(max(min(times) - now_s, 0.0005), _LONGEST_REST_S)

    def _takes_s(self, count: int) -> float:
        return count * BITS_A_BYTE / self._device.baud

    def _bundle_bytes(self) -> int:
        return max(1, int(self._device.baud / BITS_A_BYTE * _CHUNK_S))
