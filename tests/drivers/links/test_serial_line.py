"""The serial line on real pseudo-terminals."""

import os
import pty
import termios
import threading
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.drivers.links.ops import Discard, LinkLost, Now, Open, Read, Write
from kiosk.drivers.links.serial_line import SerialLine, SerialPort

LONG_S = 30.0


@dataclass
class Cable:
    """The far end of the line, and the near end's path."""

    far: int
    path: str
    cut_already: bool = False

    def cut(self) -> None:
        if not self.cut_already:
            self.cut_already = True
            os.close(self.far)


@pytest.fixture
def cable() -> Iterator[Cable]:
    far, near = pty.openpty()
    tty.setraw(near)
    path = os.ttyname(near)
    # A terminal whose near end nobody holds hangs up; the line under test holds it soon.
    made = Cable(far, path)
    yield made
    os.close(near)
    made.cut()


@pytest.fixture
def line(cable: Cable) -> Iterator[SerialLine]:
    made = SerialLine(SerialPort(cable.path, 115_200))
    made.perform(Open())
    yield made
    made.close()


def test_bytes_go_both_ways(line: SerialLine, cable: Cable) -> None:
    line.perform(Write(b"\x00\x03\x11\x13ask"))
    assert os.read(cable.far, 100) == b"\x00\x03\x11\x13ask"
    os.write(cable.far, b"\x02\x0d\x0aanswer")
    assert line.perform(Read(100, LONG_S)) == b"\x02\x0d\x0aanswer"


def test_a_read_gives_no_more_than_asked_for(line: SerialLine, cable: Cable) -> None:
    os.write(cable.far, b"abcdef")
    assert line.perform(Read(4, LONG_S)) == b"abcd"
    assert line.perform(Read(4, LONG_S)) == b"ef"


def test_silence_is_no_bytes(line: SerialLine) -> None:
    assert line.perform(Read(10, 0.01)) == b""


def test_discard_throws_away_what_came(line: SerialLine, cable: Cable) -> None:
    os.write(cable.far, b"old")
    assert line.perform(Read(1, LONG_S)) == b"o"
    line.perform(Discard())
    assert line.perform(Read(10, 0.01)) == b""


def test_a_wake_ends_a_read_that_waits(line: SerialLine) -> None:
    result: list[bytes] = []
    reader = threading.Thread(target=lambda: result.append(line.perform(Read(10, LONG_S))))
    reader.start()
    line.wake()
    reader.join(LONG_S / 2)
    assert result == [b""]


def test_an_early_wake_ends_the_next_read_and_only_that(line: SerialLine, cable: Cable) -> None:
    for _ in range(100_000):  # more than a pipe holds
        line.wake()
    assert line.perform(Read(10, LONG_S)) == b""
    os.write(cable.far, b"x")
    assert line.perform(Read(10, LONG_S)) == b"x"


def test_bytes_come_before_a_wake(line: SerialLine, cable: Cable) -> None:
    os.write(cable.far, b"x")
    line.wake()
    assert line.perform(Read(10, LONG_S)) == b"x"


def test_a_port_that_is_not_there_is_a_lost_link(tmp_path: Path) -> None:
    line = SerialLine(SerialPort(str(tmp_path / "no-port"), 9600))
    with pytest.raises(LinkLost):
        line.perform(Open())
    line.close()


@pytest.mark.parametrize("op", [Write(b"x"), Read(1, 0), Discard()])
def test_a_line_not_opened_is_a_lost_link(cable: Cable, op: Write | Read | Discard) -> None:
    line = SerialLine(SerialPort(cable.path, 9600))
    with pytest.raises(LinkLost):
        line.perform(op)
    line.close()


@pytest.mark.parametrize("op", [Write(b"x"), Read(1, LONG_S)])
def test_an_unplugged_line_is_lost_until_it_is_opened_again(
    line: SerialLine, cable: Cable, op: Write | Read
) -> None:
    cable.cut()
    with pytest.raises(LinkLost):
        line.perform(op)
    with pytest.raises(LinkLost):
        line.perform(Open())
    assert "closed" in repr(line)


def test_unplugging_ends_a_read_that_waits(line: SerialLine, cable: Cable) -> None:
    lost: list[LinkLost] = []

    def read() -> None:
        try:
            line.perform(Read(10, LONG_S))
        except LinkLost as error:
            lost.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    cable.cut()
    reader.join(LONG_S / 2)
    assert len(lost) == 1


def test_the_port_is_opened_for_one_only(line: SerialLine, cable: Cable) -> None:
    other = SerialLine(SerialPort(cable.path, 115_200))
    with pytest.raises(LinkLost):
        other.perform(Open())
    other.close()


def test_opening_again_replaces_the_old_port(line: SerialLine, cable: Cable) -> None:
    line.perform(Open())
    os.write(cable.far, b"x")
    assert line.perform(Read(1, LONG_S)) == b"x"


def test_a_held_off_line_blocks_no_write_for_ever(
    cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.drivers.links.serial_line.WRITE_MARGIN_S", 0.05)
    line = SerialLine(SerialPort(cable.path, 921_600, flow="xonxoff"))
    line.perform(Open())
    os.write(cable.far, bytes([0x13]))  # XOFF
    with pytest.raises(LinkLost):
        for _ in range(20):
            line.perform(Write(bytes(50_000)))
    line.close()


def test_a_line_without_modem_signals_counts_as_ready(cable: Cable) -> None:
    line = SerialLine(SerialPort(cable.path, 9600, flow="dsrdtr"))
    line.perform(Open())
    sent = bytes(range(100))
    writer = threading.Thread(target=lambda: line.perform(Write(sent)))
    writer.start()
    got = b""
    while len(got) < len(sent):
        got += os.read(cable.far, 100)
    writer.join(LONG_S / 2)
    assert got == sent
    line.close()


def test_the_line_is_set_to_the_baud_asked_for(line: SerialLine, cable: Cable) -> None:
    assert termios.tcgetattr(cable.far)[5] == termios.B115200


def test_close_may_be_called_twice_and_a_late_wake_does_no_harm(line: SerialLine) -> None:
    line.close()
    line.close()
    line.wake()
    assert "closed" in repr(line)


def test_an_operation_of_another_link_is_a_programmer_error(line: SerialLine) -> None:
    with pytest.raises(AssertionError):
        line.perform(Now())
