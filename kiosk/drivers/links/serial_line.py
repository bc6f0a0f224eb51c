"""A serial line on pyserial, as the runner's `Link`: `Open`, `Write`, `Read`, `Discard`.

An unplugged adapter shows in many ways: an error at the next call, a file that is readable
and empty, a write that never ends, a device node that is gone. All of them are `LinkLost`
here, and the port stays closed until the talk opens it again.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import time
from contextlib import suppress
from typing import Any, Literal

import serial
from msgspec import Struct

from kiosk.drivers.links.ops import Discard, LinkLost, Op, Open, Read, Write

WRITE_MARGIN_S = 2.0  # on top of what the line itself needs: a held-off line blocks no longer
BITS_A_BYTE = 10  # 8N1

DSR_CHUNK = 32  # bytes sent between two looks at DSR; a device keeps room for that many
DSR_LOOK_EVERY_S = 0.02

_LOST = (OSError, termios.error)
"""What pyserial lets through when a port vanishes under it; its own SerialException, and the
SerialTimeoutException of a blocked write, are OSErrors."""


class SerialPort(Struct, frozen=True):
    """Where a device is and how its line is set; always 8 data bits, no parity, 1 stop bit.

    `flow`: "xonxoff" is the kernel's; "dsrdtr" is done here, since Linux has none: bytes go
    out in small parts, and only while the device holds DSR.
    """

    path: str  # a stable name under /dev/serial/by-path or of a udev rule
    baud: int
    flow: Literal["none", "dsrdtr", "xonxoff"] = "none"


class SerialLine:
    """One port, opened exclusively. Not open before the first `Open`."""

    def __init__(self, config: SerialPort) -> None:
        self._config = config
        self._port: serial.Serial | None = None
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_out, False)
        os.set_blocking(self._wake_in, False)
        self._closed = False

    def __repr__(self) -> str:
        state = "open" if self._port is not None else "closed"
        return f"SerialLine({self._config.path}, {self._config.baud}, {state})"

    def perform(self, op: Op) -> Any:
        """Carry out one serial operation. Raises `LinkLost`."""
        try:
            match op:
                case Open():
                    return self._open()
                case Write(data):
                    return self._write(data)
                case Read(size, timeout_s):
                    return self._read(size, timeout_s)
                case Discard():
                    return self._live().reset_input_buffer()
        except _LOST as error:
            self._drop()
            raise LinkLost(f"{self._config.path}: {type(error).__name__}") from error
        raise AssertionError(f"a serial line cannot do {type(op).__name__}")

    def wake(self) -> None:
        """End the read that waits, or the next one. From any thread."""
        if self._closed:
            return
        with suppress(BlockingIOError):  # the pipe is full of wakes already
            os.write(self._wake_in, b"w")

    def close(self) -> None:
        """Close the port. May be called twice; the runner calls it after its thread ended."""
        self._drop()
        if not self._closed:
            self._closed = True
            os.close(self._wake_out)
            os.close(self._wake_in)

    def _open(self) -> None:
        self._drop()
        self._port = serial.Serial(
            self._config.path,
            self._config.baud,
            timeout=0,
            write_timeout=WRITE_MARGIN_S,
            xonxoff=self._config.flow == "xonxoff",
            dsrdtr=self._config.flow == "dsrdtr",
            exclusive=True,
        )
        self._port.reset_input_buffer()

    def _write(self, data: bytes) -> None:
        port = self._live()
        limit_s = WRITE_MARGIN_S + len(data) * BITS_A_BYTE / self._config.baud
        port.write_timeout = limit_s
        if self._config.flow != "dsrdtr":
            port.write(data)
            return
        for start in range(0, len(data), DSR_CHUNK):
            self._await_dsr(port, limit_s)
            port.write(data[start : start + DSR_CHUNK])
            port.flush()

    def _await_dsr(self, port: serial.Serial, limit_s: float) -> None:
        end_s = time.monotonic() + limit_s
        while not has_dsr(port):
            if time.monotonic() >= end_s:
                raise LinkLost(f"{self._config.path}: DSR held low")
            # Nothing in the kernel waits for a modem line with a limit; look now and then.
            select.select([], [], [], DSR_LOOK_EVERY_S)

    def _read(self, size: int, timeout_s: float) -> bytes:
        port = self._live()
        ready, _, _ = select.select([port.fileno(), self._wake_out], [], [], timeout_s)
        if self._wake_out in ready:
            self._drain_wakes()
        if port.fileno() not in ready:
            return b""
        # pyserial itself finds out that a descriptor is readable and empty: unplugged.
        return bytes(port.read(size))

    def _drain_wakes(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._wake_out, 64):
                pass

    def _live(self) -> serial.Serial:
        if self._port is None:
            raise LinkLost(f"{self._config.path}: not open")
        return self._port

    def _drop(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            # A held-off line would keep close() waiting for its output to drain. Either call
            # fails when the device is gone already, and then there is nothing to save.
            with suppress(*_LOST):
                port.reset_output_buffer()
            with suppress(*_LOST):
                port.close()


def has_dsr(port: serial.Serial) -> bool:
    """Whether the device is ready to receive; a line without modem signals always is."""
    try:
        return bool(port.dsr)
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EINVAL):
            return True
        raise
