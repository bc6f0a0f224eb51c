"""The folder of a key: whole or not there, and refused when others could have read it."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from pathlib import Path
from types import FrameType

import pytest

from provisioning.terminal.keys.choice import Chosen, choose
from provisioning.terminal.keys.file import FileProvider
from provisioning.terminal.keys.folder import kind_kept, store
from provisioning.terminal.keys.key import KeyReason, KeyTrouble, Kind
from provisioning.terminal.keys.software import SoftwareKey, new_private, private_pem

CUT = 9
_TO_DISK = {"open", "write", "flush", "fsync", "mkdir", "rename", "close"}


def reason(found: object) -> KeyReason:
    """Why it was refused, with a sentence that a technician can read."""
    assert isinstance(found, KeyTrouble), found
    assert found.said.endswith(".")
    return found.reason


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "keys" / "1"
    assert isinstance(FileProvider().make(folder), SoftwareKey)
    return folder


def cut_at(step: int, folder: Path) -> int:
    """Store a key in a process that dies before its `step`th call for the disk. Its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = step

    def count(frame: FrameType, event: str, called: object) -> None:
        nonlocal left
        if event == "c_call" and getattr(called, "__name__", "") in _TO_DISK:
            left -= 1
            if left == 0:
                os._exit(CUT)

    status = 1
    try:
        private = new_private()
        sys.setprofile(count)
        status = 1 if store(folder, Kind.FILE, private_pem(private), private.public_key()) else 0
    finally:
        os._exit(status)


def test_a_cut_at_any_moment_leaves_no_key_or_a_whole_one_and_the_next_try_succeeds(
    tmp_path: Path,
) -> None:
    steps = cuts = 0
    while True:
        steps += 1
        folder = tmp_path / str(steps) / "1"
        status = cut_at(steps, folder)
        assert status in (0, CUT)
        if kind_kept(folder) is not None:
            assert isinstance(FileProvider().open(folder), SoftwareKey)
        else:
            cuts += 1
            assert reason(FileProvider().open(folder)) is KeyReason.NO_KEY
            assert isinstance(FileProvider().make(folder), SoftwareKey)
            assert [each.name for each in folder.parent.iterdir()] == ["1"]
        if status == 0:
            break
    assert cuts > 10  # three files, two folders


@pytest.mark.parametrize("name", ["key.pem", "public.pem", "sums"])
def test_a_file_cut_short_at_any_length_is_damage_and_told_so(made: Path, name: str) -> None:
    whole = (made / name).read_bytes()
    for length in range(len(whole)):
        (made / name).write_bytes(whole[:length])
        assert reason(FileProvider().open(made)) is KeyReason.DAMAGED


@pytest.mark.parametrize("name", ["key.pem", "public.pem", "sums"])
def test_a_missing_file_is_damage(made: Path, name: str) -> None:
    (made / name).unlink()
    assert reason(FileProvider().open(made)) is KeyReason.DAMAGED


def test_a_key_that_was_exchanged_with_its_sum_does_not_fit_its_public_half(
    made: Path, tmp_path: Path
) -> None:
    other = new_private()
    mine = FileProvider().open(made)
    assert isinstance(mine, SoftwareKey)
    folder = tmp_path / "2"
    assert store(folder, Kind.FILE, private_pem(other), mine.public_key) is None
    assert reason(FileProvider().open(folder)) is KeyReason.DAMAGED


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_key_file_that_others_could_read_or_change_is_refused(made: Path, mode: int) -> None:
    (made / "key.pem").chmod(mode)
    assert reason(FileProvider().open(made)) is KeyReason.OPEN_TO_OTHERS


def test_a_folder_that_others_could_change_is_refused(made: Path) -> None:
    made.chmod(0o770)
    assert reason(FileProvider().open(made)) is KeyReason.OPEN_TO_OTHERS


def test_the_key_is_never_readable_by_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        FileProvider().make(tmp_path / "1")
    finally:
        os.umask(before)
    assert (tmp_path / "1").stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in (tmp_path / "1").iterdir()} == {0o600}


def test_a_link_in_the_place_of_the_key_is_not_followed(made: Path, tmp_path: Path) -> None:
    (made / "key.pem").rename(tmp_path / "elsewhere")
    (made / "key.pem").symlink_to(tmp_path / "elsewhere")
    assert reason(FileProvider().open(made)) is KeyReason.DAMAGED


def test_a_user_who_may_not_come_in_gets_a_reason(made: Path) -> None:
    made.chmod(
        0
    )  # that is what keeps an ordinary user out of a folder of their own; root is let in
    child = os.fork()
    if child == 0:
        right = False
        try:
            os.chdir(made.parent)  # nobody may not come in from above
            if os.geteuid() == 0:
                os.setuid(65534)
            found = FileProvider().open(Path(made.name)), choose(Path(made.name))
            right = [reason(each) for each in found] == [KeyReason.NOT_AVAILABLE] * 2
        finally:
            os._exit(0 if right else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    made.chmod(0o700)
    assert status == 0


def test_a_key_is_never_made_over_another(made: Path) -> None:
    before = (made / "key.pem").read_bytes()
    assert reason(FileProvider().make(made)) is KeyReason.FOLDER_TAKEN
    assert (made / "key.pem").read_bytes() == before


def test_a_disk_that_takes_no_more_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        right = False
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # bytes
            found = FileProvider().make(tmp_path / "1")
            right = isinstance(found, KeyTrouble) and found.reason is KeyReason.NOT_WRITTEN
        finally:
            os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(tmp_path.iterdir()) == []


def test_current_and_new_key_stand_side_by_side(made: Path) -> None:
    current = FileProvider().open(made)
    assert isinstance(current, SoftwareKey)
    new = current.provider.make(made.with_name("2"))
    assert not isinstance(new, KeyTrouble)
    assert new.public_key != current.public_key
    shutil.rmtree(made)
    made.with_name("2").rename(made)
    promoted = FileProvider().open(made)
    assert isinstance(promoted, SoftwareKey)
    assert promoted.public_key == new.public_key


def test_what_is_printed_of_a_key_does_not_show_it(made: Path) -> None:
    chosen = choose(made)
    assert isinstance(chosen, Chosen)
    secret = FileProvider().open(made)
    assert isinstance(secret, SoftwareKey)
    number = secret.private.private_numbers().private_value
    shown = repr(chosen) + chosen.said
    assert str(number) not in shown
    assert f"{number:x}" not in shown
    assert "BEGIN" not in shown
