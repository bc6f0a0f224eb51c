"""Memory, temperature, power, clock, sound and wear, from files as the kernel writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.readiness import board, disk, identity
from provisioning.readiness.machine import Machine
from provisioning.wire import Outcome

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def machine(root: Path, **files: str) -> Machine:
    """A machine whose files are given with `__` for `/` in their names."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Machine(root)


def program(root: Path, name: str, script: str) -> Machine:
    path = root / "usr/bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Machine(root)


def meminfo(available_kib: int) -> str:
    return f"MemTotal:        1896000 kB\nMemFree:  1 kB\nMemAvailable:    {available_kib} kB\n"


@pytest.mark.parametrize(
    ("available_kib", "outcome"),
    [(900_000, Outcome.PASSED), (250_000, Outcome.CONCERN), (90_000, Outcome.FAILED)],
)
def test_memory_is_graded(tmp_path: Path, available_kib: int, outcome: Outcome) -> None:
    (found,) = board.memory(machine(tmp_path, proc__meminfo=meminfo(available_kib)))
    assert found.outcome is outcome
    assert found.value == pytest.approx(available_kib / 1024, abs=0.01)
    assert bool(found.remedy) is (outcome is not Outcome.PASSED)


def test_a_program_that_was_ended_for_want_of_memory_is_told(tmp_path: Path) -> None:
    files = {"proc__meminfo": meminfo(900_000), "proc__vmstat": "pgfault 7\noom_kill 2\n"}
    _, ended = board.memory(machine(tmp_path, **files))
    assert ended.outcome is Outcome.CONCERN
    assert "2 programs" in ended.said


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("48312\n", Outcome.PASSED), ("72000\n", Outcome.CONCERN), ("81500\n", Outcome.FAILED)],
)
def test_the_warmest_sensor_counts(tmp_path: Path, text: str, outcome: Outcome) -> None:
    zones = {
        "sys__class__thermal__thermal_zone0__temp": "40000\n",
        "sys__class__thermal__thermal_zone1__temp": text,
    }
    assert board.temperature(machine(tmp_path, **zones)).outcome is outcome


@pytest.mark.parametrize("text", ["", "hot\n", "-273000\n", "999999999\n"])
def test_a_broken_sensor_is_unknown_and_not_warm(tmp_path: Path, text: str) -> None:
    found = board.temperature(machine(tmp_path, sys__class__thermal__thermal_zone0__temp=text))
    assert found.outcome is Outcome.NOT_DONE
    assert found.said.startswith("Unknown")


@pytest.mark.parametrize(
    ("flags", "outcome", "word"),
    [
        ("0x0", Outcome.PASSED, "has held"),
        ("0x50005", Outcome.FAILED, "now"),
        ("0x50000", Outcome.CONCERN, "since the start"),
        ("0x60000", Outcome.CONCERN, "slowed itself"),
        ("0x80008", Outcome.PASSED, "has held"),  # the soft limit alone, on a 3B+
    ],
)
def test_a_raspberry_pi_tells_of_its_supply(
    tmp_path: Path, flags: str, outcome: Outcome, word: str
) -> None:
    found = board.power(program(tmp_path, "vcgencmd", f"echo throttled={flags}"))
    assert found.outcome is outcome
    assert word in found.said


@pytest.mark.parametrize("script", ["exit 1", "echo VCHI initialization failed", "kill -9 $$"])
def test_a_program_that_fails_says_nothing_of_the_supply(tmp_path: Path, script: str) -> None:
    assert board.power(program(tmp_path, "vcgencmd", script)).outcome is Outcome.NOT_DONE


@pytest.mark.parametrize(("alarm", "outcome"), [("0", Outcome.PASSED), ("1", Outcome.CONCERN)])
def test_the_kernels_own_sensor_will_do(tmp_path: Path, alarm: str, outcome: Outcome) -> None:
    files = {
        "sys__class__hwmon__hwmon0__name": "cpu_thermal\n",
        "sys__class__hwmon__hwmon1__name": "rpi_volt\n",
        "sys__class__hwmon__hwmon1__in0_lcrit_alarm": f"{alarm}\n",
    }
    assert board.power(machine(tmp_path, **files)).outcome is outcome


