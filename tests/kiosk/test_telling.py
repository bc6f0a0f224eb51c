"""The status door: a real socket in a real folder."""

from __future__ import annotations

import socket
from pathlib import Path

from kiosk.drivers.events import CardFacts, CardRead, Device, DeviceChanged, DeviceStatus
from kiosk.telling import Telling, ask

ONLINE = DeviceChanged(Device.CARD_READER, DeviceStatus.ONLINE)


def test_who_asks_is_told_the_mode_the_devices_and_the_services(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "door", lambda: 10.0)
    telling.heard(ONLINE)
    telling.is_now("idle", {"balance": ("pin_pad",)})
    told = ask(tmp_path / "door")
    telling.close()
    assert told is not None
    assert (told.mode, told.devices) == ("idle", (ONLINE,))
    assert told.services == {"balance": ("pin_pad",)}


def test_the_age_of_the_last_frame_grows_while_nobody_draws(tmp_path: Path) -> None:
    now = [10.0]
    telling = Telling(tmp_path / "door", lambda: now[0])
    telling.drawn(10.0)
    now[0] = 70.0  # the screen's thread has done nothing since
    told = ask(tmp_path / "door")
    telling.close()
    assert told is not None
    assert told.frame_age_s == 60.0


def test_a_card_that_was_read_is_not_told(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "door", lambda: 0.0)
    telling.heard(CardRead(CardFacts("3.00", "990000A12", "9900000000")))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.connect(str(tmp_path / "door"))
        line = door.recv(4096)
    telling.close()
    assert line
    assert b"990000" not in line


def test_a_closed_door_does_not_answer(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "door", lambda: 0.0)
    telling.close()
    telling.close()
    assert ask(tmp_path / "door") is None
