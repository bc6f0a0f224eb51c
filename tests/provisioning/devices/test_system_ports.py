"""Ports and cameras from files as the kernel and udev write them, and the names that last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.drivers.events import Device
from provisioning.devices.stable_names import NoStableName, rules
from provisioning.devices.system_ports import PortFacts, cameras, serial_ports


def written(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def adapter(root: Path, name: str, minor: int, *facts: str, plug: str | None = "0") -> None:
    written(root, f"dev/{name}", "")
    written(root, f"sys/class/tty/{name}/dev", f"188:{minor}\n")
    if plug is not None:
        written(root, f"sys/class/tty/{name}/device/port_number", f"{plug}\n")
    lines = ["S:serial/by-id/usb-x", *(f"E:{fact}" for fact in facts), "G:systemd"]
    written(root, f"run/udev/data/c188:{minor}", "\n".join(lines) + "\n")


FTDI = ("ID_VENDOR_ID=0403", "ID_MODEL_ID=6001", "ID_USB_INTERFACE_NUM=00")


def test_ports_are_listed_with_what_udev_knows(tmp_path: Path) -> None:
    adapter(tmp_path, "ttyUSB10", 10, *FTDI, "ID_SERIAL_SHORT=A10", "ID_PATH=pci-0:usb-0:1.2:1.0")
    adapter(tmp_path, "ttyUSB9", 9, *FTDI, "ID_SERIAL_SHORT=A9")
    found = serial_ports(tmp_path)
    assert [facts.node for facts in found] == ["/dev/ttyUSB9", "/dev/ttyUSB10"]
    assert found[1] == PortFacts(
        "/dev/ttyUSB10", "0403", "6001", "A10", "pci-0:usb-0:1.2:1.0", "00", "0"
    )


def test_a_uart_that_the_board_does_not_have_is_left_out(tmp_path: Path) -> None:
    for name, kind in (("ttyS0", "4"), ("ttyS1", "0"), ("ttyAMA0", None)):
        written(tmp_path, f"dev/{name}", "")
        if kind is not None:
            written(tmp_path, f"sys/class/tty/{name}/type", f"{kind}\n")
    assert [facts.node for facts in serial_ports(tmp_path)] == ["/dev/ttyAMA0", "/dev/ttyS0"]


def test_a_cameras_second_node_is_no_camera(tmp_path: Path) -> None:
    for number in (0, 1):
        written(tmp_path, f"dev/video{number}", "")
        written(tmp_path, f"sys/class/video4linux/video{number}/index", f"{number}\n")
        written(tmp_path, f"sys/class/video4linux/video{number}/name", "HD Webcam: HD Webcam\n")
    (found,) = cameras(tmp_path)
    assert (found.node, found.title) == ("/dev/video0", "HD Webcam: HD Webcam")


def test_no_files_at_all_are_no_ports(tmp_path: Path) -> None:
    assert serial_ports(tmp_path) == ()
    assert cameras(tmp_path) == ()


OWN = PortFacts("/dev/ttyUSB0", "0403", "6001", "A50285BI", "pci-0:usb-0:1.1:1.0", "00", "0")
CLONE = PortFacts("/dev/ttyUSB1", "10c4", "ea60", "0001", "pci-0:usb-0:1.2:1.0", "00", "0")
TWIN = PortFacts("/dev/ttyUSB2", "10c4", "ea60", "0001", "pci-0:usb-0:1.3:1.0", "00", "0")
EYE = PortFacts("/dev/video0", "046d", "0825", "", "pci-0:usb-0:1.4:1.0", "00")


def test_an_adapter_with_a_number_of_its_own_is_known_by_it() -> None:
    text = rules({Device.PIN_PAD: OWN})
    assert 'ENV{ID_SERIAL_SHORT}=="A50285BI"' in text
    assert 'SYMLINK+="kiosk/pin-pad"' in text
    assert "ID_PATH" not in text


def test_adapters_that_all_have_the_same_number_are_known_by_their_socket() -> None:
    text = rules({Device.PIN_PAD: CLONE, Device.ID_SCANNER: TWIN})
    assert "ID_SERIAL_SHORT" not in text
    assert 'ENV{ID_PATH}=="pci-0:usb-0:1.2:1.0"' in text
    assert 'ENV{ID_PATH}=="pci-0:usb-0:1.3:1.0"' in text


def test_a_twin_that_is_none_of_our_devices_counts_too() -> None:
    assert "ID_SERIAL_SHORT" in rules({Device.PIN_PAD: CLONE})
    assert "ID_SERIAL_SHORT" not in rules({Device.PIN_PAD: CLONE}, ports=(CLONE, TWIN))


def test_a_camera_gets_its_name_in_its_own_subsystem() -> None:
    line = rules({Device.CAMERA: EYE}).splitlines()[-1]
    assert line.startswith('SUBSYSTEM=="video4linux"')
    assert 'GROUP="video"' in line
    assert 'SYMLINK+="kiosk/camera"' in line


def test_a_port_of_the_board_itself_keeps_its_kernel_name() -> None:
    assert 'KERNEL=="ttyAMA0"' in rules({Device.PIN_PAD: PortFacts("/dev/ttyAMA0")})


def test_a_device_that_nothing_tells_apart_is_refused_by_name() -> None:
    with pytest.raises(NoStableName, match="/dev/ttyUSB3"):
        rules({Device.PIN_PAD: PortFacts("/dev/ttyUSB3")})


@pytest.mark.parametrize("text", ['A"', "A*", "A|B", "[AB]", "A\nRUN", "$kernel", "A B", ""])
def test_a_number_that_would_be_more_than_a_word_in_the_rule_is_not_used(text: str) -> None:
    facts = PortFacts("/dev/ttyUSB0", "0403", "6001", text, "pci-0:usb-0:1.1:1.0", "00", "0")
    assert text not in rules({Device.PIN_PAD: facts}).splitlines()[-1] or not text
    assert "ENV{ID_PATH}" in rules({Device.PIN_PAD: facts})


def test_the_same_facts_always_make_the_same_file() -> None:
    one = rules({Device.PIN_PAD: OWN, Device.CAMERA: EYE})
    assert one == rules({Device.CAMERA: EYE, Device.PIN_PAD: OWN})
    assert all(line.startswith(("#", "SUBSYSTEM", "")) for line in one.splitlines())


def test_each_line_is_a_row_of_matches_and_then_of_assignments() -> None:
    text = rules({Device.PIN_PAD: OWN, Device.ID_SCANNER: TWIN, Device.CAMERA: EYE})
    match, given = r'[A-Z]+(\{\w+\})?=="[^"]+"', r'[A-Z]+(\{\w+\})?\+?="[^"]+"'
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(f"({match}, )+({given}, )*{given}", line)
