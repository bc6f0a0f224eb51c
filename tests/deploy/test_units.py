"""The units: without a fault, and with little to attack. systemd's own programs are the judges."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

SYSTEM = Path(__file__).parents[2] / "deploy" / "system"
UNITS = ("kiosk.service", "kiosk-queue.service")
EXPOSURE_MAX = 2.0


class _Unit(RawConfigParser):
    """A unit's last word for each setting; a setting may stand twice."""

    def __init__(self, name: str) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.read(SYSTEM / name, "utf-8")

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault_in_the_unit(unit: str, tmp_path: Path) -> None:
    shutil.copy(SYSTEM / unit, tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--generators=no", tmp_path / unit],
        capture_output=True,
        text=True,
    )
    said = [line for line in done.stderr.splitlines() if unit in line]
    # What is not installed here cannot be run here.
    assert all("is not executable: No such file" in line for line in said), said


@pytest.mark.parametrize("unit", UNITS)
def test_a_fault_in_a_unit_would_be_found(unit: str, tmp_path: Path) -> None:
    text = (SYSTEM / unit).read_text("utf-8")
    (tmp_path / unit).write_text(text.replace("NoNewPrivileges=", "NoNewPrivilege="), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--generators=no", tmp_path / unit],
        capture_output=True,
        text=True,
    )
    assert "NoNewPrivilege" in done.stderr


@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_is_little_exposed(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", SYSTEM / unit],
        capture_output=True,
        text=True,
    )
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= EXPOSURE_MAX


@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_is_watched_restarted_and_leaves_no_core(unit: str) -> None:
    service = _Unit(unit)["Service"]
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"].removesuffix("s")) >= 30
    assert service["Restart"] == "always"
    assert service["LimitCORE"] == "0"
    assert "StandardOutput" not in service  # the journal has its bound, a file has none


def test_the_screen_process_cannot_reach_a_network() -> None:
    service = _Unit("kiosk.service")["Service"]
    assert service["PrivateNetwork"] == "yes"
    assert "AF_INET" not in service["RestrictAddressFamilies"]


def test_the_queue_can_ask_the_kernel_how_good_its_clock_is() -> None:
    text = (SYSTEM / "kiosk-queue.service").read_text("utf-8")
    assert "SystemCallFilter=@system-service adjtimex clock_adjtime" in text
    assert "ProtectClock=yes" not in text


def test_the_queue_keeps_its_allocator_that_forgets() -> None:
    """`python -I` and `-E` would have it ignore PYTHONMALLOC; without assertions it does not run."""
    command = _Unit("kiosk-queue.service")["Service"]["ExecStart"].split()
    flags = command[1 : command.index("-m")]
    assert flags == ["-P"]
    assert _Unit("kiosk-queue.service")["Service"]["MemorySwapMax"] == "0"
