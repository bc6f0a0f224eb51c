"""Real flushes on a real disk, a full one, one that can only be read, and none."""

from __future__ import annotations

import contextlib
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


class SmallDisk:
    """A file system of 64 KiB, mounted where only a program of ours sees it: no privilege is needed.

    `place` leads there through that program's root.
    """

    def __init__(self, folder: Path) -> None:
        script = 'mount -t tmpfs -o size=64k none "$0" && echo && read _ && mount -o remount,bind,ro "$0"'
        self._mounter = subprocess.Popen(
            [
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                f"{script} && echo && read _",
                folder,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.place = Path(f"/proc/{self._mounter.pid}/root{folder}")
        self._done()

    def turns_read_only(self) -> None:
        assert self._mounter.stdin is not None
        self._mounter.stdin.write(b"\n")
        self._mounter.stdin.flush()
        self._done()

    def close(self) -> None:
        self._mounter.communicate(timeout=20)

    def _done(self) -> None:
        assert self._mounter.stdout is not None
        assert self._mounter.stdout.readline() == b"\n", "mount(8) says why"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with contextlib.closing(SmallDisk(tmp_path)) as disk:
        yield disk


def test_a_full_disk_fails_with_its_remedy_and_nothing_is_left_behind(
    small_disk: SmallDisk,
) -> None:
    (small_disk.place / "journal").write_bytes(bytes(60 * 1024))
    (found,) = flushes(small_disk.place)
    assert (found.check, found.outcome) == ("disk.writes", Outcome.FAILED)
    assert "full" in found.said
    assert "room" in found.remedy
    assert [path.name for path in small_disk.place.iterdir()] == ["journal"]


def test_a_disk_that_fills_up_during_the_test_fails_too(small_disk: SmallDisk) -> None:
    (found,) = flushes(small_disk.place)  # a hundred pages are more than it has
    assert "full" in found.said
    assert list(small_disk.place.iterdir()) == []


def test_a_disk_that_can_only_be_read_is_told_from_a_full_one(small_disk: SmallDisk) -> None:
    small_disk.turns_read_only()
    (found,) = flushes(small_disk.place)
    assert found.outcome is Outcome.FAILED
    assert "only be read" in found.said


def test_little_space_fails(small_disk: SmallDisk) -> None:
    assert space(small_disk.place).outcome is Outcome.FAILED


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
