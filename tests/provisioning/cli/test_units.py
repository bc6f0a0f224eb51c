"""The units of setting up and of life afterwards: without a fault, and with little to attack."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEM = Path(__file__).parents[3] / "deploy" / "system"
SERVICES = ("kiosk-renew.service", "kiosk-sign-off.service")
UNITS = (*SERVICES, "kiosk-renew.timer", "kiosk-sign-off.path")
EXPOSURE_MAX = 2.0


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault_in_the_unit(unit: str, tmp_path: Path) -> None:
    for name in (*UNITS, "kiosk.service", "kiosk-queue.service"):
        shutil.copy(SYSTEM / name, tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--generators=no", tmp_path / unit],
        capture_output=True,
        text=True,
    )
    said = [line for line in done.stderr.splitlines() if unit in line]
    # What is not installed here cannot be run here.
    assert all("is not executable: No such file" in line for line in said), said


@pytest.mark.parametrize("unit", SERVICES)
def test_the_unit_is_little_exposed(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", SYSTEM / unit],
        capture_output=True,
        text=True,
    )
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= EXPOSURE_MAX


def test_settings_are_read_where_they_are_written() -> None:
    for unit, file in (("kiosk.service", "kiosk.toml"), ("kiosk-queue.service", "queue.toml")):
        text = (SYSTEM / unit).read_text("utf-8")
        place = f"/var/lib/sscard-provision/configurations/current/{file}"
        assert f"ConditionPathExists={place}" in text
        assert f"--settings {place}" in text
