"""The rescue file: what it took is there, wherever a write was torn and whatever was damaged."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from offline_queue.storage.rescue import Rescue, RescueBusy, read_rescue
from offline_queue.storage.rescue_records import (
    FRAME_BYTES,
    RECORDS_AT,
    SLOT_BYTES,
    RescueRecord,
    live_bytes,
    scan,
)

SIZE_BYTES = 65_536


def record(number: int, row_bytes: int = 300) -> RescueRecord:
    row = bytes((number * 37 + i) % 251 + 1 for i in range(row_bytes))
    return RescueRecord(f"{number:032x}", row)


def keep(rescue: Rescue, kept: RescueRecord) -> None:
    assert rescue.keep(kept.op_id, kept.row)


def opened(path: Path, size_bytes: int = SIZE_BYTES) -> Rescue:
    return Rescue.open(path, size_bytes)


def filled(path: Path, count: int) -> int:
    """A file with records 1..count; where its records end."""
    rescue = opened(path)
    for number in range(1, count + 1):
        keep(rescue, record(number))
    rescue.close()
    return scan(path.read_bytes()).end


def numbers(rescue: Rescue) -> list[int]:
    return [int(found.op_id, 16) for found in rescue.records()]


def test_what_was_kept_is_there_after_opening_anew(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    filled(path, 3)
    rescue = opened(path)
    assert rescue.records() == (record(1), record(2), record(3))
    assert not rescue.found.is_torn
    assert rescue.found.damaged == 0


def test_a_record_changes_no_length_and_needs_no_new_room(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    opened(path).close()
    before = path.stat()
    assert before.st_size == SIZE_BYTES
    assert before.st_blocks * 512 >= SIZE_BYTES
    filled(path, 5)
    assert (path.stat().st_size, path.stat().st_blocks) == (before.st_size, before.st_blocks)


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    opened(tmp_path / "queue.rescue")
    assert (tmp_path / "queue.rescue").stat().st_mode & 0o777 == 0o600


def test_a_second_process_does_not_get_it(tmp_path: Path) -> None:
    rescue = opened(tmp_path / "queue.rescue")
    with pytest.raises(RescueBusy):
        opened(tmp_path / "queue.rescue")
    rescue.close()
    opened(tmp_path / "queue.rescue").close()


def test_a_tail_torn_at_any_byte_loses_only_what_was_not_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    filled(path, 2)
    before = path.read_bytes()
    whole = live_bytes(record(3))
    end = scan(before).end
    for cut in range(len(whole) + 1):
        torn = before[:end] + whole[:cut] + before[end + cut :]
        path.write_bytes(torn)
        rescue = opened(path)
        is_whole = not any(whole[cut:])
        assert numbers(rescue) == ([1, 2, 3] if is_whole else [1, 2]), cut
        assert rescue.found.damaged == 0
        keep(rescue, record(4))
        rescue.close()
        again = read_rescue(path)
        assert [int(found.op_id, 16) for found in again.records] == (
            [1, 2, 3, 4] if is_whole else [1, 2, 4]
        )
        assert not again.is_torn, "a torn end was cleared"


def test_a_tail_of_which_only_the_later_sectors_came_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    end = filled(path, 2)
    data = bytearray(path.read_bytes())
    whole = live_bytes(record(3, 2_000))
    for first in range(0, len(whole), 512):
        part = bytearray(data)
        part[end + first : end + len(whole)] = whole[first:]
        path.write_bytes(part)
        rescue = opened(path)
        assert numbers(rescue) == ([1, 2] if first else [1, 2, 3])
        rescue.close()


def test_a_damaged_byte_anywhere_loses_at_most_its_own_record_and_is_reported(
    tmp_path: Path,
) -> None:
    path = tmp_path / "queue.rescue"
    end = filled(path, 4)
    whole = path.read_bytes()
    record_bytes = (end - RECORDS_AT) // 4
    for at in range(RECORDS_AT, end):
        data = bytearray(whole)
        data[at] ^= 0xFF
        found = scan(bytes(data))
        hit = (at - RECORDS_AT) // record_bytes + 1
        kept = [int(f.record.op_id, 16) for f in found.frames if f.record is not None]
        is_padding = kept == [1, 2, 3, 4]
        assert is_padding or kept == [n for n in (1, 2, 3, 4) if n != hit], at
        if not is_padding and hit < 4:
            assert found.damaged > 0, at


def test_a_lost_sector_among_the_records_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    rescue = opened(path)
    for number in range(1, 9):
        keep(rescue, record(number, 400))
    rescue.close()
    with path.open("r+b") as file:
        file.seek(RECORDS_AT + 1_024)
        file.write(bytes(512))
    rescue = opened(path)
    assert rescue.found.damaged > 0
    assert len(rescue.records()) >= 6
    assert {1, 8} <= set(numbers(rescue))


def test_the_epoch_survives_a_torn_write_of_either_slot(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    rescue = opened(path)
    for epoch in (1, 2, 3):
        rescue.set_epoch(epoch)
    rescue.close()
    whole = path.read_bytes()
    seen = set()
    for slot in (0, SLOT_BYTES):
        path.write_bytes(whole[:slot] + os.urandom(40) + whole[slot + 40 :])
        rescue = opened(path)
        seen.add(rescue.epoch)
        assert not rescue.found.is_header_lost
        rescue.close()
    assert seen == {2, 3}


def test_records_are_read_without_any_header(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    filled(path, 2)
    path.write_bytes(os.urandom(RECORDS_AT) + path.read_bytes()[RECORDS_AT:])
    rescue = opened(path)
    assert rescue.found.is_header_lost
    assert numbers(rescue) == [1, 2]
    assert rescue.epoch == 0


def test_an_erased_record_is_overwritten_when_there_is_time(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    rescue = opened(path)
    for number in (1, 2, 3):
        keep(rescue, record(number))
    rescue.drop([record(2).op_id, "f" * 32])
    assert numbers(rescue) == [1, 3]
    rescue.wipe()
    data = path.read_bytes()
    assert record(2).row not in data
    assert record(1).row in data
    rescue.close()
    again = opened(path)
    assert numbers(again) == [1, 3]
    assert again.found.damaged == 0


def test_what_was_erased_but_not_overwritten_is_overwritten_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    rescue = opened(path)
    keep(rescue, record(1))
    keep(rescue, record(2))
    rescue.drop([record(1).op_id])
    rescue.close()
    assert record(1).row in path.read_bytes()
    rescue = opened(path)
    assert numbers(rescue) == [2]
    rescue.wipe()
    assert record(1).row not in path.read_bytes()


def test_it_begins_again_at_the_start_only_when_nothing_waits(tmp_path: Path) -> None:
    rescue = opened(tmp_path / "queue.rescue")
    empty = rescue.free_bytes
    keep(rescue, record(1))
    keep(rescue, record(2))
    rescue.drop([record(1).op_id])
    rescue.wipe()
    assert rescue.free_bytes < empty
    rescue.drop([record(2).op_id])
    rescue.wipe()
    assert rescue.free_bytes == empty
    assert not any((tmp_path / "queue.rescue").read_bytes()[RECORDS_AT:])


def test_a_clearing_cut_off_at_any_sector_shows_no_damage_and_no_record(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    rescue = opened(path)
    for number in range(1, 5):
        keep(rescue, record(number, 700))
    rescue.drop([record(number).op_id for number in range(1, 5)])
    rescue.close()
    data = bytearray(path.read_bytes())
    for frame in scan(bytes(data)).frames:  # the bodies are wiped and flushed before
        start = frame.offset + FRAME_BYTES
        data[start : start + frame.body_bytes] = bytes(frame.body_bytes)
    for mask in range(64):
        torn = bytearray(data)
        for sector in range(6):
            if mask >> sector & 1:
                start = RECORDS_AT + sector * 512
                torn[start : start + 512] = bytes(512)
        found = scan(bytes(torn))
        assert found.damaged == 0
        assert not any(frame.record for frame in found.frames)


def test_full_says_so_writes_nothing_and_goes_on_when_what_waited_is_done(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    rescue = opened(path, RECORDS_AT + 2 * len(live_bytes(record(1))))
    keep(rescue, record(1))
    keep(rescue, record(2))
    before = path.read_bytes()
    assert not rescue.keep(record(3).op_id, record(3).row)
    assert path.read_bytes() == before
    rescue.drop([record(1).op_id])
    assert not rescue.keep(record(3).op_id, record(3).row)
    rescue.drop([record(2).op_id])
    keep(rescue, record(3))
    assert numbers(rescue) == [3]
    assert path.stat().st_size == len(before)


def test_a_disk_that_refuses_is_told_and_nothing_more_is_taken(tmp_path: Path) -> None:
    rescue = opened(tmp_path / "queue.rescue")
    keep(rescue, record(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (RECORDS_AT, hard))
    try:
        assert not rescue.keep(record(2).op_id, record(2).row)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not rescue.keep(record(3).op_id, record(3).row)
    rescue.close()
    rescue = opened(tmp_path / "queue.rescue")
    assert numbers(rescue) == [1]
    keep(rescue, record(3))


def test_a_file_cut_short_is_made_whole_again(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    end = filled(path, 3)
    os.truncate(path, end - 20)
    rescue = opened(path)
    assert numbers(rescue) == [1, 2]
    assert path.stat().st_size == SIZE_BYTES
    keep(rescue, record(4))
    assert numbers(rescue) == [1, 2, 4]


def test_looking_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    end = filled(path, 2)
    os.truncate(path, end - 1)
    before = path.read_bytes()
    read_rescue(path)
    assert path.read_bytes() == before


def test_every_acknowledged_record_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "queue.rescue"
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.offline_queue.safety.rescue_child", str(path)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(50)]
    child.kill()
    acknowledged += [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    assert acknowledged == numbers(opened(path))[: len(acknowledged)]


def test_nothing_of_a_row_is_in_a_records_repr() -> None:
    assert "row" not in repr(record(1))
