"""A model at the end of a real pseudo-terminal, opened with pyserial as the terminal does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from simulators.models.id_scanner import IdScanner, LaidDocument
from simulators.models.pin_pad import PinPad
from simulators.wires.pty_line import PtyLine

FIND = bytes.fromhex("AAAAAA96690003200122")
NO_CARD = bytes.fromhex("AAAAAA9669000400008084")
FOUND = bytes.fromhex("AAAAAA9669000800009F0000000097")
PATIENCE_S = 10.0


@pytest.fixture
def scanner() -> IdScanner:
    return IdScanner()


@pytest.fixture
def line(scanner: IdScanner, tmp_path: Path) -> Iterator[PtyLine]:
    with contextlib.closing(PtyLine(scanner, tmp_path / "id_scanner")) as line:
        yield line


def opened(line: PtyLine, timeout_s: float = PATIENCE_S) -> serial.Serial:
    return serial.Serial(str(line.path), 115200, timeout=timeout_s)


def test_a_request_is_answered_through_the_port(line: PtyLine) -> None:
    with opened(line) as port:
        port.write(FIND)
        assert port.read(len(NO_CARD)) == NO_CARD


def test_a_large_answer_comes_whole(line: PtyLine) -> None:
    with line.device_lock as device:
        assert isinstance(device, IdScanner)
        device.lay(LaidDocument())
    with opened(line) as port:
        port.write(FIND)
        assert port.read(len(FOUND)) == FOUND
        port.write(bytes.fromhex("AAAAAA96690003200221"))
        port.read(19)
        port.write(bytes.fromhex("AAAAAA96690003300132"))
        assert len(port.read(1295)) == 1295


def test_a_person_acting_under_the_lock_is_noticed_at_once(tmp_path: Path) -> None:
    pad = PinPad()
    with (
        contextlib.closing(PtyLine(pad, tmp_path / "pin_pad")) as line,
        serial.Serial(str(line.path), 9600, timeout=PATIENCE_S) as port,
    ):
        port.write(b"\x02006600012\x0330")
        assert port.read(8)[4] == 0x60
        with line.device_lock:
            pad.press("1")
        assert port.read(1) == b"*"


def test_a_cut_wire_swallows_both_directions_and_a_mended_one_works(line: PtyLine) -> None:
    line.cut()
    with opened(line, timeout_s=0.5) as port:
        port.write(FIND)
        assert port.read(1) == b""
        line.restore()
        port.timeout = PATIENCE_S
        port.write(FIND)
        assert port.read(len(NO_CARD)) == NO_CARD


def test_an_unplugged_port_is_an_error_and_comes_back_under_the_same_path(line: PtyLine) -> None:
    with opened(line) as port:
        line.unplug()
        line.unplug()
        assert not line.path.exists()
        with pytest.raises(OSError, match=r"."):
            port.write(FIND)
            port.read(1)
    line.plug()
    line.plug()
    with opened(line) as port:
        port.write(FIND)
        assert port.read(len(NO_CARD)) == NO_CARD


def test_close_takes_the_path_away_and_may_be_called_twice(line: PtyLine) -> None:
    line.close()
    line.close()
    assert not line.path.is_symlink()
    line.plug()
    assert not line.path.is_symlink()


def test_bytes_arrive_at_the_pace_of_the_line(tmp_path: Path) -> None:
    heard: list[tuple[float, int]] = []

    class Listener:
        baud = 1200

        def hear(self, data: bytes, now_s: float) -> None:
            heard.append((now_s, len(data)))

        def speak(self, now_s: float) -> bytes:
            return b"." if sum(size for _, size in heard) == 24 else b""

        def next_s(self) -> float | None:
            return None

    with (
        contextlib.closing(PtyLine(Listener(), tmp_path / "slow")) as line,
        serial.Serial(str(line.path), 1200, timeout=PATIENCE_S) as port,
    ):
        port.write(bytes(24))
        assert port.read(1) == b"."
    # 23 bytes of ten bits after the first one, whatever the machine was doing meanwhile.
    assert heard[-1][0] - heard[0][0] >= 23 * 10 / 1200 - 1e-6
    assert all(size == 1 for _, size in heard)
