"""The recorder and the model of the disk, before anything is believed of them."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from tests.powerloss.campaign import new_job, recorded
from tests.powerloss.children import Children
from tests.powerloss.images import Call, Disk, Mode, crash_images

ROOT = "/disk"
RNG = Random(1)


def _open(name: str, fd: int) -> Call:
    return Call("O", fd, 0, os.O_CREAT, f"{ROOT}{name}".encode())


def _write(fd: int, offset: int, data: bytes) -> Call:
    return Call("W", fd, 0, offset, data)


def _flush(fd: int, error: int = 0) -> Call:
    return Call("S", fd, error, 0, b"")


def _left(mode: Mode, *calls: Call) -> dict[str, bytes]:
    disk = Disk()
    for call in (_open("", 1), *calls):
        disk.replay(call, ROOT)
    return disk.left_behind(mode, RNG)


MADE = (_open("/a", 3), _write(3, 0, b"old!"), _flush(3), _flush(1))


def test_a_flushed_write_survives_and_one_that_was_not_flushed_may_be_dropped_or_kept() -> None:
    calls = (*MADE, _write(3, 0, b"new!"))
    assert _left(Mode.DROPPED, *calls) == {"a": b"old!"}
    assert _left(Mode.KEPT, *calls) == {"a": b"new!"}
    assert _left(Mode.DROPPED, *calls, _flush(3)) == {"a": b"new!"}


def test_a_name_is_there_only_after_a_flush_of_its_directory() -> None:
    calls = (_open("/a", 3), _write(3, 0, b"old!"), _flush(3))
    assert _left(Mode.DROPPED, *calls) == {}
    assert _left(Mode.KEPT, *calls) == {"a": b"old!"}


def test_a_rename_happens_whole_or_not_at_all() -> None:
    rename = Call("R", -1, 0, 0, f"{ROOT}/a\0{ROOT}/b".encode())
    found = {tuple(_left(Mode.TORN, *MADE, rename)) for _ in range(50)}
    assert found == {("a",), ("b",)}


def test_a_write_is_torn_at_sectors_of_512_bytes() -> None:
    calls = (_open("/a", 3), _write(3, 0, bytes(1024)), _flush(3), _flush(1))
    found = {_left(Mode.TORN, *calls, _write(3, 256, b"x" * 512))["a"] for _ in range(200)}
    old, first, second = bytes(1024), b"x" * 256, b"x" * 256
    assert found == {
        old,
        bytes(256) + first + bytes(512),
        bytes(512) + second + bytes(256),
        bytes(256) + first + second + bytes(256),
    }


def test_a_flush_that_failed_is_not_made_good_by_the_next_one() -> None:
    calls = (*MADE, _write(3, 0, b"new!"), _flush(3, error=5), _flush(3))
    assert _left(Mode.DROPPED, *calls) == {"a": b"old!"}


def test_a_page_written_again_after_a_failed_flush_is_flushed_whole() -> None:
    calls = (*MADE, _write(3, 0, b"new!"), _flush(3, error=5), _write(3, 600, b"more"), _flush(3))
    assert _left(Mode.DROPPED, *calls)["a"].startswith(b"new!")


def test_a_truncation_that_was_not_flushed_may_be_undone() -> None:
    calls = (*MADE, Call("T", 3, 0, 1, b""))
    assert _left(Mode.DROPPED, *calls) == {"a": b"old!"}
    assert _left(Mode.KEPT, *calls) == {"a": b"o"}


def test_the_recorder_misses_nothing_of_what_the_queue_writes(children: Children) -> None:
    job = new_job(children, "recorded", seed=3, steps=30)
    code, calls = recorded(children, job)
    assert code == 0
    ((_, _, files),) = crash_images(calls, job.directory, [(len(calls), Mode.KEPT)], RNG)
    found = {path.name: path.read_bytes() for path in Path(job.directory).iterdir()}
    assert found == files