def test_on_another_board_the_supply_is_unknown_and_said_so(tmp_path: Path) -> None:
    found = board.power(Machine(tmp_path))
    assert (found.outcome, found.said[:7]) == (Outcome.NOT_DONE, "Unknown")


def test_sound_cards_are_found_by_name(tmp_path: Path) -> None:
    cards = (
        " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n"
        "                      bcm2835 Headphones\n"
    )
    found = board.sound(machine(tmp_path / "pi", proc__asound__cards=cards))
    assert found.outcome is Outcome.PASSED
    assert "bcm2835 Headphones" in found.said
    none = machine(tmp_path / "none", proc__asound__cards="--- no soundcards ---\n")
    assert board.sound(none).outcome is Outcome.FAILED
    assert board.sound(Machine(tmp_path / "nothing")).outcome is Outcome.FAILED


def test_the_battery_clock_is_looked_for(tmp_path: Path) -> None:
    files = {
        "sys__class__rtc__rtc0__name": "rtc-ds1307 1-0068\n",
        "sys__class__rtc__rtc0__since_epoch": "1700000000\n",
    }
    assert board.battery_clock(machine(tmp_path / "has", **files)).outcome is Outcome.PASSED
    assert board.battery_clock(Machine(tmp_path / "not")).outcome is Outcome.CONCERN
    files["sys__class__rtc__rtc0__since_epoch"] = ""
    assert board.battery_clock(machine(tmp_path / "dead", **files)).outcome is Outcome.CONCERN


@pytest.mark.parametrize(
    ("life", "reserve", "outcome"),
    [
        ("0x01 0x02", "0x01", Outcome.PASSED),
        ("0x08 0x02", "0x01", Outcome.CONCERN),
        ("0x0b 0x01", "0x01", Outcome.FAILED),
        ("0x02 0x02", "0x03", Outcome.CONCERN),
        ("0x00 0x00", "0x00", Outcome.NOT_DONE),
    ],
)
def test_an_emmc_tells_its_wear(tmp_path: Path, life: str, reserve: str, outcome: Outcome) -> None:
    files = {
        "sys__block__mmcblk0__device__life_time": f"{life}\n",
        "sys__block__mmcblk0__device__pre_eol_info": f"{reserve}\n",
    }
    assert disk.wear(machine(tmp_path, **files)).outcome is outcome


def test_the_wear_of_other_disks_is_unknown_and_said_so(tmp_path: Path) -> None:
    found = disk.wear(Machine(tmp_path))
    assert (found.outcome, found.said[:7]) == (Outcome.NOT_DONE, "Unknown")


@pytest.mark.parametrize(
    ("off_s", "outcome"),
    [(0.2, Outcome.PASSED), (-30, Outcome.CONCERN), (3600, Outcome.FAILED), (-1e9, Outcome.FAILED)],
)
def test_the_clock_is_held_against_a_proven_time(off_s: float, outcome: Outcome) -> None:
    found = identity.clock(NOW + timedelta(seconds=off_s), NOW)
    assert found.outcome is outcome


def test_without_a_proven_time_the_clock_is_unknown() -> None:
    assert identity.clock(NOW, None).outcome is Outcome.NOT_DONE


@pytest.mark.parametrize(
    ("days", "outcome"),
    [(60, Outcome.PASSED), (20, Outcome.CONCERN), (0, Outcome.FAILED), (-3, Outcome.FAILED)],
)
def test_the_days_of_the_certificate_are_counted(days: int, outcome: Outcome) -> None:
    found = identity.certificate(NOW - timedelta(days=90), NOW + timedelta(days=days), NOW)
    assert (found.outcome, found.value) == (outcome, days)


def test_a_certificate_that_is_not_yet_valid_points_at_the_clock() -> None:
    found = identity.certificate(NOW + timedelta(days=1), NOW + timedelta(days=91), NOW)
    assert found.outcome is Outcome.FAILED
    assert "clock" in found.remedy
