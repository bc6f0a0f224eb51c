"""Real flushes on a real disk, a full one, one that can only be read, and none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.readiness.disk import flushes, space
from provisioning.readiness.verdicts import Limits
from provisioning.wire import Outcome


def test_flushes_are_timed_and_nothing_is_left_behind(tmp_path: Path) -> None:
    writes, median, p99 = flushes(tmp_path, count=40)
    assert writes.outcome is Outcome.PASSED
    assert median.unit == p99.unit == "ms"
    assert median.value is not None
    assert p99.value is not None
    assert 0 <= median.value <= p99.value
    assert list(tmp_path.iterdir()) == []


def test_free_space_is_what_the_system_says(tmp_path: Path) -> None:
    found = space(tmp_path)
    figures = os.statvfs(tmp_path)
    assert found.value == pytest.approx(figures.f_bavail * figures.f_frsize / 2**20, rel=0.05)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 64 KiB; only root can have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "kiosk-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user cannot mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_fails_with_its_remedy_and_nothing_is_left_behind(small_disk: Path) -> None:
    (small_disk / "journal").write_bytes(bytes(60 * 1024))
    (found,) = flushes(small_disk)
    assert (found.check, found.outcome) == ("disk.writes", Outcome.FAILED)
    assert "full" in found.said
    assert "room" in found.remedy
    assert [path.name for path in small_disk.iterdir()] == ["journal"]


def test_a_disk_that_fills_up_during_the_test_fails_too(small_disk: Path) -> None:
    (found,) = flushes(small_disk)  # a hundred pages are more than it has
    assert "full" in found.said
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_can_only_be_read_is_told_from_a_full_one(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    (found,) = flushes(small_disk)
    assert found.outcome is Outcome.FAILED
    assert "only be read" in found.said


def test_little_space_fails(small_disk: Path) -> None:
    assert space(small_disk).outcome is Outcome.FAILED


def test_a_folder_that_is_not_there_fails_in_words(tmp_path: Path) -> None:
    (found,) = flushes(tmp_path / "none")
    assert found.outcome is Outcome.FAILED
    assert space(tmp_path / "none").outcome is Outcome.FAILED


def test_limits_grade_both_ways() -> None:
    up, down = Limits(10, 20), Limits(10, 5, low_is_bad=True)
    assert [up.grade(each) for each in (9.9, 10, 19.9, 20)] == [
        *(Outcome.PASSED, Outcome.CONCERN, Outcome.CONCERN, Outcome.FAILED)
    ]
    assert [down.grade(each) for each in (10.1, 10, 5.1, 5)] == [
        *(Outcome.PASSED, Outcome.CONCERN, Outcome.CONCERN, Outcome.FAILED)
    ]
