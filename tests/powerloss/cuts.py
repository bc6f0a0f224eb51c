"""Real power cuts: an ext4 file system on a loop device that goes down while the queue works.

The shutdown ioctl of ext4 without a flush of its journal is as close to pulled power as software comes:
what is not on the device is gone. It needs root and loop devices.
"""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.powerloss.campaign import Tally
from tests.powerloss.children import Children
from tests.powerloss.inspection import Acknowledged, inspect
from tests.powerloss.workload import STORE_FAILED, Job

_EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2
_SIZE_BYTES = 96 << 20
_ENDLESS = 1_000_000  # steps: the cut ends it
_BEFORE_S = (0.01, 0.35)  # from the open queue to the cut
_COMMAND_S = 60


class NotHere(RuntimeError):
    """This machine cannot cut power; the text is the reason."""


class CutDisk:
    """A file system of its own that can lose its power."""

    def __init__(self, directory: Path) -> None:
        self._image = directory / "disk.img"
        self._mount = directory / "disk"
        self.directory = self._mount / "queue"

    def make(self) -> None:
        """Make and mount it. Raises `NotHere`."""
        if os.geteuid() != 0:
            raise NotHere("not root")
        with self._image.open("wb") as image:
            image.truncate(_SIZE_BYTES)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        self._mount.mkdir()
        self._on()

    def fresh(self) -> None:
        """An empty directory that is surely on the disk."""
        if self.directory.exists():
            for path in self.directory.iterdir():
                path.unlink()
        self.directory.mkdir(exist_ok=True)
        for directory in (self.directory, self._mount):
            place = os.open(directory, os.O_RDONLY)
            os.fsync(place)
            os.close(place)

    def cut(self) -> None:
        """The power goes: from now on every write and flush fails."""
        place = os.open(self._mount, os.O_RDONLY)
        try:
            fcntl.ioctl(place, _EXT4_IOC_SHUTDOWN, _NO_LOG_FLUSH.to_bytes(4, "little"))
        finally:
            os.close(place)

    def restore(self) -> None:
        """The power comes back."""
        self.off()
        self._on()

    def off(self) -> None:
        """Unmount it, if it is mounted."""
        if self._mount.is_mount():
            _run("umount", str(self._mount))

    def _on(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self._mount))


@contextmanager
def cut_disk(directory: Path) -> Iterator[CutDisk]:
    """A disk that is there as long as the block. Raises `NotHere`."""
    disk = CutDisk(directory)
    try:
        disk.make()
        yield disk
    finally:
        disk.off()


def one_cut(disk: CutDisk, children: Children, rng: Random, tally: Tally, weak: str = "") -> None:
    """Let the queue work for a moment, cut the power, and look at what is there after it."""
    disk.fresh()
    marks = children.directory / "marks.fifo"
    marks.unlink(missing_ok=True)
    os.mkfifo(marks)
    job = Job(
        str(disk.directory), str(marks), seed=rng.randrange(1 << 30), steps=_ENDLESS, weak=weak
    )
    children.begin(job)
    with marks.open("rb", buffering=0) as heard:
        lines = _until(heard.fileno(), b"open\n", None)
        lines += _until(heard.fileno(), None, rng.uniform(*_BEFORE_S))
        disk.cut()
        # Not counted: a flush that was under way during the ioctl can return success though ext4
        # dropped it. A bare append and fdatasync shows the same, in one cut of six.
        while heard.read(1 << 20):
            pass
    code = children.end()
    assert code == STORE_FAILED, f"the process ended with {code}"
    disk.restore()
    said = Acknowledged()
    for line in lines.decode("ascii").split("\n")[:-1]:
        said.note(line.split(" "))
    said.wiped.clear()  # what the queue wiped may stand in blocks that ext4 had yet to write
    tally.add(inspect(disk.directory, said, children.keys), len(said.requests))


def _until(descriptor: int, word: bytes | None, seconds: float | None) -> bytes:
    """What comes through the pipe until a word does, or for so many seconds, or to its end."""
    heard = b""
    deadline_s = None if seconds is None else time.monotonic() + seconds
    while word is None or word not in heard:
        left_s = None if deadline_s is None else max(0.0, deadline_s - time.monotonic())
        if not select.select([descriptor], [], [], left_s)[0]:
            break
        part = os.read(descriptor, 1 << 20)
        if not part:
            break
        heard += part
    return heard


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_S)
    if done.returncode != 0:
        raise NotHere(f"{command[0]}: {done.stderr.strip().splitlines()[-1:]}")
